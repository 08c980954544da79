/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops: the strongly connected components of the blocks, by Tarjan's
 * algorithm ("Depth-First Search and Linear Graph Algorithms", 1972) with a
 * stack of its own. A block is in a loop when its component has another block
 * or it jumps to itself. A call that runs a callback comes to itself again
 * and is a component of its own when it is in no other.
 */
#include "verify/flow/flow_pass.h"

struct tarjan {
	struct flow_pass *pass;
	uint32_t *index, *low;		/* per block; index 0: not seen */
	uint8_t *way;			/* to take next */
	uint32_t *path;			/* blocks under way */
	uint32_t *open;			/* seen, in no component yet */
	bool *is_open;
	uint32_t path_cnt, open_cnt, seen;
};

static void enter(struct tarjan *tj, uint32_t at)
{
	tj->index[at] = tj->low[at] = ++tj->seen;
	tj->path[tj->path_cnt++] = at;
	tj->open[tj->open_cnt++] = at;
	tj->is_open[at] = true;
}

static bool jumps_to_itself(const struct flow_pass *pass, uint32_t at)
{
	const struct flow_block *block = &pass->blocks[at];

	return flow_edge(pass, block, FLOW_FALL) == at ||
	       flow_edge(pass, block, FLOW_JUMP) == at;
}

static void number_block(struct flow_pass *pass, uint32_t at, uint32_t scc)
{
	const struct flow_block *block = &pass->blocks[at];

	for (uint32_t slot = block->start; slot <= block->last;
	     slot = flow_next(pass, slot))
		pass->flow->insns[slot].scc = scc;
}

/* `at` is the first seen of its component, which is on top of `open`. */
static void close_component(struct tarjan *tj, uint32_t at)
{
	struct flow_pass *pass = tj->pass;
	bool loop = tj->open[tj->open_cnt - 1] != at ||
		    jumps_to_itself(pass, at);
	uint32_t scc = loop ? ++pass->flow->scc_cnt : 0, member;

	do {
		member = tj->open[--tj->open_cnt];
		tj->is_open[member] = false;
		if (loop)
			number_block(pass, member, scc);
	} while (member != at);
}

static void leave(struct tarjan *tj, uint32_t at)
{
	uint32_t caller;

	tj->path_cnt--;
	if (tj->path_cnt) {
		caller = tj->path[tj->path_cnt - 1];
		tj->low[caller] = MIN(tj->low[caller], tj->low[at]);
	}
	if (tj->low[at] == tj->index[at])
		close_component(tj, at);
}

static void search(struct tarjan *tj, uint32_t start)
{
	const struct flow_pass *pass = tj->pass;

	enter(tj, start);
	while (tj->path_cnt) {
		uint32_t at = tj->path[tj->path_cnt - 1], to;

		if (tj->way[at] == FLOW_WAYS) {
			leave(tj, at);
			continue;
		}
		to = flow_edge(pass, &pass->blocks[at], tj->way[at]++);
		if (to == FLOW_NONE)
			continue;
		if (!tj->index[to])
			enter(tj, to);
		else if (tj->is_open[to])
			tj->low[at] = MIN(tj->low[at], tj->index[to]);
	}
}

static void number_callback_calls(struct flow_pass *pass)
{
	for (uint32_t i = 0; i < pass->callbacks_cnt; i++) {
		struct flow_insn *insn =
			&pass->flow->insns[pass->callbacks[i].slot];

		if (!pass->callbacks[i].later && !insn->scc)
			insn->scc = ++pass->flow->scc_cnt;
	}
}

int flow_sccs(struct flow_pass *pass)
{
	struct arena *arena = &pass->env->arena;
	uint32_t cnt = pass->blocks_cnt;
	struct tarjan tj = {
		.pass = pass,
		.index = arena_array(arena, cnt, sizeof(uint32_t)),
		.low = arena_array(arena, cnt, sizeof(uint32_t)),
		.way = arena_alloc(arena, cnt),
		.path = arena_array(arena, cnt, sizeof(uint32_t)),
		.open = arena_array(arena, cnt, sizeof(uint32_t)),
		.is_open = arena_alloc(arena, cnt),
	};

	if (!tj.index || !tj.low || !tj.way || !tj.path || !tj.open ||
	    !tj.is_open)
		return verify_no_memory(pass->env);
	for (uint32_t rank = 0; rank < cnt; rank++) {
		uint32_t at = pass->rpo[rank];

		if (!tj.index[at] && flow_reached(pass, pass->blocks[at].start))
			search(&tj, at);
	}
	number_callback_calls(pass);
	return 0;
}
