/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of a function: which blocks are reached, in reverse postorder;
 * dominators (Cooper, Harvey, Kennedy: "A Simple, Fast Dominance Algorithm");
 * loops by their back edges. Also what rests on the order of blocks: cleaning.
 */
#include "jit/ir/ir.h"

#include <string.h>

/* ---- order ---- */

struct visit {
	ir_block_id block;
	uint8_t next;		/* successor to go to */
};

static bool enter(struct ir_func *f, struct visit *stack, size_t *depth,
		  ir_block_id block)
{
	struct ir_block *blk = ir_block(f, block);

	if (blk->reached)
		return false;
	blk->reached = true;
	/* the last successor first, so that the first lies nearer */
	stack[(*depth)++] = (struct visit){ block, blk->succs_cnt };
	return true;
}

static void reverse(ir_block_id *data, size_t len)
{
	for (size_t i = 0; i < len / 2; i++) {
		ir_block_id other = data[len - 1 - i];

		data[len - 1 - i] = data[i];
		data[i] = other;
	}
}

static void postorder(struct ir_func *f, struct visit *stack)
{
	size_t depth = 0;

	enter(f, stack, &depth, 0);
	while (depth) {
		struct visit *top = &stack[depth - 1];
		ir_block_id *done;

		if (top->next) {
			enter(f, stack, &depth,
			      ir_block(f, top->block)->succs[--top->next]);
			continue;
		}
		done = vec_push(&f->order);
		if (!done) {
			f->failed = true;
			return;
		}
		*done = top->block;
		depth--;
	}
}

static void find_order(struct ir_func *f)
{
	struct visit *stack = calloc(f->blocks.len, sizeof(*stack));

	f->order.len = 0;
	for (size_t i = 0; i < f->blocks.len; i++)
		f->blocks.data[i].reached = false;
	if (!stack) {
		f->failed = true;
		return;
	}
	postorder(f, stack);
	free(stack);
	reverse(f->order.data, f->order.len);
	for (size_t i = 0; i < f->order.len; i++)
		ir_block(f, f->order.data[i])->order = (uint32_t)i;
}

/* What is not reached leads nowhere, and holds nothing. */
static void drop_unreached(struct ir_func *f)
{
	for (ir_block_id id = 0; id < f->blocks.len; id++) {
		struct ir_block *blk = ir_block(f, id);

		if (blk->reached)
			continue;
		while (blk->succs_cnt)
			ir_cut_edge(f, id, blk->succs[0]);
		while (blk->first)
			ir_remove(f, blk->first);
	}
}

/* ---- dominators ---- */

static ir_block_id common(const struct ir_func *f, ir_block_id a,
			  ir_block_id b)
{
	while (a != b) {
		while (ir_block(f, a)->order > ir_block(f, b)->order)
			a = ir_block(f, a)->idom;
		while (ir_block(f, b)->order > ir_block(f, a)->order)
			b = ir_block(f, b)->idom;
	}
	return a;
}

static bool improve(struct ir_func *f, ir_block_id id)
{
	struct ir_block *blk = ir_block(f, id);
	ir_block_id best = IR_NOWHERE;

	for (size_t i = 0; i < blk->preds.len; i++) {
		ir_block_id pred = blk->preds.data[i];

		if (ir_block(f, pred)->idom == IR_NOWHERE)
			continue;
		best = best == IR_NOWHERE ? pred : common(f, best, pred);
	}
	if (blk->idom == best)
		return false;
	blk->idom = best;
	return true;
}

static void find_dominators(struct ir_func *f)
{
	bool changed = true;

	for (size_t i = 0; i < f->blocks.len; i++)
		f->blocks.data[i].idom = IR_NOWHERE;
	ir_block(f, 0)->idom = 0;
	while (changed) {
		changed = false;
		for (size_t i = 1; i < f->order.len; i++)
			changed |= improve(f, f->order.data[i]);
	}
}

bool ir_dominates(const struct ir_func *f, ir_block_id a, ir_block_id b)
{
	while (ir_block(f, b)->order > ir_block(f, a)->order)
		b = ir_block(f, b)->idom;
	return a == b;
}

/* ---- loops ---- */

/* Everything from which `from` is reached without its head. */
static void mark_loop(struct ir_func *f, ir_block_id head, ir_block_id from,
		      uint32_t *seen, ir_block_id *stack)
{
	size_t len = 0;

	if (seen[head] != head + 1) {
		seen[head] = head + 1;
		ir_block(f, head)->depth++;
	}
	if (seen[from] != head + 1)
		stack[len++] = from;
	while (len) {
		ir_block_id id = stack[--len];
		struct ir_block *blk = ir_block(f, id);

		if (seen[id] == head + 1)
			continue;
		seen[id] = head + 1;
		blk->depth++;
		for (size_t i = 0; i < blk->preds.len; i++)
			if (seen[blk->preds.data[i]] != head + 1)
				stack[len++] = blk->preds.data[i];
	}
}

static size_t count_edges(const struct ir_func *f)
{
	size_t cnt = 0;

	for (size_t i = 0; i < f->blocks.len; i++)
		cnt += f->blocks.data[i].preds.len;
	return cnt;
}

static void find_loops(struct ir_func *f)
{
	uint32_t *seen = calloc(f->blocks.len, sizeof(*seen));
	ir_block_id *stack = calloc(count_edges(f) + 1, sizeof(*stack));

	for (size_t i = 0; i < f->blocks.len; i++)
		f->blocks.data[i].depth = 0;
	if (!seen || !stack)
		f->failed = true;
	for (size_t i = 0; !f->failed && i < f->order.len; i++) {
		ir_block_id head = f->order.data[i];
		struct ir_block *blk = ir_block(f, head);

		for (size_t k = 0; k < blk->preds.len; k++)
			if (ir_dominates(f, head, blk->preds.data[k]))
				mark_loop(f, head, blk->preds.data[k], seen,
					  stack);
	}
	free(seen);
	free(stack);
}

void ir_order(struct ir_func *f)
{
	find_order(f);
	if (f->failed)
		return;
	drop_unreached(f);
	find_dominators(f);
	find_loops(f);
}

/* ---- cleaning ---- */

/* Of one value, beside itself: it is that value. */
static ir_ref sole_value(struct ir_func *f, ir_ref ref)
{
	struct ir_insn *phi = ir_at(f, ref);
	ir_ref sole = 0;

	for (uint32_t i = 0; i < phi->cnt; i++) {
		ir_ref value = ir_value(f, phi->list[i]);

		if (value == ref || value == sole)
			continue;
		if (sole)
			return 0;
		sole = value;
	}
	return sole;
}

static bool drop_phis(struct ir_func *f)
{
	bool changed = false;

	for (size_t i = 0; i < f->order.len; i++) {
		ir_ref next, ref = ir_block(f, f->order.data[i])->first;

		for (; ref && ir_is(f, ref, IR_PHI); ref = next) {
			ir_ref sole = sole_value(f, ref);

			next = ir_at(f, ref)->next;
			if (!sole)
				continue;
			ir_replace(f, ref, sole);
			changed = true;
		}
	}
	return changed;
}

static void resolve(struct ir_func *f)
{
	for (size_t i = 0; i < f->order.len; i++)
		ir_each_insn(f, ref, f->order.data[i]) {
			struct ir_insn *insn = ir_at(f, ref);
			ir_ref *args = ir_args(insn);

			for (uint32_t k = 0; k < insn->cnt; k++)
				args[k] = ir_value(f, args[k]);
		}
}

static bool is_droppable(const struct ir_insn *insn)
{
	return ir_has(insn, IR_F_VALUE) && !ir_has(insn, IR_F_STAYS) &&
	       !(insn->op == IR_LOAD && insn->ordered);
}

static void push_needed(struct ir_func *f, uint8_t *needed, ir_ref *stack,
			size_t *len, ir_ref ref)
{
	if (needed[ref])
		return;
	needed[ref] = 1;
	stack[(*len)++] = ref;
}

static void mark_needed(struct ir_func *f, uint8_t *needed, ir_ref *stack)
{
	size_t len = 0;

	for (size_t i = 0; i < f->order.len; i++)
		ir_each_insn(f, ref, f->order.data[i])
			if (!is_droppable(ir_at(f, ref)))
				push_needed(f, needed, stack, &len, ref);
	while (len) {
		struct ir_insn *insn = ir_at(f, stack[--len]);

		for (uint32_t k = 0; k < insn->cnt; k++)
			push_needed(f, needed, stack, &len, ir_args(insn)[k]);
	}
}

static void drop_unused(struct ir_func *f)
{
	uint8_t *needed = calloc(f->insns.len, 1);
	ir_ref *stack = calloc(f->insns.len, sizeof(*stack));

	if (needed && stack)
		mark_needed(f, needed, stack);
	else
		f->failed = true;
	for (size_t i = 0; !f->failed && i < f->order.len; i++) {
		ir_ref next, ref = ir_block(f, f->order.data[i])->first;

		for (; ref; ref = next) {
			next = ir_at(f, ref)->next;
			if (!needed[ref])
				ir_remove(f, ref);
		}
	}
	free(needed);
	free(stack);
}

void ir_clean(struct ir_func *f)
{
	while (drop_phis(f))
		;
	resolve(f);
	drop_unused(f);
}

uint32_t *ir_count_uses(struct ir_func *f)
{
	uint32_t *uses = arena_array(f->arena, f->insns.len, sizeof(*uses));

	if (!uses) {
		f->failed = true;
		return NULL;
	}
	for (size_t i = 0; i < f->order.len; i++)
		ir_each_insn(f, ref, f->order.data[i]) {
			struct ir_insn *insn = ir_at(f, ref);

			for (uint32_t k = 0; k < insn->cnt; k++)
				uses[ir_value(f, ir_args(insn)[k])]++;
		}
	return uses;
}
