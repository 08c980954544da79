/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters of loops and how far they get:
 *
 *	i = phi first, next; ... next = i + 1; ... go round if i (or next)
 *	is not yet `last`
 *
 * By induction: i is `first` or more; it is `most` at most in the first
 * round, and when it is so in one round and the loop goes round, `i + 1` is at
 * most `most`, too, for what the condition says of i. Comparisons of i with
 * numbers outside of that range are decided: the bound of an array that a loop
 * goes through is not asked for.
 */
#include "jit/opt/opt.h"

struct counter {
	ir_ref phi, next;
	uint64_t first, most;
};

static bool number(const struct ir_func *f, ir_ref ref, uint64_t *value)
{
	*value = (uint64_t)ir_at(f, ref)->imm;
	return ir_is(f, ref, IR_CONST);
}

/* i + 1: by 32 bits, too, where it cannot wrap. */
static bool is_next(const struct ir_func *f, ir_ref next, ir_ref phi)
{
	const struct ir_insn *sum = ir_at(f, next);
	uint64_t step;

	return sum->op == IR_ADD && sum->args[0] == phi &&
	       number(f, sum->args[1], &step) && step == 1;
}

/* The PHI begins with a number, and counts on the way back. */
static bool find_counter(const struct ir_func *f, ir_ref phi,
			 struct counter *c, ir_block_id *latch)
{
	const struct ir_insn *insn = ir_at(f, phi);
	const struct ir_block *blk = ir_block(f, insn->block);
	uint32_t back;

	if (insn->cnt != 2)
		return false;
	back = ir_block(f, blk->preds.data[1])->order >= blk->order;
	*latch = blk->preds.data[back];
	c->phi = phi;
	c->next = insn->list[back];
	return ir_block(f, *latch)->order >= blk->order &&
	       number(f, insn->list[!back], &c->first) &&
	       c->first < INT32_MAX && is_next(f, c->next, phi);
}

/* What holds on the way back: a comparison, or NULL. */
static const struct ir_insn *guard_of(const struct ir_func *f,
				      ir_block_id latch, ir_block_id head,
				      enum ir_cond *cond)
{
	ir_block_id to = head, at = latch;
	const struct ir_insn *last;

	while (ir_block(f, at)->succs_cnt == 1) {
		if (at == head || ir_block(f, at)->preds.len != 1)
			return NULL;
		to = at;
		at = ir_block(f, at)->preds.data[0];
	}
	last = ir_at(f, ir_block(f, at)->last);
	*cond = last->cond ^ (ir_block(f, at)->succs[0] != to);
	return last->op == IR_BRANCH ? last : NULL;
}

/* The most that i may be when `cond` of x and n holds on the way back. */
static bool bound(struct counter *c, enum ir_cond cond, bool of_next,
		  uint64_t n)
{
	if (n >= INT32_MAX)
		return false;
	if (of_next && !n--)
		return false;
	switch (cond) {
	case IR_NE:
		c->most = n;
		return c->first <= n;
	case IR_ULT:
	case IR_SLT:
		c->most = MAX(c->first, n);
		return true;
	case IR_ULE:
	case IR_SLE:
		c->most = MAX(c->first, n + 1);
		return true;
	default:
		return false;
	}
}

static bool find_range(const struct ir_func *f, struct counter *c,
		       ir_block_id latch)
{
	const struct ir_insn *guard;
	enum ir_cond cond;
	uint64_t n;

	guard = guard_of(f, latch, ir_at(f, c->phi)->block, &cond);
	if (!guard || !number(f, guard->args[1], &n))
		return false;
	if (guard->args[0] == c->next)
		return bound(c, cond, true, n);
	return guard->args[0] == c->phi && bound(c, cond, false, n);
}

/* 1, 0: the condition of i and n; -1: now one, now the other. */
static int decided(const struct counter *c, enum ir_cond cond, uint64_t n)
{
	switch (cond & ~1u) {
	case IR_ULT:
		return c->most < n ? !(cond & 1) :
		       c->first >= n ? (int)(cond & 1) : -1;
	case IR_ULE:
		return c->most <= n ? !(cond & 1) :
		       c->first > n ? (int)(cond & 1) : -1;
	default:
		return -1;
	}
}

static bool decide_uses(struct ir_func *f, const struct counter *c)
{
	bool changed = false;

	for (size_t i = 0; i < f->order.len; i++) {
		ir_block_id id = f->order.data[i];
		const struct ir_insn *last = ir_at(f, ir_block(f, id)->last);
		uint64_t n;
		int truth;

		if (last->op != IR_BRANCH || last->args[0] != c->phi ||
		    !number(f, last->args[1], &n))
			continue;
		truth = decided(c, last->cond, last->wide ? n : (uint32_t)n);
		if (truth < 0)
			continue;
		ir_decide(f, id, !truth);
		changed = true;
	}
	return changed;
}

static bool count_block(struct ir_func *f, ir_block_id id)
{
	bool changed = false;

	ir_each_insn(f, ref, id) {
		struct counter c;
		ir_block_id latch;

		if (!ir_is(f, ref, IR_PHI))
			break;
		if (find_counter(f, ref, &c, &latch) &&
		    find_range(f, &c, latch))
			changed |= decide_uses(f, &c);
	}
	return changed;
}

void opt_count(struct ir_func *f, const struct verify_facts *facts)
{
	bool changed = false;

	for (size_t i = 0; i < f->order.len; i++)
		if (ir_block(f, f->order.data[i])->depth)
			changed |= count_block(f, f->order.data[i]);
	if (!changed)
		return;
	ir_order(f);
	ir_clean(f);
}
