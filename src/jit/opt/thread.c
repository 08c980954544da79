/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jump threading: where a block does nothing but ask about its PHIs, a
 * predecessor that knows the answer goes past it. That is what becomes of the
 * null check behind a lookup that has been built in.
 *
 * What the block's PHIs are is asked for behind it, too: there, values from
 * the ways around it and through it meet in new PHIs.
 */
#include "jit/ir/vars.h"
#include "jit/opt/opt.h"

/* A block with more PHIs is left alone. */
#define PHIS_MAX	16

/* Instructions looked at, over all blocks: each looks at all of them. */
#define WORK_MAX	(1u << 26)

struct thread {
	struct ir_func *f;
	ir_block_id block;	/* that is gone past */
	ir_ref phis[PHIS_MAX];
	uint32_t phis_cnt;
	struct ir_vars vars;	/* what the PHIs stand for, everywhere */
};

/* ---- what is known ---- */

static bool compare(enum ir_cond cond, bool wide, uint64_t a, uint64_t b)
{
	int64_t sa = wide ? (int64_t)a : (int32_t)a;
	int64_t sb = wide ? (int64_t)b : (int32_t)b;

	a = wide ? a : (uint32_t)a;
	b = wide ? b : (uint32_t)b;
	switch (cond & ~1u) {
	case IR_EQ:
		return (a == b) ^ (cond & 1);
	case IR_ULT:
		return (a < b) ^ (cond & 1);
	case IR_ULE:
		return (a <= b) ^ (cond & 1);
	case IR_SLT:
		return (sa < sb) ^ (cond & 1);
	case IR_SLE:
		return (sa <= sb) ^ (cond & 1);
	default:
		return !(a & b) ^ (cond & 1);
	}
}

static bool is_not_null(const struct ir_func *f, ir_ref ref)
{
	const struct ir_insn *insn = ir_at(f, ref);

	return insn->op == IR_FRAME || (insn->op == IR_ADD && insn->sure);
}

/* 1, 0: the branch with `left` for its first operand; -1: not known. */
static int outcome(const struct ir_func *f, const struct ir_insn *branch,
		   ir_ref left)
{
	const struct ir_insn *a = ir_at(f, left);
	const struct ir_insn *b = ir_at(f, branch->args[1]);

	if (b->op != IR_CONST)
		return -1;
	if (a->op == IR_CONST)
		return compare(branch->cond, branch->wide, (uint64_t)a->imm,
			       (uint64_t)b->imm);
	if (!b->imm && branch->wide && branch->cond <= IR_NE &&
	    is_not_null(f, left))
		return branch->cond == IR_NE;
	return -1;
}

/* ---- which blocks ---- */

/* PHIs, and a branch on the first operand that is one of them. */
static bool only_asks(struct thread *th)
{
	const struct ir_func *f = th->f;
	const struct ir_insn *last = ir_at(f, ir_block(f, th->block)->last);
	const struct ir_insn *asked = ir_at(f, last->args[0]);

	th->phis_cnt = 0;
	if (last->op != IR_BRANCH || asked->op != IR_PHI ||
	    asked->block != th->block)
		return false;
	ir_each_insn(f, ref, th->block) {
		if (ir_is(f, ref, IR_BRANCH))
			return true;
		if (!ir_is(f, ref, IR_PHI) || th->phis_cnt == PHIS_MAX)
			return false;
		th->phis[th->phis_cnt++] = ref;
	}
	return false;
}

/* The predecessor's index of which the outcome is known, or -1. */
static int known_pred(const struct thread *th, int *which)
{
	const struct ir_block *blk = ir_block(th->f, th->block);
	const struct ir_insn *branch = ir_at(th->f, blk->last);
	const struct ir_insn *asked = ir_at(th->f, branch->args[0]);

	for (size_t i = 0; i < blk->preds.len; i++) {
		*which = outcome(th->f, branch, asked->list[i]);
		if (*which >= 0 && blk->preds.data[i] != th->block)
			return (int)i;
	}
	return -1;
}

/* ---- going past ---- */

/* PHIs of `to` get from a new predecessor what they got from the block. */
static void copy_operands(struct thread *th, ir_block_id to)
{
	struct ir_func *f = th->f;
	const struct ir_block *blk = ir_block(f, to);
	size_t i = 0;

	while (blk->preds.data[i] != th->block)
		i++;
	for (ir_ref ref = blk->first; ref && ir_is(f, ref, IR_PHI);
	     ref = ir_at(f, ref)->next)
		ir_add_operand(f, ref, ir_at(f, ref)->list[i]);
}

/* The edge gets a block of its own, which leads on; the PHIs' values there. */
static void go_past(struct thread *th, uint32_t pred, uint32_t which)
{
	struct ir_func *f = th->f;
	ir_block_id from = ir_block(f, th->block)->preds.data[pred];
	ir_block_id to = ir_block(f, th->block)->succs[!which];
	uint32_t slot = ir_at(f, ir_block(f, th->block)->last)->slot;
	ir_block_id via = ir_new_block(f);

	if (f->failed || !ir_vars_grow(&th->vars))
		return;
	th->vars.blocks.data[via].sealed = true;
	for (uint32_t i = 0; i < th->phis_cnt; i++)
		ir_vars_write(&th->vars, via, i,
			      ir_at(f, th->phis[i])->list[pred]);
	ir_turn_edge(f, from, th->block, via);
	ir_jump(f, via, to, slot);
	copy_operands(th, to);
}

/* ---- uses behind the block ---- */

static void mend_operand(struct thread *th, ir_ref user, uint32_t k,
			 ir_block_id at)
{
	ir_ref arg = ir_args(ir_at(th->f, user))[k], value;

	for (uint32_t i = 0; i < th->phis_cnt; i++) {
		if (th->phis[i] != arg)
			continue;
		value = ir_vars_read(&th->vars, at, i);
		ir_args(ir_at(th->f, user))[k] = value;
		return;
	}
}

static void mend_uses(struct thread *th)
{
	struct ir_func *f = th->f;

	for (ir_ref ref = 1; ref < f->insns.len && !f->failed; ref++) {
		ir_block_id id = ir_at(f, ref)->block;

		if (id == IR_NOWHERE)
			continue;
		for (uint32_t k = 0; k < ir_at(f, ref)->cnt; k++)
			mend_operand(th, ref, k, ir_is(f, ref, IR_PHI) ?
				     ir_block(f, id)->preds.data[k] : id);
	}
}

static void begin_vars(struct thread *th)
{
	ir_vars_init(&th->vars, th->f, th->phis_cnt);
	if (!ir_vars_grow(&th->vars))
		return;
	for (size_t i = 0; i < th->vars.blocks.len; i++)
		th->vars.blocks.data[i].sealed = true;
	for (uint32_t i = 0; i < th->phis_cnt; i++)
		ir_vars_write(&th->vars, th->block, i, th->phis[i]);
}

static bool thread_block(struct thread *th)
{
	int which, pred;

	if (!only_asks(th))
		return false;
	pred = known_pred(th, &which);
	if (pred < 0)
		return false;
	begin_vars(th);
	while (pred >= 0 && !th->f->failed) {
		go_past(th, (uint32_t)pred, (uint32_t)which);
		pred = known_pred(th, &which);
	}
	if (!th->f->failed)
		mend_uses(th);
	ir_vars_fini(&th->vars);
	return true;
}

void opt_thread(struct ir_func *f, const struct verify_facts *facts)
{
	struct thread th = { .f = f };
	uint64_t work = 0;
	bool changed = false;

	for (size_t i = 0; i < f->order.len && !f->failed; i++) {
		th.block = f->order.data[i];
		if (work > WORK_MAX || !thread_block(&th))
			continue;
		work += f->insns.len;
		changed = true;
	}
	if (!changed || f->failed)
		return;
	ir_order(f);
	ir_clean(f);
}
