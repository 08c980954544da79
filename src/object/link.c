/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linking: each program gets its own copy of every function that it reaches,
 * itself first, then the others in the order in which a walk in depth meets
 * them (libbpf's order). Functions that nobody reaches are left out. A
 * function is placed once, so recursion and cycles end.
 *
 * Calls and function addresses become distances between places; all else
 * has been settled by the relocation passes and is copied as it is.
 */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "object/link.h"

#define PROG_INSNS_MAX	(1u << 20)	/* the kernel takes a million */
#define OBJECT_INSNS_MAX (1u << 24)	/* of all programs together */
#define UNPLACED	UINT32_MAX

/* A function whose references are being followed. */
struct frame {
	uint32_t func, pc;
};

struct linker {
	struct object *obj;
	struct prog *prog;
	uint32_t *places;	/* per function: its first slot, or UNPLACED */
	uint32_t *order;	/* functions as placed */
	uint32_t order_cnt;
	struct frame *stack;
	uint32_t depth;
	uint32_t insns_cnt, total;
	struct diag_sink *sink;
};

static int fail_at(const struct linker *ln, const struct object_func *func,
		   uint32_t pc, const char *what)
{
	const struct diag_where where = {
		.file = ln->obj->path, .program = ln->prog->name, .insn = -1 };

	return diag_report(ln->sink, DIAG_OBJECT_LINK, &where,
			   "%s, in %s at slot %u of section %s", what,
			   func->name, pc,
			   ln->obj->codes[func->code].sec->name);
}

static int place(struct linker *ln, uint32_t func)
{
	const struct object_func *f = &ln->obj->funcs[func];

	if (f->cnt > PROG_INSNS_MAX - ln->insns_cnt ||
	    f->cnt > OBJECT_INSNS_MAX - ln->total)
		return fail_at(ln, f, f->start, "the linked program is too "
			       "large");
	ln->places[func] = ln->insns_cnt;
	ln->insns_cnt += f->cnt;
	ln->total += f->cnt;
	ln->order[ln->order_cnt++] = func;
	ln->stack[ln->depth++] = (struct frame){ func, f->start };
	return 0;
}

/* Follows the top frame up to its next new reference, or to its end. */
static int advance(struct linker *ln)
{
	struct frame *top = &ln->stack[ln->depth - 1];
	const struct object_func *f = &ln->obj->funcs[top->func];
	const struct bpf_insn *insns = ln->obj->codes[f->code].insns;

	while (top->pc < f->start + f->cnt) {
		uint32_t pc = top->pc;
		int32_t target;

		top->pc += insn_step(&insns[pc]);
		if (!insn_is_reference(&insns[pc]))
			continue;
		target = object_reference(ln->obj, f->code, pc);
		if (target < 0)
			return fail_at(ln, f, pc, "refers to no function");
		if (ln->places[target] == UNPLACED)
			return place(ln, (uint32_t)target);
	}
	ln->depth--;
	return 0;
}

/* Copies a placed function; its references become distances. */
static void copy_func(struct linker *ln, struct bpf_insn *out, uint32_t func)
{
	const struct object_func *f = &ln->obj->funcs[func];
	const struct object_code *code = &ln->obj->codes[f->code];
	uint32_t at = ln->places[func];

	memcpy(out + at, code->insns + f->start, f->cnt * sizeof(*out));
	for (uint32_t i = 0; i < f->cnt; i += insn_step(&out[at + i])) {
		int32_t target;

		if (!insn_is_reference(&out[at + i]))
			continue;
		target = object_reference(ln->obj, f->code, f->start + i);
		out[at + i].imm = (int32_t)ln->places[target] -
				  (int32_t)(at + i) - 1;
	}
}

static int build_subprogs(struct linker *ln)
{
	struct subprog *subs = arena_array(&ln->obj->arena, ln->order_cnt,
					   sizeof(*subs));

	if (!subs)
		return object_no_memory(ln->obj, ln->sink);
	for (uint32_t i = 0; i < ln->order_cnt; i++) {
		const struct object_func *f = &ln->obj->funcs[ln->order[i]];

		subs[i] = (struct subprog){
			.name = f->name, .start = ln->places[ln->order[i]],
			.cnt = f->cnt, .btf_func = f->btf_func,
			.global = f->global,
		};
	}
	ln->prog->subprogs = subs;
	ln->prog->subprogs_cnt = ln->order_cnt;
	return 0;
}

static int build_prog(struct linker *ln)
{
	struct object *obj = ln->obj;
	struct prog *prog = ln->prog;
	struct bpf_insn *insns = arena_array(&obj->arena, ln->insns_cnt,
					     sizeof(*insns));

	if (!insns)
		return object_no_memory(obj, ln->sink);
	for (uint32_t i = 0; i < ln->order_cnt; i++)
		copy_func(ln, insns, ln->order[i]);
	prog->insns = insns;
	prog->insns_cnt = ln->insns_cnt;
	prog->maps = obj->map_refs;
	prog->maps_cnt = obj->maps_cnt;
	prog->kfuncs = obj->kfuncs;
	prog->kfuncs_cnt = obj->kfuncs_cnt;
	return build_subprogs(ln);
}

/* Nothing calls an exception callback; it comes behind what is called. */
static int place_exception(struct linker *ln, uint32_t of)
{
	const struct object_func *prog = &ln->obj->funcs[of];
	const struct diag_where where = {
		.file = ln->prog->object, .program = prog->name, .insn = -1,
	};
	int32_t func = prog->exception;
	int err = 0;

	if (prog->exceptions)
		return diag_report(ln->sink, DIAG_VERIFY_EXCEPTION, &where,
				   "more than one exception callback is "
				   "named for the program");
	if (func >= 0 && ln->places[func] == UNPLACED)
		err = place(ln, (uint32_t)func);
	while (!err && ln->depth)
		err = advance(ln);
	return err;
}

static void set_exception(struct linker *ln, int32_t func)
{
	for (uint32_t i = 1; func >= 0 && i < ln->order_cnt; i++)
		if (ln->order[i] == (uint32_t)func)
			ln->prog->exception = i;
}

static int link_prog(struct linker *ln, uint32_t func)
{
	int err;

	ln->order_cnt = 0;
	ln->depth = 0;
	ln->insns_cnt = 0;
	err = place(ln, func);
	while (!err && ln->depth)
		err = advance(ln);
	if (!err)
		err = place_exception(ln, func);
	if (!err)
		err = build_prog(ln);
	if (!err)
		set_exception(ln, ln->obj->funcs[func].exception);
	if (!err)
		err = object_link_lines(ln->obj, ln->prog, ln->order,
					ln->order_cnt, ln->sink);
	for (uint32_t i = 0; i < ln->order_cnt; i++)
		ln->places[ln->order[i]] = UNPLACED;
	return err;
}

int object_link_progs(struct object *obj, struct diag_sink *sink)
{
	struct linker ln = { .obj = obj, .sink = sink };
	int err = 0;

	ln.places = arena_array(&obj->arena, obj->funcs_cnt,
				sizeof(*ln.places));
	ln.order = arena_array(&obj->arena, obj->funcs_cnt, sizeof(*ln.order));
	ln.stack = arena_array(&obj->arena, obj->funcs_cnt, sizeof(*ln.stack));
	obj->map_refs = arena_array(&obj->arena, obj->maps_cnt,
				    sizeof(*obj->map_refs));
	if (!ln.places || !ln.order || !ln.stack || !obj->map_refs)
		return object_no_memory(obj, sink);
	for (uint32_t i = 0; i < obj->funcs_cnt; i++)
		ln.places[i] = UNPLACED;
	for (uint32_t i = 0; !err && i < obj->funcs_cnt; i++) {
		if (obj->funcs[i].prog < 0)
			continue;
		ln.prog = &obj->progs[obj->funcs[i].prog];
		if (!ln.prog->load)
			continue;
		err = link_prog(&ln, i);
	}
	return err;
}
