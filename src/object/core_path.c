/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths. "0:2:3" is: element 0 of what the pointer points to, member 2 of
 * it, member or element 3 of that. Members without a name are passed
 * through, so a path keeps only steps that have a meaning in another layout:
 * names and indices. An enumerator's path is its index, found by name.
 *
 * Finding a path in a candidate follows these steps; a name is looked for in
 * unnamed members too, as C does.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "object/core.h"

bool core_is_field(uint32_t kind)
{
	return kind <= BPF_CORE_FIELD_RSHIFT_U64;
}

bool core_is_enumerator(uint32_t kind)
{
	return kind == BPF_CORE_ENUMVAL_EXISTS ||
	       kind == BPF_CORE_ENUMVAL_VALUE;
}

bool core_is_type(uint32_t kind)
{
	return !core_is_field(kind) && !core_is_enumerator(kind) &&
	       kind <= BPF_CORE_TYPE_MATCHES;
}

/* One number of the text, at most INT32_MAX; false when there is none. */
static bool take_index(const char **text, uint32_t *out)
{
	char *end;
	unsigned long value;

	if (**text < '0' || **text > '9')
		return false;
	value = strtoul(*text, &end, 10);
	if (value > INT32_MAX || (*end && *end != ':'))
		return false;
	*text = *end ? end + 1 : end;
	*out = (uint32_t)value;
	return true;
}

static struct core_step *add_step(struct core_path *path, uint32_t type,
				  uint32_t index, const char *name)
{
	struct core_step *step;

	if (path->steps_cnt == CORE_DEPTH)
		return NULL;
	step = &path->steps[path->steps_cnt++];
	*step = (struct core_step){ type, index, name };
	return step;
}

/* [] at the end of a struct takes any index. */
static bool is_flexible(const struct core_path *path,
			const struct btf_array *array)
{
	const struct core_step *last;

	if (array->nelems || !path->steps_cnt)
		return false;
	last = &path->steps[path->steps_cnt - 1];
	return last->name &&
	       last->index + 1 == btf_vlen(btf_type(path->btf, last->type));
}

static int step_index(struct core_path *path, uint32_t type, uint32_t index)
{
	int64_t size = btf_size(path->btf, type);

	if (size < 0)
		return (int)size;
	if (!add_step(path, type, index, NULL))
		return -E2BIG;
	path->bit_offset += (uint64_t)index * (uint64_t)size * 8;
	return 0;
}

/* One number of the access string, from type *id, which moves on. */
static int parse_step(struct core_path *path, uint32_t *id, uint32_t index)
{
	const struct btf_type *t = core_skip(path->btf, id);
	const struct btf_array *array;
	const char *name;

	if (core_is_struct(t)) {
		if (index >= btf_vlen(t))
			return -EINVAL;
		name = btf_str(path->btf, btf_members(t)[index].name_off);
		path->bit_offset += btf_member_bit_offset(t, index);
		if (*name && !add_step(path, *id, index, name))
			return -E2BIG;
		*id = btf_members(t)[index].type;
		return 0;
	}
	if (btf_kind(t) != BTF_KIND_ARRAY)
		return -EINVAL;
	array = btf_array(t);
	if (!is_flexible(path, array) && index >= array->nelems)
		return -EINVAL;
	*id = btf_skip_modifiers(path->btf, array->type);
	return step_index(path, *id, index);
}

static int parse_enumerator(struct core_path *path, uint32_t id,
			    uint32_t index, const char *rest)
{
	const struct btf_type *t = btf_type(path->btf, id);

	if (*rest || !core_is_enum(t) || index >= btf_vlen(t))
		return -EINVAL;
	add_step(path, id, index, core_enumerator(path->btf, t, index));
	return 0;
}

int core_path_parse(struct core_path *path, const struct btf *btf,
		    const struct btf_core_relo *relo)
{
	const char *text = relo->access;
	uint32_t index, id, depth = 0;
	int err;

	memset(path, 0, sizeof(*path));
	path->btf = btf;
	path->root = relo->type_id;
	path->kind = relo->kind;
	if (core_is_type(relo->kind))
		return str_eq(text, "0") ? 0 : -EINVAL;
	if (!take_index(&text, &index))
		return -EINVAL;
	id = btf_skip_modifiers(btf, relo->type_id);
	if (core_is_enumerator(relo->kind))
		return parse_enumerator(path, id, index, text);
	if (!core_is_field(relo->kind))
		return -EINVAL;
	err = step_index(path, id, index);
	while (!err && *text) {
		if (++depth == CORE_DEPTH)
			return -E2BIG;
		if (!take_index(&text, &index))
			return -EINVAL;
		err = parse_step(path, &id, index);
	}
	return err;
}

/* Where finding a path stands. */
struct finder {
	struct core_path *out;
	const struct core_path *local;
	uint32_t id;		/* the candidate's type at this point */
	uint32_t budget;
};

static int find_member(struct finder *f, const struct core_step *want,
		       uint32_t id);

/* Member `i` of struct `id`: the one we want, or holding it unnamed? */
static int try_member(struct finder *f, const struct core_step *want,
		      uint32_t id, uint32_t i)
{
	struct core_path *out = f->out;
	const struct btf_type *t = btf_type(out->btf, id), *lt;
	const struct btf_member *member = &btf_members(t)[i];
	const char *name = btf_str(out->btf, member->name_off);
	int fit;

	if (!*name)
		return find_member(f, want, member->type);
	if (!str_eq(name, want->name))
		return 0;
	lt = btf_type(f->local->btf, want->type);
	fit = core_fields_fit(f->local->btf,
			      btf_members(lt)[want->index].type, out->btf,
			      member->type);
	if (fit <= 0)
		return fit ? fit : -ENOENT;
	if (!add_step(out, id, i, name))
		return -E2BIG;
	f->id = member->type;
	return 1;
}

/* 1 found, 0 not here, -ENOENT found but of a type that does not fit. */
static int find_member(struct finder *f, const struct core_step *want,
		       uint32_t id)
{
	struct core_path *out = f->out;
	const struct btf_type *t = core_skip(out->btf, &id);

	if (!core_is_struct(t))
		return 0;
	if (out->depth == CORE_DEPTH)
		return -E2BIG;
	out->depth++;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		uint32_t bits = btf_member_bit_offset(t, i);
		int found;

		if (!f->budget--)
			return -E2BIG;
		out->bit_offset += bits;
		found = try_member(f, want, id, i);
		if (found)
			return found;
		out->bit_offset -= bits;
	}
	out->depth--;
	return 0;
}

static int find_element(struct finder *f, const struct core_step *want,
			bool first)
{
	const struct btf_type *t = core_skip(f->out->btf, &f->id);
	int err;

	if (!first) {
		if (btf_kind(t) != BTF_KIND_ARRAY)
			return 0;
		if (!is_flexible(f->out, btf_array(t)) &&
		    want->index >= btf_array(t)->nelems)
			return 0;
		f->id = btf_skip_modifiers(f->out->btf, btf_array(t)->type);
	}
	err = step_index(f->out, f->id, want->index);
	return err ? err : 1;
}

static int find_enumerator(struct core_path *out,
			   const struct core_path *local, uint32_t id)
{
	const struct btf_type *t = core_skip(out->btf, &id);

	if (!core_is_enum(t))
		return 0;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const char *name = core_enumerator(out->btf, t, i);

		if (core_names_fit(local->steps[0].name, name)) {
			add_step(out, id, i, name);
			return 1;
		}
	}
	return 0;
}

static int find_field(struct core_path *out, const struct core_path *local,
		      uint32_t id)
{
	struct finder f = { .out = out, .local = local, .id = id,
			    .budget = CORE_BUDGET };
	int found = 1;

	for (uint32_t i = 0; found > 0 && i < local->steps_cnt; i++) {
		const struct core_step *want = &local->steps[i];

		found = want->name ? find_member(&f, want, f.id) :
			find_element(&f, want, i == 0);
	}
	return found == -ENOENT ? 0 : found;
}

int core_path_find(struct core_path *out, const struct core_path *local,
		   const struct btf *target, uint32_t id)
{
	memset(out, 0, sizeof(*out));
	out->btf = target;
	out->root = id;
	out->kind = local->kind;
	if (local->kind == BPF_CORE_TYPE_MATCHES)
		return core_types_match(local->btf, local->root, target, id);
	if (core_is_type(local->kind))
		return core_types_fit(local->btf, local->root, target, id);
	if (core_is_enumerator(local->kind))
		return find_enumerator(out, local, id);
	return find_field(out, local, id);
}
