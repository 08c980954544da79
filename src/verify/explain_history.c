/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a value came to be: the failing path is walked again, alone, twice. The
 * first time ends at the failure with a value graph of this path, whose nodes
 * behind the register are the history; the second time makes the same nodes
 * again, and notes what was known of each when it was new.
 */
#include <stdlib.h>
#include <string.h>

#include "verify/explain.h"

#define STEPS_MAX	10	/* of one history */

struct step {
	uint32_t node;
	bool seen;
	unsigned int reg;
	struct reg known;	/* right after it was made */
};

struct history {
	struct step steps[STEPS_MAX];
	uint32_t cnt;
};

/* Copies between registers say nothing new; those of the stack may. */
static bool tells(const struct verify_env *env, const struct value *value)
{
	uint8_t class = BPF_CLASS(env->insns[value->insn].code);

	switch (value->kind) {
	case VALUE_NONE:
	case VALUE_CHECKPOINT:
		return false;
	case VALUE_COPY:
		return class != BPF_ALU && class != BPF_ALU64 &&
		       class != BPF_JMP;
	default:
		return true;
	}
}

static bool has_step(const struct history *hist, uint32_t node)
{
	for (uint32_t i = 0; i < hist->cnt; i++)
		if (hist->steps[i].node == node)
			return true;
	return false;
}

/*
 * Breadth first, so that the steps nearest to the failure are the ones that
 * fit. A load's address is another story.
 */
static void gather(const struct verify_env *env, struct history *hist,
		   uint32_t root)
{
	uint32_t todo[STEPS_MAX * 4] = { root }, head = 0, tail = 1;

	while (head < tail && hist->cnt < STEPS_MAX) {
		uint32_t node = todo[head++];
		const struct value *value = &env->values.nodes[node];

		if (!node || has_step(hist, node))
			continue;
		if (tells(env, value))
			hist->steps[hist->cnt++].node = node;
		if (value->kind == VALUE_LOAD || value->kind == VALUE_CALL)
			continue;
		if (tail < STEPS_MAX * 4)
			todo[tail++] = value->a;
		if (tail < STEPS_MAX * 4 && value->kind != VALUE_CHECKPOINT)
			todo[tail++] = value->b;
	}
}

static int by_node(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	return x->node < y->node ? -1 : x->node > y->node;
}

/* The last time that the path is at the rejected instruction counts. */
struct final {
	uint32_t insn;
	unsigned int reg;
	bool seen;
	struct reg at;
};

static int look_last(void *arg, struct verify_env *env)
{
	struct final *final = arg;

	if (env->cur->insn == final->insn) {
		final->seen = true;
		final->at = *state_reg(env->cur, final->reg);
	}
	return 0;
}

/* Before each instruction: is a value of the history new in a register? */
static int look_steps(void *arg, struct verify_env *env)
{
	const struct frame *fr = state_frame(env->cur);
	struct history *hist = arg;

	for (uint32_t i = 0; i < hist->cnt; i++) {
		struct step *step = &hist->steps[i];

		for (unsigned int r = 0; r < FRAME_REGS && !step->seen; r++) {
			if (fr->regs[r].value != step->node)
				continue;
			step->seen = true;
			step->reg = r;
			step->known = fr->regs[r];
		}
	}
	return 0;
}

static void note_step(struct notes *notes, const struct step *step)
{
	struct verify_env *env = notes->env;
	const struct value *value = &env->values.nodes[step->node];
	struct strbuf text = { 0 };

	words_place(&text, env, value->insn);
	if (step->seen) {
		strbuf_printf(&text, ": r%u is ", step->reg);
		words_reg(&text, env, &step->known);
	}
	notes_add(notes, "%s", strbuf_str(&text));
	strbuf_fini(&text);
}

bool history_notes(struct notes *notes, unsigned int reg, struct reg *at)
{
	struct verify_env *env = notes->env;
	uint32_t trail = env->cur->trail, last = env->why.insn;
	struct final final = { .insn = last, .reg = reg };
	uint32_t mark = env->values.cnt;
	struct history hist = { 0 };

	if (walk_replay(env, trail, last, look_last, &final) || !final.seen)
		return false;
	*at = final.at;
	notes_add(notes, "known: r%u is %s", reg, verify_describe(env, at));
	gather(env, &hist, final.at.value);
	qsort(hist.steps, hist.cnt, sizeof(*hist.steps), by_node);
	env->values.cnt = mark;
	if (walk_replay(env, trail, last, look_steps, &hist))
		return true;
	for (uint32_t i = 0; i < hist.cnt; i++)
		note_step(notes, &hist.steps[i]);
	return true;
}
