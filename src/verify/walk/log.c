/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of a walk, shaped as the kernel's, so that its readers and tools
 * can be used:
 *
 *	0: R1=ctx() R10=fp0
 *	0: (b7) r0 = 1                        ; R0=1
 *	from 3 to 7: R0=scalar() R10=fp0
 *
 * What a step has changed is found by comparing the frame with a copy.
 */
#include "verify/walk/walk.h"

#include <string.h>

#include "base/str.h"
#include "isa/disasm.h"

#define COLUMN	40	/* where changes begin */

/* The frame as it is now, against which the next change is seen. */
static void remember(struct verify_env *env)
{
	struct walk *walk = env->walk;
	const struct state *st = env->cur;

	state_free(env, walk->logged);
	walk->logged = state_copy(env, st);
	/* the running frame must stay its own */
	if (walk->logged && !state_own(env, walk->logged, st->depth))
		env->values.failed = true;
}

static void put_state(struct verify_env *env)
{
	state_print(env->opts.log, env, env->cur);
	strbuf_putc(env->opts.log, '\n');
	remember(env);
}

void log_pop(struct verify_env *env)
{
	strbuf_printf(env->opts.log, "\nfrom %u to %u:", env->cur->last,
		      env->cur->insn);
	put_state(env);
}

void log_insn(struct verify_env *env)
{
	struct strbuf *log = env->opts.log;
	const struct bpf_insn *insn = &env->insns[env->cur->insn];

	if (!env->walk->logged) {
		strbuf_printf(log, "%u:", env->cur->insn);
		put_state(env);
	}
	env->walk->log_start = log->len;
	strbuf_printf(log, "%u: (%02x) ", env->cur->insn, insn->code);
	disasm_insn(log, insn, &(struct disasm_style){ 0 });
	strbuf_putc(log, '\n');
}

void log_change(struct verify_env *env)
{
	struct strbuf *log = env->opts.log;
	const struct state *before = env->walk->logged;
	const struct frame *fr = state_frame(env->cur);
	struct strbuf text = STRBUF_INIT;

	if (!before)
		return;
	if (before->depth == env->cur->depth)
		frame_print(&text, env, fr, state_frame(before));
	else
		state_print(&text, env, env->cur);
	if (text.len && log->len) {
		size_t used = log->len - 1 - env->walk->log_start;
		int gap = used < COLUMN ? (int)(COLUMN - used) : 1;

		log->len--;		/* the end of the line */
		strbuf_printf(log, "%*s;%s\n", gap, "", strbuf_str(&text));
	}
	strbuf_fini(&text);
	remember(env);
}
