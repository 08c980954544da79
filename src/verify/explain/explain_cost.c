/* SPDX-License-Identifier: Apache-2.0 */
/* Where the walk spent its instructions, by source line; and loops. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "verify/explain/explain.h"

#define TOP	3

struct cost {
	uint32_t insn;			/* the first one of the line */
	uint64_t visits;
};

/*
 * The sum over the line of `insn`, of what was looked at more than `least`
 * times; 0 when an earlier one of those began it.
 */
static uint64_t line_visits(const struct verify_env *env, uint32_t insn,
			    uint64_t least)
{
	const uint32_t *visits = env->walk->visits;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < env->prog->insns_cnt; i++) {
		if (visits[i] <= least || !explain_same_line(env, i, insn))
			continue;
		if (i < insn)
			return 0;
		sum += visits[i];
	}
	return sum;
}

static void keep_top(struct cost *top, struct cost cost)
{
	for (unsigned int k = 0; k < TOP; k++) {
		struct cost other = top[k];

		if (cost.visits <= other.visits)
			continue;
		top[k] = cost;
		cost = other;
	}
}

static void gather(const struct verify_env *env, struct cost *top)
{
	const uint32_t *visits = env->walk->visits;
	uint64_t least = env->result->stats.insns_processed / 10000;

	for (uint32_t i = 0; i < env->prog->insns_cnt; i++)
		if (visits[i] > least)
			keep_top(top, (struct cost){ i, line_visits(env, i,
							     least) });
}

void cost_notes(struct notes *notes)
{
	struct verify_env *env = notes->env;
	struct strbuf text = STRBUF_INIT;
	struct cost top[TOP] = { 0 };

	gather(env, top);
	for (unsigned int k = 0; k < TOP && top[k].visits; k++) {
		strbuf_reset(&text);
		words_place(&text, env, top[k].insn);
		notes_add(notes, "costs: %s: looked at %u times, %" PRIu64
			  " instructions", strbuf_str(&text),
			  env->walk->visits[top[k].insn], top[k].visits);
	}
	strbuf_fini(&text);
}

void loop_notes(struct notes *notes, uint32_t insn)
{
	const struct verify_env *env = notes->env;
	const struct flow_insn *insns = env->flow->insns;
	const struct prog_line *here = explain_line(env, insn);
	uint32_t low = UINT32_MAX, high = 0;

	for (uint32_t i = 0; here && i < env->prog->insns_cnt; i++) {
		const struct prog_line *line = explain_line(env, i);

		if (!insns[insn].scc || insns[i].scc != insns[insn].scc ||
		    !line || !str_eq(line->file, here->file))
			continue;
		low = MIN(low, line->line);
		high = MAX(high, line->line);
	}
	if (low == high)
		notes_add(notes, "the loop is line %u", low);
	else if (low < high)
		notes_add(notes, "the loop is lines %u to %u", low, high);
}
