/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The call graph: who calls whom and whose address is taken, that calls end,
 * an order with callees first, and what is summed up over callees. Edges are
 * of code that is reached, but recursion is looked for in all code, as the
 * kernel does.
 *
 * A callback that runs later (a timer's) adds neither to its setter's calls
 * nor to what its setter does; one that the helper runs at once does.
 */
#include "verify/flow/flow_pass.h"

#include "spec/diags.h"

/* Edges in code that is not reached; beside enum flow_edges. */
enum { EDGE_DEAD_CALL = 1 << 4, EDGE_DEAD_FUNC = 1 << 5 };

static uint32_t subprogs_cnt(const struct flow_pass *pass)
{
	return pass->env->prog->subprogs_cnt;
}

static uint8_t *edge(const struct flow_pass *pass, uint32_t from, uint32_t to)
{
	return &pass->flow->edges[from * subprogs_cnt(pass) + to];
}

static void note_insn(struct flow_pass *pass, uint32_t index, uint32_t slot)
{
	struct flow_subprog *sub = &pass->flow->subprogs[index];
	bool call = pass->ops[slot] == OP_CALL_LOCAL;
	uint8_t bit = call ? FLOW_EDGE_CALL : FLOW_EDGE_FUNC;
	struct flow_call info;

	if (flow_is_call(pass, slot)) {
		*edge(pass, index, flow_callee(pass, slot)) |=
			flow_reached(pass, slot) ? bit : bit << 4;
	} else if (!flow_reached(pass, slot)) {
		return;
	} else if (pass->ops[slot] == OP_CALL_HELPER ||
		   pass->ops[slot] == OP_CALL_KFUNC) {
		info = flow_call_at(pass, slot);
		sub->moves_packet |= info.moves_packet;
		sub->might_sleep |= info.might_sleep;
		sub->has_tail_call |=
			pass->ops[slot] == OP_CALL_HELPER &&
			pass->insns[slot].imm == HELPER_tail_call;
	} else if (pass->ops[slot] >= OP_LD_ABS8 &&
		   pass->ops[slot] <= OP_LD_IND32) {
		sub->has_ld_abs = true;
	}
}

static void note_subprog(struct flow_pass *pass, uint32_t index)
{
	const struct subprog *sub = &pass->env->prog->subprogs[index];

	for (uint32_t slot = sub->start; slot < sub->start + sub->cnt;
	     slot = flow_next(pass, slot))
		note_insn(pass, index, slot);
}

/*
 * What is handed to a helper that runs it later. One that is not known here is
 * taken to run at once, which asks for more.
 */
static void note_later(struct flow_pass *pass)
{
	for (uint32_t i = 0; i < pass->callbacks_cnt; i++) {
		const struct flow_callback *cb = &pass->callbacks[i];

		if (cb->later && cb->subprog != FLOW_NONE)
			pass->flow->subprogs[cb->subprog].later = true;
	}
}

/* An edge whose callee runs while its caller does. */
static bool nests(const struct flow_pass *pass, uint8_t edges, uint32_t to)
{
	if (edges & (FLOW_EDGE_CALL | EDGE_DEAD_CALL))
		return true;
	return edges && !pass->flow->subprogs[to].later;
}

struct search {
	struct flow_pass *pass;
	uint32_t stack[FLOW_SUBPROGS];
	uint32_t next[FLOW_SUBPROGS];	/* callee to look at */
	uint8_t state[FLOW_SUBPROGS];
	uint32_t depth, done;
};

enum { NEW, OPEN, DONE };

static int reject_recursion(struct flow_pass *pass, uint32_t from, uint32_t to)
{
	const struct subprog *subs = pass->env->prog->subprogs;
	int err = verify_reject(pass->env, DIAG_VERIFY_RECURSION, -1,
				"subprogram %u (%s) calls %u (%s), which is "
				"not over", from, subs[from].name, to,
				subs[to].name);

	return flow_at(pass, subs[from].start, verify_says(pass->env, err,
		       "recursive call from %s() to %s()", subs[from].name,
		       subs[to].name));
}

static void open_subprog(struct search *search, uint32_t index)
{
	search->state[index] = OPEN;
	search->stack[search->depth++] = index;
}

static void close_subprog(struct search *search, uint32_t index)
{
	struct flow *flow = search->pass->flow;

	search->depth--;
	search->state[index] = DONE;
	flow->subprogs[index].order = search->done;
	flow->order[search->done++] = index;
}

/* Postorder of what begins at `start`: callees first. */
static int search_from(struct search *search, uint32_t start)
{
	struct flow_pass *pass = search->pass;

	open_subprog(search, start);
	while (search->depth) {
		uint32_t at = search->stack[search->depth - 1];
		uint32_t to = search->next[at]++;

		if (to == subprogs_cnt(pass)) {
			close_subprog(search, at);
			continue;
		}
		if (!nests(pass, *edge(pass, at, to), to))
			continue;
		if (search->state[to] == OPEN)
			return reject_recursion(pass, at, to);
		if (search->state[to] == NEW)
			open_subprog(search, to);
	}
	return 0;
}

static int find_order(struct flow_pass *pass)
{
	struct search search = { .pass = pass };
	int err = 0;

	for (uint32_t i = 0; !err && i < subprogs_cnt(pass); i++)
		if (search.state[i] == NEW)
			err = search_from(&search, i);
	return err;
}

static void forget_dead_edges(struct flow_pass *pass)
{
	uint32_t cnt = subprogs_cnt(pass);

	for (uint32_t i = 0; i < cnt * cnt; i++)
		pass->flow->edges[i] &= FLOW_EDGE_CALL | FLOW_EDGE_FUNC;
}

/* From callees to callers. */
static void sum_up(struct flow_pass *pass)
{
	struct flow_subprog *subs = pass->flow->subprogs;

	for (uint32_t i = 0; i < subprogs_cnt(pass); i++) {
		uint32_t from = pass->flow->order[i];

		for (uint32_t to = 0; to < subprogs_cnt(pass); to++) {
			if (!nests(pass, *edge(pass, from, to), to))
				continue;
			subs[from].moves_packet |= subs[to].moves_packet;
			subs[from].might_sleep |= subs[to].might_sleep;
		}
	}
}

/* From callers to callees: how each is come to. */
static void find_uses(struct flow_pass *pass)
{
	struct flow_subprog *subs = pass->flow->subprogs;

	subs[0].sync = true;
	if (pass->catcher != FLOW_NONE)
		subs[pass->catcher].sync = subs[pass->catcher].catches = true;
	for (uint32_t i = 0; i < subprogs_cnt(pass); i++)
		for (uint32_t to = 0; to < subprogs_cnt(pass); to++)
			if (*edge(pass, i, to) & FLOW_EDGE_FUNC)
				subs[to].callback = true;
	for (uint32_t i = 0; i < subprogs_cnt(pass); i++)
		subs[i].async = subs[i].later;
	for (uint32_t i = subprogs_cnt(pass); i-- > 0;) {
		uint32_t from = pass->flow->order[i];

		for (uint32_t to = 0; to < subprogs_cnt(pass); to++) {
			if (!nests(pass, *edge(pass, from, to), to))
				continue;
			subs[to].sync |= subs[from].sync;
			subs[to].async |= subs[from].async;
		}
	}
	for (uint32_t i = 0; i < subprogs_cnt(pass); i++)
		subs[i].reached = flow_reached(pass,
					pass->env->prog->subprogs[i].start);
}

int flow_subprogs(struct flow_pass *pass)
{
	struct arena *arena = &pass->env->arena;
	struct flow *flow = pass->flow;
	uint32_t cnt = subprogs_cnt(pass);
	int err;

	flow->subprogs = arena_array(arena, cnt, sizeof(*flow->subprogs));
	flow->order = arena_array(arena, cnt, sizeof(*flow->order));
	flow->edges = arena_array(arena, cnt, cnt);
	if (!flow->subprogs || !flow->order || !flow->edges)
		return verify_no_memory(pass->env);
	for (uint32_t i = 0; i < cnt; i++)
		note_subprog(pass, i);
	note_later(pass);
	err = find_order(pass);
	if (err)
		return err;
	forget_dead_edges(pass);
	sum_up(pass);
	find_uses(pass);
	return 0;
}
