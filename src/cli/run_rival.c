/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See run_rival.h. The interpreter's copy of the object has its own runtime:
 * maps, ids and CPU slots are then the same on both sides, and nothing is
 * shared. Random numbers are made the same before each frame; the clock is
 * not, so what stores times differs.
 */
#include "cli/run_rival.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run_kernel.h"
#include "spec/diags.h"

static int note_theirs(void *arg, const void *data, size_t len)
{
	struct event_source *source = arg;

	run_compare_note(&source->theirs, data, len);
	return 0;
}

/* ---- the kernel ---- */

static void close_kernel(struct run_command *cmd)
{
	packet_buf_fini(&cmd->other.packet);
}

static int run_kernel(struct run_command *cmd, const struct frame *frame,
		      struct run_outcome *out)
{
	struct packet_buf *theirs = &cmd->other.packet;
	uint32_t r0;
	int err = run_kernel_frame(cmd, frame, theirs, &r0);

	if (!err)
		err = run_kernel_packet(cmd->prog->prog->type, frame,
					&cmd->dp.slot->packet);
	if (!err)
		*out = (struct run_outcome){ r0, &theirs->packet, NULL };
	return err;
}

static bool view_kernel(struct map_view *view, struct run_command *cmd,
			uint32_t map)
{
	return map_view_kernel(view, &cmd->obj->maps[map], cmd->kernel);
}

static int open_kernel_events(struct event_source *source)
{
	const char *name = skep_map_name(source->map);
	struct run_command *cmd = source->cmd;
	int err = kernel_events_open(&source->kernel,
				     kernel_map(cmd->kernel, name),
				     note_theirs, source);

	if (!err)
		return 0;
	return diag_report(&cmd->sink, DIAG_KERNEL_EVENTS, DIAG_NOWHERE,
			   "map %s: %s", name, strerror(-err));
}

static void read_kernel_events(struct event_source *source)
{
	kernel_events_consume(source->kernel);
}

static void close_kernel_events(struct event_source *source)
{
	kernel_events_close(source->kernel);
}

const struct run_rival run_rival_kernel = {
	.name		= "kernel",
	.title		= "the kernel",
	.word		= true,
	.pads		= true,
	.open		= run_open_kernel,
	.close		= close_kernel,
	.run		= run_kernel,
	.view		= view_kernel,
	.open_events	= open_kernel_events,
	.read_events	= read_kernel_events,
	.close_events	= close_kernel_events,
};

/* ---- the interpreter ---- */

/* Native code and nothing else is what is checked. */
static int open_interp(struct run_command *cmd)
{
	struct diag_where where = { .file = cmd->opts.object, .insn = -1,
				    .program = skep_prog_name(cmd->prog) };
	int err;

	if (!cmd->prog->engine->code_size)
		return diag_report(&cmd->sink, DIAG_JIT_CHECK_NONE, &where,
				   "there is no native code to check");
	err = run_open_other(cmd);
	if (err)
		return err;
	cmd->other.slot = vm_slot_get(cmd->other.skep);
	if (!cmd->other.slot)
		return -EBUSY;
	return vm_slot_attach(cmd->other.slot, cmd->other.prog->engine);
}

static void close_interp(struct run_command *cmd)
{
	vm_slot_put(cmd->other.slot);
	skep_free(cmd->other.skep);
}

static int run_interp(struct run_command *cmd, const struct frame *frame,
		      struct run_outcome *out)
{
	struct vm_slot *ours = cmd->dp.slot, *theirs = cmd->other.slot;
	enum prog_type type = cmd->prog->prog->type;
	int err = datapath_load(theirs, type, cmd->ports[0], frame);

	if (!err)
		err = datapath_load(ours, type, cmd->ports[0], frame);
	if (err)
		return err;
	theirs->run.rng = ours->run.rng;
	err = vm_run(theirs, cmd->other.prog);
	*out = (struct run_outcome){
		.r0 = theirs->run.r0, .packet = &theirs->packet.packet,
		.fault = err ? &theirs->run.fault : NULL,
	};
	return 0;
}

static bool view_interp(struct map_view *view, struct run_command *cmd,
			uint32_t map)
{
	return map_view_skep(view, &cmd->other.obj->maps[map]);
}

/* The same map of the other object. */
static struct skep_map *other_map(const struct event_source *source)
{
	const struct run_command *cmd = source->cmd;

	return &cmd->other.obj->maps[source->map - cmd->obj->maps];
}

static int open_interp_events(struct event_source *source)
{
	return skep_map_open_events(other_map(source), RUN_EVENTS_RING);
}

static void read_interp_events(struct event_source *source)
{
	skep_map_events(other_map(source), note_theirs, source);
}

static void close_interp_events(struct event_source *source)
{
}

const struct run_rival run_rival_interp = {
	.title		= "interp",
	.open		= open_interp,
	.close		= close_interp,
	.run		= run_interp,
	.view		= view_interp,
	.open_events	= open_interp_events,
	.read_events	= read_interp_events,
	.close_events	= close_interp_events,
};

const struct run_rival *run_rival_named(const char *name)
{
	return str_eq(name, run_rival_kernel.name) ? &run_rival_kernel : NULL;
}
