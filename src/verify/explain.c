/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a rejection. Its notes are, in this order: what is demanded,
 * with numbers; how the value at fault came to be; which branches were taken;
 * and how the kernel words it, for search engines.
 */
#include "verify/explain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/diag.h"

void notes_add(struct notes *notes, const char *fmt, ...)
{
	struct arena *arena = &notes->env->arena;
	struct strbuf text = { 0 };
	va_list args;

	if (notes->cnt == notes->cap)
		return;
	va_start(args, fmt);
	strbuf_vprintf(&text, fmt, args);
	va_end(args);
	notes->texts[notes->cnt] = arena_strdup(arena, strbuf_str(&text));
	notes->cnt += !!notes->texts[notes->cnt];
	strbuf_fini(&text);
}

static void note_demand(struct notes *notes)
{
	const struct rejection *why = &notes->env->why;
	bool low = why->off_min < 0;

	if (!why->bounds)
		return;
	if (low && why->off_min == why->off_max)
		notes_add(notes, "demanded: 0 <= offset, but offset is %"
			  PRId64, why->off_min);
	else if (low)
		notes_add(notes, "demanded: 0 <= offset, but offset may be %"
			  PRId64, why->off_min);
	else
		notes_add(notes, "demanded: offset + size <= limit, but %"
			  PRId64 " + %" PRIu64 " > %" PRIu64, why->off_max,
			  why->size, why->limit);
}

static void place(struct verify_env *env, struct diag_where *where)
{
	const struct prog_line *line = prog_line_at(env->prog, env->why.insn);

	where->file = env->prog->object;
	where->program = env->prog->name;
	where->insn = env->why.insn;
	if (!line)
		return;
	where->source_file = line->file;
	where->source_line = line->text;
	where->line = line->line;
	where->column = line->column;
}

#define NOTES_MAX	32

void explain_rejection(struct verify_env *env)
{
	const char *texts[NOTES_MAX];
	struct notes notes = { env, texts, 0, NOTES_MAX };
	struct diag_where where = { 0 };
	struct rejection why = env->why;
	bool known = false;
	struct reg at;

	if (!why.row)
		return;
	place(env, &where);
	note_demand(&notes);
	if (env->cur && why.reg >= 0 && why.reg < FRAME_REGS)
		known = history_notes(&notes, (unsigned int)why.reg, &at);
	if (env->cur)
		path_notes(&notes);
	where.suggestion = suggest(env, known ? &at : NULL);
	if (why.kernel)
		notes_add(&notes, "the kernel says: %s", why.kernel);
	where.notes = texts;
	where.notes_cnt = notes.cnt;
	diag_send(env->sink, why.row, &where, "%s", why.message);
}
