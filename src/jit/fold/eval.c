/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constant operations: RFC 9669's arithmetic on numbers. A narrow operation is
 * a wide one on numbers of 32 bits, zero- or sign-extended, whose result is
 * cut; only shifts need to know the width.
 */
#include "jit/fold/eval.h"

#include "base/compiler.h"

static uint64_t divide(uint64_t x, uint64_t y)
{
	return y ? x / y : 0;
}

static uint64_t modulo(uint64_t x, uint64_t y)
{
	return y ? x % y : x;
}

/* The least number by -1 is itself: the sum of its own complement. */
static uint64_t divide_signed(int64_t x, int64_t y)
{
	if (y == -1)
		return 0 - (uint64_t)x;
	return y ? (uint64_t)(x / y) : 0;
}

static uint64_t modulo_signed(int64_t x, int64_t y)
{
	if (y == -1)
		return 0;
	return y ? (uint64_t)(x % y) : (uint64_t)x;
}

static uint64_t cut(bool wide, uint64_t x)
{
	return wide ? x : (uint32_t)x;
}

static int64_t signed_of(bool wide, uint64_t x)
{
	return wide ? (int64_t)x : (int32_t)x;
}

static uint64_t rotate(bool wide, uint64_t x, unsigned int by)
{
	unsigned int bits = wide ? 64 : 32;

	return by ? x << by | x >> (bits - by) : x;
}

static uint64_t shift(enum ir_op op, bool wide, uint64_t x, uint64_t y)
{
	unsigned int by = y & (wide ? 63 : 31);

	switch (op) {
	case IR_SHL:
		return x << by;
	case IR_SHR:
		return x >> by;
	case IR_SAR:
		return (uint64_t)(signed_of(wide, x) >> by);
	default:
		return rotate(wide, x, by);
	}
}

static uint64_t arithmetic(enum ir_op op, bool wide, uint64_t x, uint64_t y)
{
	switch (op) {
	case IR_ADD:
		return x + y;
	case IR_SUB:
		return x - y;
	case IR_MUL:
		return x * y;
	case IR_AND:
		return x & y;
	case IR_OR:
		return x | y;
	case IR_XOR:
		return x ^ y;
	case IR_NEG:
		return 0 - x;
	case IR_DIV:
		return divide(x, y);
	case IR_MOD:
		return modulo(x, y);
	case IR_SDIV:
		return divide_signed(signed_of(wide, x), signed_of(wide, y));
	case IR_SMOD:
		return modulo_signed(signed_of(wide, x), signed_of(wide, y));
	case IR_MULH:
		return (uint64_t)((unsigned __int128)x * y >> 64);
	default:
		return shift(op, wide, x, y);
	}
}

uint64_t fold_eval(enum ir_op op, bool wide, uint64_t x, uint64_t y)
{
	return cut(wide, arithmetic(op, wide, cut(wide, x), cut(wide, y)));
}

uint64_t fold_eval_size(enum ir_op op, bool wide, uint64_t bits, uint64_t x)
{
	unsigned int rest = 64 - (unsigned int)bits;

	if (op == IR_ZEXT)
		return x << rest >> rest;
	if (op == IR_SEXT)
		return cut(wide, (uint64_t)((int64_t)(x << rest) >> rest));
	return __builtin_bswap64(x) >> rest;
}

bool fold_eval_cond(enum ir_cond cond, bool wide, uint64_t x, uint64_t y)
{
	int64_t left = signed_of(wide, x), right = signed_of(wide, y);
	bool truths[IR_CONDS / 2];

	x = cut(wide, x);
	y = cut(wide, y);
	truths[IR_EQ / 2] = x == y;
	truths[IR_ULT / 2] = x < y;
	truths[IR_ULE / 2] = x <= y;
	truths[IR_SLT / 2] = left < right;
	truths[IR_SLE / 2] = left <= right;
	truths[IR_NONE / 2] = !(x & y);
	return truths[cond / 2] ^ (cond & 1);
}

bool fold_can_eval(const struct ir_insn *insn)
{
	return ir_has(insn, IR_F_PURE) && !ir_has(insn, IR_F_FLOATS) &&
	       insn->op != IR_PHI;
}

uint64_t fold_eval_insn(const struct ir_insn *insn, const uint64_t *args)
{
	switch (insn->op) {
	case IR_SELECT:
		return fold_eval_cond(insn->cond, insn->wide, args[0],
				      args[1]) ? args[2] : args[3];
	case IR_ZEXT:
	case IR_SEXT:
	case IR_BSWAP:
		return fold_eval_size(insn->op, insn->wide, insn->size * 8ull,
				      args[0]);
	default:
		return fold_eval(insn->op, insn->wide, args[0],
				 insn->cnt > 1 ? args[1] : 0);
	}
}
