/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions whether the run shall end. Building puts one where a jump leads
 * backward, as the interpreter asks; many such jumps lead to the same place,
 * or out of a loop. One question in each round is enough for the run to end
 * soon. It is asked where an edge leads back in the order of blocks, and
 * nowhere else: there is such an edge in every ring, whatever its shape.
 */
#include "jit/opt/opt.h"

static bool leads_back(const struct ir_func *f, ir_block_id from,
		       ir_block_id to)
{
	return ir_block(f, to)->order <= ir_block(f, from)->order;
}

/* The instruction that leads back to it; false: none does. */
static bool find_slot(const struct ir_func *f, ir_block_id head,
		      uint32_t *slot)
{
	const struct ir_block *blk = ir_block(f, head);

	for (size_t i = 0; i < blk->preds.len; i++) {
		ir_block_id from = blk->preds.data[i];

		if (!leads_back(f, from, head))
			continue;
		*slot = ir_at(f, ir_block(f, from)->last)->slot;
		return true;
	}
	return false;
}

static void drop_stops(struct ir_func *f)
{
	ir_ref next;

	for (size_t i = 0; i < f->order.len; i++)
		for (ir_ref ref = ir_block(f, f->order.data[i])->first; ref;
		     ref = next) {
			next = ir_at(f, ref)->next;
			if (ir_is(f, ref, IR_STOP))
				ir_remove(f, ref);
		}
}

static void ask_in(struct ir_func *f, ir_block_id head, uint32_t slot)
{
	ir_ref ref = ir_block(f, head)->first;

	while (ir_is(f, ref, IR_PHI))
		ref = ir_at(f, ref)->next;
	ir_insert(f, ref, &(struct ir_insn){ .op = IR_STOP, .slot = slot });
}

void opt_stops(struct ir_func *f, const struct verify_facts *facts)
{
	uint32_t slot;

	drop_stops(f);
	for (size_t i = 0; i < f->order.len && !f->failed; i++)
		if (find_slot(f, f->order.data[i], &slot))
			ask_in(f, f->order.data[i], slot);
}
