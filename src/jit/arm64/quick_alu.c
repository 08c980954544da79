/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic, which the machine does as RFC 9669 wants it: a division by zero
 * gives 0, the quotient that does not fit wraps, shifts take the low bits of
 * their count, results of 32 bits are zero-extended. A remainder is made of
 * the quotient.
 */
#include "jit/arm64/quick.h"

static const enum a64_op operations[] = {
	[BPF_ADD >> 4]  = A64_ADD, [BPF_SUB >> 4] = A64_SUB,
	[BPF_OR >> 4]   = A64_ORR, [BPF_AND >> 4] = A64_AND,
	[BPF_XOR >> 4]  = A64_EOR, [BPF_MUL >> 4] = A64_MUL,
	[BPF_LSH >> 4]  = A64_LSL, [BPF_RSH >> 4] = A64_LSR,
	[BPF_ARSH >> 4] = A64_ASR,
};

QUICK_EMIT(alu_reg)
{
	if (rule->op == BPF_MOV)
		a64_mov(&q->code, rule->wide, DST, SRC);
	else
		a64_rrr(&q->code, operations[rule->op >> 4], rule->wide, DST,
			DST, SRC);
}

static void subtract(struct quick *q, bool wide, enum a64_reg dst, int32_t imm)
{
	if (imm != INT32_MIN) {
		a64_add(&q->code, wide, dst, dst, -imm);
		return;
	}
	a64_number(&q->code, QUICK_T0, (uint64_t)(int64_t)imm);
	a64_rrr(&q->code, A64_SUB, wide, dst, dst, QUICK_T0);
}

QUICK_EMIT(alu_imm)
{
	enum a64_op op = operations[rule->op >> 4];
	enum a64_reg dst = DST;

	switch (op) {
	case A64_ADD:
		a64_add(&q->code, rule->wide, dst, dst, insn->imm);
		return;
	case A64_SUB:
		subtract(q, rule->wide, dst, insn->imm);
		return;
	case A64_MUL:
		a64_number(&q->code, QUICK_T0, quick_imm(insn, rule));
		a64_rrr(&q->code, A64_MUL, rule->wide, dst, dst, QUICK_T0);
		return;
	default:
		a64_mask(&q->code, op, rule->wide, dst, dst, insn->imm);
	}
}

QUICK_EMIT(shift_reg)
{
	quick_a64_alu_reg(q, insn, rule);
}

/* Bits `from` to `last`, and nothing else. */
static void cut(struct quick *q, const struct quick_rule *rule,
		enum a64_reg dst, uint32_t from, uint32_t last)
{
	a64_rrb(&q->code, A64_UBFM, rule->wide, dst, dst,
		(struct a64_bits){ (uint8_t)from, (uint8_t)last });
}

QUICK_EMIT(shift_imm)
{
	uint32_t bits = rule->wide ? 64 : 32;
	uint32_t cnt = (uint32_t)insn->imm & (bits - 1);

	if (rule->op == BPF_LSH)
		cut(q, rule, DST, (bits - cnt) & (bits - 1), bits - 1 - cnt);
	else if (rule->op == BPF_RSH)
		cut(q, rule, DST, cnt, bits - 1);
	else
		a64_rrb(&q->code, A64_SBFM, rule->wide, DST, DST,
			(struct a64_bits){ (uint8_t)cnt,
					   (uint8_t)(bits - 1) });
}

QUICK_EMIT(negate)
{
	a64_rrr(&q->code, A64_SUB, rule->wide, DST, A64_ZR, DST);
}

QUICK_EMIT(extend)
{
	a64_rrb(&q->code, A64_SBFM, rule->wide, DST, SRC,
		(struct a64_bits){ 0, (uint8_t)(rule->size * 8 - 1) });
}

QUICK_EMIT(cut)
{
	if (rule->size < 8)
		cut(q, rule, DST, 0, rule->size * 8 - 1u);
}

QUICK_EMIT(swap)
{
	enum a64_reg dst = DST;

	a64_rr(&q->code, rule->size == 8 ? A64_REV64 : rule->size == 4 ?
	       A64_REV32 : A64_REV16, false, dst, dst);
	if (rule->size == 2)
		cut(q, rule, dst, 0, 15);
}

/* ---- division ---- */

/* dst /= by, or what is left of dst. */
static void divide(struct quick *q, const struct quick_rule *rule,
		   enum a64_reg dst, enum a64_reg by)
{
	bool mod = rule->op == BPF_MOD;

	a64_rrr(&q->code, rule->sign ? A64_SDIV : A64_UDIV, rule->wide,
		mod ? QUICK_T1 : dst, dst, by);
	if (mod)
		a64_rrr(&q->code, A64_MSUB, rule->wide, dst, QUICK_T1, by);
}

QUICK_EMIT(divide_reg)
{
	divide(q, rule, DST, SRC);
}

QUICK_EMIT(divide_imm)
{
	uint64_t by = quick_imm(insn, rule);
	uint32_t bits = rule->wide ? 64 : 32;
	enum a64_reg dst = DST;

	if (!quick_by_shift(rule, by)) {
		a64_number(&q->code, QUICK_T0, by);
		divide(q, rule, dst, QUICK_T0);
	} else if (rule->op == BPF_DIV) {
		cut(q, rule, dst, (uint32_t)__builtin_ctzll(by), bits - 1);
	} else {
		a64_mask(&q->code, A64_AND, rule->wide, dst, dst,
			 (int32_t)by - 1);
	}
}
