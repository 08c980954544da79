/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions and programs. Every function symbol of an executable section is
 * a function; one outside of .text is a program with its section's SEC()
 * text. Functions of .text are subprograms, but for a lone one in an object
 * without any SEC(), which is a program (libbpf's rule).
 *
 * Functions are sorted by section and start and do not overlap, so code is
 * linked at most once per program.
 */
#include <stdlib.h>

#include "base/str.h"
#include "object/object_parts.h"

static bool is_func(const struct object *obj, const struct elf_symbol *sym)
{
	return sym->type == STT_FUNC && sym->section < obj->elf.sections_cnt &&
	       obj->sections[sym->section].role == ROLE_CODE;
}

static bool in_text(const struct object *obj, const struct object_func *func)
{
	return str_eq(obj->codes[func->code].sec->name, ".text");
}

static int bad_func(const struct object *obj, const char *name,
		    const char *what, struct diag_sink *sink)
{
	return diag_report(sink, DIAG_OBJECT_FUNCTION, &object_where(obj),
			   "function %s: %s", name, what);
}

static int read_func(struct object *obj, const struct elf_symbol *sym,
		     struct diag_sink *sink)
{
	struct object_func *func = &obj->funcs[obj->funcs_cnt];
	const size_t slot = sizeof(struct bpf_insn);

	if (sym->value % slot || sym->size % slot || !sym->size)
		return bad_func(obj, sym->name, "does not lie on whole "
				"instructions", sink);
	func->name = sym->name;
	func->code = obj->sections[sym->section].index;
	func->start = (uint32_t)(sym->value / slot);
	func->cnt = (uint32_t)(sym->size / slot);
	func->global = sym->bind != STB_LOCAL &&
		       sym->visibility != STV_HIDDEN &&
		       sym->visibility != STV_INTERNAL;
	func->prog = func->exception = -1;
	if (sym->bind == STB_LOCAL && !in_text(obj, func))
		return bad_func(obj, sym->name, "static, but in a section of "
				"its own; only .text has static functions",
				sink);
	obj->funcs_cnt++;
	return 0;
}

static int func_order(const void *a, const void *b)
{
	const struct object_func *x = a, *y = b;

	if (x->code != y->code)
		return x->code < y->code ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

/* Each code section's range of functions; refuses overlaps. */
static int index_funcs(struct object *obj, struct diag_sink *sink)
{
	for (uint32_t i = 0; i < obj->funcs_cnt; i++) {
		struct object_func *func = &obj->funcs[i];
		struct object_code *code = &obj->codes[func->code];

		if (!code->funcs_cnt++)
			code->func = i;
		else if (func->start < func[-1].start + func[-1].cnt)
			return bad_func(obj, func->name, "overlaps another "
					"function", sink);
	}
	return 0;
}

/* Types of functions from .BTF.ext, which has them sorted as we have. */
static void type_funcs(struct object *obj, const struct object_code *code)
{
	const struct btf_ext_section *ext = code->ext;

	for (size_t i = 0; ext && i < ext->funcs_cnt; i++) {
		int32_t func = object_func_at(obj, (uint32_t)(code -
					      obj->codes), ext->funcs[i].insn);

		if (func >= 0)
			obj->funcs[func].btf_func = ext->funcs[i].type_id;
	}
}

static int32_t func_by_name(const struct object *obj, const char *name)
{
	for (uint32_t i = 0; i < obj->funcs_cnt; i++)
		if (str_eq(obj->funcs[i].name, name))
			return (int32_t)i;
	return -1;
}

static void add_exception(struct object *obj, struct object_func *func,
			  const char *name)
{
	func->exceptions = func->exception >= 0;
	func->exception = func_by_name(obj, name);
}

/* A declaration tag of a program's function: its exception callback. */
static void read_exceptions(struct object *obj)
{
	static const char tag[] = "exception_callback:";
	uint32_t cnt = obj->btf ? btf_type_cnt(obj->btf) : 0;

	for (uint32_t id = 1; id < cnt; id++) {
		const struct btf_type *t = btf_type(obj->btf, id);
		const char *name = btf_str(obj->btf, t->name_off);

		if (btf_kind(t) != BTF_KIND_DECL_TAG || !str_starts(name, tag))
			continue;
		for (uint32_t i = 0; i < obj->funcs_cnt; i++)
			if (obj->funcs[i].btf_func == t->type)
				add_exception(obj, &obj->funcs[i],
					      name + sizeof(tag) - 1);
	}
}

/* What the kernel counts as GPL-compatible. */
static bool is_gpl(const char *license)
{
	static const char *const words[] = {
		"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL",
		"Dual MIT/GPL", "Dual MPL/GPL",
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (str_eq(words[i], license))
			return true;
	}
	return false;
}

static void init_prog(struct object *obj, struct prog *prog,
		      const struct object_func *func)
{
	struct section_meaning meaning = { 0 };
	const char *sec = obj->codes[func->code].sec->name;

	section_parse(sec, &meaning);
	*prog = (struct prog){
		.name = func->name,
		.section = *sec == '?' ? sec + 1 : sec,
		.object = obj->path,
		.type = meaning.type,
		.attach_type = meaning.attach_type,
		.flags = meaning.flags,
		.attach.target = meaning.target,
		.license = obj->license,
		.gpl = is_gpl(obj->license),
		.btf = obj->btf,
		.autoload = *sec != '?',
		.load = *sec != '?',
	};
}

static int read_progs(struct object *obj, struct diag_sink *sink)
{
	obj->progs = arena_array(&obj->arena, obj->funcs_cnt,
				 sizeof(*obj->progs));
	if (!obj->progs)
		return object_no_memory(obj, sink);
	for (uint32_t i = 0; i < obj->funcs_cnt; i++) {
		struct object_func *func = &obj->funcs[i];

		if (in_text(obj, func) && obj->funcs_cnt > 1)
			continue;
		func->prog = (int32_t)obj->progs_cnt;
		init_prog(obj, &obj->progs[obj->progs_cnt++], func);
	}
	return 0;
}

int object_read_funcs(struct object *obj, struct diag_sink *sink)
{
	const struct elf_file *elf = &obj->elf;
	size_t room = 0;
	int err = 0;

	for (size_t i = 1; i < elf->symbols_cnt; i++)
		room += is_func(obj, &elf->symbols[i]);
	obj->funcs = arena_array(&obj->arena, room, sizeof(*obj->funcs));
	if (!obj->funcs)
		return object_no_memory(obj, sink);
	for (size_t i = 1; !err && i < elf->symbols_cnt; i++) {
		if (is_func(obj, &elf->symbols[i]))
			err = read_func(obj, &elf->symbols[i], sink);
	}
	if (err)
		return err;
	qsort(obj->funcs, obj->funcs_cnt, sizeof(*obj->funcs), func_order);
	err = index_funcs(obj, sink);
	if (err)
		return err;
	for (uint32_t i = 0; i < obj->codes_cnt; i++)
		type_funcs(obj, &obj->codes[i]);
	read_exceptions(obj);
	return read_progs(obj, sink);
}

/* The last function of `code` that starts at `insn` or before, or -1. */
static int32_t func_before(const struct object *obj, uint32_t code,
			   uint64_t insn)
{
	uint32_t first = obj->codes[code].func;
	uint32_t low = first, high = first + obj->codes[code].funcs_cnt;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (obj->funcs[mid].start <= insn)
			low = mid + 1;
		else
			high = mid;
	}
	return low == first ? -1 : (int32_t)low - 1;
}

int32_t object_func_at(const struct object *obj, uint32_t code,
		       uint64_t start)
{
	int32_t func = func_before(obj, code, start);

	return func >= 0 && obj->funcs[func].start == start ? func : -1;
}

int32_t object_func_around(const struct object *obj, uint32_t code,
			   uint64_t insn)
{
	int32_t func = func_before(obj, code, insn);

	return func >= 0 && insn - obj->funcs[func].start <
			    obj->funcs[func].cnt ? func : -1;
}
