/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a value came to be: the failing path is walked again, alone, twice. The
 * first time ends at the failure with a value graph of this path, whose nodes
 * behind the register are the history; the second time makes the same nodes
 * again, and notes what was known of each when it was new.
 */
#include <stdlib.h>
#include <string.h>

#include "spec/diags.h"
#include "spec/spec.h"
#include "verify/explain/explain.h"

#define STEPS_MAX	10	/* of one history */

struct step {
	uint32_t node;
	bool seen;
	unsigned int reg;
	struct reg known;	/* right after it was made */
	struct reg before;	/* what the register held until then */
};

struct history {
	struct step steps[STEPS_MAX];
	uint32_t cnt;
	struct reg last[FRAME_REGS];	/* as the instruction before had them */
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
	struct story *story;
};

/* Where a number and a pointer are added, the number is the trouble. */
static unsigned int at_fault(const struct verify_env *env, unsigned int reg)
{
	const struct bpf_insn *insn = &env->insns[env->cur->insn];

	if (env->why.row != &diag_rows[DIAG_VERIFY_UNBOUNDED] ||
	    BPF_CLASS(insn->code) != BPF_ALU64 || BPF_SRC(insn->code) != BPF_X)
		return reg;
	if (state_reg(env->cur, insn->src_reg)->type == REG_SCALAR)
		return insn->src_reg;
	return insn->dst_reg;
}

static int look_last(void *arg, struct verify_env *env)
{
	struct final *final = arg;
	struct story *story = final->story;

	if (env->cur->insn == final->insn) {
		final->seen = true;
		story->reg = at_fault(env, final->reg);
		story->at = *state_reg(env->cur, story->reg);
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
			step->before = hist->last[r];
		}
	}
	memcpy(hist->last, fr->regs, sizeof(hist->last));
	return 0;
}

/* A pointer that a call made a number of: its own register still has it. */
static bool is_void(const struct verify_env *env, const struct step *step)
{
	const struct value *value = &env->values.nodes[step->node];

	return step->seen && value->kind == VALUE_CALL && step->reg &&
	       step->known.type == REG_SCALAR && reg_is_pointer(&step->before);
}

static void note_void(struct notes *notes, const struct step *step)
{
	struct verify_env *env = notes->env;
	uint32_t insn = env->values.nodes[step->node].insn;
	const struct helper_row *helper = explain_helper(env, insn);
	struct strbuf text = STRBUF_INIT;
	bool packet = step->before.type == REG_PACKET ||
		      step->before.type == REG_PACKET_META;

	words_place(&text, env, insn);
	notes_add(notes, "%s: %s %s: r%u, which pointed to it, is void from "
		  "here on", strbuf_str(&text),
		  helper ? helper->c_name : "the call",
		  packet ? "may move the packet" : "takes what it is given",
		  step->reg);
	strbuf_fini(&text);
}

static bool is_known(struct verify_env *env, const struct step *step,
		     const struct story *story)
{
	return step->seen && step->reg == story->reg &&
	       str_eq(verify_describe(env, &step->known),
		      verify_describe(env, &story->at));
}

static void note_step(struct notes *notes, const struct step *step,
		      const struct story *story)
{
	struct verify_env *env = notes->env;
	const struct value *value = &env->values.nodes[step->node];
	struct strbuf text = STRBUF_INIT;

	if (value->kind == VALUE_ENTRY)
		strbuf_puts(&text, "an argument of the function");
	else
		words_place(&text, env, value->insn);
	if (is_known(env, step, story)) {
		strbuf_puts(&text, ": so since here");
	} else if (step->seen) {
		strbuf_printf(&text, ": r%u is ", step->reg);
		words_reg(&text, env, &step->known);
	}
	notes_add(notes, "%s", strbuf_str(&text));
	strbuf_fini(&text);
}

/* Of several steps in one line for one register the last one tells. */
static bool is_repeated(const struct verify_env *env,
			const struct history *hist, uint32_t i)
{
	const struct step *step = &hist->steps[i];
	uint32_t insn = env->values.nodes[step->node].insn;

	for (uint32_t k = i + 1; k < hist->cnt; k++) {
		const struct step *later = &hist->steps[k];

		if (later->reg == step->reg && later->seen &&
		    explain_same_line(env, insn,
				      env->values.nodes[later->node].insn))
			return true;
	}
	return false;
}

/* Behind copies, comparisons and kept states: where the value was made. */
static uint32_t root_of(const struct verify_env *env, uint32_t node)
{
	const struct value *value = &env->values.nodes[node];

	while (value->kind == VALUE_REFINED ||
	       value->kind == VALUE_CHECKPOINT || (value->kind == VALUE_COPY &&
		BPF_CLASS(env->insns[value->insn].code) != BPF_LDX)) {
		node = value->a;
		value = &env->values.nodes[node];
	}
	return node;
}

static bool is_load(const struct verify_env *env, uint32_t node)
{
	const struct value *value = &env->values.nodes[node];

	return node && (value->kind == VALUE_LOAD ||
			value->kind == VALUE_COPY) &&
	       BPF_CLASS(env->insns[value->insn].code) == BPF_LDX;
}

/* Two loads of one place, as far as the instructions tell. */
static bool same_place(const struct verify_env *env, uint32_t a, uint32_t b)
{
	const struct value *x = &env->values.nodes[a];
	const struct value *y = &env->values.nodes[b];
	const struct bpf_insn *i = &env->insns[x->insn];
	const struct bpf_insn *k = &env->insns[y->insn];

	if (i->off != k->off || i->code != k->code)
		return false;
	if (i->src_reg == BPF_REG_10 || k->src_reg == BPF_REG_10)
		return i->src_reg == k->src_reg;
	return root_of(env, x->a) == root_of(env, y->a);
}

/* The number behind a sum of an address and it, or the value itself. */
static uint32_t loaded(const struct verify_env *env, uint32_t node)
{
	for (unsigned int depth = 0; depth < STEPS_MAX; depth++) {
		const struct value *value;

		node = root_of(env, node);
		value = &env->values.nodes[node];
		if (is_load(env, node) || value->kind != VALUE_ALU)
			return node;
		node = is_load(env, root_of(env, value->b)) || !value->a ?
		       value->b : value->a;
	}
	return 0;
}

/* Did a branch bound what an earlier load of the same place gave? */
static void find_reload(struct notes *notes, uint32_t from,
			struct story *story)
{
	struct verify_env *env = notes->env;
	uint32_t node = loaded(env, story->at.value);
	struct strbuf text = STRBUF_INIT;

	if (!is_load(env, node))
		return;
	for (uint32_t i = from; i < node; i++) {
		uint32_t first;

		if (env->values.nodes[i].kind != VALUE_REFINED)
			continue;
		first = root_of(env, i);
		if (first == node || !is_load(env, first) ||
		    !same_place(env, first, node))
			continue;
		story->is_reloaded = true;
		story->checked_insn = env->values.nodes[i].insn;
	}
	if (!story->is_reloaded)
		return;
	words_place(&text, env, story->checked_insn);
	notes_add(notes, "lost: %s bounds an earlier load of the same memory; "
		  "it is loaded again afterwards, and may hold something else",
		  strbuf_str(&text));
	strbuf_fini(&text);
}

static void tell(struct notes *notes, const struct history *hist,
		 struct story *story)
{
	struct verify_env *env = notes->env;

	for (uint32_t i = 0; i < hist->cnt; i++) {
		const struct step *step = &hist->steps[i];

		if (is_repeated(env, hist, i))
			continue;
		if (!is_void(env, step)) {
			note_step(notes, step, story);
			continue;
		}
		note_void(notes, step);
		story->is_void = true;
		story->was = step->before;
		story->void_insn = env->values.nodes[step->node].insn;
	}
}

bool history_notes(struct notes *notes, unsigned int reg,
		   struct story *story)
{
	struct verify_env *env = notes->env;
	uint32_t trail = env->cur->trail, last = env->why.insn;
	struct final final = { .insn = last, .reg = reg, .story = story };
	uint32_t mark = env->values.cnt;
	struct history hist = { 0 };

	if (walk_replay(env, trail, last, look_last, &final) || !final.seen)
		return false;
	notes_add(notes, "known: r%u is %s", story->reg,
		  verify_describe(env, &story->at));
	gather(env, &hist, story->at.value);
	qsort(hist.steps, hist.cnt, sizeof(*hist.steps), by_node);
	story->root = root_of(env, story->at.value);
	env->values.cnt = mark;
	if (walk_replay(env, trail, last, look_steps, &hist))
		return true;
	tell(notes, &hist, story);
	find_reload(notes, mark, story);
	return true;
}
