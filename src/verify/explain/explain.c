/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a rejection. Its notes are, in this order: what is demanded,
 * with numbers; how the value at fault came to be; what is held, or what took
 * so long; which branches were taken; and how the kernel words it, for search
 * engines.
 */
#include "verify/explain/explain.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "base/diag.h"
#include "btf/btf.h"
#include "isa/insn.h"
#include "spec/diags.h"
#include "spec/spec.h"
#include "verify/typed/typed.h"

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

const struct prog_line *explain_line(const struct verify_env *env,
				     uint32_t insn)
{
	const struct prog_line *line = prog_line_at(env->prog, insn);

	return line && line->file && line->text && *line->text ? line : NULL;
}

bool explain_same_line(const struct verify_env *env, uint32_t a, uint32_t b)
{
	const struct prog_line *x = explain_line(env, a);
	const struct prog_line *y = explain_line(env, b);

	return x && y ? x->line == y->line && str_eq(x->file, y->file) :
			a == b;
}

const struct helper_row *explain_helper(const struct verify_env *env,
					uint32_t insn)
{
	if (insn_op(&env->insns[insn]) != OP_CALL_HELPER)
		return NULL;
	return helper_row((uint32_t)env->insns[insn].imm);
}

static bool is(const struct verify_env *env, enum diag_id id)
{
	return env->why.row == &diag_rows[id];
}

static void note_demand(struct notes *notes)
{
	const struct rejection *why = &notes->env->why;
	uint32_t frame = notes->env->opts.stack_size;
	bool stack = is(notes->env, DIAG_VERIFY_STACK_BOUNDS);
	int64_t least = stack ? -(int64_t)frame : 0;

	if (!why->bounds)
		return;
	if (why->off_min < least)
		notes_add(notes, "demanded: %" PRId64 " <= offset, but offset "
			  "%s %" PRId64, least, why->off_min == why->off_max ?
			  "is" : "may be", why->off_min);
	else if (stack)
		notes_add(notes, "demanded: offset + size <= 0, counted from "
			  "r10, but %" PRId64 " + %" PRIu64 " > 0",
			  why->off_max, why->size);
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

/* "padding behind 'proto'", "member 'addr'": byte `off` of a struct. */
static void note_member(struct notes *notes, const struct btf *btf,
			uint32_t id, uint64_t off)
{
	const struct btf_type *type;
	const struct btf_member *members;
	const char *last = NULL;

	type = btf_type(btf, btf_skip_modifiers(btf, id));
	if (!type || btf_kind(type) != BTF_KIND_STRUCT)
		return;
	members = btf_members(type);
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		uint64_t start = btf_member_bit_offset(type, i) / 8;
		int64_t size = btf_size(btf, members[i].type);
		const char *name = btf_str(btf, members[i].name_off);

		if (off < start)
			break;
		last = name;
		if (size < 0 || off >= start + (uint64_t)size)
			continue;
		notes_add(notes, "byte %" PRIu64 " of struct %s is in its "
			  "member '%s'", off, btf_str(btf, type->name_off),
			  name);
		return;
	}
	if (last)
		notes_add(notes, "byte %" PRIu64 " of struct %s is padding "
			  "behind its member '%s'", off,
			  btf_str(btf, type->name_off), last);
}

/* Keys and values that a map's helper reads have types that tell members. */
static void note_unset(struct notes *notes)
{
	struct verify_env *env = notes->env;
	const struct helper_row *helper = explain_helper(env, env->why.insn);
	const struct verify_map *map;
	int reg = env->why.reg;

	if (env->why.unset < 0 || !env->cur || !helper || reg < 2 || reg > 3)
		return;
	map = state_reg(env->cur, 1)->type == REG_MAP ?
	      reg_map(env, state_reg(env->cur, 1)) : NULL;
	if (map && map->btf)
		note_member(notes, map->btf,
			    reg == 2 ? map->btf_key : map->btf_value,
			    (uint64_t)env->why.unset);
}

/* What was taken and not given back, where. */
static void note_held(struct notes *notes)
{
	struct verify_env *env = notes->env;
	struct strbuf text = STRBUF_INIT;

	for (uint32_t i = 0; i < env->cur->held_cnt; i++) {
		strbuf_reset(&text);
		words_place(&text, env, env->cur->held[i].insn);
		notes_add(notes, "taken: %s", strbuf_str(&text));
	}
	strbuf_fini(&text);
}

/* A line of a text of several each. */
static void note_kernel(struct notes *notes)
{
	const char *text = notes->env->why.kernel;

	while (text && *text) {
		size_t len = strcspn(text, "\n");

		notes_add(notes, "the kernel says: %.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

/* What the path tells; false when it cannot be walked again. */
static bool note_path(struct notes *notes, struct story *story)
{
	struct verify_env *env = notes->env;
	int reg = env->why.reg;
	bool known = false;

	if (!env->cur)
		return false;
	if (reg >= 0 && reg < FRAME_REGS)
		known = history_notes(notes, (unsigned int)reg, story);
	note_unset(notes);
	if (is(env, DIAG_VERIFY_REF_LEAK) || is(env, DIAG_VERIFY_LOCK))
		note_held(notes);
	if (is(env, DIAG_VERIFY_COMPLEX))
		cost_notes(notes);
	else if (is(env, DIAG_VERIFY_LOOP))
		loop_notes(notes, env->why.insn);
	path_notes(notes);
	return known;
}

#define NOTES_MAX	32

void explain_rejection(struct verify_env *env)
{
	const char *texts[NOTES_MAX];
	struct notes notes = { env, texts, 0, NOTES_MAX };
	struct diag_where where = { 0 };
	struct rejection why = env->why;
	struct story story = { 0 };
	bool known;

	if (!why.row)
		return;
	place(env, &where);
	note_demand(&notes);
	known = note_path(&notes, &story);
	where.suggestion = suggest(env, known ? &story : NULL);
	note_kernel(&notes);
	where.notes = texts;
	where.notes_cnt = notes.cnt;
	diag_send(env->sink, why.row, &where, "%s", why.message);
}
