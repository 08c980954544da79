/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker's first half: after allocation a block has the instructions that
 * it had, one by one, and moves in between. Operands are in places that are
 * there and as they were asked for; results meet neither each other nor what
 * is needed late.
 */
#include "jit/mach/check.h"

static bool same_operand(const struct mach_operand *a,
			 const struct mach_operand *b)
{
	return a->value == b->value && a->role == b->role &&
	       a->fixed == b->fixed && a->tied == b->tied &&
	       a->memory == b->memory;
}

static bool same_insn(const struct mach_check *c, const struct mach_insn *a,
		      const struct mach_insn *b)
{
	const struct mach_operand *x = &c->after->operands.data[a->operands];
	const struct mach_operand *y = &c->before->operands.data[b->operands];

	if (a->op != b->op || a->operands_cnt != b->operands_cnt ||
	    a->cond != b->cond || a->size != b->size || a->wide != b->wide ||
	    a->scale != b->scale || a->form != b->form || a->lost != b->lost ||
	    a->slot != b->slot || a->target != b->target ||
	    a->disp != b->disp || a->imm != b->imm)
		return false;
	for (unsigned int i = 0; i < a->operands_cnt; i++)
		if (!same_operand(&x[i], &y[i]))
			return false;
	return true;
}

static bool place_exists(struct mach_check *c, const struct mach_operand *op)
{
	if (op->place.reg == MACH_NO_REG)
		return op->place.slot < c->after->slots ||
		       mach_bad(c, "slot %u is not there", op->place.slot);
	if (op->place.reg >= MACH_REGS)
		return mach_bad(c, "no register %u", op->place.reg);
	if (op->role == MACH_DEF &&
	    !(c->after->used & UINT32_C(1) << op->place.reg))
		return mach_bad(c, "r%u is not said to be used", op->place.reg);
	return true;
}

static bool place_is_asked(struct mach_check *c, const struct mach_operand *op,
			   const struct mach_operand *all)
{
	uint32_t bit = UINT32_C(1) << (op->place.reg % MACH_REGS);

	if (op->place.reg == MACH_NO_REG && !op->memory)
		return mach_bad(c, "v%u is in no register", op->value);
	if (op->fixed != MACH_NO_REG && op->place.reg != op->fixed)
		return mach_bad(c, "v%u is not in r%u", op->value, op->fixed);
	if (op->fixed == MACH_NO_REG && op->place.reg != MACH_NO_REG &&
	    op->tied == MACH_NOT_TIED && !(c->after->regs & bit))
		return mach_bad(c, "r%u is not ours", op->place.reg);
	if (op->role == MACH_DEF && op->tied != MACH_NOT_TIED &&
	    mach_place_index(&op->place) !=
	    mach_place_index(&all[op->tied].place))
		return mach_bad(c, "v%u is not where operand %u is", op->value,
				op->tied);
	return true;
}

/* Results do not meet each other, nor what is needed late. */
static bool places_apart(struct mach_check *c, const struct mach_insn *insn,
			 const struct mach_operand *all, unsigned int i)
{
	uint32_t place = mach_place_index(&all[i].place);

	if (all[i].role == MACH_USE)
		return true;
	if (all[i].role == MACH_USE_LATE && place < MACH_REGS &&
	    insn->lost & UINT32_C(1) << place)
		return mach_bad(c, "v%u is lost too early", all[i].value);
	for (unsigned int k = 0; k < insn->operands_cnt; k++)
		if (k != i && all[k].role == MACH_DEF &&
		    mach_place_index(&all[k].place) == place)
			return mach_bad(c, "v%u and v%u share a place",
					all[i].value, all[k].value);
	return true;
}

static bool own_insn(struct mach_check *c, const struct mach_insn *insn)
{
	const struct mach_operand *op =
		&c->after->operands.data[insn->operands];

	for (unsigned int i = 0; i < insn->operands_cnt; i++)
		if (!place_exists(c, &op[i]) ||
		    !place_is_asked(c, &op[i], op) ||
		    !places_apart(c, insn, op, i))
			return false;
	return (insn->lost & c->after->regs & ~c->after->used) == 0 ||
	       mach_bad(c, "lost registers are not said to be used");
}

static bool added_insn(struct mach_check *c, const struct mach_insn *insn)
{
	const struct mach_operand *op =
		&c->after->operands.data[insn->operands];
	unsigned int regs = 0, cnt = insn->op == MACH_MAKE ? 1 : 2;

	if (insn->op >= MACH_OWN)
		return mach_bad(c, "op%u was not there before", insn->op);
	if (insn->operands_cnt != cnt || insn->lost)
		return mach_bad(c, "what allocation added is malformed");
	for (unsigned int i = 0; i < cnt; i++) {
		if (!place_exists(c, &op[i]))
			return false;
		regs += op[i].place.reg != MACH_NO_REG;
	}
	return regs >= (insn->op == MACH_SWAP ? 2 : 1) ||
	       mach_bad(c, "a move without the registers it needs");
}

/* Pairs the instructions of a block with those it had. */
bool mach_check_shape(struct mach_check *c, uint32_t id)
{
	const struct mach_block *blk = &c->after->blocks.data[id];
	const struct mach_block *old = &c->before->blocks.data[id];
	uint32_t next = old->first, end = old->first + old->cnt;

	c->block = id;
	c->insn = 0;
	if (blk->params_cnt || blk->args_cnt ||
	    blk->succs_cnt != old->succs_cnt)
		return mach_bad(c, "the block is another one");
	for (uint32_t i = 0; i < blk->cnt; i++) {
		const struct mach_insn *insn =
			&c->after->insns.data[blk->first + i];
		bool own = next < end &&
			   same_insn(c, insn, &c->before->insns.data[next]);

		c->insn = i;
		c->pair[blk->first + i] = own ? next++ : NOT_PAIRED;
		if (!(own ? own_insn(c, insn) : added_insn(c, insn)))
			return false;
		if (!own && next == end && old->cnt)
			return mach_bad(c, "it is behind the block's end");
	}
	return next == end || mach_bad(c, "an instruction is gone");
}
