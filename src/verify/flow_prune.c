/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the walk should look for a state it has seen: where paths meet, and
 * where they could have become alike without meeting, because a register that
 * they differ in has died before a jump or a call of a subprogram (before
 * which a state is worth most: the callee is then walked once). And where
 * it must keep one for loops to converge: iterators, may_goto, callbacks.
 */
#include "verify/flow_pass.h"

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

struct way_in {
	uint32_t cnt;
	uint16_t live;			/* before the jumps that come here */
};

/* Joins, and jumps before which something has died. */
static void mark_block(struct flow_pass *pass, const struct flow_block *block,
		       const struct way_in *in)
{
	const struct flow_insn *insns = pass->flow->insns;
	uint16_t before = insns[block->start].live |
			  (in->cnt > 1 ? 0 : in->live);

	if (in->cnt > 1)
		mark(pass, block->start, FLOW_PRUNE);
	if (flow_is_branch(pass, block->last) &&
	    before & ~insns[block->last].live)
		mark(pass, block->last, FLOW_PRUNE);
}

static void note_way(struct flow_pass *pass, const struct flow_block *from,
		     uint32_t to, struct way_in *ins)
{
	const struct flow_block *block = &pass->blocks[to];

	ins[to].cnt++;
	ins[to].live |= pass->flow->insns[from->last].live;
	if (block->rank <= from->rank)
		mark(pass, block->start, FLOW_LOOP | FLOW_PRUNE);
}

static void note_ways(struct flow_pass *pass, struct way_in *ins)
{
	for (uint32_t i = 0; i < pass->blocks_cnt; i++) {
		const struct flow_block *block = &pass->blocks[i];

		if (!flow_reached(pass, block->start))
			continue;
		for (int way = 0; way < FLOW_WAYS; way++) {
			uint32_t to = flow_edge(pass, block, way);

			if (to != FLOW_NONE)
				note_way(pass, block, to, ins);
		}
	}
}

/* A subprogram's start counts what calls it. */
static void note_calls(struct flow_pass *pass, struct way_in *ins)
{
	for (uint32_t slot = 0; slot < pass->cnt; slot = flow_next(pass, slot))
		if (flow_is_call(pass, slot) && flow_reached(pass, slot)) {
			uint32_t to = slot + 1 +
				      (uint32_t)pass->insns[slot].imm;

			ins[pass->block_of[to]].cnt++;
		}
}

int flow_prune(struct flow_pass *pass)
{
	struct way_in *ins = arena_array(&pass->env->arena, pass->blocks_cnt,
					 sizeof(*ins));

	if (!ins)
		return verify_no_memory(pass->env);
	note_ways(pass, ins);
	note_calls(pass, ins);
	for (uint32_t i = 0; i < pass->blocks_cnt; i++) {
		const struct flow_block *block = &pass->blocks[i];

		if (!flow_reached(pass, block->start))
			continue;
		mark_calls(pass, block);
		mark_block(pass, block, &ins[i]);
	}
	return 0;
}
