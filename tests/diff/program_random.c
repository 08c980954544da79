/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program looks like:
 *
 *	main	r6 ctx, r7 packet (64 bytes proven), r9 value of map 0,
 *		r10 - 64 .. r10 filled; r0 to r5 and r8 numbers
 *	sub 1	all numbers, 32 bytes of stack
 *	sub 2	r6 the caller's 64 bytes of stack, else as sub 1
 *
 * The steps of main come first, then those of both subprograms.
 */
#include "program_random.h"

#include <string.h>

#include "isa/insn.h"
#include "spec/spec.h"
#include "../insns.h"

#define MAIN_STEPS	40
#define SUB_STEPS	12
#define CALLS_MAX	RANDOM_STEPS
#define BRANCHES_MAX	9

/* Memory that a function may touch: [reg + from, reg + from + size). */
struct place {
	uint8_t reg;
	int16_t from, size;
	bool aligned, atomic;
};

struct function {
	uint32_t first, steps;	/* of all steps */
	uint16_t numbers;	/* registers that hold numbers */
	struct place places[3];
	uint32_t places_cnt;
};

static const struct function functions[] = {
	{ 0, MAIN_STEPS, 0x13f, {
		{ 10, -64, 64, true, true }, { 7, 0, 64, false, false },
		{ 9, 0, 64, false, true } }, 3 },
	{ MAIN_STEPS, SUB_STEPS, 0x3ff, { { 10, -32, 32, true, true } }, 1 },
	{ MAIN_STEPS + SUB_STEPS, SUB_STEPS, 0x3bf, {
		{ 10, -32, 32, true, true }, { 6, 0, 64, true, true } }, 2 },
};

static_assert(MAIN_STEPS + 2 * SUB_STEPS == RANDOM_STEPS, "");

struct gen {
	struct random_program *program;
	const struct function *fn;
	uint64_t rng;
	uint32_t step;				/* in the function */
	uint32_t starts[RANDOM_STEPS + 1];	/* of the function's steps */
	struct { uint32_t at, to; } jumps[RANDOM_STEPS];
	uint32_t jumps_cnt;
	struct { uint32_t at, fn; } calls[CALLS_MAX];
	uint32_t calls_cnt;
};

uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint32_t below(struct gen *g, uint32_t n)
{
	return (uint32_t)(random_next(&g->rng) >> 16) % n;
}

static int32_t some_imm(struct gen *g)
{
	static const int32_t edges[] = {
		0, 1, -1, INT32_MAX, INT32_MIN, 31, 32, 63, 64, 255, 65535,
	};

	return below(g, 3) ? edges[below(g, ARRAY_SIZE(edges))] :
			     (int32_t)random_next(&g->rng);
}

static uint8_t some_number(struct gen *g)
{
	uint8_t reg;

	do
		reg = (uint8_t)below(g, 10);
	while (!(g->fn->numbers >> reg & 1));
	return reg;
}

static void emit(struct gen *g, struct bpf_insn insn)
{
	g->program->insns[g->program->cnt++] = insn;
}

#define EMIT(...) do { \
	const struct bpf_insn insns_[] = { __VA_ARGS__ }; \
	for (size_t i_ = 0; i_ < ARRAY_SIZE(insns_); i_++) \
		emit(g, insns_[i_]); \
} while (0)

/* ---- steps ---- */

static bool is_shift(uint8_t op)
{
	return op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
}

static void add_arith(struct gen *g)
{
	static const uint8_t ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH,
		BPF_RSH, BPF_MOD, BPF_XOR, BPF_MOV, BPF_ARSH,
	};
	uint8_t op = ops[below(g, ARRAY_SIZE(ops))];
	uint8_t class = below(g, 2) ? BPF_ALU64 : BPF_ALU;
	bool divides = op == BPF_DIV || op == BPF_MOD;
	int16_t off = divides && below(g, 2);	/* signed */
	int32_t imm = some_imm(g);

	if (below(g, 2)) {
		emit(g, INSN(class | op | BPF_X, some_number(g),
			     some_number(g), off, 0));
		return;
	}
	if (is_shift(op))
		imm &= class == BPF_ALU64 ? 63 : 31;
	if (divides && !imm)
		imm = 7;
	emit(g, INSN(class | op | BPF_K, some_number(g), 0, off, imm));
}

static void add_unary(struct gen *g)
{
	static const uint8_t widths[] = { 16, 32, 64 };
	static const struct { uint8_t code; int16_t off; } moves[] = {
		{ 0xbf, 8 }, { 0xbf, 16 }, { 0xbf, 32 }, { 0xbc, 8 },
		{ 0xbc, 16 }, { 0xbc, 0 },
	};
	static const uint8_t ends[] = { 0xd4, 0xdc, 0xd7 };
	uint32_t kind = below(g, 3), move = below(g, ARRAY_SIZE(moves));

	if (kind == 0)
		emit(g, INSN(below(g, 2) ? 0x87 : 0x84, some_number(g), 0, 0,
			     0));
	else if (kind == 1)
		emit(g, INSN(ends[below(g, 3)], some_number(g), 0, 0,
			     widths[below(g, 3)]));
	else
		emit(g, INSN(moves[move].code, some_number(g), some_number(g),
			     moves[move].off, 0));
}

/* An address for `size` bytes. */
static int16_t some_off(struct gen *g, const struct place *place,
			uint32_t size, bool aligned)
{
	uint32_t off = below(g, (uint32_t)place->size - size + 1);

	if (aligned)
		off -= off % size;
	return (int16_t)(place->from + (int16_t)off);
}

static const struct place *some_place(struct gen *g)
{
	return &g->fn->places[below(g, g->fn->places_cnt)];
}

static void add_load(struct gen *g)
{
	static const struct { uint8_t code, size; } loads[] = {
		{ 0x71, 1 }, { 0x69, 2 }, { 0x61, 4 }, { 0x79, 8 },
		{ 0x91, 1 }, { 0x89, 2 }, { 0x81, 4 },
	};
	const struct place *place = some_place(g);
	uint32_t i = below(g, ARRAY_SIZE(loads));

	emit(g, INSN(loads[i].code, some_number(g), place->reg,
		     some_off(g, place, loads[i].size, place->aligned), 0));
}

static void add_store(struct gen *g)
{
	static const struct { uint8_t imm, reg, size; } stores[] = {
		{ 0x72, 0x73, 1 }, { 0x6a, 0x6b, 2 }, { 0x62, 0x63, 4 },
		{ 0x7a, 0x7b, 8 },
	};
	const struct place *place = some_place(g);
	uint32_t i = below(g, ARRAY_SIZE(stores));
	int16_t off = some_off(g, place, stores[i].size, place->aligned);

	if (below(g, 3))
		emit(g, INSN(stores[i].reg, place->reg, some_number(g), off,
			     0));
	else
		emit(g, INSN(stores[i].imm, place->reg, 0, off, some_imm(g)));
}

#define CMPXCHG		0xf1
#define MOV32_REG(d, s)	INSN(0xbc, d, s, 0, 0)

/*
 * Linux 6.18 on x86 can leave the high half of r0 as it was after a 32-bit
 * compare-and-exchange that succeeds: the verifier adds the zero-extension
 * only where it sees a 64-bit read, and loses sight of it when it prunes.
 */
static void add_atomic(struct gen *g)
{
	static const int32_t ops[] = {
		0x00, 0x40, 0x50, 0xa0, 0x01, 0x41, 0x51, 0xa1, 0xe1, CMPXCHG,
	};
	const struct place *place = some_place(g);
	uint32_t size = below(g, 2) ? 8 : 4;
	int32_t op;

	if (!place->atomic)
		return;
	op = ops[below(g, ARRAY_SIZE(ops))];
	emit(g, INSN(size == 8 ? 0xdb : 0xc3, place->reg, some_number(g),
		     some_off(g, place, size, true), op));
	if (op == CMPXCHG && size == 4)
		emit(g, MOV32_REG(0, 0));
}

static void add_jump(struct gen *g)
{
	static const uint8_t ops[] = {
		BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT,
		BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE,
	};
	uint8_t op = ops[below(g, ARRAY_SIZE(ops))];
	uint8_t class = below(g, 2) ? BPF_JMP : BPF_JMP32;
	uint32_t to = g->step + 2 + below(g, 5);

	if (g->jumps_cnt == BRANCHES_MAX)
		return;
	g->jumps[g->jumps_cnt].at = g->program->cnt;
	g->jumps[g->jumps_cnt++].to = MIN(to, g->fn->steps);
	if (below(g, 2))
		emit(g, INSN(class | op | BPF_X, some_number(g),
			     some_number(g), 0, 0));
	else
		emit(g, INSN(class | op | BPF_K, some_number(g), 0, 0,
			     some_imm(g)));
}

/* r1 to r5, void after a call, get numbers again. */
static void refill(struct gen *g)
{
	const struct place *place = &g->fn->places[g->fn->places_cnt > 2];

	for (uint8_t reg = 1; reg <= 5; reg++)
		emit(g, LDX64(reg, place->reg,
			      some_off(g, place, 8, true)));
}

/* A key of map 1, few enough that they come again, at r10 - 72. */
static void add_hash(struct gen *g)
{
	uint32_t what = below(g, 3);

	EMIT(MOV_REG(2, some_number(g)), AND_IMM(2, 15), STX32(10, 2, -72),
	     MOV_REG(2, 10), ADD_IMM(2, -72));
	if (what == 0) {
		EMIT(MOV_REG(3, 10), ADD_IMM(3, -16 - 8 * (int)below(g, 6)),
		     MOV_IMM(4, (int)below(g, 4)),
		     INSN(0x18, 1, 5, 0, 1), INSN(0, 0, 0, 0, 0), CALL(2));
	} else if (what == 1) {
		EMIT(INSN(0x18, 1, 5, 0, 1), INSN(0, 0, 0, 0, 0), CALL(3));
	} else {
		EMIT(INSN(0x18, 1, 5, 0, 1), INSN(0, 0, 0, 0, 0), CALL(1),
		     JEQ_IMM(0, 0, 3), LDX64(8, 0, 0), STX64(0, 8, 8),
		     LDX64(0, 0, 4));
	}
	refill(g);
}

static void add_call(struct gen *g)
{
	uint32_t fn = 1 + below(g, 2);

	if (fn == 2)
		EMIT(MOV_REG(1, 10), ADD_IMM(1, -64));
	g->calls[g->calls_cnt].at = g->program->cnt;
	g->calls[g->calls_cnt++].fn = fn;
	emit(g, CALL_LOCAL(0));
	refill(g);
}

static void add_step(struct gen *g)
{
	uint32_t kind = below(g, 100);

	if (kind < 40)
		add_arith(g);
	else if (kind < 50)
		add_unary(g);
	else if (kind < 62)
		add_load(g);
	else if (kind < 72)
		add_store(g);
	else if (kind < 80)
		add_atomic(g);
	else if (kind < 90 || g->fn != functions)
		add_jump(g);
	else if (kind < 95)
		add_hash(g);
	else
		add_call(g);
}

/* ---- functions ---- */

/* Registers, mixed up, to r0 and (main) to the value of map 2. */
static void finish_function(struct gen *g)
{
	if (g->fn == functions) {
		EMIT(STX64(10, 1, -72), INSN(0x18, 1, 6, 0, 2),
		     INSN(0, 0, 0, 0, 0));
		for (uint8_t reg = 2; reg <= 8; reg++)
			if (g->fn->numbers >> reg & 1)
				emit(g, STX64(1, reg, (int16_t)(reg * 8)));
		EMIT(STX64(1, 0, 0), LDX64(2, 10, -72), STX64(1, 2, 8));
	}
	for (uint8_t reg = 2; reg <= 9; reg++)
		if (g->fn->numbers >> reg & 1)
			EMIT(MUL_IMM(0, 31), XOR_REG(0, reg));
	emit(g, EXIT());
}

static void enter_main(struct gen *g)
{
	EMIT(MOV_REG(6, 1), LDX32(7, 1, 0), LDX32(2, 1, 4), MOV_REG(3, 7),
	     ADD_IMM(3, RANDOM_PACKET), MOV_IMM(0, 0), JGT_REG(3, 2, 6),
	     ST32(10, -72, (int)below(g, 2)), MOV_REG(2, 10),
	     ADD_IMM(2, -72), INSN(0x18, 1, 5, 0, 0), INSN(0, 0, 0, 0, 0),
	     CALL(1), JNE_IMM(0, 0, 1), EXIT(), MOV_REG(9, 0));
	/* the failed bounds check goes to that EXIT, too */
	g->program->insns[g->program->cnt - 10].off = 7;
	for (int16_t off = -64; off < 0; off += 8)
		EMIT(LDX64(8, 7, (int16_t)(off + 64)), STX64(10, 8, off));
	refill(g);
	emit(g, LDX64(0, 7, 24));
}

static void enter_sub(struct gen *g, uint32_t index)
{
	if (index == 2)
		EMIT(MOV_REG(6, 1), LDX64(1, 6, 8));
	for (uint8_t reg = 6; reg <= 9; reg++)
		if (g->fn->numbers >> reg & 1)
			emit(g, MOV_REG(reg, 1 + below(g, 5)));
	emit(g, MOV_REG(0, 2));
	for (int16_t off = -32; off < 0; off += 8)
		emit(g, STX64(10, 1 + (uint8_t)below(g, 5), off));
}

static void aim_jumps(struct gen *g)
{
	for (uint32_t i = 0; i < g->jumps_cnt; i++)
		g->program->insns[g->jumps[i].at].off =
			(int16_t)(g->starts[g->jumps[i].to] -
				  g->jumps[i].at - 1);
}

static void add_function(struct gen *g, uint32_t index, uint64_t seed)
{
	g->fn = &functions[index];
	g->jumps_cnt = 0;
	g->rng = seed + index;
	if (index)
		enter_sub(g, index);
	else
		enter_main(g);
	for (g->step = 0; g->step < g->fn->steps; g->step++) {
		uint32_t step = g->fn->first + g->step;

		g->starts[g->step] = g->program->cnt;
		g->rng = (seed << 8 | step) * 0x9e3779b97f4a7c15;
		if (!g->program->left_out[step])
			add_step(g);
	}
	g->starts[g->step] = g->program->cnt;
	aim_jumps(g);
	finish_function(g);
}

void random_program(struct random_program *program, uint64_t seed)
{
	struct gen g = { .program = program };
	uint32_t starts[ARRAY_SIZE(functions)];

	program->cnt = 0;
	for (uint32_t i = 0; i < ARRAY_SIZE(functions); i++) {
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
