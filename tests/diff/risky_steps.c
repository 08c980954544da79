/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps. Each is what a compiler would make of a line or two of C, and
 * asks now and then (bad) whether to get one thing wrong.
 */
#include "risky_steps.h"

#include "isa/insn.h"

static bool bad(struct risky *g)
{
	return !below(g, g->odds);
}

static uint8_t some_number(struct risky *g)
{
	if (bad(g))
		return (uint8_t)below(g, 11);
	return g->r9 == R9_NUMBER ? 7 + (uint8_t)below(g, 3) :
				    7 + (uint8_t)below(g, 2);
}

static int32_t some_imm(struct risky *g)
{
	static const int32_t edges[] = {
		0, 1, -1, 15, 16, 7, 255, INT32_MAX, INT32_MIN, -16, 31, 63,
		65535, 4, 8, 1 << 16,
	};

	return below(g, 2) ? (int32_t)below(g, 20) :
	       below(g, 5) ? edges[below(g, ARRAY_SIZE(edges))] :
			     (int32_t)random_next(&g->rng);
}

static int8_t off_by_one(struct risky *g)
{
	return bad(g) ? 1 : bad(g) ? -1 : 0;
}

/* ---- jumps out of a step ---- */

#define ENDS_MAX	8

/* Jumps that go to the end of what is being emitted. */
struct ends {
	uint32_t at[ENDS_MAX], cnt;
};

/* The next instruction, a jump, goes there; unless someone forgot. */
static void to_end(struct risky *g, struct ends *ends)
{
	if (ends->cnt < ENDS_MAX)
		ends->at[ends->cnt++] = g->program->cnt;
}

static void end_here(struct risky *g, const struct ends *ends)
{
	for (uint32_t i = 0; i < ends->cnt; i++)
		if (ends->at[i] < g->program->cnt)
			g->program->insns[ends->at[i]].off = (int16_t)
				(g->program->cnt - ends->at[i] - 1);
}

static void null_check(struct risky *g, uint8_t reg, struct ends *ends)
{
	if (bad(g))
		return;
	if (below(g, 4)) {
		to_end(g, ends);
		emit(g, INSN(bad(g) ? 0x55 : 0x15, reg, 0, 0, bad(g)));
	} else {
		emit(g, JNE_IMM(reg, 0, 1));
		to_end(g, ends);
		emit(g, JA(0));
	}
}

/* ---- numbers ---- */

static void step_arith(struct risky *g)
{
	static const uint8_t ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH,
		BPF_RSH, BPF_MOD, BPF_XOR, BPF_MOV, BPF_ARSH, BPF_AND, BPF_AND,
		BPF_ADD, BPF_MOV, BPF_MOV, BPF_ADD,
	};
	uint8_t op = ops[below(g, ARRAY_SIZE(ops))];
	uint8_t class = below(g, 3) ? BPF_ALU64 : BPF_ALU;
	int32_t imm = some_imm(g);

	if (!below(g, 3)) {
		emit(g, INSN(class | op | BPF_X, some_number(g),
			     some_number(g), 0, 0));
		return;
	}
	if ((op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH) && !bad(g))
		imm &= class == BPF_ALU64 ? 63 : 31;
	if ((op == BPF_DIV || op == BPF_MOD) && !imm && !bad(g))
		imm = 7;
	emit(g, INSN(class | op | BPF_K, some_number(g), 0, 0, imm));
}

static void step_unary(struct risky *g)
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

static void step_draw(struct risky *g)
{
	uint8_t reg = some_number(g);

	EMIT(CALL(7), MOV_REG(reg, 0));
	if (below(g, 2))
		emit(g, AND_IMM(reg, (int)(1u << below(g, 6)) - 1));
}

static uint8_t some_condition(struct risky *g)
{
	static const uint8_t ops[] = {
		BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT,
		BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE,
	};

	return ops[below(g, ARRAY_SIZE(ops))];
}

static void step_jump(struct risky *g)
{
	uint8_t class = below(g, 3) ? BPF_JMP : BPF_JMP32;
	uint8_t code = class | some_condition(g);
	uint32_t to = g->step + 2 + below(g, 4);
	uint8_t dst = some_number(g), src = some_number(g);

	if (g->jumps_cnt == ARRAY_SIZE(g->jumps) || g->depth)
		return;
	g->jumps[g->jumps_cnt].at = g->program->cnt;
	g->jumps[g->jumps_cnt++].to = MIN(to, g->fn->steps);
	if (src != dst)
		emit(g, INSN(code | BPF_X, dst, src, 0, 0));
	else
		emit(g, INSN(code | BPF_K, dst, 0, 0, some_imm(g)));
}

/* ---- accesses ---- */

static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

/* Loads or stores 1 << i bytes; numbers go there or come from there. */
static void access_at(struct risky *g, uint8_t reg, int off, uint32_t i)
{
	uint32_t kind = below(g, 7);
	int16_t at = (int16_t)(off + off_by_one(g));

	if (bad(g))
		i = below(g, 4);
	if (kind < 3)
		emit(g, INSN(BPF_LDX | BPF_MEM | sizes[i], some_number(g), reg,
			     at, 0));
	else if (kind < 4)
		emit(g, INSN(BPF_LDX | (i == 3 ? BPF_MEM : 0x80) |
			     sizes[i], some_number(g), reg, at, 0));
	else if (kind < 6)
		emit(g, INSN(BPF_STX | BPF_MEM | sizes[i], reg,
			     some_number(g), at, 0));
	else
		emit(g, INSN(BPF_ST | BPF_MEM | sizes[i], reg, 0, at,
			     some_imm(g)));
}

/* dst += a number that is at most `max`, if nobody forgot. */
static void add_variable(struct risky *g, uint8_t dst, uint32_t max,
			 struct ends *ends)
{
	uint8_t reg = some_number(g), left = reg;
	uint32_t mask = 1, kind = below(g, 16);

	while (mask * 2 - 1 <= max)
		mask *= 2;
	if (kind < 3) {
		EMIT(MOV_REG(5, reg), AND_IMM(5, (int)(mask - 1)));
		left = 5;
	} else if (kind < 15 && !bad(g)) {
		static const uint8_t codes[] = { 0x25, 0x35, 0x26, 0x65 };
		uint32_t i = below(g, bad(g) ? 4 : 3);

		if (i == 2)
			emit(g, INSN(0xbc, reg, reg, 0, 0));
		to_end(g, ends);
		emit(g, INSN(codes[i], reg, 0, 0,
			     (int)max + (i == 1) + off_by_one(g)));
	}
	if (below(g, 4)) {
		emit(g, ADD_REG(dst, left));
	} else {
		emit(g, MOV_REG(5, left));
		EMIT(ADD_REG(5, dst), MOV_REG(dst, 5));
	}
	if (bad(g))
		emit(g, INSN(0x1f, dst, left, 0, 0));
}

static void step_spill(struct risky *g)
{
	uint32_t i = below(g, 3) ? 3 : below(g, 4);
	int slot = -8 * (int)(1 + below(g, bad(g) ? 8 : 3));

	if (i < 3)
		slot += (int)below(g, 8u >> i) << i;
	access_at(g, 10, slot, i);
}

/* A pointer's slot to another one; most times to where it was. */
static void step_move_slot(struct risky *g)
{
	static const int8_t slots[] = {
		SLOT_DATA, SLOT_END, SLOT_VALUE, SLOT_CTX,
	};
	int16_t from = slots[below(g, 4)];
	int16_t to = below(g, 30) ? from : slots[below(g, 4)];

	if ((from == SLOT_VALUE && !(g->fn->has & HAS_VALUE)) ||
	    (from == SLOT_CTX && !(g->fn->has & HAS_CTX)) ||
	    (from >= SLOT_END && !(g->fn->has & HAS_PACKET)))
		return;
	EMIT(LDX64(1, 10, from), STX64(10, 1, to));
}

/* Bytes of the frame from a place that only the run knows. */
static void step_stack_variable(struct risky *g)
{
	uint32_t i = below(g, 20) ? 0 : below(g, 4);
	struct ends ends = { .cnt = 0 };
	int base = below(g, 3) ? SLOT_BUFFER : -24;

	EMIT(MOV_REG(1, 10), ADD_IMM(1, base));
	add_variable(g, 1, (base == -24 ? 24 : 32) - (1u << i), &ends);
	access_at(g, 1, 0, i);
	end_here(g, &ends);
}

/* ---- packets ---- */

static void load_packet(struct risky *g, bool slots)
{
	if (slots) {
		EMIT(LDX64(1, 10, SLOT_DATA), LDX64(2, 10, SLOT_END));
		return;
	}
	if (!below(g, 8))
		EMIT(LDX32(1, 6, risky_data_at(g, FIELD_META)),
		     LDX32(2, 6, risky_data_at(g, FIELD_DATA)));
	else
		EMIT(LDX32(1, 6, risky_data_at(g, FIELD_DATA)),
		     LDX32(2, 6, risky_data_at(g, FIELD_END)));
}

void risky_reload_packet(struct risky *g)
{
	EMIT(LDX32(1, 6, risky_data_at(g, FIELD_DATA)),
	     LDX32(2, 6, risky_data_at(g, FIELD_END)),
	     STX64(10, 1, SLOT_DATA), STX64(10, 2, SLOT_END));
}

/* r1 + need is in front of r2, in one of the ways to say so. */
static void check_packet(struct risky *g, int need, struct ends *ends)
{
	static const struct { uint8_t code, dst, src, more, skip; } forms[] = {
		{ 0x2d, 3, 2, 0, 0 },	/* if r3 > r2 goto end */
		{ 0xad, 2, 3, 0, 0 },	/* if r2 < r3 */
		{ 0x3d, 3, 2, 0, 0 },	/* if r3 >= r2 */
		{ 0xbd, 2, 3, 0, 0 },	/* if r2 <= r3 */
		{ 0xbd, 3, 2, 0, 1 },	/* if r3 <= r2 go on */
		{ 0x3d, 2, 3, 0, 1 },	/* if r2 >= r3 */
		{ 0xad, 3, 2, 0, 1 },	/* if r3 < r2 */
		{ 0x2d, 2, 3, 0, 1 },	/* if r2 > r3 */
	};
	uint32_t i = below(g, 8);
	bool swapped = bad(g);
	uint8_t code = forms[i].code;

	/* a strict form grants one byte more */
	if ((i == 2 || i == 3 || i == 6 || i == 7) && below(g, 2))
		need--;
	EMIT(MOV_REG(3, 1), ADD_IMM(3, need + off_by_one(g)));
	if (bad(g))
		code = (uint8_t)(BPF_JMP | BPF_X | some_condition(g));
	if (!forms[i].skip)
		to_end(g, ends);
	emit(g, INSN(code, swapped ? forms[i].src : forms[i].dst,
		     swapped ? forms[i].dst : forms[i].src, forms[i].skip, 0));
	if (forms[i].skip) {
		to_end(g, ends);
		emit(g, JA(0));
	}
}

static void step_packet(struct risky *g)
{
	uint32_t i = below(g, 4);
	int off = (int)below(g, 16), need = off + (1 << i);
	struct ends ends = { .cnt = 0 };
	bool slots = !(g->fn->has & HAS_CTX) || below(g, 2);

	if (!(g->fn->has & HAS_PACKET))
		return;
	load_packet(g, slots);
	if (!below(g, 3))
		add_variable(g, 1, 31, &ends);
	if (!bad(g))
		check_packet(g, need, &ends);
	if (g->r9 == R9_PACKET && slots && !below(g, 3))
		access_at(g, 9, off, i);
	else if (!below(g, 6))
		access_at(g, 3, -(1 << i), i);
	else
		access_at(g, 1, off, i);
	end_here(g, &ends);
}

/* A check that later steps may rely on, and one that relies. */
static void step_packet_ahead(struct risky *g)
{
	uint32_t to = g->step + 2 + below(g, 4), i = below(g, 4);
	struct ends ends = { .cnt = 0 };

	if (!(g->fn->has & HAS_PACKET))
		return;
	load_packet(g, true);
	check_packet(g, 8 + (int)below(g, 24), &ends);
	if (!g->depth && g->jumps_cnt < ARRAY_SIZE(g->jumps) && ends.cnt) {
		g->jumps[g->jumps_cnt].at = ends.at[0];
		g->jumps[g->jumps_cnt++].to = MIN(to, g->fn->steps);
	} else {
		access_at(g, 1, 0, i);
		end_here(g, &ends);
	}
}

static void step_packet_unchecked(struct risky *g)
{
	if (!(g->fn->has & HAS_PACKET) || below(g, 6))
		return;
	emit(g, LDX64(1, 10, SLOT_DATA));
	access_at(g, 1, (int)below(g, 8), below(g, 4));
}

static void step_packet_moves(struct risky *g)
{
	if (!(g->fn->has & HAS_CTX) || below(g, 3))
		return;
	EMIT(MOV_REG(1, 6), MOV_IMM(2, (int)below(g, 5) * 4));
	emit(g, CALL(g->program->type == PROG_TYPE_XDP ? 44 : 39));
	if (below(g, 2))
		emit(g, MOV_REG(some_number(g), 0));
	if (!bad(g)) {
		risky_reload_packet(g);
		if (g->r9 == R9_PACKET && !bad(g))
			emit(g, MOV_REG(9, 1));
	}
}

static void step_legacy(struct risky *g)
{
	uint8_t size = sizes[below(g, bad(g) ? 4 : 3)];

	if (g->fn != risky_functions ||
	    (g->program->type == PROG_TYPE_XDP && !bad(g)) || below(g, 3))
		return;
	if (below(g, 2))
		emit(g, INSN(BPF_LD | BPF_ABS | size, 0, 0, 0,
			     (int)below(g, 64)));
	else
		emit(g, INSN(BPF_LD | BPF_IND | size, 0, some_number(g), 0,
			     (int)below(g, 64)));
	emit(g, MOV_REG(some_number(g), 0));
}

/* ---- maps ---- */

/* r2 = a key, at SLOT_KEY */
static void make_key(struct risky *g, uint32_t map)
{
	bool wide = map == RISKY_HASH && !bad(g);
	uint32_t kind = below(g, 4);

	if (kind == 0)
		emit(g, INSN(wide ? 0x7b : 0x63, 10, some_number(g), SLOT_KEY,
			     0));
	else if (kind < 3)
		emit(g, INSN(wide ? 0x7a : 0x62, 10, 0, SLOT_KEY,
			     (int)below(g, 3)));
	EMIT(MOV_REG(2, 10), ADD_IMM(2, bad(g) ? -4 * (int)below(g, 20) :
				     SLOT_KEY));
}

static void load_map(struct risky *g, uint8_t reg, uint32_t map)
{
	if (bad(g))
		map = below(g, RISKY_MAPS);
	EMIT(LD64(reg, 5, map));
}

void risky_look_up(struct risky *g, uint32_t map, bool keep)
{
	make_key(g, map);
	load_map(g, 1, map);
	emit(g, CALL(1));
	if (keep)
		emit(g, STX64(10, 0, SLOT_VALUE));
}

/* At a place of the value that `reg` points to. */
static void use_value(struct risky *g, uint8_t reg, uint32_t map,
		      struct ends *ends)
{
	uint32_t size = risky_maps[map].value_size, i = below(g, 4);
	int off = (int)below(g, size - (1u << i) + 1);

	if (below(g, 4)) {
		access_at(g, reg, off, i);
		return;
	}
	off &= 7;
	emit(g, MOV_REG(1, reg));
	add_variable(g, 1, size - (uint32_t)off - (1u << i), ends);
	access_at(g, 1, off, i);
}

static void step_lookup(struct risky *g)
{
	struct ends ends = { .cnt = 0 };
	bool keep = g->fn->has & HAS_VALUE && below(g, 2);
	uint32_t map = keep ? g->value_map : below(g, 2);

	risky_look_up(g, map, keep);
	if (!keep || below(g, 2)) {
		null_check(g, 0, &ends);
		use_value(g, 0, map, &ends);
	}
	end_here(g, &ends);
}

/* Of the value that an earlier step found. */
static void step_value(struct risky *g)
{
	struct ends ends = { .cnt = 0 };
	bool reloads = !below(g, 4);

	if (!(g->fn->has & HAS_VALUE))
		return;
	emit(g, LDX64(4, 10, SLOT_VALUE));
	null_check(g, 4, &ends);
	if (reloads)
		emit(g, LDX64(4, 10, SLOT_VALUE));
	use_value(g, 4, g->value_map, &ends);
	end_here(g, &ends);
}

static void step_direct_value(struct risky *g)
{
	struct ends ends = { .cnt = 0 };
	uint32_t off = bad(g) ? below(g, 60) : 0;

	EMIT(INSN(0x18, 4, BPF_PSEUDO_MAP_IDX_VALUE, 0, RISKY_DIRECT),
	     INSN(0, 0, 0, 0, (int)off));
	use_value(g, 4, RISKY_DIRECT, &ends);
	end_here(g, &ends);
}

static void step_inner_map(struct risky *g)
{
	struct ends ends = { .cnt = 0 };

	risky_look_up(g, RISKY_OUTER, false);
	null_check(g, 0, &ends);
	make_key(g, RISKY_INNER);
	EMIT(MOV_REG(1, 0), CALL(1));
	null_check(g, 0, &ends);
	use_value(g, 0, RISKY_INNER, &ends);
	end_here(g, &ends);
}

/* reg = memory of `size` bytes of some kind; may it be the packet? */
static void some_memory(struct risky *g, uint8_t reg, uint32_t size,
			bool packet, struct ends *ends)
{
	uint32_t kind = below(g, 6);

	if (kind == 0 && g->fn->has & HAS_VALUE && size <= 16) {
		emit(g, LDX64(reg, 10, SLOT_VALUE));
		null_check(g, reg, ends);
	} else if (kind == 1 && g->fn->has & HAS_PACKET && packet) {
		uint8_t limit = reg == 5 ? 4 : 5;

		emit(g, LDX64(reg, 10, SLOT_DATA));
		if (!bad(g)) {
			EMIT(MOV_REG(0, reg), ADD_IMM(0, (int)size),
			     LDX64(limit, 10, SLOT_END));
			to_end(g, ends);
			emit(g, JGT_REG(0, limit, 0));
		}
	} else if (kind == 2 && g->r9 == R9_CALLER) {
		emit(g, MOV_REG(reg, 9));
	} else {
		EMIT(MOV_REG(reg, 10), ADD_IMM(reg, SLOT_BUFFER +
					       off_by_one(g)));
	}
}

static void step_update(struct risky *g)
{
	uint32_t map = below(g, 8) ? below(g, 2) : below(g, 4);
	struct ends ends = { .cnt = 0 };

	some_memory(g, 3, risky_maps[map].value_size, true, &ends);
	make_key(g, map);
	load_map(g, 1, map);
	if (below(g, 3))
		EMIT(MOV_IMM(4, (int)below(g, 3)), CALL(2));
	else
		emit(g, CALL(3));
	if (below(g, 2))
		emit(g, MOV_REG(some_number(g), 0));
	end_here(g, &ends);
}

static void step_record(struct risky *g)
{
	struct ends ends = { .cnt = 0 };
	uint32_t size = 8u << below(g, 3);

	load_map(g, 1, RISKY_RINGBUF);
	EMIT(MOV_IMM(2, (int)size), MOV_IMM(3, 0), CALL(131));
	null_check(g, 0, &ends);
	EMIT(MOV_REG(1, 0));
	access_at(g, 1, (int)below(g, size - 7), below(g, 4));
	if (bad(g))
		end_here(g, &ends);
	if (!bad(g))
		EMIT(MOV_IMM(2, 0), CALL(132 + (int)below(g, 2)));
	end_here(g, &ends);
}

/* ---- helpers that are handed memory ---- */

/* reg = a size of `min` to `max` */
static void some_size(struct risky *g, uint8_t reg, uint32_t min, uint32_t max,
		      struct ends *ends)
{
	uint8_t number = some_number(g);

	if (below(g, 3)) {
		emit(g, MOV_IMM(reg, off_by_one(g) +
				(int)(MAX(below(g, max + 1), min) & ~3u)));
		return;
	}
	emit(g, MOV_REG(reg, number));
	if (below(g, 2)) {
		emit(g, AND_IMM(reg, (int)max - 1));
	} else if (!bad(g)) {
		to_end(g, ends);
		emit(g, INSN(0x25, reg, 0, 0, (int)max + off_by_one(g)));
	}
	if (min && !bad(g)) {
		to_end(g, ends);
		emit(g, JEQ_IMM(reg, 0, 0));
	}
}

static void step_checksum(struct risky *g)
{
	struct ends ends = { .cnt = 0 };

	if (below(g, 3)) {
		some_memory(g, 1, 32, true, &ends);
		some_size(g, 2, 0, 32, &ends);
	} else {
		EMIT(MOV_IMM(1, 0), MOV_IMM(2, 0));
	}
	some_memory(g, 3, 32, true, &ends);
	some_size(g, 4, 0, 32, &ends);
	EMIT(MOV_IMM(5, 0), CALL(28), MOV_REG(some_number(g), 0));
	end_here(g, &ends);
}

static void step_copy_bytes(struct risky *g)
{
	struct ends ends = { .cnt = 0 };
	bool xdp = g->program->type == PROG_TYPE_XDP;
	bool stores = !below(g, 3);

	if (!(g->fn->has & HAS_CTX))
		return;
	some_memory(g, 3, 32, bad(g), &ends);
	some_size(g, 4, 4, 32, &ends);
	EMIT(MOV_REG(1, 6), MOV_IMM(2, (int)below(g, 16)));
	if (stores && !xdp)
		emit(g, MOV_IMM(5, 0));
	emit(g, CALL(xdp ? 189 + stores : stores ? 9 : 26));
	if (stores && !bad(g)) {
		risky_reload_packet(g);
		if (g->r9 == R9_PACKET)
			emit(g, MOV_REG(9, 1));
	}
	end_here(g, &ends);
}

/* ---- the context ---- */

static void step_context(struct risky *g)
{
	static const uint8_t skb[] = {
		0, 4, 8, 12, 16, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 72,
		152, 164, 176,
	};
	static const uint8_t writable[] = { 8, 32, 48, 64, 44 };
	bool xdp = g->program->type == PROG_TYPE_XDP;
	int off = xdp ? 12 + 4 * (int)below(g, 2) :
			skb[below(g, ARRAY_SIZE(skb))];

	if (!(g->fn->has & HAS_CTX))
		return;
	if (bad(g))
		off = (int)below(g, 200);
	if (!below(g, 5)) {
		emit(g, LDX64(1, 10, SLOT_CTX));
		emit(g, LDX32(some_number(g), 1, off));
	} else if (!xdp && !below(g, 4)) {
		off = bad(g) ? off : writable[below(g, 5)];
		emit(g, STX32(6, some_number(g), off));
	} else {
		bool usual = (xdp || below(g, 8)) && !bad(g);

		emit(g, INSN(BPF_LDX | BPF_MEM |
			     sizes[usual ? 2 : below(g, 4)], some_number(g), 6,
			     off, 0));
	}
}

/* ---- odd things with pointers ---- */

static void some_pointer(struct risky *g, uint8_t reg)
{
	static const int8_t slots[] = {
		SLOT_DATA, SLOT_END, SLOT_VALUE, SLOT_CTX, SLOT_DATA,
	};
	uint32_t i = below(g, 8);

	if (i == 6 && !(g->fn->has & HAS_CTX))
		i = 7;
	if (i < ARRAY_SIZE(slots))
		emit(g, LDX64(reg, 10, slots[i]));
	else
		emit(g, MOV_REG(reg, i == 5 ? 9 : i == 6 ? 6 : 10));
}

static void step_odd_pointer(struct risky *g)
{
	static const uint8_t ops[] = {
		BPF_ADD, BPF_SUB, BPF_AND, BPF_MOV, BPF_ADD, BPF_SUB, BPF_MUL,
	};
	uint8_t op = ops[below(g, ARRAY_SIZE(ops))];

	if (below(g, 6))
		return;
	some_pointer(g, 1);
	switch (below(g, 5)) {
	case 0:
		some_pointer(g, 2);
		emit(g, INSN(BPF_ALU64 | op | BPF_X, 1, 2, 0, 0));
		emit(g, MOV_REG(some_number(g), 1));
		break;
	case 1:
		emit(g, INSN(BPF_ALU64 | op | BPF_K, 1, 0, 0, some_imm(g)));
		break;
	case 2:
		some_pointer(g, 2);
		emit(g, INSN(BPF_JMP | BPF_X | some_condition(g), 1, 2, 0, 0));
		break;
	case 3:
		emit(g, STX64(10, 1, -8 * (int)(1 + below(g, 3))));
		break;
	default:
		some_pointer(g, 2);
		emit(g, STX64(2, 1, (int)below(g, 2) * 8));
		break;
	}
}

static void step_atomic(struct risky *g)
{
	static const int32_t ops[] = {
		0x00, 0x40, 0x50, 0xa0, 0x01, 0x41, 0x51, 0xa1, 0xe1,
	};
	uint32_t wide = below(g, 2);
	uint8_t code = wide ? 0xdb : 0xc3, reg = 10;
	int off = -8 * (int)(1 + below(g, bad(g) ? 8 : 3)) +
		  4 * (int)(!wide && below(g, 2));
	struct ends ends = { .cnt = 0 };

	if (g->fn->has & HAS_VALUE && below(g, 2)) {
		reg = 1;
		off = 8 * (int)below(g, bad(g) ? 8 : 2);
		emit(g, LDX64(1, 10, SLOT_VALUE));
		null_check(g, 1, &ends);
	}
	emit(g, INSN(code, reg, some_number(g), off + off_by_one(g) * 4,
		     ops[below(g, ARRAY_SIZE(ops))]));
	end_here(g, &ends);
}

/* ---- control ---- */

static void step_call(struct risky *g)
{
	uint32_t fn = 1 + below(g, RISKY_FUNCTIONS - 1);

	if ((g->fn->has & HAS_CALLS) == 0 && fn <= (uint32_t)(g->fn -
							     risky_functions))
		return;
	if (g->calls_cnt == ARRAY_SIZE(g->calls) || g->depth)
		return;
	EMIT(MOV_REG(3, some_number(g)), MOV_REG(4, some_number(g)));
	if (fn == 1 && g->fn->has & HAS_CTX)
		emit(g, MOV_REG(1, 6));
	else if (fn == 2)
		EMIT(MOV_REG(1, 10), ADD_IMM(1, SLOT_BUFFER));
	else if (fn == 3 && g->fn->has & HAS_PACKET)
		EMIT(LDX64(1, 10, SLOT_DATA), LDX64(2, 10, SLOT_END));
	else if (fn == 4 && g->fn->has & HAS_VALUE)
		emit(g, LDX64(1, 10, SLOT_VALUE));
	else
		return;
	g->calls[g->calls_cnt].at = g->program->cnt;
	g->calls[g->calls_cnt++].fn = fn;
	emit(g, CALL_LOCAL(0));
	if (below(g, 2))
		emit(g, MOV_REG(some_number(g), 0));
	/* a subprogram that may move the packet takes the pointers along */
	if (fn == 1 && !bad(g)) {
		risky_reload_packet(g);
		if (g->r9 == R9_PACKET)
			emit(g, MOV_REG(9, 1));
	}
}

static void step_caller_memory(struct risky *g)
{
	struct ends ends = { .cnt = 0 };
	bool moves = below(g, 2);
	uint32_t i = moves && below(g, 20) ? 0 : below(g, 4);

	if (g->r9 != R9_CALLER && g->r9 != R9_STACK)
		return;
	emit(g, MOV_REG(1, 9));
	if (moves)
		add_variable(g, 1, 32 - (1u << i), &ends);
	access_at(g, 1, 0, i);
	end_here(g, &ends);
}

static void step_early_exit(struct risky *g)
{
	if (below(g, 3))
		return;
	emit(g, INSN(BPF_JMP | BPF_K | some_condition(g), some_number(g), 0,
		     2, some_imm(g)));
	EMIT(INSN(bad(g) ? 0xbf : 0xb7, bad(g) ? 1 : 0, 0, 0, 0), EXIT());
}

static void any_step(struct risky *g);

static void step_loop(struct risky *g)
{
	int slot = SLOT_COUNTER - 8 * (int)g->depth;
	bool in_r9 = g->r9 == R9_NUMBER && !g->depth && below(g, 2);
	uint8_t reg = in_r9 ? 9 : 1;
	uint32_t head, body = 1 + below(g, 3);
	enum r9_kind r9 = g->r9;

	if (g->depth > 1 || below(g, 2))
		return;
	if (in_r9) {
		emit(g, MOV_IMM(9, 0));
		g->r9 = R9_COUNTER;
	} else {
		emit(g, ST64(10, slot, 0));
	}
	head = g->program->cnt;
	g->depth++;
	for (uint32_t i = 0; i < body; i++)
		any_step(g);
	g->depth--;
	if (!in_r9)
		emit(g, LDX64(1, 10, slot));
	if (!bad(g))
		emit(g, ADD_IMM(reg, 1 + (int)below(g, 2)));
	if (!in_r9)
		emit(g, STX64(10, 1, slot));
	emit(g, INSN(bad(g) ? 0x55 : 0xa5, reg, 0,
		     (int16_t)((int)head - (int)g->program->cnt - 1),
		     1 + (int)below(g, 7)));
	g->r9 = r9;
}

/* Rounds without a counter: the walk must find what does not change. */
static void step_may_goto(struct risky *g)
{
	uint32_t head = g->program->cnt, body = 1 + below(g, 4);

	if (g->depth > 1 || below(g, 2))
		return;
	emit(g, MAY_GOTO(0));
	g->depth++;
	for (uint32_t i = 0; i < body; i++)
		any_step(g);
	g->depth--;
	/* three of four runs go on here: not all rounds are run */
	EMIT(CALL(7), INSN(0x45, 0, 0, 1, 3));
	emit(g, JA((int16_t)((int)head - (int)g->program->cnt - 1)));
	if (g->program->cnt < RISKY_INSNS)
		g->program->insns[head].off =
			(int16_t)(g->program->cnt - head - 1);
}

static const struct {
	uint32_t weight;
	void (*step)(struct risky *g);
} steps[] = {
	{ 12, step_arith },	{ 4, step_unary },	{ 6, step_draw },
	{ 14, step_jump },	{ 10, step_spill },	{ 3, step_move_slot },
	{ 4, step_stack_variable }, { 10, step_packet },
	{ 4, step_packet_ahead }, { 3, step_packet_unchecked },
	{ 3, step_packet_moves }, { 2, step_legacy },	{ 6, step_lookup },
	{ 6, step_value },	{ 3, step_direct_value },
	{ 3, step_inner_map },	{ 4, step_update },	{ 4, step_record },
	{ 5, step_checksum },	{ 4, step_copy_bytes },	{ 5, step_context },
	{ 3, step_odd_pointer }, { 4, step_atomic },	{ 5, step_call },
	{ 4, step_caller_memory }, { 2, step_early_exit }, { 5, step_loop },
	{ 4, step_may_goto },
};

static void any_step(struct risky *g)
{
	uint32_t total = 0, at, i = 0;

	for (size_t k = 0; k < ARRAY_SIZE(steps); k++)
		total += steps[k].weight;
	at = below(g, total);
	while (at >= steps[i].weight)
		at -= steps[i++].weight;
	steps[i].step(g);
}

/* ---- what happens to an instruction by mistake ---- */

static void change_insn(struct risky *g, struct bpf_insn *insn)
{
	uint8_t swap = insn->dst_reg;

	switch (below(g, 8)) {
	case 0:
		insn->dst_reg = below(g, 11) & 15;
		break;
	case 1:
		insn->src_reg = below(g, 11) & 15;
		break;
	case 2:
		insn->off = (int16_t)(insn->off + 1 - 2 * (int)below(g, 2));
		break;
	case 3:
		insn->imm = (int32_t)((uint32_t)insn->imm + 1 -
				      2 * below(g, 2));
		break;
	case 4:
		insn->dst_reg = insn->src_reg;
		insn->src_reg = swap & 15;
		break;
	case 5:
		insn->code ^= (uint8_t)(16u << below(g, 4));
		break;
	case 6:
		insn->code ^= (uint8_t)(8u << below(g, 2));
		break;
	default:
		*insn = JA(0);
		break;
	}
}

void risky_step(struct risky *g)
{
	uint32_t start = g->program->cnt;

	any_step(g);
	if (g->program->cnt > start && !below(g, g->odds / 2))
		change_insn(g, &g->program->insns[start +
			    below(g, g->program->cnt - start)]);
}
