/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to try: one row for each rejection that has a usual cure. A row's
 * function writes the missing check with the names of the source line; where
 * the line does not tell, the text of the row alone is the answer.
 */
#include <inttypes.h>
#include <string.h>

#include "spec/diags.h"
#include "spec/spec.h"
#include "verify/explain/explain.h"
#include "verify/explain/explain_source.h"

/* False when the source does not tell enough. */
typedef bool (*try_fn)(struct verify_env *env, const struct story *story,
		       struct strbuf *out);

struct try_row {
	enum diag_id diag;
	try_fn specific;	/* or NULL */
	const char *text;
};

/* A parameter of a global function is checked where it begins. */
static bool try_parameter(struct verify_env *env, struct strbuf *out)
{
	const struct prog_line *line = explain_line(env, env->why.insn);
	char name[NAME_CAP];

	if (!line || !source_pointer(line->text, line->column, name))
		return false;
	strbuf_printf(out, "before line %u: if (!%s) return 0;", line->line,
		      name);
	return true;
}

static bool try_null(struct verify_env *env, const struct story *story,
		     struct strbuf *out)
{
	const struct value *made = story && story->root ?
				   &env->values.nodes[story->root] : NULL;
	const struct prog_line *line = made ? explain_line(env, made->insn) :
					      NULL;
	char name[NAME_CAP];

	if (made && made->kind == VALUE_ENTRY)
		return try_parameter(env, out);
	if (!line || !source_assigned(line->text, name))
		return try_parameter(env, out);
	strbuf_printf(out, "after line %u, before the first use: "
		      "if (!%s) return 0;", line->line, name);
	return true;
}

static bool is_number(const char *text)
{
	return *text >= '0' && *text <= '9';
}

/* What a packet pointer that varies had as its own constant part. */
static int64_t added_before(const struct story *story)
{
	return story->at.off;
}

/* The packet's bytes up to the end of the access have to be there. */
static bool try_packet(struct verify_env *env, const struct story *story,
		     struct strbuf *out)
{
	const struct prog_line *line = explain_line(env, env->why.insn);
	char name[NAME_CAP], index[NAME_CAP];

	if (!env->why.bounds || !story || !line)
		return false;
	if (scalar_is_const(&story->at.num)) {
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
			      added_before(story));
	return true;
}

/* Of the offset that was too great, what does not vary. */
static int64_t fixed_part(const struct verify_env *env,
			  const struct story *story)
{
	return story ? env->why.off_max - (int64_t)scalar_umax(&story->at.num) :
		       0;
}

/* Check and use one variable, since memory may change between two loads. */
static bool try_reload(struct verify_env *env, const struct story *story,
		       struct strbuf *out)
{
	const struct prog_line *line = explain_line(env, env->why.insn);
	const struct prog_line *check = explain_line(env, story->checked_insn);
	char index[NAME_CAP];

	if (!line || !check || !source_index(line->text, index))
		return false;
	strbuf_printf(out, "load it once: before line %u, __u32 i = %s; then "
		      "check i there and use i in line %u", check->line,
		      index, line->line);
	return true;
}

/* The number that is added needs a bound; the limit tells which. */
static bool try_index(struct verify_env *env, const struct story *story,
		     struct strbuf *out)
{
	const struct prog_line *line = explain_line(env, env->why.insn);
	const struct rejection *why = &env->why;
	char index[NAME_CAP];
	int64_t room;

	if (story && story->is_reloaded && try_reload(env, story, out))
		return true;
	if (explain_helper(env, why->insn))
		return try_buffer(env, story, out);
	if (!line || !source_index(line->text, index) || is_number(index))
		return false;
	room = (int64_t)(why->limit - why->size) - fixed_part(env, story);
	if (why->bounds && why->size && room >= 0)
		strbuf_printf(out, "before line %u: if (%s > %" PRId64
			      ") return ...; with %s unsigned", line->line,
			      index, room / (int64_t)why->size, index);
	else
		strbuf_printf(out, "before line %u: compare %s with a "
			      "constant, whole and as an unsigned number, and "
			      "leave when it is greater", line->line, index);
	return true;
}

static bool try_unset(struct verify_env *env, const struct story *story,
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

/* A key or value is named by the call that reads it. */
static bool try_initialise(struct verify_env *env, const struct story *story
			   maybe_unused, struct strbuf *out)
{
	const struct prog_line *line = explain_line(env, env->why.insn);
	const struct helper_row *row = explain_helper(env, env->why.insn);
	char name[NAME_CAP];

	if (!row || !line || env->why.reg < 1 ||
	    !source_argument(line->text, row->c_name,
			     (unsigned int)env->why.reg, name))
		return false;
	strbuf_printf(out, "before %s gets its values: __builtin_memset(&%s, "
		      "0, sizeof(%s)); that sets padding, too", name, name,
		      name);
	return true;
}

/* The pointer whose arithmetic is refused. */
static bool try_math(struct verify_env *env, const struct story *story,
		     struct strbuf *out)
{
	if (BPF_CLASS(env->insns[env->why.insn].code) == BPF_ALU) {
		strbuf_puts(out, "keep the address in a pointer or in 64 "
			    "bits: (void *)p + n, without a cast to int or "
			    "__u32");
		return true;
	}
	if (!story || !(story->at.flags & REG_NULLABLE))
		return false;
	return try_null(env, story, out);
}

/* All callbacks may return the same. */
static bool try_return(struct verify_env *env, const struct story *story
		       maybe_unused, struct strbuf *out)
{
	if (!env->cur || state_frame(env->cur)->kind != FRAME_CALLBACK)
		return false;
	strbuf_puts(out, "return 0 or 1; for loops, 0 goes on and 1 ends "
			 "the loop");
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
	{ DIAG_VERIFY_STACK_UNSET, try_initialise,
	  "initialise the variable whole, padding included: = {} or "
	  "__builtin_memset(&x, 0, sizeof(x))" },
	{ DIAG_VERIFY_STACK_SPILL, NULL,
	  "store and load the pointer whole, through a variable of its own" },
	{ DIAG_VERIFY_REF_LEAK, try_release,
	  "release what was taken on every path out of the program" },
	{ DIAG_VERIFY_REF_RELEASE, try_void,
	  "release the pointer as it was given, once" },
	{ DIAG_VERIFY_LOOP, NULL,
	  "count: for (i = 0; i < 64; i++), or use bpf_loop()" },
	{ DIAG_VERIFY_COMPLEX, NULL,
	  "fewer iterations (a constant bound: if (n > 256) n = 256;) or "
	  "bpf_loop(); move work that does not depend on the branches before "
	  "it into a global __noinline function" },
	{ DIAG_VERIFY_BACK_EDGE, NULL,
	  "#pragma unroll, or bpf_loop()" },
	{ DIAG_VERIFY_RECURSION, NULL,
	  "write it as a loop with a constant bound; keep what is left to do "
	  "in an array" },
	{ DIAG_VERIFY_FALL, NULL,
	  "return a value at the end of every function" },
	{ DIAG_VERIFY_ARG_SIZE, try_size,
	  "make the size unsigned and check it against the size of the "
	  "buffer: if (len > sizeof(buf)) return 0;" },
	{ DIAG_VERIFY_ARG, try_argument,
	  "hand over what `skep feature helpers` has for the argument" },
	{ DIAG_VERIFY_ARG_CONST, NULL,
	  "write the number itself, or branch on it: one call for each" },
	{ DIAG_VERIFY_STACK_DEPTH, NULL,
	  "move large variables into a per-CPU array map" },
	{ DIAG_VERIFY_CALL_DEPTH, NULL,
	  "make some of the functions static __always_inline" },
	{ DIAG_VERIFY_CTX, NULL,
	  "read a field of the context by its name and in its size; change a "
	  "copy of it in a variable" },
	{ DIAG_VERIFY_CTX_MOVED, NULL,
	  "read the field through the context pointer as it was handed in, "
	  "with a constant offset" },
	{ DIAG_VERIFY_NOT_POINTER, try_void,
	  "look at how the value was made: a pointer has become a number, or "
	  "never was one" },
	{ DIAG_VERIFY_POINTER_MATH, try_math,
	  "copy the pointer before the change, and add only numbers in "
	  "64 bits" },
	{ DIAG_VERIFY_POINTER_LEAK, NULL,
	  "store, return or compare numbers, not addresses; or load with "
	  "CAP_PERFMON" },
	{ DIAG_VERIFY_ALIGN, NULL,
	  "use an address that is a multiple of the size, or "
	  "__builtin_memcpy(), which stores byte by byte" },
	{ DIAG_VERIFY_ATOMIC, NULL,
	  "count in a map's value or on the stack; a packet is changed with "
	  "a load and a store" },
	{ DIAG_VERIFY_READ_ONLY, NULL,
	  "copy it into a variable and change that" },
	{ DIAG_VERIFY_MAP_ACCESS, NULL,
	  "drop `const` from the variable, or BPF_F_RDONLY_PROG or "
	  "BPF_F_WRONLY_PROG from the map's flags" },
	{ DIAG_VERIFY_MAP_USE, try_map_use,
	  "use a map of a type that the helper works on" },
	{ DIAG_VERIFY_RETURN, try_return,
	  "return one of the values that the hook knows, on every path" },
	{ DIAG_VERIFY_HELPER, try_helper,
	  "`skep feature helpers` tells what this type of program may call" },
	{ DIAG_VERIFY_HELPER_GPL, NULL,
	  "char LICENSE[] SEC(\"license\") = \"GPL\";" },
	{ DIAG_VERIFY_LOCK, try_unlock,
	  "bpf_spin_unlock() on every path, before any call or exit" },
	{ DIAG_VERIFY_RCU, NULL,
	  "bpf_rcu_read_unlock() on every path" },
	{ DIAG_VERIFY_SLEEP, NULL,
	  "make the program sleepable (SEC(\"fentry.s/...\")), or use a helper "
	  "that does not sleep" },
	{ DIAG_VERIFY_SPECIAL, NULL,
	  "leave the field to its functions: bpf_spin_lock, bpf_timer_*, "
	  "bpf_kptr_xchg; the members around it are free" },
	{ DIAG_VERIFY_SUBPROG_ARG, NULL,
	  "hand the global function what its prototype says, or make it "
	  "static" },
	{ DIAG_VERIFY_POISON, NULL,
	  "guard the code with bpf_core_field_exists() or "
	  "bpf_core_type_exists()" },
	{ DIAG_VERIFY_DYNPTR, NULL,
	  "set it up first, check the result, and release it on every path" },
	{ DIAG_VERIFY_ITER, NULL,
	  "new, next until NULL, destroy, on every path; bpf_for() does so" },
};

const char *suggest(struct verify_env *env, const struct story *story)
{
	const enum diag_id id = (enum diag_id)(env->why.row - diag_rows);
	struct strbuf text = { 0 };
	const char *copy = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].diag != id)
			continue;
		if (!rows[i].specific || !rows[i].specific(env, story, &text)) {
			strbuf_reset(&text);
			strbuf_puts(&text, rows[i].text);
		}
		copy = arena_strdup(&env->arena, strbuf_str(&text));
		break;
	}
	strbuf_fini(&text);
	return copy;
}
