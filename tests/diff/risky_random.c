/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a function looks like. It has a part of these, by its arguments:
 *
 *	r6		ctx
 *	r7, r8		numbers
 *	r9		a pointer or a number, by the function
 *	fp - 8 .. -24	numbers, spilled in any width
 *	fp - 32, - 40	packet's start and end
 *	fp - 48		map value or NULL
 *	fp - 56		ctx
 *	fp - 64		key
 *	fp - 96		32 bytes for helpers
 *	fp - 104, -112	counters of loops
 *
 * r0 to r5 are of each step alone. The steps of main come first, then those
 * of each subprogram. The steps themselves: risky_steps.c.
 */
#include "risky_steps.h"

#include <string.h>

static const struct map_def inner = {
	"inner", MAP_TYPE_ARRAY, 4, 24, 1, .flags = 0,
};

const struct map_def risky_maps[RISKY_ALL_MAPS] = {
	[RISKY_ARRAY]	= { "array", MAP_TYPE_ARRAY, 4, 48, 2, .flags = 0 },
	[RISKY_HASH]	= { "hash", MAP_TYPE_HASH, 8, 16, 8, .flags = 0 },
	[RISKY_OUTER]	= { "outer", MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 2,
			    .inner = &inner },
	[RISKY_RINGBUF]	= { "records", MAP_TYPE_RINGBUF, 0, 0, 4096,
			    .flags = 0 },
	[RISKY_DIRECT]	= { "direct", MAP_TYPE_ARRAY, 4, 32, 1, .flags = 0 },
	[RISKY_INNER]	= { "inner", MAP_TYPE_ARRAY, 4, 24, 1, .flags = 0 },
};

#define MAIN_STEPS	20
#define SUB_STEPS	6

const struct risky_function risky_functions[RISKY_FUNCTIONS] = {
	{ 0, MAIN_STEPS, HAS_CTX | HAS_PACKET | HAS_VALUE | HAS_CALLS },
	{ MAIN_STEPS, SUB_STEPS, HAS_CTX | HAS_PACKET },
	{ MAIN_STEPS + SUB_STEPS, SUB_STEPS, HAS_CALLER },
	{ MAIN_STEPS + 2 * SUB_STEPS, SUB_STEPS, HAS_PACKET },
	{ MAIN_STEPS + 3 * SUB_STEPS, SUB_STEPS, HAS_VALUE },
};

static_assert(MAIN_STEPS + 4 * SUB_STEPS == RISKY_STEPS, "");

uint32_t risky_below(struct risky *g, uint32_t n)
{
	return (uint32_t)(random_next(&g->rng) >> 16) % n;
}

void risky_emit(struct risky *g, struct bpf_insn insn)
{
	if (g->program->cnt < RISKY_INSNS)
		g->program->insns[g->program->cnt++] = insn;
}

int risky_data_at(const struct risky *g, enum packet_field field)
{
	static const int xdp[] = { 0, 4, 8 }, skb[] = { 76, 80, 140 };

	return g->program->type == PROG_TYPE_XDP ? xdp[field] : skb[field];
}

/* ---- functions ---- */

static void enter_main(struct risky *g)
{
	emit(g, MOV_REG(6, 1));
	emit(g, STX64(10, 6, SLOT_CTX));
	risky_reload_packet(g);
	emit(g, ST64(10, SLOT_VALUE, 0));
	for (int reg = 7; reg <= 8; reg++)
		if (below(g, 2))
			EMIT(CALL(7), MOV_REG(reg, 0));
		else
			EMIT(INSN(0x18, 1, BPF_PSEUDO_MAP_IDX_VALUE, 0,
				  RISKY_DIRECT), INSN(0, 0, 0, 0, 0),
			     LDX64(reg, 1, 8 * (reg - 7)));
	risky_look_up(g, g->value_map, true);
}

static void enter_sub(struct risky *g, uint32_t index)
{
	EMIT(MOV_REG(7, 3), MOV_REG(8, 4));
	switch (index) {
	case 1:
		EMIT(MOV_REG(6, 1), STX64(10, 6, SLOT_CTX));
		risky_reload_packet(g);
		break;
	case 2:
		EMIT(MOV_REG(9, 1));
		break;
	case 3:
		EMIT(STX64(10, 1, SLOT_DATA), STX64(10, 2, SLOT_END));
		break;
	default:
		EMIT(STX64(10, 1, SLOT_VALUE));
		break;
	}
}

/* What r9 is for, drawn once for each function. */
static void fill_r9(struct risky *g)
{
	if (g->fn->has & HAS_CALLER)
		g->r9 = R9_CALLER;
	else if (g->fn->has & HAS_PACKET && !below(g, 3))
		g->r9 = R9_PACKET;
	else
		g->r9 = below(g, 2) ? R9_STACK : R9_NUMBER;
	if (g->r9 == R9_PACKET)
		emit(g, LDX64(9, 10, SLOT_DATA));
	else if (g->r9 == R9_STACK)
		EMIT(MOV_REG(9, 10), ADD_IMM(9, SLOT_BUFFER));
	else if (g->r9 == R9_NUMBER)
		emit(g, MOV_IMM(9, (int)below(g, 8)));
}

static void fill_slots(struct risky *g)
{
	uint32_t skip = below(g, 12);

	for (int slot = 0; slot < 3; slot++)
		if (below(g, 2))
			emit(g, STX64(10, 7 + (int)below(g, 2), -8 - 8 * slot));
		else
			emit(g, ST64(10, -8 - 8 * slot, (int)below(g, 40)));
	if (skip)
		emit(g, ST64(10, SLOT_KEY, (int)below(g, 3)));
	for (int at = SLOT_BUFFER; skip > 1 && at < SLOT_KEY; at += 8)
		emit(g, ST64(10, at, 0));
}

static void aim_jumps(struct risky *g)
{
	for (uint32_t i = 0; i < g->jumps_cnt; i++)
		g->program->insns[g->jumps[i].at].off =
			(int16_t)(g->starts[g->jumps[i].to] -
				  g->jumps[i].at - 1);
}

static void leave(struct risky *g)
{
	if (g->fn == risky_functions && below(g, 3))
		emit(g, MOV_IMM(0, (int)below(g, 4)));
	else
		emit(g, MOV_REG(0, 7 + (int)below(g, 2)));
	emit(g, EXIT());
}

static void add_function(struct risky *g, uint32_t index, uint64_t seed)
{
	g->fn = &risky_functions[index];
	g->jumps_cnt = 0;
	g->rng = seed + index;
	g->r9 = R9_COUNTER;		/* nothing yet */
	if (index)
		enter_sub(g, index);
	else
		enter_main(g);
	fill_slots(g);
	fill_r9(g);
	for (g->step = 0; g->step < g->fn->steps; g->step++) {
		uint32_t step = g->fn->first + g->step;

		g->starts[g->step] = g->program->cnt;
		g->rng = (seed << 8 | step) * 0x9e3779b97f4a7c15;
		if (!g->program->left_out[step])
			risky_step(g);
	}
	g->starts[g->step] = g->program->cnt;
	g->rng = seed * 31 + index;
	leave(g);
	aim_jumps(g);
}

void risky_random(struct risky_program *program, uint64_t seed)
{
	struct risky g = { .program = program, .rng = seed };
	uint32_t starts[RISKY_FUNCTIONS];

	program->cnt = 0;
	program->type = below(&g, 2) ? PROG_TYPE_XDP : PROG_TYPE_SCHED_CLS;
	g.value_map = below(&g, 2) ? RISKY_ARRAY : RISKY_HASH;
	g.odds = 60 + below(&g, 400);
	for (uint32_t i = 0; i < RISKY_FUNCTIONS; i++) {
		bool called = !i;

		for (uint32_t c = 0; c < g.calls_cnt; c++)
			called |= g.calls[c].fn == i;
		starts[i] = program->cnt;
		if (called)
			add_function(&g, i, seed);
	}
	for (uint32_t c = 0; c < g.calls_cnt; c++)
		program->insns[g.calls[c].at].imm =
			(int32_t)(starts[g.calls[c].fn] - g.calls[c].at - 1);
}
