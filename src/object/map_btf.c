/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BTF-defined maps: each variable of the .maps DATASEC is a struct whose
 * members say, by name and by type, what the map is:
 *
 *	int (*max_entries)[64]		__uint(max_entries, 64)
 *	struct key *key			__type(key, struct key)
 *	struct inner *values[]		__array(values, struct inner)
 *	enum { u = 5 } *map_extra	__ulong(map_extra, 5)
 *
 * One row per attribute. An attribute that is not in the table is refused:
 * it asks for something that we would silently not give.
 */
#include <unistd.h>

#include "base/bits.h"
#include "base/str.h"
#include "object/object_parts.h"

/* Where parsing stands: which map, which of its members. */
struct map_parse {
	struct object *obj;
	struct object_map *map;	/* NULL inside an inner definition */
	struct map_def *def;
	const char *name;	/* of the map */
	const char *attribute;
	bool last;		/* the member is the struct's last */
	struct diag_sink *sink;
};

static int bad_map(const struct map_parse *p, const char *what)
{
	return diag_report(p->sink, DIAG_OBJECT_MAP, &object_where(p->obj),
			   "map %s: %s: %s", p->name, p->attribute, what);
}

/* int (*name)[N] is the number N. */
static int read_uint(const struct map_parse *p, uint32_t type, uint32_t *out)
{
	const struct btf *btf = p->obj->btf;
	const struct btf_type *t = btf_type(btf, btf_skip_modifiers(btf, type));

	if (btf_kind(t) != BTF_KIND_PTR)
		return bad_map(p, "not a pointer to an array; use __uint()");
	t = btf_type(btf, t->type);
	if (btf_kind(t) != BTF_KIND_ARRAY)
		return bad_map(p, "not a pointer to an array; use __uint()");
	*out = btf_array(t)->nelems;
	return 0;
}

/* As read_uint, or the first value of an enum. */
static int read_ulong(const struct map_parse *p, uint32_t type, uint64_t *out)
{
	const struct btf *btf = p->obj->btf;
	const struct btf_type *t = btf_type(btf, btf_skip_modifiers(btf, type));
	uint32_t value = 0;
	int err;

	if (btf_kind(t) == BTF_KIND_PTR) {
		err = read_uint(p, type, &value);
		if (!err)
			*out = value;
		return err;
	}
	if (!btf_vlen(t))
		return bad_map(p, "not a number; use __ulong()");
	if (btf_kind(t) == BTF_KIND_ENUM)
		*out = (uint64_t)(int64_t)btf_enums(t)->val;
	else if (btf_kind(t) == BTF_KIND_ENUM64)
		*out = btf_enums64(t)->val_lo32 |
		       (uint64_t)btf_enums64(t)->val_hi32 << 32;
	else
		return bad_map(p, "not a number; use __ulong()");
	return 0;
}

static int parse_type(const struct map_parse *p, uint32_t type)
{
	uint32_t value = 0;
	int err = read_uint(p, type, &value);

	if (!err)
		p->def->type = value;
	return err;
}

static int parse_max_entries(const struct map_parse *p, uint32_t type)
{
	return read_uint(p, type, &p->def->max_entries);
}

static int parse_flags(const struct map_parse *p, uint32_t type)
{
	return read_uint(p, type, &p->def->flags);
}

/* Memory here is on one node, whatever the number. */
static int parse_numa_node(const struct map_parse *p, uint32_t type)
{
	uint32_t node = 0;

	return read_uint(p, type, &node);
}

/* Sets a size, or checks that it is what an earlier member said. */
static int set_size(const struct map_parse *p, uint32_t *size, uint64_t now)
{
	if (now > UINT32_MAX)
		return bad_map(p, "type too large");
	if (*size && *size != now)
		return diag_report(p->sink, DIAG_OBJECT_MAP,
				   &object_where(p->obj), "map %s: %s says "
				   "%llu bytes, another member %u", p->name,
				   p->attribute, (unsigned long long)now,
				   *size);
	*size = (uint32_t)now;
	return 0;
}

static int parse_size(const struct map_parse *p, uint32_t type, uint32_t *size)
{
	uint32_t value = 0;
	int err = read_uint(p, type, &value);

	return err ? err : set_size(p, size, value);
}

static int parse_pointee(const struct map_parse *p, uint32_t type,
			 uint32_t *size, uint32_t *id)
{
	const struct btf *btf = p->obj->btf;
	const struct btf_type *t = btf_type(btf, type);
	int64_t bytes;
	int err;

	if (btf_kind(t) != BTF_KIND_PTR)
		return bad_map(p, "not a pointer; use __type()");
	bytes = btf_size(btf, t->type);
	if (bytes < 0)
		return bad_map(p, "a type without a size");
	err = set_size(p, size, (uint64_t)bytes);
	if (!err)
		*id = t->type;
	return err;
}

static int parse_key_size(const struct map_parse *p, uint32_t type)
{
	return parse_size(p, type, &p->def->key_size);
}

static int parse_value_size(const struct map_parse *p, uint32_t type)
{
	return parse_size(p, type, &p->def->value_size);
}

static int parse_key(const struct map_parse *p, uint32_t type)
{
	return parse_pointee(p, type, &p->def->key_size, &p->def->key_type);
}

static int parse_value(const struct map_parse *p, uint32_t type)
{
	return parse_pointee(p, type, &p->def->value_size,
			     &p->def->value_type);
}

static int parse_pinning(const struct map_parse *p, uint32_t type)
{
	uint32_t value = 0;
	int err;

	if (!p->map)
		return bad_map(p, "inner maps cannot be pinned");
	err = read_uint(p, type, &value);
	if (!err && value > 1)
		return bad_map(p, "neither LIBBPF_PIN_NONE nor "
			       "LIBBPF_PIN_BY_NAME");
	p->map->pin_by_name = value == 1;
	return err;
}

static int parse_map_extra(const struct map_parse *p, uint32_t type)
{
	return read_ulong(p, type, &p->def->extra);
}

static int parse_members(const struct map_parse *p, uint32_t type);

static int parse_inner(const struct map_parse *p, uint32_t type)
{
	struct arena *arena = &p->obj->arena;
	struct map_def *inner = arena_alloc(arena, sizeof(*inner));
	struct map_parse sub = *p;

	if (!inner)
		return object_no_memory(p->obj, p->sink);
	inner->name = arena_printf(arena, "%s.inner", p->name);
	if (!inner->name)
		return object_no_memory(p->obj, p->sink);
	inner->btf = p->obj->btf;
	sub.map = NULL;
	sub.def = inner;
	sub.name = inner->name;
	p->def->inner = inner;
	return parse_members(&sub, type);
}

/* The type that the elements of `values[]` point to, 0 when they do not. */
static uint32_t values_pointee(const struct btf *btf, uint32_t type)
{
	const struct btf_type *t = btf_type(btf, type);

	if (btf_kind(t) != BTF_KIND_ARRAY || btf_array(t)->nelems)
		return 0;
	t = btf_type(btf, btf_skip_modifiers(btf, btf_array(t)->type));
	if (btf_kind(t) != BTF_KIND_PTR)
		return 0;
	return btf_skip_modifiers(btf, t->type);
}

static int parse_values(const struct map_parse *p, uint32_t type)
{
	bool progs = p->def->type == MAP_TYPE_PROG_ARRAY;
	bool maps = p->def->type == MAP_TYPE_ARRAY_OF_MAPS ||
		    p->def->type == MAP_TYPE_HASH_OF_MAPS;
	uint32_t pointee, kind;
	int err;

	if (!p->map)
		return bad_map(p, "maps in maps in maps do not exist");
	if (!p->last)
		return bad_map(p, "must be the last member");
	if (!progs && !maps)
		return bad_map(p, "only map-in-map and prog array types "
			       "have it, and after their type");
	err = set_size(p, &p->def->value_size, 4);
	if (err)
		return err;
	pointee = values_pointee(p->obj->btf, type);
	kind = btf_kind(btf_type(p->obj->btf, pointee));
	if (!pointee || kind != (progs ? BTF_KIND_FUNC_PROTO :
				 BTF_KIND_STRUCT))
		return bad_map(p, progs ? "not an array of functions" :
			       "not an array of map definitions");
	return progs ? 0 : parse_inner(p, pointee);
}

static const struct {
	const char *name;
	int (*parse)(const struct map_parse *p, uint32_t type);
} attributes[] = {
	{ "type",	 parse_type },
	{ "max_entries", parse_max_entries },
	{ "map_flags",	 parse_flags },
	{ "numa_node",	 parse_numa_node },
	{ "key_size",	 parse_key_size },
	{ "key",	 parse_key },
	{ "value_size",	 parse_value_size },
	{ "value",	 parse_value },
	{ "values",	 parse_values },
	{ "pinning",	 parse_pinning },
	{ "map_extra",	 parse_map_extra },
};

static int parse_member(const struct map_parse *p, uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		if (str_eq(attributes[i].name, p->attribute))
			return attributes[i].parse(p, type);
	}
	return bad_map(p, "no such attribute of a map");
}

static int parse_members(const struct map_parse *p, uint32_t type)
{
	const struct btf *btf = p->obj->btf;
	const struct btf_type *t = btf_type(btf, type);
	struct map_parse sub = *p;
	int err = 0;

	for (uint32_t i = 0; !err && i < btf_vlen(t); i++) {
		sub.attribute = btf_str(btf, btf_members(t)[i].name_off);
		sub.last = i + 1 == btf_vlen(t);
		err = parse_member(&sub, btf_members(t)[i].type);
	}
	sub.attribute = "type";
	if (!err && p->def->type == MAP_TYPE_UNSPEC)
		return bad_map(&sub, "not given");
	return err;
}

/* The next power of two of pages, as libbpf rounds a ring buffer up. */
static uint32_t ring_size(uint32_t size)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t rounded = round_up_pow2(MAX((uint64_t)size, page));

	return !size || rounded > UINT32_MAX ? size : (uint32_t)rounded;
}

static void round_ring(struct map_def *def)
{
	if (def->type == MAP_TYPE_RINGBUF ||
	    def->type == MAP_TYPE_USER_RINGBUF)
		def->max_entries = ring_size(def->max_entries);
}

static int read_map(struct object *obj, const struct elf_section *sec,
		    const struct btf_var_secinfo *info, struct diag_sink *sink)
{
	const struct btf_type *var = btf_type(obj->btf, info->type), *t;
	struct map_parse p = { .obj = obj, .sink = sink, .attribute = "" };
	uint32_t type;
	int err;

	if (btf_kind(var) != BTF_KIND_VAR)
		return 0;
	p.name = btf_str(obj->btf, var->name_off);
	if (*(const uint32_t *)(var + 1) != BTF_VAR_GLOBAL_ALLOCATED)
		return bad_map(&p, "maps are global and defined here");
	type = btf_skip_modifiers(obj->btf, var->type);
	t = btf_type(obj->btf, type);
	if (btf_kind(t) != BTF_KIND_STRUCT)
		return bad_map(&p, "not a struct");
	if (!range_fits(info->offset, info->size, sec->size) ||
	    t->size > info->size)
		return bad_map(&p, "its definition does not lie inside .maps");
	p.map = object_add_map(obj, sec->name, info->offset);
	if (!p.map)
		return object_no_memory(obj, sink);
	p.def = &p.map->def;
	p.def->name = p.name;
	p.def->btf = obj->btf;
	err = parse_members(&p, type);
	if (!err)
		round_ring(p.def);
	return err;
}

int object_read_btf_maps(struct object *obj, struct diag_sink *sink)
{
	const struct elf_section *sec = elf_section_by_name(&obj->elf, ".maps");
	uint32_t id = object_datasec(obj, ".maps");
	const struct btf_type *t;
	int err = 0;

	if (!sec || obj->sections[sec->index].role != ROLE_BTF_MAPS)
		return 0;
	if (!id)
		return diag_report(sink, DIAG_OBJECT_MAP, &object_where(obj),
				   "section .maps without types in .BTF; "
				   "compile with -g");
	t = btf_type(obj->btf, id);
	for (uint32_t i = 0; !err && i < btf_vlen(t); i++)
		err = read_map(obj, sec, &btf_var_secinfos(t)[i], sink);
	return err;
}
