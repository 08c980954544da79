/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random functions: arithmetic of all kinds, narrow accesses that belong
 * together, diamonds and loops.
 */
#include "random_func.h"

#include "base/compiler.h"
#include "ir_run.h"

#define POOL_MAX	512
#define MEMORY		RANDOM_MEMORY

struct maker {
	struct ir_func *f;
	uint64_t seed;
	ir_block_id block;	/* where code is put */
	ir_ref pool[POOL_MAX];	/* values that are there */
	uint32_t cnt;
};

static uint32_t below(struct maker *mk, uint32_t cnt)
{
	return (uint32_t)(draw_word(&mk->seed) >> 33) % cnt;
}

static ir_ref put(struct maker *mk, const struct ir_insn *insn)
{
	ir_ref ref = ir_append(mk->f, mk->block, insn);

	if (ir_has(insn, IR_F_VALUE) && mk->cnt < POOL_MAX)
		mk->pool[mk->cnt++] = ref;
	return ref;
}

/* Late values more often, so that trees grow. */
static ir_ref pick(struct maker *mk)
{
	uint32_t back = below(mk, 4) ? MIN(mk->cnt, 6) : mk->cnt;

	if (below(mk, 4) == 0)
		return ir_const(mk->f, draw_bits(&mk->seed));
	return mk->pool[mk->cnt - 1 - below(mk, back)];
}

static ir_ref op2(struct maker *mk, enum ir_op op, bool wide, ir_ref x,
		  ir_ref y)
{
	return put(mk, &(struct ir_insn){ .op = (uint8_t)op, .wide = wide,
					  .args = { x, y } });
}

static void make_pure(struct maker *mk)
{
	enum ir_op op = IR_ADD + below(mk, IR_SELECT - IR_ADD + 1);

	put(mk, &(struct ir_insn){
		.op = (uint8_t)op, .wide = op == IR_MULH || below(mk, 2),
		.size = (uint8_t)(1u << below(mk, 3)),
		.cond = (uint8_t)below(mk, IR_CONDS),
		.args = { pick(mk), pick(mk), pick(mk), pick(mk) } });
}

/* ---- memory: behind FRAME, or at an address that is computed ---- */

static struct ir_insn place(struct maker *mk, enum ir_op op, uint32_t size)
{
	struct ir_insn insn = {
		.op = (uint8_t)op, .size = (uint8_t)size, .wide = true,
		.region = IR_REGION_STACK,
		.imm = -(int64_t)(size + below(mk, MEMORY / 2)),
		.args = { ir_float(mk->f, IR_FRAME, 0) },
	};

	if (below(mk, 4) == 0) {
		ir_ref off = op2(mk, IR_AND, true, pick(mk),
				 ir_const(mk->f, MEMORY / 4 - 1));

		insn.region = below(mk, 2) ? IR_REGION_ANY : insn.region;
		insn.imm -= MEMORY / 4;
		insn.args[0] = op2(mk, IR_ADD, true, insn.args[0], off);
	}
	return insn;
}

static void make_access(struct maker *mk)
{
	struct ir_insn insn = place(mk, below(mk, 2) ? IR_LOAD : IR_STORE,
				    1u << below(mk, 4));

	if (insn.op == IR_LOAD)
		insn.sign = below(mk, 4) == 0;
	else
		insn.args[1] = pick(mk);
	put(mk, &insn);
}

/* Byte i of a value. */
static ir_ref make_byte(struct maker *mk, ir_ref value, uint32_t i)
{
	ir_ref part = op2(mk, IR_SHR, true, value, ir_const(mk->f, i * 8));

	return op2(mk, IR_AND, true, part, ir_const(mk->f, 0xff));
}

/* A field of bytes, as clang reads packed structures; or those of a value. */
static void make_field(struct maker *mk)
{
	uint32_t size = 1u << below(mk, 2), cnt = 2u << below(mk, 2);
	struct ir_insn insn = place(mk, IR_LOAD, size);
	bool swapped = below(mk, 2), wide = below(mk, 4);
	uint32_t turn = below(mk, 4) ? 0 : below(mk, cnt);
	ir_ref sum = 0, value = size > 1 || below(mk, 4) ? 0 : pick(mk);

	insn.imm -= (cnt - 1) * size;
	for (uint32_t i = 0; i < cnt; i++, insn.imm += size) {
		uint32_t to = ((swapped ? cnt - 1 - i : i) + turn) % cnt *
			      size * 8;
		ir_ref part = value ? make_byte(mk, value, i) :
			      put(mk, &insn);

		if (below(mk, 12) == 0)
			make_access(mk);
		part = op2(mk, IR_SHL, wide, part, ir_const(mk->f, to));
		sum = sum ? op2(mk, below(mk, 2) ? IR_OR : IR_ADD, wide, sum,
				part) : part;
	}
}

/* A value or numbers, stored in pieces. */
static void make_pieces(struct maker *mk)
{
	uint32_t size = 1u << below(mk, 2), cnt = 2u << below(mk, 2);
	struct ir_insn insn = place(mk, IR_STORE, size);
	bool swapped = below(mk, 2), numbers = below(mk, 4) == 0;
	ir_ref value = pick(mk);

	insn.imm -= (cnt - 1) * size;
	for (uint32_t i = 0; i < cnt; i++, insn.imm += size) {
		uint32_t from = (swapped ? cnt - 1 - i : i) * size * 8;

		insn.args[1] = numbers ?
			ir_const(mk->f, draw_bits(&mk->seed)) :
			op2(mk, IR_SHR, true, value, ir_const(mk->f, from));
		put(mk, &insn);
		if (below(mk, 12) == 0)
			make_access(mk);
	}
}

/* Bytes from one place to another, or two places exchanged. */
static void make_copy(struct maker *mk)
{
	uint32_t size = 1u << below(mk, 2), cnt = 2u << below(mk, 2);
	struct ir_insn from = place(mk, IR_LOAD, size);
	struct ir_insn to = place(mk, IR_LOAD, size);
	bool both = below(mk, 2);

	for (uint32_t i = 0; i < cnt; i++) {
		struct ir_insn one = from, other = to;

		one.imm -= i * size;
		other.imm -= (below(mk, 8) ? i : i ^ 1) * size;
		other.args[1] = put(mk, &one);
		if (both)
			one.args[1] = put(mk, &other);
		one.op = other.op = IR_STORE;
		put(mk, &other);
		if (both)
			put(mk, &one);
		if (below(mk, 12) == 0)
			make_access(mk);
	}
}

static void make_code(struct maker *mk, uint32_t cnt)
{
	for (uint32_t i = 0; i < cnt; i++) {
		uint32_t what = below(mk, 32);

		if (what == 0)
			make_field(mk);
		else if (what == 1)
			make_pieces(mk);
		else if (what == 2)
			make_copy(mk);
		else if (what < 6)
			make_access(mk);
		else
			make_pure(mk);
	}
}

/* ---- flow ---- */

static void branch(struct maker *mk, ir_block_id then, ir_block_id other)
{
	struct ir_insn insn = { .op = IR_BRANCH, .wide = below(mk, 2),
				.cond = (uint8_t)below(mk, IR_CONDS),
				.args = { pick(mk), pick(mk) } };

	ir_branch(mk->f, mk->block, &insn, then, other);
}

/* One way or the other; what they computed meets in PHIs. */
static void make_diamond(struct maker *mk)
{
	ir_block_id arms[2] = { ir_new_block(mk->f), ir_new_block(mk->f) };
	ir_block_id join = ir_new_block(mk->f);
	uint32_t cnt = mk->cnt, arm_size = below(mk, 2) ? 1 : 8;
	ir_ref ends[2][2], phis[2];

	branch(mk, arms[0], arms[1]);
	for (int i = 0; i < 2; i++) {
		mk->block = arms[i];
		if (arm_size == 1 && below(mk, 4))
			make_pure(mk);
		else if (arm_size > 1)
			make_code(mk, below(mk, arm_size));
		for (int k = 0; k < 2; k++)
			ends[i][k] = pick(mk);
		ir_jump(mk->f, arms[i], join, 0);
		mk->cnt = cnt;
	}
	mk->block = join;
	for (int k = 0; k < 2; k++) {
		phis[k] = ir_phi(mk->f, join, 2);
		for (int i = 0; i < 2; i++)
			ir_at(mk->f, phis[k])->list[i] = ends[i][k];
		mk->pool[mk->cnt++] = phis[k];
	}
}

/* Three rounds with a value that changes. */
static void make_loop(struct maker *mk)
{
	ir_block_id loop = ir_new_block(mk->f), out = ir_new_block(mk->f);
	ir_ref first = pick(mk), zero = ir_const(mk->f, 0);
	ir_ref count, value, next, last;

	ir_jump(mk->f, mk->block, loop, 0);
	mk->block = loop;
	count = ir_phi(mk->f, loop, 2);
	value = ir_phi(mk->f, loop, 2);
	mk->pool[mk->cnt++] = count;
	mk->pool[mk->cnt++] = value;
	make_code(mk, below(mk, 8));
	next = op2(mk, IR_ADD, true, count, ir_const(mk->f, 1));
	last = pick(mk);
	ir_at(mk->f, count)->list[0] = zero;
	ir_at(mk->f, count)->list[1] = next;
	ir_at(mk->f, value)->list[0] = first;
	ir_at(mk->f, value)->list[1] = last;
	ir_branch(mk->f, loop, &(struct ir_insn){
		.op = IR_BRANCH, .wide = true, .cond = IR_ULT,
		.args = { next, ir_const(mk->f, 3) } }, loop, out);
	mk->block = out;
}

void random_func(struct ir_func *f, struct arena *arena, uint64_t seed)
{
	struct maker mk = { .f = f, .seed = seed };
	ir_ref result;

	ir_init(f, NULL, arena);
	for (int i = 0; i < 5; i++)
		mk.pool[mk.cnt++] = ir_float(f, IR_ARG, i);
	for (uint32_t i = 1 + below(&mk, 4); i; i--) {
		make_code(&mk, below(&mk, 12));
		if (below(&mk, 2))
			make_diamond(&mk);
		else if (below(&mk, 3) == 0)
			make_loop(&mk);
	}
	make_code(&mk, 3);
	result = pick(&mk);
	for (int i = 0; i < 4; i++)
		result = op2(&mk, IR_XOR, true, op2(&mk, IR_ROL, true, result,
						    ir_const(f, 7)),
			     pick(&mk));
	ir_append(f, mk.block, &(struct ir_insn){ .op = IR_RET,
						  .args = { result } });
	ir_order(f);
}
