/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simplest allocation that is right: each value has a spill slot of its
 * own; an instruction's operands are loaded before it and stored behind it.
 * Nothing is decided, so nothing can be decided badly.
 */
#include <errno.h>

#include "jit/mach/mach.h"

struct simple {
	struct mach_func *f;
	const struct mach_insn *old;	/* the function's, before */
	VEC(struct mach_insn) insns;
	uint32_t most_params;
	bool failed;
};

static struct mach_place in_reg(uint8_t reg)
{
	return (struct mach_place){ .reg = reg };
}

/* Slots from 0 on are for what is between parameters and arguments. */
static struct mach_place in_slot(const struct simple *s, mach_value value)
{
	return (struct mach_place){ .reg = MACH_NO_REG,
				    .slot = s->most_params + value };
}

static void add(struct simple *s, enum mach_op op, mach_value value,
		struct mach_place to, struct mach_place from)
{
	struct mach_insn *insn = vec_push(&s->insns);
	struct mach_operand *operand;
	unsigned int cnt = op == MACH_MAKE ? 1 : 2;

	if (!insn) {
		s->failed = true;
		return;
	}
	insn->op = op;
	insn->operands = s->f->operands.len;
	insn->operands_cnt = cnt;
	for (unsigned int i = 0; i < cnt; i++) {
		operand = vec_push(&s->f->operands);
		if (!operand) {
			s->failed = true;
			return;
		}
		*operand = (struct mach_operand){
			.value = value,
			.role = i ? MACH_USE : MACH_DEF,
			.fixed = MACH_NO_REG, .tied = MACH_NOT_TIED,
			.place = i ? from : to,
		};
	}
	if (to.reg != MACH_NO_REG)
		s->f->used |= UINT32_C(1) << to.reg;
}

static void load(struct simple *s, mach_value value, uint8_t reg)
{
	bool made = s->f->values.data[value].make != MACH_KEEP;

	add(s, made ? MACH_MAKE : MACH_MOVE, value, in_reg(reg),
	    in_slot(s, value));
}

static struct mach_operand *operands(const struct simple *s,
				     const struct mach_insn *insn)
{
	return &s->f->operands.data[insn->operands];
}

/* Slots where they will do, asked registers, and of the others any. */
static void place_operands(struct simple *s, const struct mach_insn *insn)
{
	struct mach_operand *op = operands(s, insn);
	uint32_t free = s->f->regs & ~insn->lost, early;

	for (unsigned int i = 0; i < insn->operands_cnt; i++)
		if (op[i].fixed != MACH_NO_REG)
			free &= ~(UINT32_C(1) << op[i].fixed);
	early = s->f->regs & insn->lost;
	for (unsigned int i = 0; i < insn->operands_cnt; i++) {
		bool tied = op[i].role == MACH_DEF &&
			    op[i].tied != MACH_NOT_TIED;
		bool made = s->f->values.data[op[i].value].make != MACH_KEEP;

		if (op[i].fixed != MACH_NO_REG) {
			op[i].place = in_reg(op[i].fixed);
		} else if (tied) {
			op[i].place = op[op[i].tied].place;
		} else if (op[i].memory && !made) {
			op[i].place = in_slot(s, op[i].value);
		} else {
			uint32_t from = free ? free : early;

			op[i].place = in_reg(__builtin_ctz(from));
			free &= ~(UINT32_C(1) << op[i].place.reg);
		}
	}
	for (unsigned int i = 0; i < insn->operands_cnt; i++)
		if (op[i].role == MACH_DEF && op[i].tied != MACH_NOT_TIED)
			op[op[i].tied].place = op[i].place;
}

static void allocate_insn(struct simple *s, const struct mach_insn *insn,
			  bool last)
{
	struct mach_insn *copy;

	place_operands(s, insn);
	for (unsigned int i = 0; i < insn->operands_cnt; i++) {
		struct mach_operand op = operands(s, insn)[i];

		if (op.role != MACH_DEF && op.place.reg != MACH_NO_REG)
			load(s, op.value, op.place.reg);
	}
	copy = vec_push(&s->insns);
	if (copy)
		*copy = *insn;
	else
		s->failed = true;
	for (unsigned int i = 0; i < insn->operands_cnt; i++) {
		struct mach_operand op = operands(s, insn)[i];

		if (op.role != MACH_DEF || op.place.reg == MACH_NO_REG)
			continue;
		s->f->used |= UINT32_C(1) << op.place.reg;
		if (!last)
			add(s, MACH_MOVE, op.value, in_slot(s, op.value),
			    op.place);
	}
	s->f->used |= insn->lost & s->f->regs;
}

/* All arguments into slots of their own, before any parameter is written. */
static void pass_arguments(struct simple *s, const struct mach_block *blk)
{
	const struct mach_block *to = &s->f->blocks.data[blk->succs[0]];
	uint8_t reg = __builtin_ctz(s->f->regs);

	for (uint32_t i = 0; i < blk->args_cnt; i++) {
		load(s, blk->args[i], reg);
		add(s, MACH_MOVE, blk->args[i],
		    (struct mach_place){ .reg = MACH_NO_REG, .slot = i },
		    in_reg(reg));
	}
	for (uint32_t i = 0; i < blk->args_cnt; i++) {
		add(s, MACH_MOVE, blk->args[i], in_reg(reg),
		    (struct mach_place){ .reg = MACH_NO_REG, .slot = i });
		add(s, MACH_MOVE, to->params[i], in_slot(s, to->params[i]),
		    in_reg(reg));
	}
}

static void allocate_block(struct simple *s, struct mach_block *blk)
{
	uint32_t first = s->insns.len;

	for (uint32_t i = 0; i < blk->cnt; i++) {
		bool last = i + 1 == blk->cnt;

		if (last && blk->args_cnt)
			pass_arguments(s, blk);
		allocate_insn(s, &s->old[blk->first + i], last);
	}
	blk->first = first;
	blk->cnt = s->insns.len - first;
}

int mach_allocate(struct mach_func *f)
{
	struct simple s = { .f = f, .old = f->insns.data };

	for (uint32_t id = 0; id < f->blocks.len; id++)
		s.most_params = MAX(s.most_params,
				    f->blocks.data[id].params_cnt);
	if (s.most_params + f->values.len > UINT16_MAX)
		return -E2BIG;
	f->used = 0;
	f->slots = s.most_params + f->values.len;
	for (uint32_t id = 0; id < f->blocks.len; id++)
		allocate_block(&s, &f->blocks.data[id]);
	for (uint32_t id = 0; id < f->blocks.len; id++) {
		f->blocks.data[id].params_cnt = 0;
		f->blocks.data[id].args_cnt = 0;
	}
	vec_free(&f->insns);
	f->insns.data = s.insns.data;
	f->insns.len = s.insns.len;
	f->insns.cap = s.insns.cap;
	return s.failed ? -ENOMEM : 0;
}
