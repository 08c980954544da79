/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which way the failing path took: its last branches, one note each. A branch
 * that was taken the same way again and again, as a loop's is, is told once
 * with a count.
 */
#include "verify/explain/explain.h"

#define TURNS_MAX	8

struct turn {
	uint32_t insn, to;
	uint32_t times;
};

static bool is_conditional(const struct verify_env *env, uint32_t insn)
{
	uint8_t code = env->insns[insn].code;
	uint8_t class = BPF_CLASS(code), op = BPF_OP(code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL &&
	       op != BPF_EXIT && op != BPF_JA;
}

/* Newest first; the turns that the list has no room for are older. */
static uint32_t gather(const struct verify_env *env, struct turn *turns)
{
	const struct trail *links = env->walk->trails.data;
	uint32_t cnt = 0;

	for (uint32_t i = env->cur->trail; i; i = links[i].prev) {
		uint32_t k = 0;

		if (!is_conditional(env, links[i].insn))
			continue;
		while (k < cnt && (turns[k].insn != links[i].insn ||
				   turns[k].to != links[i].to))
			k++;
		if (k == TURNS_MAX)
			break;
		if (k == cnt)
			turns[cnt++] = (struct turn){
				links[i].insn, links[i].to, 0
			};
		turns[k].times++;
	}
	return cnt;
}

/* "a.c:7: `if (i > 15)`: goes on in line 9 (insn 5 falls through)" */
static void words_turn(struct strbuf *text, const struct verify_env *env,
		       const struct turn *turn)
{
	const struct prog_line *from = explain_line(env, turn->insn);
	const struct prog_line *to = explain_line(env, turn->to);
	const char *how = turn->to == turn->insn + 1 ? "falls through" :
						       "jumps";

	words_place(text, env, turn->insn);
	if (from && to && from->line != to->line)
		strbuf_printf(text, ": goes on in line %u (insn %u %s)",
			      to->line, turn->insn, how);
	else
		strbuf_printf(text, ": insn %u %s", turn->insn, how);
	if (turn->times > 1)
		strbuf_printf(text, ", %u times", turn->times);
}

void path_notes(struct notes *notes)
{
	struct verify_env *env = notes->env;
	struct turn turns[TURNS_MAX];
	uint32_t cnt = gather(env, turns);
	struct strbuf text = { 0 };

	while (cnt--) {
		const struct turn *turn = &turns[cnt];

		strbuf_reset(&text);
		words_turn(&text, env, turn);
		notes_add(notes, "path: %s", strbuf_str(&text));
	}
	strbuf_fini(&text);
}
