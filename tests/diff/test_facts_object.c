/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As test_facts_random.c, for the packet programs of object files: facts hold
 * on frames of many kinds, and the rewritten program gives the same verdicts.
 *
 *	test_facts_object FILE.o...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bpf.h>

#include "facts_check.h"
#include "interp/interp.h"
#include "isa/insn.h"
#include "object/verify.h"
#include "program_random.h"
#include "verify/facts/rewrite.h"

#define FRAME_LEN	128
#define FRAMES		240

static const struct {
	uint8_t bytes[64];
	uint32_t len;
} heads[] = {
	/* UDP to port 53 over IPv4 */
	{ { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
	    0x45, 0, 0, 114, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1,
	    10, 0, 0, 2, 0x12, 0x34, 0, 53, 0, 94, 0, 0 }, 42 },
	/* the first of TCP over IPv4, with options in both */
	{ { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
	    0x46, 0, 0, 114, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1,
	    10, 0, 0, 2, 1, 1, 1, 1, 0x12, 0x34, 0, 80, 0, 0, 0, 1,
	    0, 0, 0, 0, 0x80, 2, 1, 1 }, 54 },
	/* UDP over IPv6 */
	{ { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd,
	    0x60, 0, 0, 0, 0, 74, 17, 64, 0xfe, 0x80, 0, 0, 0, 0, 0, 0,
	    0, 0, 0, 0, 0, 0, 0, 1, 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	    0, 0, 0, 0, 2, 0x12, 0x34, 0, 53, 0, 74, 0, 0 }, 62 },
	/* ICMP behind a VLAN tag */
	{ { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, 7, 8, 0,
	    0x45, 0, 0, 110, 0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1,
	    10, 0, 0, 2, 8, 0 }, 40 },
	/* ARP; and bytes that are nothing */
	{ { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 6, 0, 1, 8, 0 }, 18 },
	{ { 0 }, 0 },
};

struct bench {
	struct run run;
	struct packet packet;
	uint8_t frame[FRAME_LEN];
	uint32_t frame_len;
	uint8_t room[PACKET_HEADROOM + FRAME_LEN];
	uint64_t seed;
	uint32_t programs;
	uint64_t checked, shorter;
};

static void make_frame(struct bench *bench, uint32_t i)
{
	uint32_t kind = i % ARRAY_SIZE(heads);

	for (uint32_t at = 0; at < FRAME_LEN; at++)
		bench->frame[at] = (uint8_t)random_next(&bench->seed);
	memcpy(bench->frame, heads[kind].bytes, heads[kind].len);
	/* every other round is cut short somewhere */
	bench->frame_len = i / ARRAY_SIZE(heads) % 2 ?
		14 + (uint32_t)(random_next(&bench->seed) % 60) : FRAME_LEN;
}

static void run_once(void *arg)
{
	struct bench *bench = arg;
	uint8_t *data = bench->room + PACKET_HEADROOM;

	memcpy(data, bench->frame, FRAME_LEN);
	bench->packet = (struct packet){
		.head = bench->room, .data_meta = data, .data = data,
		.data_end = data + bench->frame_len, .end = data + FRAME_LEN,
		.len = bench->frame_len, .wire_len = bench->frame_len,
	};
	bench->run.ctx = bench->run.packet = &bench->packet;
	bench->run.ctx_len = bench->run.prog->type == PROG_TYPE_XDP ?
			     sizeof(struct xdp_md) : sizeof(struct __sk_buff);
	interp_run(&bench->run);
}

/* New maps and the interpreter's form; false: skep lacks something. */
static bool begin(struct prog *prog, struct object *obj)
{
	uint32_t cnt, key = 0;
	struct object_map *om = object_maps(obj, &cnt);
	bool fine;

	prog->maps = calloc(cnt + 1, sizeof(*prog->maps));
	fine = prog->maps;
	for (uint32_t i = 0; fine && i < cnt; i++)
		fine = !map_create(&prog->maps[i], &om[i].def, 1, NULL) &&
		       !(om[i].data && map_update_elem(prog->maps[i], &key,
						       om[i].data, 0));
	return fine && !interp_prepare(prog, NULL);
}

static void end(struct prog *prog)
{
	interp_release(prog);
	for (uint32_t i = 0; prog->maps && i < prog->maps_cnt; i++)
		map_put(prog->maps[i]);
	free(prog->maps);
	prog->maps = NULL;
}

/* Twice, so that maps have been written to and not. */
static uint64_t verdict(struct bench *bench, struct prog *prog,
			struct object *obj)
{
	uint64_t sum = begin(prog, obj);

	bench->run.prog = prog;
	bench->run.rng = 1;
	for (int i = 0; sum && i < 2; i++) {
		run_once(bench);
		sum = sum * 31 + bench->run.r0 + bench->run.fault.stop * 7919;
	}
	for (uint32_t i = 0; i < bench->frame_len; i++)
		sum = sum * 31 + bench->room[PACKET_HEADROOM + i];
	end(prog);
	return sum;
}

static bool facts_hold(struct bench *bench, struct prog *prog,
		       const struct verify_facts *facts, struct object *obj)
{
	struct facts_run fr = {
		.prog = prog, .facts = facts, .run = &bench->run,
		.once = run_once, .arg = bench, .insns_max = 3000,
	};
	bool fine = begin(prog, obj);

	bench->run.prog = prog;
	fine = fine && facts_check(&fr);
	end(prog);
	bench->checked += fr.checked;
	return fine;
}

static bool check_program(struct bench *bench, struct prog *prog,
			  const struct verify_facts *facts,
			  struct object *obj)
{
	struct arena arena;
	struct prog out;
	bool fine = true;

	arena_init(&arena);
	if (verify_rewrite(prog, facts, &arena, &out) ||
	    insn_check(out.insns, out.insns_cnt, prog->name, NULL))
		fine = false;
	for (uint32_t i = 0; fine && i < FRAMES; i++) {
		make_frame(bench, i);
		fine = verdict(bench, prog, obj) ==
		       verdict(bench, &out, obj) &&
		       facts_hold(bench, prog, facts, obj);
	}
	bench->programs++;
	bench->shorter += fine ? prog->insns_cnt - out.insns_cnt : 0;
	arena_fini(&arena);
	return fine;
}

static bool is_packet_program(const struct prog *prog)
{
	return prog->type == PROG_TYPE_XDP ||
	       prog->type == PROG_TYPE_SCHED_CLS ||
	       prog->type == PROG_TYPE_SOCKET_FILTER;
}

/* What skep cannot run (a helper, a map it lacks) is not looked at. */
static bool can_run(struct prog *prog, struct object *obj)
{
	bool can = begin(prog, obj);

	end(prog);
	return can;
}

static bool check_object(struct bench *bench, const char *path)
{
	const struct object_verify_options options = { .log = false };
	struct object_verdicts verdicts;
	struct object *obj;
	bool fine = true;

	if (object_open(&obj, path, NULL))
		return false;
	if (object_link(obj, NULL, NULL) ||
	    object_verify_linked(obj, &options, &verdicts, NULL)) {
		object_close(obj);
		return true;
	}
	for (uint32_t i = 0; fine && i < verdicts.cnt; i++) {
		struct object_verdict *v = &verdicts.list[i];

		if (v->err || !is_packet_program(&v->prog) ||
		    !can_run(&v->prog, obj))
			continue;
		fine = check_program(bench, &v->prog, &v->result->facts, obj);
		if (!fine)
			printf("%s: %s\n", path, v->prog.name);
	}
	object_verdicts_fini(&verdicts);
	object_close(obj);
	return fine;
}

int main(int argc, char **argv)
{
	struct bench bench = { .seed = 1 };
	bool fine = !interp_attach(&bench.run);

	for (int i = 1; fine && i < argc; i++)
		fine = check_object(&bench, argv[i]);
	printf("%u programs of %d objects: %llu operands checked, %llu "
	       "instructions left out\n", bench.programs, argc - 1,
	       (unsigned long long)bench.checked,
	       (unsigned long long)bench.shorter);
	interp_detach(&bench.run);
	return !fine || !bench.programs;
}
