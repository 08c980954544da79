/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which PHIs never have anything in their upper half, loops included: all are
 * believed not to, until an operand is found that may. What is left when
 * nothing changes any more is true of the first round of a loop, and of each
 * that follows one of which it is true.
 */
#include "jit/fold/narrow.h"

#include "jit/fold/eval.h"

#define PASSES		8	/* over a function; then nothing is believed */

struct narrow {
	struct ir_func *f;
	uint8_t *is;
};

static bool is_low(const struct narrow *nw, ir_ref ref)
{
	const struct ir_insn *insn = ir_at(nw->f, ref = ir_value(nw->f, ref));

	return insn->op == IR_CONST ? !((uint64_t)insn->imm >> 32) :
	       nw->is[ref];
}

static bool all_low(const struct narrow *nw, const struct ir_insn *phi)
{
	for (uint32_t i = 0; i < phi->cnt; i++)
		if (!is_low(nw, phi->list[i]))
			return false;
	return true;
}

static bool is_narrow(const struct narrow *nw, const struct ir_insn *insn)
{
	switch (insn->op) {
	case IR_PHI:
		return all_low(nw, insn);
	case IR_LOAD:
		return !insn->sign && insn->size <= 4;
	case IR_ZEXT:
	case IR_BSWAP:
		return insn->size <= 4;
	case IR_SELECT:
		return is_low(nw, insn->args[2]) && is_low(nw, insn->args[3]);
	default:
		break;
	}
	if (!fold_can_eval(insn) || !insn->wide)
		return fold_can_eval(insn);
	switch (insn->op) {
	case IR_AND:
		return is_low(nw, insn->args[0]) || is_low(nw, insn->args[1]);
	case IR_OR:
	case IR_XOR:
		return is_low(nw, insn->args[0]) && is_low(nw, insn->args[1]);
	case IR_SHR:
	case IR_DIV:
	case IR_MOD:
		return is_low(nw, insn->args[0]);
	default:
		return false;
	}
}

static bool pass(struct narrow *nw)
{
	bool any = false;

	for (size_t i = 0; i < nw->f->order.len; i++)
		ir_each_insn(nw->f, ref, nw->f->order.data[i]) {
			bool now = is_narrow(nw, ir_at(nw->f, ref));

			any |= nw->is[ref] && !now;
			nw->is[ref] &= now;
		}
	return any;
}

const uint8_t *fold_find_narrow(struct ir_func *f)
{
	struct narrow nw = { f, arena_array(f->arena, f->insns.len, 1) };

	if (!nw.is) {
		f->failed = true;
		return NULL;
	}
	for (size_t i = 0; i < f->order.len; i++)
		ir_each_insn(f, ref, f->order.data[i])
			nw.is[ref] = 1;
	for (unsigned int i = 0; i < PASSES; i++)
		if (!pass(&nw))
			return nw.is;
	return NULL;
}
