/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Known bits through operations. The algebra of one operation at a time is
 * the verifier's; here are those that BPF has not, the widths, and what else
 * is sure of instructions. Precision is spent where rules ask: masks, shifts
 * by constants, narrow loads. tests/fold/test_known.c tries all words of 4
 * and 8 bits.
 */
#include "jit/fold/known.h"

#include "jit/fold/eval.h"

static unsigned int length(uint64_t x)
{
	return x ? 64 - (unsigned int)__builtin_clzll(x) : 0;
}

static uint64_t most(struct tnum a)
{
	return a.value | a.mask;
}

/* Numbers of at most this many bits. */
static struct tnum below(unsigned int bits)
{
	return bits ? tnum_unknown(bits) : tnum_const(0);
}

static struct tnum rotate(unsigned int w, struct tnum a, unsigned int by)
{
	return by ? tnum_or(tnum_lsh(w, a, by), tnum_rsh(w, a, w - by)) : a;
}

/*
 * A count that is not known: SHR never makes a number longer, SHL keeps the
 * zeros at its end.
 */
static struct tnum shift_by_any(enum ir_op op, unsigned int w, struct tnum a)
{
	uint64_t any = most(a);

	if (op == IR_SHR || (op == IR_SAR && !(any >> (w - 1))))
		return below(length(any));
	if (op == IR_SHL && any)
		return (struct tnum){ 0, word_mask(w) & ~((any & -any) - 1) };
	return any ? tnum_unknown(w) : a;
}

static struct tnum shift(enum ir_op op, unsigned int w, struct tnum a,
			 struct tnum b)
{
	unsigned int by;

	b = tnum_low(b, (unsigned int)__builtin_ctz(w));
	if (!tnum_is_const(b))
		return shift_by_any(op, w, a);
	by = (unsigned int)b.value;
	switch (op) {
	case IR_SHL:
		return tnum_lsh(w, a, by);
	case IR_SHR:
		return tnum_rsh(w, a, by);
	case IR_SAR:
		return tnum_arsh(w, a, by);
	default:
		return rotate(w, a, by);
	}
}

/*
 * A quotient is not longer than its dividend less the divisor's length, and
 * zero for a divisor of zero. A remainder is neither longer than the dividend
 * nor, unless the divisor may be zero, than the divisor.
 */
static struct tnum divide(enum ir_op op, unsigned int w, struct tnum a,
			  struct tnum b)
{
	unsigned int x = length(most(a)), y = length(most(b));

	if (op == IR_MOD)
		return below(b.value ? MIN(x, y) : x);
	y = length(b.value);
	return below(y > 1 ? x - MIN(x, y - 1) : x);
}

struct tnum known_alu(enum ir_op op, unsigned int w, struct tnum a,
		      struct tnum b)
{
	switch (op) {
	case IR_ADD:
		return tnum_add(w, a, b);
	case IR_SUB:
		return tnum_sub(w, a, b);
	case IR_MUL:
		return tnum_mul(w, a, b);
	case IR_AND:
		return tnum_and(a, b);
	case IR_OR:
		return tnum_or(a, b);
	case IR_XOR:
		return tnum_xor(a, b);
	case IR_NEG:
		return tnum_neg(w, a);
	case IR_DIV:
	case IR_MOD:
		return divide(op, w, a, b);
	case IR_SHL:
	case IR_SHR:
	case IR_SAR:
	case IR_ROL:
		return shift(op, w, a, b);
	default:
		return tnum_unknown(w);
	}
}

struct tnum known_size(enum ir_op op, unsigned int w, unsigned int bits,
		       struct tnum a)
{
	if (op == IR_ZEXT)
		return tnum_low(a, bits);
	if (op == IR_SEXT)
		return bits < w ? tnum_sext(w, tnum_low(a, bits), bits) :
		       tnum_low(a, w);
	return (struct tnum){ fold_eval_size(op, true, bits, a.value),
			      fold_eval_size(op, true, bits, a.mask) };
}

struct tnum known_insn(const struct ir_insn *insn, const struct tnum *args)
{
	unsigned int w = insn->wide ? 64 : 32;

	switch (insn->op) {
	case IR_CONST:
		return tnum_const((uint64_t)insn->imm);
	case IR_LOAD:
		return insn->sign ? tnum_unknown(64) :
		       tnum_unknown(insn->size * 8u);
	case IR_SELECT:
		return tnum_join(args[2], args[3]);
	case IR_ZEXT:
	case IR_SEXT:
	case IR_BSWAP:
		return known_size(insn->op, w, insn->size * 8u, args[0]);
	default:
		break;
	}
	if (!fold_can_eval(insn))
		return tnum_unknown(64);
	return known_alu(insn->op, w, tnum_low(args[0], w),
			 insn->cnt > 1 ? tnum_low(args[1], w) : args[0]);
}
