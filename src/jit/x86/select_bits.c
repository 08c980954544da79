/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many low bits of each value may not be zero. Of PHIs, which name what
 * comes later, it is assumed to be none at first; then all is computed again
 * until nothing grows any more. What does not come to rest soon (a sum that
 * goes around a loop) has all bits.
 */
#include "jit/x86/select.h"

#define ROUNDS	6

static uint8_t bits_of_number(uint64_t value)
{
	return value ? (uint8_t)(64 - __builtin_clzll(value)) : 0;
}

/* By the operation alone. */
static uint8_t most_bits(const struct ir_insn *insn)
{
	switch (insn->op) {
	case IR_CONST:
		return bits_of_number((uint64_t)insn->imm);
	case IR_LOAD:
		return insn->sign ? 64 : insn->size * 8;
	case IR_ZEXT:
	case IR_BSWAP:
		return insn->size * 8;
	case IR_PHI:
	case IR_SELECT:
		return 64;
	case IR_ATOMIC:
	case IR_CMPXCHG:
		return insn->wide ? 64 : 32;
	default:
		return ir_has(insn, IR_F_PURE) && !insn->wide ? 32 : 64;
	}
}

static uint8_t shifted(const struct select *s, const struct ir_insn *insn,
		       uint8_t bits)
{
	const struct ir_insn *cnt = select_at(s, insn->args[1]);
	uint8_t by;

	if (cnt->op != IR_CONST)
		return bits;
	by = (uint8_t)cnt->imm & (insn->wide ? 63 : 31);
	return bits > by ? bits - by : 0;
}

static uint8_t bits_of_phi(const struct select *s, const struct ir_insn *phi)
{
	uint8_t bits = 0;

	for (uint32_t i = 0; i < phi->cnt; i++)
		bits = MAX(bits, s->bits[phi->list[i]]);
	return bits;
}

static uint8_t bits_of(const struct select *s, ir_ref ref)
{
	const struct ir_insn *insn = select_at(s, ref);
	bool pure = ir_has(insn, IR_F_PURE);	/* no list, then */
	uint8_t most = most_bits(insn), left, right;

	if (insn->op == IR_PHI)
		return bits_of_phi(s, insn);
	left = pure && insn->cnt > 0 ? s->bits[insn->args[0]] : 64;
	right = pure && insn->cnt == 2 ? s->bits[insn->args[1]] : 64;
	switch (insn->op) {
	case IR_ZEXT:
	case IR_DIV:
	case IR_MOD:
		return MIN(most, left);
	case IR_AND:
		return MIN(most, MIN(left, right));
	case IR_OR:
	case IR_XOR:
		return MIN(most, MAX(left, right));
	case IR_SHR:
		return shifted(s, insn, MIN(most, left));
	case IR_SELECT:
		return MAX(s->bits[insn->args[2]], s->bits[insn->args[3]]);
	default:
		return most;
	}
}

static bool round_of(struct select *s, bool last)
{
	bool grown = false;

	for (size_t i = 0; i < s->f->order.len; i++)
		ir_each_insn(s->f, ref, s->f->order.data[i]) {
			uint8_t bits = bits_of(s, ref);

			if (last && ir_is(s->f, ref, IR_PHI))
				bits = 64;
			grown |= bits > s->bits[ref];
			s->bits[ref] = MAX(bits, s->bits[ref]);
		}
	return grown;
}

void select_find_bits(struct select *s)
{
	for (size_t i = 1; i < s->f->insns.len; i++)
		if (s->f->insns.data[i].block == IR_NOWHERE &&
		    s->f->insns.data[i].op < IR_OPS)
			s->bits[i] = most_bits(&s->f->insns.data[i]);
	for (int i = 0; i < ROUNDS; i++)
		if (!round_of(s, false))
			return;
	while (round_of(s, true))
		;
}
