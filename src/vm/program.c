/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of the public API: what they are, and one run of one. */
#include "vm/vm.h"

#include <errno.h>
#include <string.h>

#include "spec/diags.h"

const char *skep_prog_name(const struct skep_prog *prog)
{
	return prog->prog->name;
}

const char *skep_prog_section(const struct skep_prog *prog)
{
	return prog->prog->section;
}

const char *skep_prog_type(const struct skep_prog *prog)
{
	const struct prog_row *row = prog_row(prog->prog->type);

	return row ? row->name : "UNSPEC";
}

uint32_t skep_prog_id(const struct skep_prog *prog)
{
	return prog->id;
}

static int set_packet(struct vm_slot *slot, const struct skep_prog *prog,
		      const void *data, size_t len,
		      const struct skep_run_options *o)
{
	struct packet *packet = &slot->packet.packet;
	int err = packet_buf_set(&slot->packet, prog->prog->type, data, len);

	if (err)
		return err;
	packet->wire_len = MAX(o->wire_len, packet->wire_len);
	packet->tstamp = o->tstamp;
	packet->rx_queue_index = o->rx_queue;
	packet->mark = o->mark;
	if (o->ifindex)
		packet->ifindex = packet->ingress_ifindex = o->ifindex;
	return 0;
}

static int run_often(struct vm_slot *slot, const struct skep_prog *prog,
		     uint32_t repeat, uint64_t *ns)
{
	uint64_t from = vm_thread_ns();
	int err;

	do {
		err = vm_run(slot, prog);
	} while (!err && --repeat);
	*ns = vm_thread_ns() - from;
	return err;
}

static int give_result(const struct vm_slot *slot,
		       const struct skep_prog *prog,
		       const struct skep_run_options *o, uint64_t ns,
		       struct skep_run_result *result)
{
	const struct ctx_layout *layout = ctx_layout(prog->prog->type);
	const struct packet *packet = &slot->packet.packet;
	struct skep_run_result r = { .size = result->size, .ns = ns };
	int64_t value = (int32_t)slot->run.r0;

	r.r0 = slot->run.r0;
	r.verdict = layout ? ctx_verdict_name(layout, value) : NULL;
	r.out_len = (size_t)(packet->data_end - packet->data);
	r.redirect_ifindex = slot->run.redirect.ifindex;
	memcpy(result, &r, MIN(result->size, sizeof(r)));
	if (!o->out)
		return 0;
	if (r.out_len > o->out_cap)
		return -ENOSPC;
	memcpy(o->out, packet->data, r.out_len);
	return 0;
}

int skep_prog_run(struct skep_prog *prog, const void *packet, size_t len,
		  const struct skep_run_options *opts,
		  struct skep_run_result *result)
{
	struct skep *vm = prog->obj->vm;
	struct skep_run_options o = { 0 };
	struct vm_slot *slot;
	uint64_t ns = 0;
	int err;

	if (!prog->engine || result->size < sizeof(result->size) ||
	    (opts && opts->size < sizeof(opts->size)))
		return -EINVAL;
	if (opts)
		memcpy(&o, opts, MIN(opts->size, sizeof(o)));
	slot = vm_slot_get(vm);
	if (!slot)
		return -EBUSY;
	err = vm_slot_attach(slot, prog->engine);
	if (!err)
		err = set_packet(slot, prog, packet, len, &o);
	if (err) {
		diag_report(&vm->sink, err == -ENOMEM ? DIAG_NO_MEMORY :
			    DIAG_VM_PACKET, DIAG_NOWHERE,
			    "a packet of %zu bytes", len);
		goto out;
	}
	err = o.repeat ? run_often(slot, prog, o.repeat, &ns) :
			 vm_run(slot, prog);
	if (err)
		prog->engine->report(&slot->run, &vm->sink);
	else
		err = give_result(slot, prog, &o, ns, result);
out:
	vm_slot_put(slot);
	return err;
}
