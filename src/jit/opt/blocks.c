/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flow between blocks, tidied: a block that only its predecessor leads to
 * becomes part of it, a block that only leads on is gone past. And, last of
 * all, edges on which PHIs will need moves get a block for them.
 */
#include "jit/opt/opt.h"

/* ---- blocks that follow each other ---- */

static void append_block(struct ir_func *f, ir_block_id to, ir_block_id from)
{
	struct ir_block *a = ir_block(f, to), *b;

	ir_remove(f, a->last);
	b = ir_block(f, from);
	for (ir_ref ref = b->first; ref; ref = ir_at(f, ref)->next)
		ir_at(f, ref)->block = to;
	ir_at(f, b->first)->prev = a->last;
	if (a->last)
		ir_at(f, a->last)->next = b->first;
	else
		a->first = b->first;
	a->last = b->last;
	a->succs_cnt = b->succs_cnt;
	for (uint32_t i = 0; i < b->succs_cnt; i++) {
		struct ir_block *succ = ir_block(f, b->succs[i]);

		a->succs[i] = b->succs[i];
		for (size_t k = 0; k < succ->preds.len; k++)
			if (succ->preds.data[k] == from)
				succ->preds.data[k] = to;
	}
	b->first = b->last = 0;
	b->succs_cnt = 0;
	b->preds.len = 0;
}

/* PHIs of a block with one predecessor are what that one gives them. */
static void settle_phis(struct ir_func *f, ir_block_id id)
{
	ir_ref next, ref = ir_block(f, id)->first;

	for (; ir_is(f, ref, IR_PHI); ref = next) {
		next = ir_at(f, ref)->next;
		ir_replace(f, ref, ir_at(f, ref)->list[0]);
	}
}

static bool merge(struct ir_func *f, ir_block_id id)
{
	struct ir_block *blk = ir_block(f, id);
	ir_block_id succ = blk->succs[0];

	if (blk->succs_cnt != 1 || succ == id || !succ ||
	    ir_block(f, succ)->preds.len != 1)
		return false;
	settle_phis(f, succ);
	append_block(f, id, succ);
	return true;
}

/* ---- blocks that do nothing ---- */

static bool leads_to(const struct ir_block *blk, ir_block_id to)
{
	return blk->succs[0] == to ||
	       (blk->succs_cnt == 2 && blk->succs[1] == to);
}

static bool skip(struct ir_func *f, ir_block_id id)
{
	struct ir_block *blk = ir_block(f, id);
	ir_block_id to = blk->succs[0];
	bool changed = false;

	if (!id || blk->succs_cnt != 1 || blk->first != blk->last ||
	    to == id || ir_is(f, ir_block(f, to)->first, IR_PHI))
		return false;
	for (size_t i = ir_block(f, id)->preds.len; i-- > 0;) {
		ir_block_id pred = ir_block(f, id)->preds.data[i];

		if (leads_to(ir_block(f, pred), to))
			continue;
		ir_turn_edge(f, pred, id, to);
		changed = true;
	}
	return changed;
}

void opt_blocks(struct ir_func *f, const struct verify_facts *facts)
{
	for (size_t i = 0; i < f->order.len && !f->failed; i++) {
		ir_block_id id = f->order.data[i];

		if (!ir_block(f, id)->last)
			continue;	/* it was appended */
		while (merge(f, id))
			;
		skip(f, id);
	}
	ir_order(f);
	ir_clean(f);
}

/* ---- edges ---- */

static void split_edge(struct ir_func *f, ir_block_id from, ir_block_id to)
{
	uint32_t slot = ir_at(f, ir_block(f, from)->last)->slot;
	ir_block_id via = ir_new_block(f);
	ir_block_id *pred;
	size_t i = 0;

	if (f->failed)
		return;
	pred = vec_push(&ir_block(f, via)->preds);
	if (!pred) {
		f->failed = true;
		return;
	}
	*pred = from;
	while (ir_block(f, to)->preds.data[i] != from)
		i++;
	/* PHIs keep their operands: the edge stays the same one */
	ir_block(f, to)->preds.data[i] = via;
	ir_block(f, from)->succs[ir_block(f, from)->succs[0] != to] = via;
	ir_append(f, via, &(struct ir_insn){ .op = IR_JUMP, .slot = slot });
	ir_block(f, via)->succs[0] = to;
	ir_block(f, via)->succs_cnt = 1;
}

void opt_edges(struct ir_func *f, const struct verify_facts *facts)
{
	for (size_t i = 0; i < f->order.len && !f->failed; i++) {
		ir_block_id id = f->order.data[i];

		for (uint32_t k = 0; ir_block(f, id)->succs_cnt == 2 && k < 2;
		     k++) {
			ir_block_id to = ir_block(f, id)->succs[k];

			if (ir_is(f, ir_block(f, to)->first, IR_PHI))
				split_edge(f, id, to);
		}
	}
	ir_order(f);
}
