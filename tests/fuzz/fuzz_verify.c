/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a program (verify_steps.h), verified with all that there is:
 * facts, the second look, the log, either profile. What is accepted runs in
 * the checking interpreter, where skep can run it, on packets and maps of
 * random contents, as it is and rewritten: it must not fault, and its facts
 * must hold.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../diff/facts_check.h"
#include "base/endian.h"
#include "base/str.h"
#include "btf/btf.h"
#include "interp/interp.h"
#include "verify/facts/facts.h"
#include "verify/facts/rewrite.h"
#include "verify/flow/flow.h"
#include "verify_steps.h"
#include "verify_typed.h"

#define PACKET_MAX	128
#define VERIFY_INSNS	8000
#define RUN_INSNS	20000
#define RUNS		3

static const struct {
	enum prog_type type;
	uint32_t attach, flags;
	const char *target;		/* of the kernel's types, or NULL */
} places[] = {
	{ PROG_TYPE_XDP, ATTACH_TYPE_XDP, 0, NULL },
	{ PROG_TYPE_SCHED_CLS, 0, 0, NULL },
	{ PROG_TYPE_XDP, ATTACH_TYPE_XDP, 0, NULL },
	{ PROG_TYPE_SCHED_CLS, 0, 0, NULL },
	{ PROG_TYPE_SOCKET_FILTER, 0, 0, NULL },
	{ PROG_TYPE_CGROUP_SKB, ATTACH_TYPE_CGROUP_INET_INGRESS, 0, NULL },
	{ PROG_TYPE_SYSCALL, 0, BPF_F_SLEEPABLE, NULL },
	{ PROG_TYPE_KPROBE, 0, 0, NULL },
	{ PROG_TYPE_TRACING, ATTACH_TYPE_TRACE_RAW_TP, 0,
	  "btf_trace_sched_switch" },
	{ PROG_TYPE_LSM, ATTACH_TYPE_LSM_MAC, BPF_F_SLEEPABLE,
	  "bpf_lsm_file_open" },
	{ PROG_TYPE_CGROUP_SOCK_ADDR, ATTACH_TYPE_CGROUP_INET4_CONNECT, 0,
	  NULL },
};

struct bench {
	struct map *maps[STEPS_MAPS];
	struct run run;
	uint8_t room[PACKET_HEADROOM + PACKET_MAX];
	struct packet packet;
	uint64_t rng;
};

static struct btf *kernel;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	btf_open(&kernel, "/sys/kernel/btf/vmlinux", NULL);
	verify_typed_init();
	return 0;
}

/* ---- the world that programs run in ---- */

static uint64_t draw(struct bench *bench)
{
	bench->rng = bench->rng * 6364136223846793005u + 1442695040888963407u;
	return bench->rng >> 33;
}

static uint64_t draw_word(struct bench *bench)
{
	switch (draw(bench) % 4) {
	case 0: return draw(bench) << 33 ^ draw(bench) << 8;
	case 1: return draw(bench) & 127;
	case 2: return (uint64_t)0 - (draw(bench) & 63);
	default: return 1ull << (draw(bench) & 63);
	}
}

static void fill_value(struct bench *bench, uint32_t map, const void *key)
{
	uint64_t words[12];

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = draw_word(bench);
	map_update_elem(bench->maps[map], key, words, 0);
}

static void fill_maps(struct bench *bench)
{
	for (uint32_t key = 0; key < 2; key++)
		fill_value(bench, STEPS_ARRAY, &key);
	for (uint64_t key = 0; key < 2; key++)
		fill_value(bench, STEPS_HASH, &key);
}

static void make_context(struct bench *bench)
{
	uint32_t len = (uint32_t)draw(bench) % PACKET_MAX;
	uint8_t *data = bench->room + PACKET_HEADROOM;

	len = bench->run.prog->type == PROG_TYPE_XDP ? len : MAX(len, 14u);
	for (uint32_t at = 0; at < PACKET_MAX; at += 8) {
		uint64_t word = draw_word(bench);

		memcpy(data + at, &word, 8);
	}
	bench->packet = (struct packet){
		.head = bench->room, .data_meta = data, .data = data,
		.data_end = data + len,
		.end = bench->room + sizeof(bench->room), .len = len,
		.wire_len = len, .mark = (uint32_t)draw_word(bench),
		.protocol = 8, .ifindex = 2, .hash = (uint32_t)draw(bench),
		.priority = (uint32_t)draw_word(bench),
	};
}

static void run_once(void *arg)
{
	struct bench *bench = arg;
	struct run *run = &bench->run;
	bool plain = run->prog->type == PROG_TYPE_SYSCALL;

	make_context(bench);
	run->ctx = plain ? (void *)bench->room : &bench->packet;
	run->ctx_len = plain ? sizeof(bench->room) :
			       ctx_layout(run->prog->type)->size;
	run->packet = plain ? NULL : &bench->packet;
	run->rng = draw(bench);
	interp_run(run);
}

/* ---- runs ---- */

static void fail(const struct prog *prog,
				   const struct verify_facts *facts)
{
	struct strbuf text = STRBUF_INIT;

	facts_print(&text, prog, facts);
	fputs(strbuf_str(&text), stdout);
	fflush(stdout);
	abort();
}

static void run_facts(struct bench *bench, struct prog *prog,
		      const struct verify_facts *facts)
{
	struct facts_run fr = {
		.prog = prog, .facts = facts, .run = &bench->run,
		.once = run_once, .arg = bench, .insns_max = RUN_INSNS,
	};

	if (interp_prepare(prog, NULL))
		return;		/* it calls what only the kernel has */
	bench->run.prog = prog;
	for (int i = 0; i < RUNS; i++) {
		fill_maps(bench);
		if (!facts_check(&fr))
			fail(prog, facts);
	}
	interp_release(prog);
}

static void run_rewritten(struct bench *bench, struct prog *prog,
			  const struct verify_facts *facts)
{
	struct arena arena;
	struct prog out;
	enum run_stop stop;

	arena_init(&arena);
	if (!verify_rewrite(prog, facts, &arena, &out) &&
	    !interp_prepare(&out, NULL)) {
		bench->run.prog = &out;
		bench->run.budget = RUN_INSNS;
		run_once(bench);
		stop = bench->run.fault.stop;
		if (stop != RUN_EXITED && stop != RUN_FAULT_BUDGET) {
			printf("rewritten: fault %d\n", stop);
			fail(prog, facts);
		}
		interp_release(&out);
	}
	arena_fini(&arena);
}

static void run_accepted(struct bench *bench, struct prog *prog,
			 const struct verify_facts *facts)
{
	struct map_def def;

	for (uint32_t i = 0; i < STEPS_MAPS; i++) {
		def = steps_maps[i];
		def.inner = i == STEPS_OUTER ? &steps_maps[STEPS_ARRAY] : NULL;
		if (map_create(&bench->maps[i], &def, 1, NULL))
			abort();
	}
	prog->maps = bench->maps;
	if (interp_attach(&bench->run))
		abort();
	run_facts(bench, prog, facts);
	run_rewritten(bench, prog, facts);
	interp_detach(&bench->run);
	for (uint32_t i = 0; i < STEPS_MAPS; i++)
		map_put(bench->maps[i]);
}

/* ---- verification ---- */

static void take_place(struct prog *prog, uint8_t place)
{
	uint32_t kind = places[place].type == PROG_TYPE_LSM ?
			BTF_KIND_FUNC : BTF_KIND_TYPEDEF;

	prog->type = places[place].type;
	prog->attach_type = places[place].attach;
	prog->flags = places[place].flags;
	if (!kernel || !places[place].target)
		return;
	prog->attach = (struct prog_attach){
		.target = places[place].target, .btf = kernel,
		.func = btf_find(kernel, places[place].target, kind),
	};
	prog->attach.proto = btf_type(kernel, prog->attach.func)->type;
	if (kind == BTF_KIND_TYPEDEF)
		prog->attach.proto =
			btf_type(kernel, prog->attach.proto)->type;
}

static void verify(struct bench *bench, struct prog *prog, uint8_t how)
{
	static const uint8_t frozen[16] = "%d %s %x";
	struct verify_map views[STEPS_MAPS];
	struct verify_input in = { prog, views, kernel };
	struct strbuf log = STRBUF_INIT;
	struct verify_options opts = {
		.profile = how & 1 && how & 2 ? VERIFY_UNPRIVILEGED :
						VERIFY_STRICT,
		.insns_max = VERIFY_INSNS, .no_second_look = how & 4,
		.keep_often = how & 8, .log = how & 16 ? &log : NULL,
		.stack_size = how & 32 ? 4096 : 0,
	};
	struct verify_result *result;

	for (uint32_t i = 0; i < STEPS_MAPS; i++)
		views[i] = (struct verify_map){
			.name = steps_maps[i].name, .type = steps_maps[i].type,
			.key_size = steps_maps[i].key_size,
			.value_size = steps_maps[i].value_size,
			.max_entries = steps_maps[i].max_entries,
			.flags = steps_maps[i].flags,
			.frozen = i == STEPS_CONST ? frozen : NULL,
			.inner = i == STEPS_OUTER ? views : NULL,
		};
	verify_typed_map(&views[STEPS_TYPED]);
	if (!verify_prog(&in, &opts, &result, NULL) &&
	    !opts.stack_size && !ctx_layout(prog->type)->no_native)
		run_accepted(bench, prog, &result->facts);
	verify_free(result);
	strbuf_fini(&log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct prog prog = {
		.name = "fuzz", .object = "fuzz", .section = "",
		.license = "GPL", .gpl = true, .maps_cnt = STEPS_MAPS,
	};
	struct bench bench = { .rng = 0 };
	struct steps *steps;
	struct arena arena;

	if (size < 6)
		return 0;
	steps = calloc(1, sizeof(*steps));
	if (!steps)
		return 0;
	take_place(&prog, data[0] % ARRAY_SIZE(places));
	steps->type = prog.type;
	steps->kernel = kernel;
	bench.rng = get_u16(data + 2);
	steps_make(steps, data + 4, size - 4);
	prog.insns = steps->insns;
	prog.insns_cnt = steps->cnt;
	prog.btf = verify_typed_btf();
	prog.kfuncs = steps->kfuncs;
	prog.kfuncs_cnt = steps->kfuncs_cnt;
	arena_init(&arena);
	if (!flow_find_subprogs(&arena, prog.insns, prog.insns_cnt,
				&prog.subprogs, &prog.subprogs_cnt))
		verify(&bench, &prog, data[1]);
	arena_fini(&arena);
	free(steps);
	return 0;
}
