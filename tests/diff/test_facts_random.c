/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verifier says of random programs (program_random.h), against runs
 * of them: its facts hold (facts_check.h), and the program that it rewrites
 * leaves the same packets, maps and results as the one it was given.
 *
 * Runs for SKEP_DIFF_SECONDS (4), from seed SKEP_DIFF_SEED (1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "facts_check.h"
#include "interp/interp.h"
#include "isa/disasm.h"
#include "map/map.h"
#include "program_random.h"
#include "verify/facts/facts.h"
#include "verify/flow/flow.h"
#include "verify/facts/rewrite.h"

#define PACKET_LEN	80
#define KEYS		16
#define MAPS		3
#define RUNS		16	/* of each program, for its facts */

static const struct map_def defs[MAPS] = {
	{ "array", MAP_TYPE_ARRAY, 4, RANDOM_VALUE, 2 },
	{ "hash", MAP_TYPE_HASH, 4, RANDOM_HASH, 8 },
	{ "out", MAP_TYPE_ARRAY, 4, RANDOM_OUT, 1 },
};

/* All that a program leaves behind. */
struct outcome {
	int err;
	uint64_t ret;
	uint8_t packet[PACKET_LEN];
	uint8_t array[2][RANDOM_VALUE], out[RANDOM_OUT];
	bool there[KEYS];
	uint8_t hash[KEYS][RANDOM_HASH];
};

struct bench {
	struct map *maps[MAPS];
	struct verify_map views[MAPS];
	struct run run;
	uint8_t bytes[PACKET_LEN];	/* each run's packet, as it begins */
	uint8_t room[PACKET_HEADROOM + PACKET_LEN];
	struct packet packet;
	uint64_t seed;
	uint64_t accepted, shorter, checked;
};

static void reset_maps(struct bench *bench)
{
	uint8_t zero[RANDOM_OUT] = { 0 };

	for (uint32_t key = 0; key < 2; key++)
		map_update_elem(bench->maps[0], &key, zero, 0);
	for (uint32_t key = 0; key < KEYS; key++)
		map_delete_elem(bench->maps[1], &key);
	map_update_elem(bench->maps[2], &(uint32_t){ 0 }, zero, 0);
}

static void run_once(void *arg)
{
	struct bench *bench = arg;

	bench->packet = (struct packet){
		.head = bench->room, .data_meta = bench->room + PACKET_HEADROOM,
		.data = bench->room + PACKET_HEADROOM,
		.data_end = bench->room + sizeof(bench->room),
		.end = bench->room + sizeof(bench->room),
		.len = PACKET_LEN, .wire_len = PACKET_LEN,
	};
	memcpy(bench->packet.data, bench->bytes, PACKET_LEN);
	bench->run.ctx = bench->run.packet = &bench->packet;
	bench->run.ctx_len = sizeof(struct xdp_md);
	interp_run(&bench->run);
}

static void run_to_end(struct bench *bench, struct prog *prog,
		       struct outcome *out)
{
	memset(out, 0, sizeof(*out));
	out->err = interp_prepare(prog, NULL);
	if (out->err)
		return;
	reset_maps(bench);
	bench->run.prog = prog;
	bench->run.rng = 1;
	run_once(bench);
	out->err = bench->run.fault.stop;
	out->ret = bench->run.r0;
	memcpy(out->packet, bench->packet.data, PACKET_LEN);
	for (uint32_t key = 0; key < 2; key++)
		map_lookup_elem(bench->maps[0], &key, out->array[key], 0);
	for (uint32_t key = 0; key < KEYS; key++)
		out->there[key] = !map_lookup_elem(bench->maps[1], &key,
						   out->hash[key], 0);
	map_lookup_elem(bench->maps[2], &(uint32_t){ 0 }, out->out, 0);
	interp_release(prog);
}

static void make_packet(struct bench *bench)
{
	static const uint64_t edges[] = {
		0, 1, UINT64_MAX, INT64_MAX, 1ull << 63, UINT32_MAX,
		INT32_MAX, 1ull << 31, 0xffffffff80000000, 63, 32,
	};

	for (uint32_t at = 0; at < PACKET_LEN; at += 8) {
		uint64_t word = random_next(&bench->seed);

		if (word & 1)
			word = edges[(word >> 8) % ARRAY_SIZE(edges)];
		memcpy(bench->bytes + at, &word, 8);
	}
}

static bool same_outcome(struct bench *bench, struct prog *prog,
			 const struct verify_facts *facts)
{
	struct outcome before, after;
	struct arena arena;
	struct prog out;
	bool same;

	arena_init(&arena);
	same = !verify_rewrite(prog, facts, &arena, &out) &&
	       !insn_check(out.insns, out.insns_cnt, "rewritten", NULL);
	if (same) {
		run_to_end(bench, prog, &before);
		run_to_end(bench, &out, &after);
		same = !memcmp(&before, &after, sizeof(before));
		bench->shorter += prog->insns_cnt - out.insns_cnt;
	}
	if (!same)
		printf("the rewritten program does something else\n");
	arena_fini(&arena);
	return same;
}

static bool facts_hold(struct bench *bench, struct prog *prog,
		       const struct verify_facts *facts)
{
	struct facts_run fr = {
		.prog = prog, .facts = facts, .run = &bench->run,
		.once = run_once, .arg = bench, .insns_max = 100000,
	};
	bool fine = !interp_prepare(prog, NULL);

	bench->run.prog = prog;
	for (int i = 0; fine && i < RUNS; i++) {
		make_packet(bench);
		fine = facts_check(&fr);
	}
	interp_release(prog);
	bench->checked += fr.checked;
	return fine;
}

static void show(const struct prog *prog, const struct verify_facts *facts)
{
	struct strbuf text = STRBUF_INIT;

	for (uint32_t pc = 0; pc < prog->insns_cnt;) {
		const struct disasm_style style = { 0 };

		strbuf_printf(&text, "%5u: ", pc);
		pc += op_slots(disasm_insn(&text, &prog->insns[pc], &style));
		strbuf_putc(&text, '\n');
	}
	facts_print(&text, prog, facts);
	fputs(strbuf_str(&text), stdout);
	strbuf_fini(&text);
}

static bool hold_together(struct bench *bench, struct prog *prog)
{
	const struct verify_input in = { .prog = prog, .maps = bench->views };
	struct verify_result *result = NULL;
	bool fine = true;

	if (!verify_prog(&in, NULL, &result, NULL)) {
		bench->accepted++;
		make_packet(bench);
		fine = same_outcome(bench, prog, &result->facts) &&
		       facts_hold(bench, prog, &result->facts);
		if (!fine)
			show(prog, &result->facts);
	}
	verify_free(result);
	return fine;
}

/* False when a fact does not hold or the rewritten program differs. */
static bool try_program(struct bench *bench,
			const struct random_program *program)
{
	struct prog prog = {
		.name = "random", .type = PROG_TYPE_XDP,
		.insns = program->insns, .insns_cnt = program->cnt,
		.gpl = true, .license = "GPL", .maps = bench->maps,
		.maps_cnt = MAPS,
	};
	struct arena arena;
	bool fine;

	arena_init(&arena);
	fine = !flow_find_subprogs(&arena, program->insns, program->cnt,
				   &prog.subprogs, &prog.subprogs_cnt) &&
	       hold_together(bench, &prog);
	arena_fini(&arena);
	return fine;
}

static int make_bench(struct bench *bench)
{
	for (uint32_t i = 0; i < MAPS; i++) {
		if (map_create(&bench->maps[i], &defs[i], 1, NULL))
			return -1;
		bench->views[i] = (struct verify_map){
			.name = defs[i].name, .type = defs[i].type,
			.key_size = defs[i].key_size,
			.value_size = defs[i].value_size,
			.max_entries = defs[i].max_entries,
		};
	}
	return interp_attach(&bench->run);
}

static uint64_t setting(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : fallback;
}

int main(void)
{
	time_t end = time(NULL) + (time_t)setting("SKEP_DIFF_SECONDS", 4);
	uint64_t first = setting("SKEP_DIFF_SEED", 1), seed = first;
	struct random_program program = { .cnt = 0 };
	struct bench bench = { .seed = first };
	bool fine = !make_bench(&bench);

	for (; fine && time(NULL) < end; seed++) {
		random_program(&program, seed);
		fine = try_program(&bench, &program);
		if (!fine)
			printf("seed %llu\n", (unsigned long long)seed);
	}
	printf("%llu programs from seed %llu: %llu accepted, %llu operands "
	       "checked, %llu instructions left out\n",
	       (unsigned long long)(seed - first), (unsigned long long)first,
	       (unsigned long long)bench.accepted,
	       (unsigned long long)bench.checked,
	       (unsigned long long)bench.shorter);
	interp_detach(&bench.run);
	for (uint32_t i = 0; i < MAPS; i++)
		map_put(bench.maps[i]);
	return !fine || bench.accepted * 2 < seed - first;
}
