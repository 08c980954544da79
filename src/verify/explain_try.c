/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to try: one row for each rejection that has a usual cure. A row's
 * function writes the missing check with the names of the source line; where
 * the line does not tell, the text of the row alone is the answer.
 */
#include <inttypes.h>
#include <string.h>

#include "spec/diags.h"
#include "verify/explain.h"
#include "verify/explain_source.h"

/* False when the source does not tell enough. */
typedef bool (*try_fn)(struct verify_env *env, const struct reg *at,
		       struct strbuf *out);

struct try_row {
	enum diag_id diag;
	try_fn specific;	/* or NULL */
	const char *text;
};

static const struct prog_line *line_of(const struct verify_env *env,
				       uint32_t insn)
{
	const struct prog_line *line = prog_line_at(env->prog, insn);

	return line && line->text && *line->text ? line : NULL;
}

/* Where the pointer at fault was made: the node behind its last copies. */
static const struct value *origin(const struct verify_env *env,
				  const struct reg *at)
{
	const struct value *value;
	uint32_t node = at ? at->value : 0;

	for (;;) {
		value = &env->values.nodes[node];
		if (value->kind != VALUE_COPY && value->kind != VALUE_REFINED &&
		    value->kind != VALUE_CHECKPOINT)
			return node ? value : NULL;
		node = value->a;
	}
}

static bool try_null(struct verify_env *env, const struct reg *at,
		     struct strbuf *out)
{
	const struct value *value = origin(env, at);
	const struct prog_line *made = value ? line_of(env, value->insn) :
					       NULL;
	char name[NAME_CAP];

	if (!made || !source_assigned(made->text, name))
		return false;
	strbuf_printf(out, "after line %u, before the first use: "
		      "if (!%s) return 0;", made->line, name);
	return true;
}

static bool is_number(const char *text)
{
	return *text >= '0' && *text <= '9';
}

/* The packet's bytes up to the end of the access have to be there. */
static bool try_packet(struct verify_env *env, const struct reg *at,
		     struct strbuf *out)
{
	const struct prog_line *line = line_of(env, env->why.insn);
	char name[NAME_CAP], index[NAME_CAP];

	if (!env->why.bounds || !at || !line)
		return false;
	if (scalar_is_const(&at->num)) {
		strbuf_printf(out, "before line %u: if (data + %" PRId64
			      " > data_end) return ...; where data is the "
			      "start of the packet", line->line,
			      env->why.off_max + (int64_t)env->why.size);
		return true;
	}
	if (!source_pointer(line->text, line->column, name))
		return false;
	if (source_index(line->text, index) && !is_number(index))
		strbuf_printf(out, "before line %u, with %s in its final "
			      "place: if ((void *)&%s[%s + 1] > data_end) "
			      "return ...;", line->line, index, name, index);
	else
		strbuf_printf(out, "before line %u: if ((void *)%s + %" PRId64
			      " > data_end) return ...;", line->line, name,
			      env->why.off_max + (int64_t)env->why.size -
			      at->off);
	return true;
}

/* Of the offset that was too great, what does not vary. */
static int64_t fixed_part(const struct verify_env *env, const struct reg *at)
{
	return at ? env->why.off_max - (int64_t)scalar_umax(&at->num) : 0;
}

/* The number that is added needs a bound; the limit tells which. */
static bool try_index(struct verify_env *env, const struct reg *at,
		     struct strbuf *out)
{
	const struct prog_line *line = line_of(env, env->why.insn);
	const struct rejection *why = &env->why;
	char index[NAME_CAP];

	int64_t room;

	if (!line || !source_index(line->text, index) || is_number(index))
		return false;
	room = (int64_t)(why->limit - why->size) - fixed_part(env, at);
	if (why->bounds && why->size && room >= 0)
		strbuf_printf(out, "before line %u: if (%s > %" PRId64
			      ") return ...; with %s unsigned", line->line,
			      index, room / (int64_t)why->size, index);
	else
		strbuf_printf(out, "before line %u: compare %s (unsigned) "
			      "with a constant and leave when it is greater",
			      line->line, index);
	return true;
}

static bool try_release(struct verify_env *env, const struct reg *at,
		     struct strbuf *out)
{
	const struct state *st = env->cur;
	const struct prog_line *line;
	char name[NAME_CAP];

	if (!st || !st->held_cnt)
		return false;
	line = line_of(env, st->held[0].insn);
	if (!line)
		return false;
	if (!source_assigned(line->text, name))
		return false;
	strbuf_printf(out, "release '%s', taken in line %u, on this path too",
		      name, line->line);
	return true;
}

static bool try_unset(struct verify_env *env, const struct reg *at,
		     struct strbuf *out)
{
	const struct rejection *why = &env->why;

	if (why->reg < 1 || why->reg > 5)
		return false;
	strbuf_printf(out, "calls leave r1 to r5 unset: keep the value of r%d "
		      "in a variable across the call, or set the argument",
		      why->reg);
	return true;
}

static const struct try_row rows[] = {
	{ DIAG_VERIFY_NULL, try_null,
	  "compare the pointer with NULL before its first use" },
	{ DIAG_VERIFY_PACKET_BOUNDS, try_packet,
	  "if (data + offset + size > data_end) return ...; before the "
	  "access, after any helper that changes the packet" },
	{ DIAG_VERIFY_MAP_BOUNDS, try_index,
	  "check the index against the array's size before the access" },
	{ DIAG_VERIFY_MEM_BOUNDS, try_index,
	  "check offset and size against the size of the memory" },
	{ DIAG_VERIFY_STACK_BOUNDS, try_index,
	  "check the index against the size of the array on the stack" },
	{ DIAG_VERIFY_UNBOUNDED, try_index,
	  "make the number unsigned and compare it with a constant, or mask "
	  "it, right before the use" },
	{ DIAG_VERIFY_UNSET, try_unset,
	  "give the variable a value on every path to here" },
	{ DIAG_VERIFY_STACK_UNSET, NULL,
	  "initialise the variable whole, padding included: = {} or "
	  "__builtin_memset(&x, 0, sizeof(x))" },
	{ DIAG_VERIFY_REF_LEAK, try_release,
	  "release what was taken on every path out of the program" },
	{ DIAG_VERIFY_LOOP, NULL,
	  "count: for (i = 0; i < 64; i++), or use bpf_loop()" },
	{ DIAG_VERIFY_COMPLEX, NULL,
	  "fewer iterations or bpf_loop(); move work that does not depend on "
	  "the branches before it into a global __noinline function" },
	{ DIAG_VERIFY_ARG_SIZE, NULL,
	  "make the size unsigned and check it against the size of the "
	  "buffer: if (len > sizeof(buf)) return 0;" },
	{ DIAG_VERIFY_STACK_DEPTH, NULL,
	  "move large variables into a per-CPU array map" },
	{ DIAG_VERIFY_CTX_MOVED, NULL,
	  "read the field through the context pointer as it was handed in, "
	  "with a constant offset" },
	{ DIAG_VERIFY_NOT_POINTER, NULL,
	  "look at how the value was made: a pointer has become a number, or "
	  "never was one" },
	{ DIAG_VERIFY_RETURN, NULL,
	  "return one of the values that the hook knows" },
	{ DIAG_VERIFY_HELPER_GPL, NULL,
	  "char LICENSE[] SEC(\"license\") = \"GPL\";" },
	{ DIAG_VERIFY_POISON, NULL,
	  "guard the code with bpf_core_field_exists() or "
	  "bpf_core_type_exists()" },
};

const char *suggest(struct verify_env *env, const struct reg *at)
{
	const enum diag_id id = (enum diag_id)(env->why.row - diag_rows);
	struct strbuf text = { 0 };
	const char *copy = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].diag != id)
			continue;
		if (!rows[i].specific || !rows[i].specific(env, at, &text)) {
			strbuf_reset(&text);
			strbuf_puts(&text, rows[i].text);
		}
		copy = arena_strdup(&env->arena, strbuf_str(&text));
		break;
	}
	strbuf_fini(&text);
	return copy;
}
