/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All types of a BTF as a C header. For each type in id order two walks:
 *
 *   order   queues what must be complete before it, depth first: structs held
 *           by value, enums, typedefs. A pointer to a named struct needs none
 *           of it, so that is where cycles are cut;
 *   emit    writes each queued type, and before it a "struct x;" for every
 *           struct that it only points to and that is not written yet.
 *
 * An answer of order is whether the type is complete now (STRONG) or only
 * known by name. Both walks go through pointers, arrays, functions and
 * anonymous structs, which have no declaration of their own.
 */
#include <errno.h>

#include "btf/c_text.h"
#include "btf/dump.h"

enum progress { NOT_YET, BUSY, DONE };

enum strength { WEAK, STRONG };

struct c_state {
	uint8_t order, emit;	/* enum progress */
	bool referenced;	/* something is made of it */
	bool declared;		/* "struct x;" is out, or the typedef */
};

struct c_dump {
	struct c_text text;
	struct c_state *states;	/* [id] */
	VEC(uint32_t) queue;
};

static bool is_struct(const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_STRUCT || btf_kind(t) == BTF_KIND_UNION;
}

static void mark_items(struct c_dump *d, const struct btf_type *t)
{
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		if (is_struct(t))
			d->states[btf_members(t)[i].type].referenced = true;
		else if (btf_kind(t) == BTF_KIND_FUNC_PROTO)
			d->states[btf_params(t)[i].type].referenced = true;
	}
}

/* An anonymous enum that nothing refers to is a declaration of its own. */
static void mark_referenced(struct c_dump *d)
{
	const struct btf *btf = d->text.btf;

	for (uint32_t id = 1; id < btf_type_cnt(btf); id++) {
		const struct btf_type *t = btf_type(btf, id);

		mark_items(d, t);
		switch (btf_kind(t)) {
		case BTF_KIND_ARRAY:
			d->states[btf_array(t)->type].referenced = true;
			d->states[btf_array(t)->index_type].referenced = true;
			break;
		case BTF_KIND_PTR:
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_TYPE_TAG:
		case BTF_KIND_VAR:
		case BTF_KIND_DECL_TAG:
			d->states[t->type].referenced = true;
			break;
		default:
			break;
		}
	}
}

static void enqueue(struct c_dump *d, uint32_t id)
{
	uint32_t *slot = vec_push(&d->queue);

	if (slot)
		*slot = id;
	else
		c_fail(&d->text, -ENOMEM);
}

static enum strength order(struct c_dump *d, uint32_t id, bool by_ptr);

static enum strength order_struct(struct c_dump *d, uint32_t id, bool by_ptr)
{
	const struct btf_type *t = btf_type(d->text.btf, id);

	if (by_ptr && t->name_off)
		return WEAK;
	d->states[id].order = BUSY;
	for (uint32_t i = 0; i < btf_vlen(t) && !d->text.err; i++)
		order(d, btf_members(t)[i].type, false);
	if (t->name_off)
		enqueue(d, id);
	d->states[id].order = DONE;
	return STRONG;
}

static enum strength order_typedef(struct c_dump *d, uint32_t id, bool by_ptr)
{
	const struct btf_type *t = btf_type(d->text.btf, id);

	if (order(d, t->type, by_ptr) == WEAK && by_ptr)
		return WEAK;
	enqueue(d, id);
	d->states[id].order = DONE;
	return STRONG;
}

static enum strength order_proto(struct c_dump *d, uint32_t id, bool by_ptr)
{
	const struct btf_type *t = btf_type(d->text.btf, id);
	enum strength strength = order(d, t->type, by_ptr);

	for (uint32_t i = 0; i < btf_vlen(t) && !d->text.err; i++)
		if (order(d, btf_params(t)[i].type, by_ptr) == STRONG)
			strength = STRONG;
	return strength;
}

static enum strength order_kind(struct c_dump *d, uint32_t id, bool by_ptr)
{
	const struct btf_type *t = btf_type(d->text.btf, id);
	struct c_state *state = &d->states[id];
	enum strength strength;

	switch (btf_kind(t)) {
	case BTF_KIND_PTR:
		strength = order(d, t->type, true);
		state->order = DONE;
		return strength;
	case BTF_KIND_ARRAY:
		return order(d, btf_array(t)->type, false);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return order_struct(d, id, by_ptr);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FWD:
		if (t->name_off || !state->referenced)
			enqueue(d, id);
		state->order = DONE;
		return STRONG;
	case BTF_KIND_TYPEDEF:
		return order_typedef(d, id, by_ptr);
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		return order(d, t->type, by_ptr);
	case BTF_KIND_FUNC_PROTO:
		return order_proto(d, id, by_ptr);
	default:
		state->order = DONE;
		return WEAK;
	}
}

static enum strength order(struct c_dump *d, uint32_t id, bool by_ptr)
{
	const struct btf_type *t = btf_type(d->text.btf, id);
	enum strength strength;

	if (d->states[id].order == DONE)
		return STRONG;
	if (d->states[id].order == BUSY) {
		if (!is_struct(t) || !by_ptr || !t->name_off)
			c_fail(&d->text, -ELOOP);
		return WEAK;
	}
	if (!c_enter(&d->text))
		return WEAK;
	strength = order_kind(d, id, by_ptr);
	c_leave(&d->text);
	return strength;
}

/* Compilers know it by themselves. */
static bool is_built_in(const struct c_dump *d, uint32_t id)
{
	return str_eq(btf_type_name(d->text.btf, id), "__builtin_va_list");
}

static void end_declaration(struct c_dump *d)
{
	strbuf_puts(d->text.out, ";\n\n");
}

static void declare_struct(struct c_dump *d, uint32_t id)
{
	c_struct_tag(&d->text, id);
	end_declaration(d);
	d->states[id].declared = true;
}

static void declare_typedef(struct c_dump *d, uint32_t id)
{
	if (!d->states[id].declared && !is_built_in(d, id)) {
		c_typedef_def(&d->text, id);
		end_declaration(d);
	}
	d->states[id].declared = true;
}

/* Types of gcc's that other compilers have no name for. */
static void alias_int(struct c_dump *d, uint32_t id)
{
	static const struct { const char *name, *type; } aliases[] = {
		{ "__Poly8_t",	 "unsigned char" },
		{ "__Poly16_t",	 "unsigned short" },
		{ "__Poly64_t",	 "unsigned long long" },
		{ "__Poly128_t", "unsigned __int128" },
	};
	const char *name = c_tag_name(&d->text, id);

	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (str_eq(name, aliases[i].name))
			strbuf_printf(d->text.out, "typedef %s %s;\n\n",
				      aliases[i].type, aliases[i].name);
}

/* `inside` is the struct or typedef whose text will need it; 0 at the top. */
static void emit(struct c_dump *d, uint32_t id, uint32_t inside);

/* Met again while its own members are looked at. */
static void emit_again(struct c_dump *d, uint32_t id, uint32_t inside)
{
	const struct btf_type *t = btf_type(d->text.btf, id);

	if (d->states[id].declared)
		return;
	if (btf_kind(t) == BTF_KIND_TYPEDEF)
		declare_typedef(d, id);
	else if (is_struct(t) && id != inside && t->name_off)
		declare_struct(d, id);
}

static void emit_struct(struct c_dump *d, uint32_t id, uint32_t inside)
{
	const struct btf_type *t = btf_type(d->text.btf, id);
	struct c_state *state = &d->states[id];

	state->emit = BUSY;
	if (!inside || !t->name_off) {
		for (uint32_t i = 0; i < btf_vlen(t) && !d->text.err; i++)
			emit(d, btf_members(t)[i].type,
			     t->name_off ? id : inside);
	} else if (!state->declared && id != inside) {
		declare_struct(d, id);
	}
	if (!inside) {
		c_struct_def(&d->text, id, 0);
		end_declaration(d);
	}
	state->emit = inside ? NOT_YET : DONE;
}

static void emit_leaf(struct c_dump *d, uint32_t id, uint32_t inside)
{
	struct c_text *text = &d->text;

	switch (btf_kind(btf_type(text->btf, id))) {
	case BTF_KIND_INT:
		alias_int(d, id);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		if (inside)
			break;
		c_enum_def(text, id, 0);
		end_declaration(d);
		break;
	case BTF_KIND_FWD:
		c_decl(text, id, "", 0);
		end_declaration(d);
		break;
	default:
		return;
	}
	d->states[id].emit = DONE;
}

static void emit_kind(struct c_dump *d, uint32_t id, uint32_t inside)
{
	const struct btf_type *t = btf_type(d->text.btf, id);

	switch (btf_kind(t)) {
	case BTF_KIND_PTR:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		emit(d, t->type, inside);
		break;
	case BTF_KIND_ARRAY:
		emit(d, btf_array(t)->type, inside);
		break;
	case BTF_KIND_TYPEDEF:
		d->states[id].emit = BUSY;
		emit(d, t->type, id);
		declare_typedef(d, id);
		d->states[id].emit = DONE;
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		emit_struct(d, id, inside);
		break;
	case BTF_KIND_FUNC_PROTO:
		emit(d, t->type, inside);
		for (uint32_t i = 0; i < btf_vlen(t) && !d->text.err; i++)
			emit(d, btf_params(t)[i].type, inside);
		break;
	default:
		emit_leaf(d, id, inside);
	}
}

static void emit(struct c_dump *d, uint32_t id, uint32_t inside)
{
	if (d->states[id].emit == DONE || !c_enter(&d->text))
		return;
	if (d->states[id].emit == BUSY)
		emit_again(d, id, inside);
	else
		emit_kind(d, id, inside);
	c_leave(&d->text);
}

static void dump_type(struct c_dump *d, uint32_t id)
{
	d->queue.len = 0;
	order(d, id, false);
	for (size_t i = 0; i < d->queue.len && !d->text.err; i++)
		emit(d, d->queue.data[i], 0);
}

static const char head[] =
	"#ifndef __VMLINUX_H__\n"
	"#define __VMLINUX_H__\n"
	"\n"
	"#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
	"#pragma clang attribute push (__attribute__((preserve_access_index)),"
	" apply_to = record)\n"
	"#endif\n"
	"\n";

static const char tail[] =
	"#ifndef BPF_NO_PRESERVE_ACCESS_INDEX\n"
	"#pragma clang attribute pop\n"
	"#endif\n"
	"\n"
	"#endif /* __VMLINUX_H__ */\n";

static void dump_types(struct c_dump *d, const struct btf_id_list *list)
{
	d->states[0] = (struct c_state){ DONE, DONE, false, false };
	mark_referenced(d);
	strbuf_puts(d->text.out, head);
	if (list)
		for (size_t i = 0; i < list->cnt && !d->text.err; i++)
			dump_type(d, list->ids[i]);
	else
		for (uint32_t id = btf_first_id(d->text.btf);
		     id < btf_type_cnt(d->text.btf) && !d->text.err; id++)
			dump_type(d, id);
	strbuf_puts(d->text.out, tail);
}

int btf_dump_c(struct strbuf *out, const struct btf *btf,
	       const struct btf_id_list *list)
{
	struct c_dump d = { 0 };
	int err = c_init(&d.text, out, btf);

	if (!err) {
		d.states = arena_array(&d.text.arena, btf_type_cnt(btf),
				       sizeof(*d.states));
		err = d.states ? 0 : -ENOMEM;
	}
	if (!err) {
		dump_types(&d, list);
		err = d.text.err ? d.text.err : out->oom ? -ENOMEM : 0;
	}
	vec_free(&d.queue);
	c_fini(&d.text);
	return err;
}

int btf_print_type(struct strbuf *out, const struct btf *btf, uint32_t id,
		   const char *name)
{
	struct c_text text;
	int err;

	memset(&text, 0, sizeof(text));
	text.out = out;
	text.btf = btf;
	text.steps = C_STEPS_MIN;
	text.no_bodies = true;
	c_decl(&text, id, name, 0);
	err = text.err;
	c_fini(&text);
	return err;
}
