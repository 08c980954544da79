/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What to try about calls: arguments, sizes, what was taken and what a call
 * has made void. The names are those that the line with the call has.
 */
#include "spec/spec.h"
#include "verify/explain/explain.h"
#include "verify/explain/explain_source.h"
#include "verify/typed/typed.h"

/* The n-th argument of the rejected call as the source has it. */
static bool argument(const struct verify_env *env, unsigned int n,
		     char name[NAME_CAP])
{
	const struct helper_row *row = explain_helper(env, env->why.insn);
	const struct prog_line *line = explain_line(env, env->why.insn);

	return row && line && source_argument(line->text, row->c_name, n, name);
}

static bool void_packet(struct verify_env *env, const struct story *story,
			struct strbuf *out)
{
	const struct prog_line *call = explain_line(env, story->void_insn);
	const struct prog_line *use = explain_line(env, env->why.insn);
	char name[NAME_CAP];

	if (!call || !use || !source_pointer(use->text, use->column, name))
		return false;
	strbuf_printf(out, "after line %u, get it and data_end from ctx->data "
		      "and ctx->data_end again, and check again: if ((void *)"
		      "(%s + 1) > data_end) return ...;", call->line, name);
	return true;
}

bool try_void(struct verify_env *env, const struct story *story,
	      struct strbuf *out)
{
	const struct helper_row *helper;
	const struct value *made;

	if (!story)
		return false;
	if (story->is_void && (story->was.type == REG_PACKET ||
			       story->was.type == REG_PACKET_META))
		return void_packet(env, story, out);
	if (story->is_void) {
		helper = explain_helper(env, story->void_insn);
		strbuf_printf(out, "use it before %s, and not after it",
			      helper ? helper->c_name : "the call");
		return true;
	}
	made = &env->values.nodes[story->root];
	if (made->kind != VALUE_LOAD && made->kind != VALUE_CALL)
		return false;
	strbuf_puts(out, "a kernel address is read with bpf_probe_read_kernel"
		    "(&x, sizeof(x), p) or BPF_CORE_READ(p, member); some "
		    "have a typed twin, as bpf_get_current_task_btf()");
	return true;
}

/* What gives back, by what took; %s is the variable. */
static const struct {
	enum helper_id taker;
	const char *release;
} releases[] = {
	{ HELPER_ringbuf_reserve,
	  "bpf_ringbuf_submit(%s, 0) or bpf_ringbuf_discard(%s, 0)" },
	{ HELPER_ringbuf_reserve_dynptr,
	  "bpf_ringbuf_submit_dynptr(&%s, 0) or "
	  "bpf_ringbuf_discard_dynptr(&%s, 0)" },
	{ HELPER_sk_lookup_tcp, "bpf_sk_release(%s)" },
	{ HELPER_sk_lookup_udp, "bpf_sk_release(%s)" },
	{ HELPER_skc_lookup_tcp, "bpf_sk_release(%s)" },
};

static void put_release(struct strbuf *out, const char *form,
			const char *name)
{
	for (const char *at = form; *at; at++) {
		if (at[0] != '%' || at[1] != 's') {
			strbuf_putc(out, *at);
			continue;
		}
		strbuf_puts(out, name);
		at++;
	}
}

static const char *release_of(const struct helper_row *row)
{
	for (size_t i = 0; row && i < ARRAY_SIZE(releases); i++)
		if (releases[i].taker == row->id)
			return releases[i].release;
	return NULL;
}

bool try_release(struct verify_env *env, const struct story *story
		 maybe_unused, struct strbuf *out)
{
	const struct state *st = env->cur;
	const struct helper_row *row;
	const struct prog_line *line;
	char name[NAME_CAP];
	const char *form;

	if (!st || !st->held_cnt)
		return false;
	line = explain_line(env, st->held[0].insn);
	row = explain_helper(env, st->held[0].insn);
	form = release_of(row);
	if (!line)
		return false;
	if (row && row->id == HELPER_ringbuf_reserve_dynptr ?
	    !source_argument(line->text, row->c_name, 4, name) :
	    !source_assigned(line->text, name))
		return false;
	strbuf_printf(out, "release '%s', taken in line %u, on this path too",
		      name, line->line);
	if (form) {
		strbuf_puts(out, ": ");
		put_release(out, form, name);
	}
	return true;
}

bool try_unlock(struct verify_env *env, const struct story *story
		maybe_unused, struct strbuf *out)
{
	const struct state *st = env->cur;
	const struct prog_line *line;
	char name[NAME_CAP];

	if (!st || !st->held_cnt)
		return false;
	line = explain_line(env, st->held[0].insn);
	if (!line || !source_argument(line->text, "bpf_spin_lock", 1, name))
		return false;
	strbuf_printf(out, "bpf_spin_unlock(&%s) on this path too, for the "
		      "bpf_spin_lock in line %u", name, line->line);
	return true;
}

/* A size argument, with the buffer in front of it where that has a name. */
bool try_size(struct verify_env *env, const struct story *story,
	      struct strbuf *out)
{
	const struct prog_line *line = explain_line(env, env->why.insn);
	const struct helper_row *row = explain_helper(env, env->why.insn);
	unsigned int n = env->why.reg > 1 ? (unsigned int)env->why.reg : 0;
	char size[NAME_CAP], buffer[NAME_CAP];

	if (!n || !line || !row || !argument(env, n, size))
		return false;
	strbuf_printf(out, "before line %u: if (", line->line);
	if (row->args[n - 1] == ARG_SIZE || !story)
		strbuf_printf(out, "%s < 1 || ", size);
	if (argument(env, n - 1, buffer))
		strbuf_printf(out, "%s > sizeof(%s)", size, buffer);
	else
		strbuf_printf(out, "%s > 64", size);
	strbuf_printf(out, ") return ...; with %s unsigned", size);
	return true;
}

bool try_buffer(struct verify_env *env, const struct story *story
		maybe_unused, struct strbuf *out)
{
	const struct prog_line *line = explain_line(env, env->why.insn);
	unsigned int n = env->why.reg > 0 ? (unsigned int)env->why.reg : 0;
	char size[NAME_CAP], buffer[NAME_CAP];

	if (!n || n > 4 || !line || !argument(env, n, buffer) ||
	    !argument(env, n + 1, size))
		return false;
	strbuf_printf(out, "before line %u: if (%s > sizeof(%s)) return ...; "
		      "with %s unsigned", line->line, size, buffer, size);
	return true;
}

bool try_argument(struct verify_env *env, const struct story *story,
		  struct strbuf *out)
{
	unsigned int n = env->why.reg > 0 ? (unsigned int)env->why.reg : 0;
	char name[NAME_CAP];

	if (story && story->is_void)
		return try_void(env, story, out);
	if (!story || story->at.type != REG_SCALAR || !n ||
	    !argument(env, n, name))
		return false;
	strbuf_printf(out, "hand over an address: put the number into a "
		      "variable on the stack, and pass &%s", name);
	return true;
}

bool try_helper(struct verify_env *env, const struct story *story
		maybe_unused, struct strbuf *out)
{
	const struct helper_row *row = explain_helper(env, env->why.insn);
	unsigned int told = 0;

	if (!row || !row->progs)
		return false;
	strbuf_printf(out, "%s is for programs of type ", row->c_name);
	for (size_t i = 0; i < prog_rows_cnt; i++) {
		if (!(row->progs & (1ull << prog_rows[i].id)))
			continue;
		if (told == 6) {
			strbuf_puts(out, " ...");
			break;
		}
		strbuf_printf(out, "%s%s", told++ ? ", " : "",
			      prog_rows[i].name);
	}
	return true;
}

/* What maps that have no elements to look up are for. */
static const struct {
	enum map_type type;
	const char *text;
} uses[] = {
	{ MAP_TYPE_RINGBUF, "bpf_ringbuf_reserve or bpf_ringbuf_output" },
	{ MAP_TYPE_USER_RINGBUF, "bpf_user_ringbuf_drain" },
	{ MAP_TYPE_PERF_EVENT_ARRAY, "bpf_perf_event_output" },
	{ MAP_TYPE_PROG_ARRAY, "bpf_tail_call" },
	{ MAP_TYPE_STACK_TRACE, "bpf_get_stackid" },
	{ MAP_TYPE_DEVMAP, "bpf_redirect_map" },
	{ MAP_TYPE_CPUMAP, "bpf_redirect_map" },
	{ MAP_TYPE_XSKMAP, "bpf_redirect_map" },
	{ MAP_TYPE_QUEUE, "bpf_map_push_elem, _pop_elem and _peek_elem" },
	{ MAP_TYPE_STACK, "bpf_map_push_elem, _pop_elem and _peek_elem" },
	{ MAP_TYPE_CGROUP_ARRAY, "bpf_current_task_under_cgroup" },
	{ MAP_TYPE_SK_STORAGE, "bpf_sk_storage_get" },
	{ MAP_TYPE_TASK_STORAGE, "bpf_task_storage_get" },
};

bool try_map_use(struct verify_env *env, const struct story *story
		 maybe_unused, struct strbuf *out)
{
	const struct reg *reg = env->cur ? state_reg(env->cur, 1) : NULL;
	const struct helper_row *row = explain_helper(env, env->why.insn);
	const struct verify_map *map;

	if (!row || !reg)
		return false;
	for (unsigned int n = 1; n <= 5; n++, reg++) {
		map = reg->type == REG_MAP ? reg_map(env, reg) : NULL;
		for (size_t i = 0; map && i < ARRAY_SIZE(uses); i++) {
			if (uses[i].type != map->type)
				continue;
			strbuf_printf(out, "'%s' is used with %s; hand %s "
				      "another map", map->name, uses[i].text,
				      row->c_name);
			return true;
		}
	}
	return false;
}
