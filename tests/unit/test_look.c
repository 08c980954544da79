/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second look: programs that are safe for a reason that no single state
 * tells, and twins that differ in one number and are not. What is accepted
 * runs in the checking interpreter with all kinds of input, without a fault;
 * each twin is rejected, and for most an input is found that makes it fault.
 *
 * All begin with r6 to r8 = the packet's first three words and r9 = 64 bytes
 * of a map's value; @ is a number that differs between twins.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/str.h"
#include "cmocka_all.h"
#include "interp/interp.h"
#include "map/map.h"
#include "text/asm.h"
#include "verify/flow/flow.h"
#include "verify/verify.h"

#define PACKET_LEN	24
#define VALUE		64
#define RUNS		2000

static const char head[] =
	"r2 = *(u32 *)(r1 + 0)\n"
	"r3 = *(u32 *)(r1 + 4)\n"
	"r4 = r2\n"
	"r4 += 24\n"
	"if r4 > r3 goto out\n"
	"r6 = *(u64 *)(r2 + 0)\n"
	"r7 = *(u64 *)(r2 + 8)\n"
	"r8 = *(u64 *)(r2 + 16)\n"
	"*(u32 *)(r10 - 4) = 0\n"
	"r2 = r10\n"
	"r2 += -4\n"
	"ld_pseudo r1, 5, 0\n"
	"call 1\n"
	"if r0 == 0 goto out\n"
	"r9 = r0\n";

struct look_case {
	const char *name, *text;
	int good, bad;			/* for @ */
	bool faults;			/* the twin, for some input */
};

static const struct look_case cases[] = {
	{ "what is left of a length",
	  "if r7 > @ goto out\n"
	  "if r6 > r7 goto out\n"
	  "r7 -= r6\n"
	  "r9 += r7\n"
	  "r0 = *(u8 *)(r9 + 0)\n", 63, 64, true },
	{ "the sum is checked",
	  "r6 &= 0xffff\n"
	  "r7 &= 0xffff\n"
	  "r1 = r6\n"
	  "r1 += r7\n"
	  "if r1 > @ goto out\n"
	  "r9 += r6\n"
	  "r9 += r7\n"
	  "r0 = *(u8 *)(r9 + 0)\n", 63, 64, true },
	{ "the sum bounds its parts",
	  "r6 &= 0xffff\n"
	  "r7 &= 0xffff\n"
	  "r1 = r6\n"
	  "r1 += r7\n"
	  "if r1 > @ goto out\n"
	  "r9 += r7\n"
	  "r0 = *(u8 *)(r9 + 0)\n", 63, 64, true },
	{ "a copy is checked in 32 bits",
	  "r6 &= 0xffffff\n"
	  "r7 &= 0xff\n"
	  "r6 += r7\n"
	  "w1 = w6\n"
	  "w1 += w7\n"
	  "w1 -= w7\n"
	  "if w1 > @ goto out\n"
	  "r9 += r6\n"
	  "r0 = *(u8 *)(r9 + 0)\n", 63, 64, true },
	{ "a mask of two registers",
	  "r6 &= 7\n"
	  "r7 &= @\n"
	  "r8 &= r6\n"
	  "r8 |= r7\n"
	  "r1 = r8\n"
	  "r1 ^= r7\n"
	  "r1 += r7\n"
	  "r9 += r1\n"
	  "r0 = *(u8 *)(r9 + 0)\n", 0x38, 0x78, true },
	{ "bounds that a difference implies",
	  "if r6 > 1000 goto out\n"
	  "if r7 > 1000 goto out\n"
	  "r1 = r6\n"
	  "r1 -= r7\n"
	  "if r1 > @ goto out\n"
	  "r6 -= r7\n"
	  "r9 += r6\n"
	  "r0 = *(u8 *)(r9 + 0)\n", 63, 64, true },
	{ "through the stack",
	  "*(u64 *)(r10 - 16) = r6\n"
	  "*(u32 *)(r10 - 24) = r7\n"
	  "r1 = *(u32 *)(r10 - 24)\n"
	  "if r1 > @ goto out\n"
	  "r2 = *(u64 *)(r10 - 16)\n"
	  "if r2 > r1 goto out\n"
	  "r3 = *(u32 *)(r10 - 24)\n"
	  "r4 = *(u64 *)(r10 - 16)\n"
	  "r3 -= r4\n"
	  "r9 += r3\n"
	  "r0 = *(u8 *)(r9 + 0)\n", 63, 64, true },
	{ "a shifted sum",
	  "r6 &= 0xffff\n"
	  "r7 &= 0xffff\n"
	  "r1 = r6\n"
	  "r1 += r7\n"
	  "if r1 > @ goto out\n"
	  "r6 <<= 2\n"
	  "r7 <<= 2\n"
	  "r6 += r7\n"
	  "r9 += r6\n"
	  "r0 = *(u32 *)(r9 + 0)\n", 15, 16, true },
	{ "a place on the stack",
	  "*(u64 *)(r10 - 16) = 0\n"
	  "*(u64 *)(r10 - 8) = 0\n"
	  "r6 &= 0xfff\n"
	  "r7 &= 0xfff\n"
	  "r7 += r6\n"
	  "r8 = r7\n"
	  "r8 += r6\n"
	  "if r8 > @ goto out\n"
	  "r8 -= r6\n"
	  "r1 = r10\n"
	  "r1 += -16\n"
	  "r1 += r8\n"
	  "*(u8 *)(r1 + 0) = 7\n"
	  "r0 = *(u8 *)(r1 + 0)\n", 15, 16, true },
	{ "a branch that rules another one out",
	  "r6 &= 0xff\n"
	  "r7 &= 0xff\n"
	  "if r6 > r7 goto out\n"
	  "r8 = 0\n"
	  "r1 = r6\n"
	  "r1 += @\n"
	  "r2 = r7\n"
	  "if r1 <= r2 goto +1\n"
	  "goto out\n"
	  "r2 -= r6\n"
	  "if r2 > 63 goto out\n"
	  "r7 -= r6\n"
	  "r9 += r7\n"
	  "r0 = *(u8 *)(r9 - 1)\n", 1, 0, true },
	{ "two checks far from each other",
	  "if r7 > @ goto out\n"
	  "call 7\n"
	  "if r0 > 5 goto +1\n"
	  "r8 = 1\n"
	  "call 7\n"
	  "if r0 > 5 goto +1\n"
	  "r8 += 1\n"
	  "if r6 > r7 goto out\n"
	  "call 7\n"
	  "if r0 > 5 goto +1\n"
	  "r8 += 1\n"
	  "call 7\n"
	  "if r0 > 5 goto +1\n"
	  "r8 += 1\n"
	  "call 7\n"
	  "if r0 > 5 goto +1\n"
	  "r8 += 1\n"
	  "r7 -= r6\n"
	  "r9 += r7\n"
	  "r0 = *(u8 *)(r9 + 0)\n", 63, 64, true },
	{ "one proof a round of a loop",
	  "if r7 > @ goto out\n"
	  "if r6 > r7 goto out\n"
	  "r8 = 0\n"
	  "r1 = r7\n"
	  "r1 -= r6\n"
	  "r2 = r9\n"
	  "r2 += r1\n"
	  "r0 = *(u8 *)(r2 + 0)\n"
	  "r7 -= r6\n"
	  "r7 += r6\n"
	  "r8 += 1\n"
	  "if r8 < 4 goto -9\n", 63, 64, true },
	{ "all of a value, by a call",
	  "r6 &= 0xff\n"
	  "r7 &= 0xff\n"
	  "r1 = r6\n"
	  "r1 += r7\n"
	  "if r1 > @ goto out\n"
	  "r1 = r9\n"
	  "r1 += r6\n"
	  "r2 = 64\n"
	  "r3 = 0\n"
	  "r4 = 0\n"
	  "r5 = 0\n"
	  "call 28\n", 0, 1, true },
	{ "what was loaded is not known",
	  "r6 &= 0xff\n"
	  "r7 &= 0xff\n"
	  "r1 = r6\n"
	  "r1 += r7\n"
	  "if r1 > 63 goto out\n"
	  "r5 = r9\n"
	  "r9 += r6\n"
	  "r0 = 0\n"
	  "r0 = *(u8 *)(r9 + 0)\n"
	  "r0 &= @\n"
	  "r5 += r0\n"
	  "r0 = *(u8 *)(r5 + 0)\n", 63, 127, false },
};

struct bench {
	struct map *map;
	struct run run;
	uint64_t words[3];
	uint8_t room[PACKET_HEADROOM + PACKET_LEN];
	struct packet packet;
	uint64_t seed;
};

static struct bench bench = { .seed = 1 };

static uint64_t draw(void)
{
	bench.seed ^= bench.seed << 13;
	bench.seed ^= bench.seed >> 7;
	bench.seed ^= bench.seed << 17;
	return bench.seed * 0x9e3779b97f4a7c15u;
}

static uint64_t draw_word(void)
{
	switch (draw() >> 61) {
	case 0: return draw();
	case 1: return draw() >> 32;
	case 2: return -(draw() >> 57);
	case 3: return 60 + (draw() >> 61);
	case 4: return 0;
	default: return draw() >> 57;
	}
}

/* 0, or how it stopped. */
static int run_once(struct prog *prog)
{
	for (int i = 0; i < 3; i++)
		bench.words[i] = draw_word();
	memcpy(bench.room + PACKET_HEADROOM, bench.words, PACKET_LEN);
	bench.packet = (struct packet){
		.head = bench.room, .data_meta = bench.room + PACKET_HEADROOM,
		.data = bench.room + PACKET_HEADROOM,
		.data_end = bench.room + sizeof(bench.room),
		.end = bench.room + sizeof(bench.room),
		.len = PACKET_LEN, .wire_len = PACKET_LEN,
	};
	bench.run.prog = prog;
	bench.run.rng = draw();
	bench.run.ctx = bench.run.packet = &bench.packet;
	bench.run.ctx_len = sizeof(struct xdp_md);
	interp_run(&bench.run);
	return bench.run.fault.stop;
}

/* With the number for @. */
static void assemble(struct arena *arena, const struct look_case *c, int at,
		     struct prog *prog)
{
	struct strbuf text = STRBUF_INIT;
	size_t cnt;

	strbuf_puts(&text, head);
	for (const char *p = c->text; *p; p++) {
		if (*p == '@')
			strbuf_printf(&text, "%d", at);
		else
			strbuf_putc(&text, *p);
	}
	strbuf_puts(&text, "out:\nr0 = 0\nexit\n");
	if (text_insns(arena, "t", strbuf_str(&text), &prog->insns, &cnt,
		       NULL))
		fail_msg("not assembled:\n%s", strbuf_str(&text));
	prog->insns_cnt = (uint32_t)cnt;
	assert_int_equal(flow_find_subprogs(arena, prog->insns, prog->insns_cnt,
					    &prog->subprogs,
					    &prog->subprogs_cnt), 0);
	strbuf_fini(&text);
}

struct answer {
	int err;
	struct verify_stats stats;
};

static struct answer verify(const struct prog *prog,
			    const struct verify_options *opts)
{
	struct verify_map view = {
		.name = "a", .type = MAP_TYPE_ARRAY, .key_size = 4,
		.value_size = VALUE, .max_entries = 1,
	};
	struct verify_input in = { .prog = prog, .maps = &view };
	struct verify_result *result;
	struct answer answer;

	answer.err = verify_prog(&in, opts, &result, NULL);
	assert_non_null(result);
	answer.stats = result->stats;
	verify_free(result);
	return answer;
}

static const struct verify_options plain = { .no_second_look = true };
static const struct verify_options often = { .keep_often = true };
static const struct verify_options unpriv = {
	.profile = VERIFY_UNPRIVILEGED,
};

static uint32_t faults_of(struct prog *prog)
{
	uint32_t faults = 0;

	assert_int_equal(interp_prepare(prog, NULL), 0);
	for (int i = 0; i < RUNS; i++)
		faults += run_once(prog) != 0;
	interp_release(prog);
	return faults;
}

static void check(const struct look_case *c)
{
	struct prog prog = {
		.name = "t", .type = PROG_TYPE_XDP, .gpl = true,
		.license = "GPL", .maps = &bench.map, .maps_cnt = 1,
	};
	struct answer answer;
	struct arena arena;

	arena_init(&arena);
	assemble(&arena, c, c->good, &prog);
	answer = verify(&prog, NULL);
	if (answer.err || !answer.stats.second_looks)
		fail_msg("%s: %d, %u looks", c->name, answer.err,
			 answer.stats.second_looks);
	assert_int_equal(verify(&prog, &often).err, 0);
	assert_true(verify(&prog, &plain).err);
	assert_true(verify(&prog, &unpriv).err);
	assert_int_equal(faults_of(&prog), 0);
	assemble(&arena, c, c->bad, &prog);
	if (!verify(&prog, NULL).err || !verify(&prog, &often).err)
		fail_msg("%s: the twin is accepted", c->name);
	if (!faults_of(&prog) == c->faults)
		fail_msg("%s: the twin's runs", c->name);
	arena_fini(&arena);
}

static void test_cases(void **state maybe_unused)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(&cases[i]);
}

/*
 * The first path proves with r6 <= r7, which the state that is kept behind
 * does not say; the second one comes there without it.
 */
#define WAIT	"r1 = 0\nr2 = 0\nr3 = 0\nr4 = 0\nr5 = 0\nr1 = 0\nr2 = 0\n"

static const struct look_case joins[] = {
	{ "a path that joins behind the base",
	  "if r7 > 63 goto out\n"
	  "if r8 > 5 goto +1\n"
	  "if r6 > r7 goto out\n"
	  "if r8 s> 100 goto +1\n"
	  "r0 = 1\n" WAIT
	  "if r8 s> 300 goto +1\n"
	  "r0 = 1\n"
	  "r7 -= r6\n"
	  "r9 += r7\n"
	  "r0 = *(u8 *)(r9 + 0)\n", 0, 0, true },
	{ "a path that joins there jumping",
	  "if r7 > 63 goto out\n"
	  "if r8 <= 5 goto +2\n"
	  "if r6 > r7 goto out\n"
	  "r0 = 0\n"
	  "call 7\n"
	  "if r0 > 100 goto +1\n"
	  "r8 = 1\n" WAIT
	  "if r0 > 300 goto +1\n"
	  "r8 = 1\n"
	  "r7 -= r6\n"
	  "r9 += r7\n"
	  "r0 = *(u8 *)(r9 + 0)\n", 0, 0, true },
};

static void test_joins(void **state maybe_unused)
{
	for (size_t i = 0; i < ARRAY_SIZE(joins); i++) {
		struct prog prog = {
			.name = "t", .type = PROG_TYPE_XDP, .gpl = true,
			.license = "GPL", .maps = &bench.map, .maps_cnt = 1,
		};
		struct answer answer;
		struct arena arena;

		arena_init(&arena);
		assemble(&arena, &joins[i], 0, &prog);
		answer = verify(&prog, NULL);
		if (!answer.err)
			fail_msg("%s: accepted", joins[i].name);
		assert_true(verify(&prog, &often).err);
		assert_true(faults_of(&prog));
		arena_fini(&arena);
	}
}

static int setup(void **state maybe_unused)
{
	static const struct map_def def = {
		"a", MAP_TYPE_ARRAY, 4, VALUE, 1
	};

	return map_create(&bench.map, &def, 1, NULL) ?:
	       interp_attach(&bench.run);
}

static int teardown(void **state maybe_unused)
{
	interp_detach(&bench.run);
	map_put(bench.map);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_joins),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
