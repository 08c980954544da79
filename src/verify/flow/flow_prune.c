/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the walk should look for a state it has seen: at conditional jumps
 * and where jumps go, as the kernel does, since paths that differ in what has
 * died since may be alike there though none meet; and before, after and at
 * the start of subprograms that are called (before the call a state is worth
 * most: the callee is then walked once). And where it must keep one for loops
 * to converge: iterators, may_goto, callbacks.
 */
#include "verify/flow/flow_pass.h"

static void mark(struct flow_pass *pass, uint32_t slot, uint8_t flags)
{
	pass->flow->insns[slot].flags |= flags;
}

static void mark_calls(struct flow_pass *pass, const struct flow_block *block)
{
	for (uint32_t slot = block->start; slot <= block->last;
	     slot = flow_next(pass, slot)) {
		enum op op = pass->ops[slot];
		struct flow_call call;

		if (op == OP_CALL_LOCAL) {
			mark(pass, slot, FLOW_PRUNE);
			mark(pass, slot + 1, FLOW_PRUNE);
			mark(pass, slot + 1 + (uint32_t)pass->insns[slot].imm,
			     FLOW_PRUNE);
		}
		if (op == OP_MAY_GOTO)
			mark(pass, slot, FLOW_PRUNE | FLOW_FORCE);
		if (op != OP_CALL_HELPER && op != OP_CALL_KFUNC)
			continue;
		call = flow_call_at(pass, slot);
		if (call.func && !call.later)
			mark(pass, slot, FLOW_PRUNE | FLOW_FORCE |
					 FLOW_CALLS_BACK);
		else if (call.iterates)
			mark(pass, slot, FLOW_PRUNE | FLOW_FORCE);
		else if (call.func)
			mark(pass, slot, FLOW_PRUNE);
	}
}

/* Ways meet only where a jump goes, as one falls from but one place. */
static void mark_way(struct flow_pass *pass, const struct flow_block *from,
		     enum flow_way way)
{
	uint32_t to = flow_edge(pass, from, way);
	const struct flow_block *block;

	if (to == FLOW_NONE)
		return;
	block = &pass->blocks[to];
	if (way == FLOW_JUMP)
		mark(pass, block->start, FLOW_PRUNE);
	if (block->rank <= from->rank)
		mark(pass, block->start, FLOW_LOOP | FLOW_PRUNE);
}

static void mark_block(struct flow_pass *pass, const struct flow_block *block)
{
	uint8_t flags = pass->flow->insns[block->last].flags;

	mark_calls(pass, block);
	if (flow_is_branch(pass, block->last) &&
	    !(flags & (FLOW_NO_JUMP | FLOW_NO_FALL)))
		mark(pass, block->last, FLOW_PRUNE);
	for (int way = 0; way < FLOW_WAYS; way++)
		mark_way(pass, block, way);
}

int flow_prune(struct flow_pass *pass)
{
	for (uint32_t i = 0; i < pass->blocks_cnt; i++)
		if (flow_reached(pass, pass->blocks[i].start))
			mark_block(pass, &pass->blocks[i]);
	return 0;
}
