/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Branches that choose between values become SELECTs:
 *
 *	block:	branch x R y			block:	a, b
 *	then:	a;  jump join		=>		z = x R y ? a : b
 *	else:	b;  jump join				jump join
 *	join:	z = phi a, b
 *
 * One of the arms may be missing. A SELECT waits for its operands and for the
 * condition, a branch that is foreseen for neither, so this is done only where
 * arms are a few cheap operations and the condition is not one that programs
 * nearly always answer in one way: equalities (null checks, protocol numbers)
 * are left alone unless both values are constants.
 */
#include "jit/fold/fold.h"

#define ARM_MAX		2	/* operations of both arms */
#define PHIS_MAX	2

struct choice {
	struct ir_func *f;
	ir_block_id block, join;
	ir_block_id arms[2];		/* the join itself: no arm */
	ir_block_id from[2];		/* predecessors of the join */
	unsigned int cost;
	bool constants;			/* all PHIs choose constants */
};

static bool is_cheap(const struct ir_insn *insn)
{
	switch (insn->op) {
	case IR_MUL:
	case IR_MULH:
	case IR_DIV:
	case IR_MOD:
	case IR_SDIV:
	case IR_SMOD:
	case IR_SELECT:
	case IR_PHI:
		return false;
	default:
		return ir_has(insn, IR_F_PURE);
	}
}

/* Does the block only compute something cheap and jump? */
static bool is_arm(struct choice *ch, ir_block_id id)
{
	const struct ir_block *blk = ir_block(ch->f, id);

	if (blk->preds.len != 1 || !ir_is(ch->f, blk->last, IR_JUMP))
		return false;
	for (ir_ref ref = blk->first; ref != blk->last;
	     ref = ir_at(ch->f, ref)->next)
		if (!is_cheap(ir_at(ch->f, ref)) || ++ch->cost > ARM_MAX)
			return false;
	return true;
}

static size_t pred_index(const struct ir_block *blk, ir_block_id pred)
{
	size_t i = 0;

	while (blk->preds.data[i] != pred)
		i++;
	return i;
}

static bool find_shape(struct choice *ch)
{
	const struct ir_block *blk = ir_block(ch->f, ch->block);
	ir_block_id next[2];

	for (int i = 0; i < 2; i++)
		next[i] = is_arm(ch, blk->succs[i]) ?
			  ir_block(ch->f, blk->succs[i])->succs[0] :
			  blk->succs[i];
	if (next[0] == next[1])
		ch->join = next[0];
	else if (next[0] == blk->succs[1])
		ch->join = next[0];
	else if (next[1] == blk->succs[0])
		ch->join = next[1];
	else
		return false;
	for (int i = 0; i < 2; i++) {
		ch->arms[i] = blk->succs[i];
		ch->from[i] = blk->succs[i] == ch->join ? ch->block :
			      blk->succs[i];
	}
	return ch->cost <= ARM_MAX && ch->join != ch->block;
}

/* The PHIs that differ: how many, and whether they are constants. */
static bool find_phis(struct choice *ch)
{
	const struct ir_block *join = ir_block(ch->f, ch->join);
	size_t a = pred_index(join, ch->from[0]);
	size_t b = pred_index(join, ch->from[1]);
	unsigned int cnt = 0;

	ch->constants = true;
	for (ir_ref ref = join->first; ref && ir_is(ch->f, ref, IR_PHI);
	     ref = ir_at(ch->f, ref)->next) {
		ir_ref x = ir_value(ch->f, ir_at(ch->f, ref)->list[a]);
		ir_ref y = ir_value(ch->f, ir_at(ch->f, ref)->list[b]);

		if (x == y)
			continue;
		cnt++;
		ch->constants &= ir_is(ch->f, x, IR_CONST) &&
				 ir_is(ch->f, y, IR_CONST);
	}
	return cnt && cnt <= PHIS_MAX;
}

static bool is_open(const struct choice *ch)
{
	const struct ir_insn *branch =
		ir_at(ch->f, ir_block(ch->f, ch->block)->last);

	if (branch->sure)
		return false;
	return branch->cond > IR_NE || ch->constants;
}

/* An arm's operations go before the branch. */
static void hoist(struct choice *ch, ir_block_id arm)
{
	ir_ref branch = ir_block(ch->f, ch->block)->last, next;

	for (ir_ref ref = ir_block(ch->f, arm)->first;
	     ref != ir_block(ch->f, arm)->last && !ch->f->failed;
	     ref = next) {
		struct ir_insn copy = *ir_at(ch->f, ref);
		ir_ref moved = ir_insert(ch->f, branch, &copy);

		next = copy.next;
		if (moved)
			ir_replace(ch->f, ref, moved);
	}
}

static void choose(struct choice *ch)
{
	struct ir_func *f = ch->f;
	size_t at[2];

	for (int i = 0; i < 2; i++)
		at[i] = pred_index(ir_block(f, ch->join), ch->from[i]);
	for (ir_ref ref = ir_block(f, ch->join)->first;
	     ir_is(f, ref, IR_PHI) && !f->failed; ref = ir_at(f, ref)->next) {
		ir_ref branch = ir_block(f, ch->block)->last, select;
		struct ir_insn insn = *ir_at(f, branch);

		for (int i = 0; i < 2; i++)
			insn.args[2 + i] = ir_value(f, ir_at(f, ref)->
						    list[at[i]]);
		if (insn.args[2] == insn.args[3])
			continue;
		insn.op = IR_SELECT;
		insn.cnt = 4;
		select = ir_insert(f, branch, &insn);
		ir_at(f, ref)->list[at[0]] = select;
		ir_at(f, ref)->list[at[1]] = select;
	}
}

static bool convert(struct ir_func *f, ir_block_id block)
{
	struct choice ch = { .f = f, .block = block };

	if (!ir_is(f, ir_block(f, block)->last, IR_BRANCH) ||
	    !find_shape(&ch) || !find_phis(&ch) || !is_open(&ch))
		return false;
	for (int i = 0; i < 2; i++)
		if (ch.arms[i] != ch.join)
			hoist(&ch, ch.arms[i]);
	choose(&ch);
	if (f->failed)
		return false;
	/* the way that is left: through an arm, or past it */
	ir_decide(f, block, ch.arms[0] == ch.join ? 0 : 1);
	return true;
}

bool fold_select(struct ir_func *f)
{
	bool any = false;

	for (size_t i = f->order.len; i-- && !f->failed;)
		any |= convert(f, f->order.data[i]);
	if (any && !f->failed) {
		ir_order(f);
		ir_clean(f);
	}
	return any;
}
