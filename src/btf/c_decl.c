/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Declarators and enums in C. A declaration is written from the inside of its
 * chain of types: the base ("struct x"), then every pointer, array, function
 * and qualifier around it, with the name in the middle:
 *
 *	ptr -> array -> const -> int, "name"	const int (*name)[3]
 *
 * Names: structs, unions and enums share one space, typedefs and enumerators
 * another. A second type of the same name is written as name___2.
 */
#include <errno.h>

#include "btf/c_text.h"
#include "btf/parsed.h"

#define LEVELS_MAX	13

/* The part of c->chain that is not written yet: [from, end), base last. */
struct chain {
	size_t from, end;
};

int c_init(struct c_text *c, struct strbuf *out, const struct btf *btf)
{
	memset(c, 0, sizeof(*c));
	c->out = out;
	c->btf = btf;
	c->steps = C_STEPS_MIN;
	for (; btf; btf = btf->base)
		c->steps += (uint64_t)btf->types_len * C_STEPS_PER_BYTE;
	arena_init(&c->arena);
	c->names = arena_array(&c->arena, btf_type_cnt(c->btf),
			       sizeof(*c->names));
	return c->names ? 0 : -ENOMEM;
}

void c_fini(struct c_text *c)
{
	strmap_fini(&c->tags);
	strmap_fini(&c->idents);
	vec_free(&c->chain);
	arena_fini(&c->arena);
}

void c_fail(struct c_text *c, int err)
{
	if (!c->err)
		c->err = err;
}

bool c_enter(struct c_text *c)
{
	if (!c->steps || c->depth >= C_DEPTH_MAX)
		c_fail(c, -E2BIG);
	if (c->err)
		return false;
	c->steps--;
	c->depth++;
	return true;
}

void c_leave(struct c_text *c)
{
	c->depth--;
}

void c_indent(struct c_text *c, uint32_t level)
{
	for (uint32_t i = 0; i < MIN(level, LEVELS_MAX); i++)
		strbuf_putc(c->out, '\t');
}

static uint64_t use_name(struct c_text *c, struct strmap *space,
			 const char *name)
{
	uint64_t times = 0;

	strmap_get(space, name, &times);
	if (strmap_put(space, name, ++times))
		c_fail(c, -ENOMEM);
	return times;
}

uint64_t c_ident_use(struct c_text *c, const char *name)
{
	return use_name(c, &c->idents, name);
}

/* Only what is defined takes a name; declarations use it as it is. */
static bool defines_name(const struct btf_type *t)
{
	uint32_t kind = btf_kind(t);

	return kind != BTF_KIND_FWD && (kind != BTF_KIND_ENUM || btf_vlen(t));
}

static const char *resolve_name(struct c_text *c, struct strmap *space,
				uint32_t id)
{
	const char *name = btf_type_name(c->btf, id);
	uint64_t times;

	if (!*name || c->no_bodies)
		return name;
	if (c->names[id])
		return c->names[id];
	if (defines_name(btf_type(c->btf, id))) {
		times = use_name(c, space, name);
		if (times > 1)
			name = arena_printf(&c->arena, "%s___%llu", name,
					    (unsigned long long)times);
	}
	if (!name) {
		c_fail(c, -ENOMEM);
		return "";
	}
	return c->names[id] = name;
}

const char *c_tag_name(struct c_text *c, uint32_t id)
{
	return resolve_name(c, &c->tags, id);
}

const char *c_ident_name(struct c_text *c, uint32_t id)
{
	return resolve_name(c, &c->idents, id);
}

/* Enumerator and its "___2" when the name is taken; then " = ". */
static void put_enumerator(struct c_text *c, uint32_t name_off, uint32_t level)
{
	const char *name = btf_str(c->btf, name_off);
	uint64_t times = c_ident_use(c, name);

	strbuf_putc(c->out, '\n');
	c_indent(c, level + 1);
	strbuf_puts(c->out, name);
	if (times > 1)
		strbuf_printf(c->out, "___%llu", (unsigned long long)times);
	strbuf_puts(c->out, " = ");
}

static void put_enum32(struct c_text *c, const struct btf_type *t,
		       uint32_t level)
{
	const struct btf_enum *value = btf_enums(t);

	for (uint32_t i = 0; i < btf_vlen(t); i++, value++) {
		put_enumerator(c, value->name_off, level);
		strbuf_printf(c->out, btf_kflag(t) ? "%d," : "%u,",
			      value->val);
	}
}

static void put_enum64(struct c_text *c, const struct btf_type *t,
		       uint32_t level)
{
	const struct btf_enum64 *value = btf_enums64(t);

	for (uint32_t i = 0; i < btf_vlen(t); i++, value++) {
		unsigned long long v = (uint64_t)value->val_hi32 << 32 |
				       value->val_lo32;

		put_enumerator(c, value->name_off, level);
		strbuf_printf(c->out, btf_kflag(t) ? "%lldLL," : "%lluULL,",
			      v);
	}
}

static void put_enum_tag(struct c_text *c, uint32_t id)
{
	const struct btf_type *t = btf_type(c->btf, id);

	strbuf_printf(c->out, "enum%s%s", t->name_off ? " " : "",
		      c_tag_name(c, id));
}

/* Its size is not said: bpftool 7.1 leaves it to the compiler. */
void c_enum_def(struct c_text *c, uint32_t id, uint32_t level)
{
	const struct btf_type *t = btf_type(c->btf, id);

	put_enum_tag(c, id);
	if (!btf_vlen(t))
		return;
	strbuf_puts(c->out, " {");
	if (btf_kind(t) == BTF_KIND_ENUM)
		put_enum32(c, t, level);
	else
		put_enum64(c, t, level);
	strbuf_putc(c->out, '\n');
	c_indent(c, level);
	strbuf_putc(c->out, '}');
}

/* Old gcc has __gnuc_va_list as a typedef of void. */
void c_typedef_def(struct c_text *c, uint32_t id)
{
	const struct btf_type *t = btf_type(c->btf, id);
	const char *name = c_ident_name(c, id);

	if (!t->type && str_eq(name, "__gnuc_va_list")) {
		strbuf_puts(c->out, "typedef __builtin_va_list __gnuc_va_list");
		return;
	}
	strbuf_puts(c->out, "typedef ");
	c_decl(c, t->type, name, 0);
}

static const struct btf_type *last_of(const struct c_text *c,
				      const struct chain *chain)
{
	return btf_type(c->btf, c->chain.data[chain->end - 1]);
}

/* "const", "volatile", "restrict", or NULL for what is no qualifier. */
static const char *qualifier(const struct btf_type *t)
{
	static const char *const words[NR_BTF_KINDS] = {
		[BTF_KIND_CONST]	= "const",
		[BTF_KIND_VOLATILE]	= "volatile",
		[BTF_KIND_RESTRICT]	= "restrict",
	};

	return words[btf_kind(t)];
}

/* Qualifiers of a base type stand before it. */
static void put_qualifiers(struct c_text *c, struct chain *chain)
{
	for (; chain->from < chain->end; chain->end--) {
		const char *word = qualifier(last_of(c, chain));

		if (!word)
			return;
		strbuf_printf(c->out, "%s ", word);
	}
}

/* Those of arrays and functions say nothing in C and are left out. */
static void drop_qualifiers(struct c_text *c, struct chain *chain)
{
	while (chain->from < chain->end &&
	       (qualifier(last_of(c, chain)) ||
		btf_kind(last_of(c, chain)) == BTF_KIND_TYPE_TAG))
		chain->end--;
}

static void put_base(struct c_text *c, uint32_t id, uint32_t level)
{
	const struct btf_type *t = btf_type(c->btf, id);
	bool body = !t->name_off && !c->no_bodies;

	switch (btf_kind(t)) {
	case BTF_KIND_UNKN:
		strbuf_puts(c->out, "void");
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		if (body)
			c_struct_def(c, id, level);
		else
			c_struct_tag(c, id);
		break;
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		if (body)
			c_enum_def(c, id, level);
		else
			put_enum_tag(c, id);
		break;
	case BTF_KIND_FWD:
		strbuf_printf(c->out, "%s %s",
			      btf_kflag(t) ? "union" : "struct",
			      c_tag_name(c, id));
		break;
	case BTF_KIND_TYPEDEF:
		strbuf_puts(c->out, c_ident_name(c, id));
		break;
	default:
		strbuf_puts(c->out, btf_str(c->btf, t->name_off));
	}
}

static void put_name(struct c_text *c, const char *name, bool after_ptr)
{
	if (*name && !after_ptr)
		strbuf_putc(c->out, ' ');
	strbuf_puts(c->out, name);
}

/* A last parameter of type void stands for "...". */
static void put_params(struct c_text *c, const struct btf_type *t,
		       uint32_t level)
{
	const struct btf_param *param = btf_params(t);
	uint32_t cnt = btf_vlen(t);

	if (!cnt || (cnt == 1 && !param->type)) {
		strbuf_puts(c->out, "(void)");
		return;
	}
	strbuf_putc(c->out, '(');
	for (uint32_t i = 0; i < cnt && !c->err; i++, param++) {
		if (i)
			strbuf_puts(c->out, ", ");
		if (i == cnt - 1 && !param->type)
			strbuf_puts(c->out, "...");
		else
			c_decl(c, param->type,
			       btf_str(c->btf, param->name_off), level);
	}
	strbuf_putc(c->out, ')');
}

static void put_chain(struct c_text *c, struct chain chain, const char *name,
		      uint32_t level);

/* What a declarator goes around: the name, or more of the chain. */
struct middle {
	const char *name;
	uint32_t level;
	bool after_ptr;
};

/* What is around an array comes before its brackets. */
static void put_array(struct c_text *c, struct chain chain, uint32_t id,
		      const struct middle *middle)
{
	uint32_t nelems = btf_array(btf_type(c->btf, id))->nelems;
	bool parens;

	drop_qualifiers(c, &chain);
	if (chain.from == chain.end) {
		put_name(c, middle->name, middle->after_ptr);
	} else {
		parens = btf_kind(last_of(c, &chain)) != BTF_KIND_ARRAY;
		if (*middle->name && !middle->after_ptr)
			strbuf_putc(c->out, ' ');
		if (parens)
			strbuf_putc(c->out, '(');
		put_chain(c, chain, middle->name, middle->level);
		if (parens)
			strbuf_putc(c->out, ')');
	}
	strbuf_printf(c->out, "[%u]", nelems);
}

static void put_function(struct c_text *c, struct chain chain, uint32_t id,
			 const struct middle *middle)
{
	drop_qualifiers(c, &chain);
	if (chain.from < chain.end) {
		strbuf_puts(c->out, " (");
		put_chain(c, chain, middle->name, middle->level);
		strbuf_putc(c->out, ')');
	} else {
		put_name(c, middle->name, middle->after_ptr);
	}
	put_params(c, btf_type(c->btf, id), middle->level);
}

/*
 * Writes the chain from its base outwards. A first "*" follows what is before
 * it without a space only inside parentheses and after another "*".
 */
static void put_chain(struct c_text *c, struct chain chain, const char *name,
		      uint32_t level)
{
	struct middle middle = { name, level, true };

	while (chain.from < chain.end && !c->err) {
		uint32_t id = c->chain.data[--chain.end];
		const struct btf_type *t = btf_type(c->btf, id);

		switch (btf_kind(t)) {
		case BTF_KIND_PTR:
			strbuf_puts(c->out, middle.after_ptr ? "*" : " *");
			break;
		case BTF_KIND_CONST:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_RESTRICT:
			strbuf_printf(c->out, " %s", qualifier(t));
			break;
		case BTF_KIND_TYPE_TAG:
			put_qualifiers(c, &chain);
			strbuf_printf(c->out,
				" __attribute__((btf_type_tag(\"%s\")))",
				btf_str(c->btf, t->name_off));
			break;
		case BTF_KIND_ARRAY:
			put_array(c, chain, id, &middle);
			return;
		case BTF_KIND_FUNC_PROTO:
			put_function(c, chain, id, &middle);
			return;
		default:
			put_qualifiers(c, &chain);
			put_base(c, id, level);
		}
		middle.after_ptr = btf_kind(t) == BTF_KIND_PTR;
	}
	put_name(c, name, middle.after_ptr);
}

/* The next type inwards, or -1 at the base. */
static int64_t inwards(const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_PTR:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
	case BTF_KIND_FUNC_PROTO:
		return t->type;
	case BTF_KIND_ARRAY:
		return btf_array(t)->type;
	default:
		return -1;
	}
}

/* A declaration inside another one uses the chain's memory after it. */
void c_decl(struct c_text *c, uint32_t id, const char *name, uint32_t level)
{
	struct chain chain = { .from = c->chain.len };
	int64_t at = id;

	if (!c_enter(c))
		return;
	for (; at >= 0; at = inwards(btf_type(c->btf, (uint32_t)at))) {
		uint32_t *link = vec_push(&c->chain);

		if (!link || c->chain.len - chain.from > C_DEPTH_MAX) {
			c_fail(c, link ? -ELOOP : -ENOMEM);
			break;
		}
		*link = (uint32_t)at;
	}
	chain.end = c->chain.len;
	put_chain(c, chain, name, level);
	c->chain.len = chain.from;
	c_leave(c);
}
