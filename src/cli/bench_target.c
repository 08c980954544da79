/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Targets: a program of the suite in one engine, with its own maps and its own
 * deck. skep's engines are run as any user of the library runs them, by
 * skep_prog_run with `repeat`; the kernel's by its test run, which counts the
 * way into the kernel once for all runs of a call.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "cli/bench.h"
#include "map/map.h"
#include "spec/diags.h"

#define DECK_ALIGN	64

/* ---- skep ---- */

static int load_skep(struct bench_target *target, struct diag_sink *sink)
{
	const struct skep_load_options opts = {
		.size = sizeof(opts), .jit = target->jit,
	};
	int err = skep_object_load(target->obj, &opts);

	if (err)
		return err;
	/* the interpreter in place of native code is another target */
	return engine_choose(NULL, target->jit) == target->prog->engine ?
	       0 : -ENOENT;
}

static void unload_nothing(struct bench_target *target)
{
}

static int run_skep(struct bench_target *target, uint32_t repeat,
		    uint32_t *r0, uint64_t *ns)
{
	const struct skep_run_options opts = {
		.size = sizeof(opts), .repeat = repeat,
		.out = target->deck, .out_cap = bench_deck_size,
	};
	struct skep_run_result result = { .size = sizeof(result) };
	int err = skep_prog_run(target->prog, target->deck, bench_deck_size,
				&opts, &result);

	*r0 = (uint32_t)result.r0;
	*ns = result.ns;
	return err;
}

static uint32_t code_skep(struct bench_target *target)
{
	const struct engine_ops *engine = target->prog->engine;
	struct skep_prog *prog = NULL;
	uint32_t bytes = 0;

	while (engine->code_size &&
	       (prog = skep_object_next_prog(target->obj, prog)))
		bytes += engine->code_size(&prog->proven);
	return bytes;
}

static const struct bench_engine bench_skep = {
	load_skep, unload_nothing, run_skep, code_skep,
};

/* ---- the kernel ---- */

static int take_record(void *arg, const void *data, size_t len)
{
	struct bench_target *target = arg;

	target->digest = target->digest * 31 + hash_bytes(data, len);
	return 0;
}

static int test_run(struct bench_target *target, uint32_t repeat,
		    uint32_t *r0, uint64_t *ns)
{
	enum prog_type type = kernel_prog_type(target->kernel);
	struct packet *packet = &target->packet.packet;
	int err = packet_buf_set(&target->packet, type, target->deck,
				 bench_deck_size);

	if (!err)
		err = kernel_prepare_packet(type, packet);
	if (!err)
		err = kernel_run_often(target->kernel, packet, repeat, r0, ns,
				       NULL);
	return err;
}

/* What a call costs beside its runs: the lesser of two calls with two runs. */
static int time_call(struct bench_target *target)
{
	uint64_t first, second;
	uint32_t r0;
	int err = test_run(target, 2, &r0, &first) ?:
		  test_run(target, 2, &r0, &second);

	if (!err)
		target->call_ns = MIN(first, second);
	return err;
}

static int load_kernel(struct bench_target *target, struct diag_sink *sink)
{
	int err = kernel_open(&target->kernel, strbuf_str(&target->path),
			      target->program->name, 0, sink);
	struct skep_map *map = NULL;

	if (!err)
		err = kernel_load(target->kernel, sink);
	while (!err && (map = skep_object_next_map(target->obj, map)))
		if (map->def->def.type == MAP_TYPE_RINGBUF)
			err = kernel_events_open(&target->events,
				kernel_map(target->kernel, skep_map_name(map)),
				take_record, target);
	return err;
}

static void unload_kernel(struct bench_target *target)
{
	kernel_events_close(target->events);
	kernel_close(target->kernel);
	target->events = NULL;
	target->kernel = NULL;
}

/* The time is that of the runs alone. */
static int run_kernel(struct bench_target *target, uint32_t repeat,
		      uint32_t *r0, uint64_t *ns)
{
	int err = test_run(target, repeat, r0, ns);

	if (err)
		return err;
	*ns -= MIN(*ns, repeat > 1 ? target->call_ns : 0);
	memcpy(target->deck, target->packet.packet.data, bench_deck_size);
	return 0;
}

static uint32_t code_kernel(struct bench_target *target)
{
	return kernel_code_size(target->kernel);
}

static const struct bench_engine bench_kernel = {
	load_kernel, unload_kernel, run_kernel, code_kernel, time_call,
};

/* ---- contents of maps ---- */

static int put(void *arg, const char *name, const void *key,
	       const void *value)
{
	struct bench_target *target = arg;

	if (target->kernel)
		return kernel_map_update(kernel_map(target->kernel, name),
					 key, value, 0);
	return skep_map_update(skep_object_map(target->obj, name), key, value,
			       0);
}

void bench_target_drain(struct bench_target *target)
{
	struct skep_map *map = NULL;

	if (target->events)
		kernel_events_consume(target->events);
	while (!target->kernel &&
	       (map = skep_object_next_map(target->obj, map)))
		if (map->def->def.type == MAP_TYPE_RINGBUF)
			skep_map_events(map, take_record, target);
}

/* ---- life ---- */

static int open_object(struct bench_target *target, struct diag_sink *sink)
{
	struct skep_options opts = {
		.size = sizeof(opts), .cpus = kernel_cpus(),
		.diag = sink->fn, .diag_arg = sink->arg,
	};
	int err;

	strbuf_reset(&target->path);
	strbuf_printf(&target->path, "%s/%s.bpf.o", target->dir,
		      target->program->name);
	if (target->path.oom || skep_new(&target->skep, &opts))
		return diag_report(sink, DIAG_NO_MEMORY, NULL, "a runtime");
	err = skep_object_open(target->skep, strbuf_str(&target->path),
			       &target->obj);
	if (err)
		return err;
	target->prog = skep_object_prog(target->obj, target->program->name);
	return target->prog ? 0 :
	       diag_report(sink, DIAG_VM_NO_PROGRAM, NULL, "no program '%s'",
			   target->program->name);
}

static int fill(struct bench_target *target, struct diag_sink *sink)
{
	const struct bench_tables tables = { put, target };
	int err = target->program->fill(&tables);

	return err ? diag_report(sink, DIAG_NO_MEMORY, NULL,
				 "filling the maps of %s: error %d",
				 target->program->name, -err) : 0;
}

int bench_target_open(struct bench_target *target,
		      const struct bench_program *program,
		      struct diag_sink *sink)
{
	int err;

	target->program = program;
	target->digest = 0;
	bench_deck_fill(target->deck);
	err = open_object(target, sink);
	if (!err)
		err = target->engine->load(target, sink);
	if (!err)
		err = fill(target, sink);
	if (err)
		bench_target_close(target);
	return err;
}

void bench_target_close(struct bench_target *target)
{
	if (target->skep)
		target->engine->unload(target);
	skep_free(target->skep);
	target->skep = NULL;
	target->obj = NULL;
	target->prog = NULL;
}

static void add(struct bench *bench, struct bench_target target)
{
	struct bench_target *to = &bench->targets[bench->targets_cnt++];

	assert(bench->targets_cnt <= BENCH_TARGETS_MAX);
	*to = target;
	to->dir = strbuf_str(&bench->dir);
	to->deck = aligned_alloc(DECK_ALIGN, (bench_deck_size + DECK_ALIGN) &
				 ~(size_t)(DECK_ALIGN - 1));
}

void bench_targets_init(struct bench *bench)
{
	enum bench_rival vs = bench->opts.vs;
	const char *tier;

	add(bench, (struct bench_target){ "interp", &bench_skep, "off" });
	for (size_t i = 1; (tier = engine_tier(i)); i++)
		add(bench, (struct bench_target){ tier, &bench_skep, tier });
	if (vs != RIVAL_NATIVE)
		add(bench, (struct bench_target){ "kernel", &bench_kernel,
						  .rival = RIVAL_KERNEL });
	if (vs != RIVAL_KERNEL)
		add(bench, (struct bench_target){ "native", &bench_native,
						  .rival = RIVAL_NATIVE });
}

void bench_targets_fini(struct bench *bench)
{
	for (uint32_t i = 0; i < bench->targets_cnt; i++) {
		struct bench_target *target = &bench->targets[i];

		bench_target_close(target);
		packet_buf_fini(&target->packet);
		strbuf_fini(&target->path);
		free(target->deck);
	}
}
