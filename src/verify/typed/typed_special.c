/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Special fields: members of map values and of the program's own objects that
 * only calls made for them may touch. They are found by type name (struct
 * bpf_spin_lock) or, for pointers, by a type tag (kptr); heads of lists and
 * roots of trees carry a decl tag "contains:TYPE:MEMBER".
 *
 * A type whose fields break a rule (two locks, a tree without a lock) has
 * `error` set and no fields; the kernel refuses to make a map of it.
 */
#include <errno.h>

#include "base/str.h"
#include "base/vec.h"
#include "spec/diags.h"
#include "verify/typed/btf_walk.h"
#include "verify/typed/typed.h"

#define FIELDS_MAX	11	/* of one type */
#define NESTING_MAX	32
/* Structs without a size, and unions, nest without an end to their members. */
#define LOOKS_MAX	(1u << 20)

struct cached {
	const struct verify_map *map;	/* or NULL: of btf, id */
	const struct btf *btf;
	uint32_t id;
	struct specials all;
	struct cached *next;
};

struct specials_cache {
	struct cached *first;
	const struct specials **maps;	/* by index; NULL: not looked at */
};

enum {
	ONCE	= 1 << 0,		/* at most one in a type */
	REPEATS	= 1 << 1,		/* also as array elements */
};

static const struct kind_row {
	const char *type, *name;	/* struct; as the kernel says it */
	uint8_t align, flags;
} kind_rows[SPECIAL_CNT] = {
#define KIND(kind, name, align, flags) \
	[SPECIAL_##kind] = { name, name, align, flags }
#define POINTER(kind, name) \
	[SPECIAL_##kind] = { NULL, name, 8, REPEATS }
	KIND(SPIN_LOCK, "bpf_spin_lock", 4, ONCE),
	KIND(RES_SPIN_LOCK, "bpf_res_spin_lock", 4, ONCE),
	KIND(TIMER, "bpf_timer", 8, ONCE),
	KIND(WORKQUEUE, "bpf_wq", 8, ONCE),
	KIND(TASK_WORK, "bpf_task_work", 8, ONCE),
	POINTER(KPTR, "kptr"),
	POINTER(KPTR_REF, "kptr"),
	POINTER(KPTR_PERCPU, "percpu_kptr"),
	POINTER(UPTR, "uptr"),
	KIND(LIST_HEAD, "bpf_list_head", 8, REPEATS),
	KIND(LIST_NODE, "bpf_list_node", 8, 0),
	KIND(RB_ROOT, "bpf_rb_root", 8, REPEATS),
	KIND(RB_NODE, "bpf_rb_node", 8, 0),
	KIND(REFCOUNT, "bpf_refcount", 4, ONCE),
#undef KIND
#undef POINTER
};

static const struct {
	const char *tag;
	enum field_special kind;
} pointer_rows[] = {
	{ "kptr_untrusted", SPECIAL_KPTR },
	{ "kptr", SPECIAL_KPTR_REF },
	{ "percpu_kptr", SPECIAL_KPTR_PERCPU },
	{ "uptr", SPECIAL_UPTR },
};

/* One search: what was found so far. */
struct search {
	const struct btf *btf;
	const struct btf *kernel;
	struct special found[FIELDS_MAX];
	uint32_t cnt;
	uint32_t seen;			/* bits of kinds */
	uint32_t looks;			/* at members */
	const char *error;
};

const char *special_name(enum field_special kind)
{
	return kind_rows[kind].name;
}

const struct special *special_of(const struct specials *all,
				 enum field_special kind)
{
	for (uint32_t i = 0; i < all->cnt; i++)
		if (all->fields[i].kind == kind)
			return &all->fields[i];
	return NULL;
}

const struct special *special_at(const struct specials *all, uint32_t off)
{
	for (uint32_t i = 0; i < all->cnt; i++)
		if (all->fields[i].off == off)
			return &all->fields[i];
	return NULL;
}

static bool add(struct search *s, const struct special *field)
{
	if (field->off % kind_rows[field->kind].align)
		return true;
	if ((kind_rows[field->kind].flags & ONCE) &&
	    (s->seen & 1u << field->kind)) {
		s->error = "has more than one of a field that is alone";
		return false;
	}
	if (s->cnt == FIELDS_MAX) {
		s->error = "has too many special fields";
		return false;
	}
	s->seen |= 1u << field->kind;
	s->found[s->cnt++] = *field;
	return true;
}

/* A tagged pointer: to the kernel's type of that name, or to the program's. */
static bool add_pointer(struct search *s, const struct btf_type *ptr,
			uint32_t off)
{
	const char *tag = btf_pointer_tag(s->btf, ptr);
	struct special field = { .off = off, .size = 8, .btf = s->btf };
	uint32_t id = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pointer_rows); i++)
		if (str_eq(pointer_rows[i].tag, tag))
			break;
	if (i == ARRAY_SIZE(pointer_rows))
		return true;
	field.kind = pointer_rows[i].kind;
	field.btf_id = btf_skip_modifiers(s->btf, ptr->type);
	if (!btf_is_struct(s->btf, field.btf_id)) {
		s->error = "has a tagged pointer that is not to a struct";
		return false;
	}
	if (s->kernel && field.kind != SPECIAL_UPTR)
		id = btf_find(s->kernel, btf_type_name(s->btf, field.btf_id),
			      btf_kind(btf_type(s->btf, field.btf_id)));
	if (id) {
		field.btf = s->kernel;
		field.btf_id = id;
	}
	return add(s, &field);
}

/* The text behind "contains:" of member `i` of `parent` (-1: of a VAR). */
static const char *contains_tag(const struct btf *btf, uint32_t parent, int i)
{
	uint32_t cnt = btf_type_cnt(btf);

	for (uint32_t id = btf_first_id(btf); id < cnt; id++) {
		const struct btf_type *t = btf_type(btf, id);
		const char *name;

		if (btf_kind(t) != BTF_KIND_DECL_TAG || t->type != parent ||
		    ((const struct btf_decl_tag *)(t + 1))->component_idx != i)
			continue;
		name = btf_str(btf, t->name_off);
		if (str_starts(name, "contains:"))
			return name + strlen("contains:");
	}
	return NULL;
}

/* Fills in what a list or tree holds, and where its node is in that. */
static bool graph_root(struct search *s, struct special *field,
		       uint32_t parent, int member)
{
	const char *tag = contains_tag(s->btf, parent, member), *node;
	const char *want = field->kind == SPECIAL_LIST_HEAD ?
			   "bpf_list_node" : "bpf_rb_node";
	const struct btf_type *t;
	char type[128];

	node = tag ? strchr(tag, ':') : NULL;
	if (!node || (size_t)(node - tag) >= sizeof(type))
		goto bad;
	memcpy(type, tag, (size_t)(node - tag));
	type[node - tag] = 0;
	field->btf = s->btf;
	field->btf_id = btf_find(s->btf, type, BTF_KIND_STRUCT);
	if (!field->btf_id)
		goto bad;
	t = btf_type(s->btf, field->btf_id);
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];

		if (!str_eq(btf_str(s->btf, m->name_off), node + 1) ||
		    !str_eq(btf_type_name(s->btf, m->type), want))
			continue;
		field->node_off = btf_member_bit_offset(t, i) / 8;
		return true;
	}
bad:
	s->error = "has a list head or tree root without a good contains tag";
	return false;
}

static bool search_struct(struct search *s, uint32_t id, uint32_t off,
			  unsigned int depth);

/* Copies of what was found since `from`, for the other array elements. */
static bool repeat(struct search *s, uint32_t from, uint64_t times,
		   uint64_t size)
{
	uint32_t to = s->cnt;

	for (uint64_t n = 1; from < to && n < times; n++) {
		for (uint32_t i = from; i < to; i++) {
			struct special field = s->found[i];

			if (!(kind_rows[field.kind].flags & REPEATS)) {
				s->error = "has an array of a field that is "
					   "allowed once";
				return false;
			}
			field.off += (uint32_t)(n * size);
			if (!add(s, &field))
				return false;
		}
	}
	return true;
}

/*
 * A member or variable of type `id`; `parent` and `member` are for its decl
 * tags.
 */
static bool search_field(struct search *s, uint32_t id, uint32_t off,
			 uint32_t parent, int member, unsigned int depth)
{
	struct special field = { .off = off };
	uint32_t from = s->cnt;
	uint64_t times = 1;
	const struct btf_type *t = btf_type(s->btf, id);

	while (btf_kind(t) == BTF_KIND_ARRAY) {
		times *= btf_array(t)->nelems;
		id = btf_array(t)->type;
		t = btf_type(s->btf, id);
	}
	if (!times)
		return true;
	if (++s->looks > LOOKS_MAX) {
		s->error = "has too many members";
		return false;
	}
	if (btf_kind(t) == BTF_KIND_PTR)
		return add_pointer(s, t, off) && repeat(s, from, times, 8);
	if (btf_kind(t) != BTF_KIND_STRUCT && btf_kind(t) != BTF_KIND_UNION)
		return true;
	for (int i = 0; i < SPECIAL_CNT; i++) {
		if (!kind_rows[i].type ||
		    !str_eq(kind_rows[i].type, btf_type_name(s->btf, id)))
			continue;
		field.kind = (enum field_special)i;
		field.size = t->size;
		if ((i == SPECIAL_LIST_HEAD || i == SPECIAL_RB_ROOT) &&
		    !graph_root(s, &field, parent, member))
			return false;
		return add(s, &field) && repeat(s, from, times, t->size);
	}
	return search_struct(s, id, off, depth) &&
	       repeat(s, from, times, t->size);
}

static bool search_struct(struct search *s, uint32_t id, uint32_t off,
			  unsigned int depth)
{
	const struct btf_type *t = btf_type(s->btf, id);

	if (depth >= NESTING_MAX)
		return true;
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (!btf_member_bit_size(t, i) &&
		    !search_field(s, btf_members(t)[i].type,
				  off + btf_member_bit_offset(t, i) / 8, id,
				  (int)i, depth + 1))
			return false;
	return true;
}

static bool search_section(struct search *s, const struct btf_type *t)
{
	const struct btf_var_secinfo *vars = btf_var_secinfos(t);

	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (!search_field(s, btf_type(s->btf, vars[i].type)->type,
				  vars[i].offset, vars[i].type, -1, 1))
			return false;
	return true;
}

static void check_together(struct search *s)
{
	const uint32_t graph = 1u << SPECIAL_LIST_HEAD | 1u << SPECIAL_RB_ROOT;
	const uint32_t nodes = 1u << SPECIAL_LIST_NODE | 1u << SPECIAL_RB_NODE;
	const uint32_t locks = 1u << SPECIAL_SPIN_LOCK |
			       1u << SPECIAL_RES_SPIN_LOCK;

	if ((s->seen & graph) && !(s->seen & locks))
		s->error = "has a list or tree without a lock";
	else if ((s->seen & nodes) == nodes &&
		 !(s->seen & 1u << SPECIAL_REFCOUNT))
		s->error = "has nodes of a list and a tree without a refcount";
	else if ((s->seen & locks) == locks)
		s->error = "has both kinds of lock";
}

static int by_offset(const void *a, const void *b)
{
	uint32_t x = ((const struct special *)a)->off;
	uint32_t y = ((const struct special *)b)->off;

	return x < y ? -1 : x > y;
}

static void find(struct verify_env *env, const struct btf *btf, uint32_t id,
		 struct specials *out)
{
	struct search s = { .btf = btf, .kernel = env->in->kernel };
	const struct btf_type *t;

	id = btf_skip_modifiers(btf, id);
	t = btf_type(btf, id);
	if (btf_kind(t) == BTF_KIND_DATASEC)
		search_section(&s, t);
	else if (btf_is_struct(btf, id))
		search_struct(&s, id, 0, 0);
	if (!s.error)
		check_together(&s);
	out->error = s.error;
	if (s.error || !s.cnt)
		return;
	qsort(s.found, s.cnt, sizeof(s.found[0]), by_offset);
	out->fields = arena_copy(&env->arena, s.found,
				 s.cnt * sizeof(s.found[0]));
	if (out->fields)
		out->cnt = s.cnt;
	else
		env->values.failed = true;
}

static const struct specials none;

static struct specials_cache *cache_of(struct verify_env *env)
{
	struct specials_cache *cache = env->specials;

	if (cache)
		return cache;
	cache = arena_alloc(&env->arena, sizeof(*cache));
	if (cache)
		cache->maps = arena_array(&env->arena,
					  env->prog->maps_cnt + 1,
					  sizeof(*cache->maps));
	if (!cache || !cache->maps) {
		env->values.failed = true;
		return NULL;
	}
	return env->specials = cache;
}

static const struct specials *lookup(struct verify_env *env,
				     const struct verify_map *map,
				     const struct btf *btf, uint32_t id)
{
	struct specials_cache *cache = cache_of(env);
	struct cached *c;

	if (!cache)
		return &none;
	for (c = cache->first; c; c = c->next)
		if (c->map == map && c->btf == btf && c->id == id)
			return &c->all;
	c = arena_alloc(&env->arena, sizeof(*c));
	if (!c) {
		env->values.failed = true;
		return &none;
	}
	c->map = map;
	c->btf = btf;
	c->id = id;
	find(env, btf, id, &c->all);
	c->next = cache->first;
	cache->first = c;
	return &c->all;
}

const struct specials *btf_specials(struct verify_env *env,
				    const struct btf *btf, uint32_t id)
{
	/* the kernel's own types have none that programs deal with */
	if (!btf || !id || btf == env->in->kernel)
		return &none;
	return lookup(env, NULL, btf, id);
}

const struct specials *map_specials(struct verify_env *env, uint32_t map,
				    const struct verify_map *vm)
{
	struct specials_cache *cache;

	if (!vm || !vm->btf || !vm->btf_value)
		return &none;
	cache = cache_of(env);
	if (!cache)
		return &none;
	if (map >= env->prog->maps_cnt || vm != &env->in->maps[map])
		return lookup(env, vm, vm->btf, vm->btf_value);
	if (!cache->maps[map])
		cache->maps[map] = lookup(env, vm, vm->btf, vm->btf_value);
	return cache->maps[map];
}

const struct verify_map *reg_map(const struct verify_env *env,
				 const struct reg *reg)
{
	static const struct verify_map unknown = { .name = "(inner map)" };
	const struct verify_map *map = &env->in->maps[reg->map];

	if (!reg->map_uid)
		return map;
	return map->inner ?: &unknown;
}
