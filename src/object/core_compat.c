/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which types may stand for each other. Three relations, from loose to
 * strict, all of them after const, volatile, typedefs and tags:
 *
 *	fields fit	a field may be read as the other: structs and
 *			pointers always, enums by name, integers of any size
 *	types fit	same kind all the way through pointers and arrays,
 *			same number of parameters
 *	types match	same names, sizes and signs; every local member and
 *			enumerator exists in the target
 */
#include <errno.h>
#include <string.h>

#include "object/core.h"

#define LEVELS	32

/* Two types under comparison, and how much more work it may cost. */
struct walk {
	const struct btf *local, *target;
	uint32_t *budget;
	int levels;
	bool behind_ptr;
};

/* Bit offset of a deprecated kind of integer field: such fit nothing. */
static uint32_t int_offset(const struct btf_type *t)
{
	return BTF_INT_OFFSET(btf_int_data(t));
}

size_t core_name_len(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = len < 5 ? 0 : len - 4; i-- > 0;) {
		if (name[i] != '_' && !strncmp(name + i + 1, "___", 3) &&
		    name[i + 4] != '_')
			return i + 1;
	}
	return len;
}

bool core_names_fit(const char *a, const char *b)
{
	size_t len = core_name_len(a);

	return len == core_name_len(b) && !strncmp(a, b, len);
}

const char *core_enumerator(const struct btf *btf, const struct btf_type *t,
			    uint32_t i)
{
	return btf_str(btf, btf_kind(t) == BTF_KIND_ENUM ?
		       btf_enums(t)[i].name_off : btf_enums64(t)[i].name_off);
}

static bool enum_fields_fit(const struct btf *local, const struct btf_type *lt,
			    const struct btf *target,
			    const struct btf_type *tt)
{
	const char *a = btf_str(local, lt->name_off);
	const char *b = btf_str(target, tt->name_off);

	return !*a || !*b || core_names_fit(a, b);
}

int core_fields_fit(const struct btf *local, uint32_t local_id,
		    const struct btf *target, uint32_t target_id)
{
	const struct btf_type *lt = core_skip(local, &local_id);
	const struct btf_type *tt = core_skip(target, &target_id);

	while (btf_kind(lt) == BTF_KIND_ARRAY &&
	       btf_kind(tt) == BTF_KIND_ARRAY) {
		local_id = btf_array(lt)->type;
		target_id = btf_array(tt)->type;
		lt = core_skip(local, &local_id);
		tt = core_skip(target, &target_id);
	}
	if (core_is_struct(lt) && core_is_struct(tt))
		return 1;
	if (!core_kinds_fit(lt, tt))
		return 0;
	switch (btf_kind(lt)) {
	case BTF_KIND_PTR:
	case BTF_KIND_FLOAT:
		return 1;
	case BTF_KIND_FWD:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return enum_fields_fit(local, lt, target, tt);
	case BTF_KIND_INT:
		return !int_offset(lt) && !int_offset(tt);
	default:
		return 0;
	}
}

static int spend(struct walk *walk)
{
	if (!*walk->budget)
		return -E2BIG;
	--*walk->budget;
	return 0;
}

static int walk_fit(struct walk walk, uint32_t local_id, uint32_t target_id);

static int params_fit(struct walk walk, const struct btf_type *lt,
		      const struct btf_type *tt)
{
	if (btf_vlen(lt) != btf_vlen(tt))
		return 0;
	if (walk.levels-- <= 0)
		return -EINVAL;
	for (uint32_t i = 0; i < btf_vlen(lt); i++) {
		int fit = walk_fit(walk, btf_params(lt)[i].type,
				   btf_params(tt)[i].type);

		if (fit <= 0)
			return fit;
	}
	return walk_fit(walk, lt->type, tt->type);
}

static int walk_fit(struct walk walk, uint32_t local_id, uint32_t target_id)
{
	for (int depth = LEVELS; depth > 0; depth--) {
		const struct btf_type *lt = core_skip(walk.local, &local_id);
		const struct btf_type *tt = core_skip(walk.target, &target_id);

		if (spend(&walk))
			return -E2BIG;
		if (!core_kinds_fit(lt, tt))
			return 0;
		switch (btf_kind(lt)) {
		case BTF_KIND_INT:
			return !int_offset(lt) && !int_offset(tt);
		case BTF_KIND_PTR:
			local_id = lt->type;
			target_id = tt->type;
			break;
		case BTF_KIND_ARRAY:
			local_id = btf_array(lt)->type;
			target_id = btf_array(tt)->type;
			break;
		case BTF_KIND_FUNC_PROTO:
			return params_fit(walk, lt, tt);
		default:
			return btf_kind(lt) == BTF_KIND_UNKN ||
			       btf_kind(lt) == BTF_KIND_FWD ||
			       core_is_struct(lt) || core_is_enum(lt);
		}
	}
	return -EINVAL;
}

int core_types_fit(const struct btf *local, uint32_t local_id,
		   const struct btf *target, uint32_t target_id)
{
	uint32_t budget = CORE_BUDGET;
	struct walk walk = { local, target, &budget, LEVELS, false };

	if (!core_kinds_fit(btf_type(local, local_id),
			    btf_type(target, target_id)))
		return 0;
	return walk_fit(walk, local_id, target_id);
}

static int walk_match(struct walk walk, uint32_t local_id, uint32_t target_id);

static bool has_enumerator(const struct walk *walk, const struct btf_type *tt,
			   const char *name)
{
	for (uint32_t i = 0; i < btf_vlen(tt); i++) {
		if (core_names_fit(name, core_enumerator(walk->target, tt, i)))
			return true;
	}
	return false;
}

static int enums_match(struct walk *walk, const struct btf_type *lt,
		       const struct btf_type *tt)
{
	if (!core_is_enum(tt) || lt->size != tt->size ||
	    btf_vlen(lt) > btf_vlen(tt))
		return 0;
	for (uint32_t i = 0; i < btf_vlen(lt); i++) {
		if (spend(walk))
			return -E2BIG;
		if (!has_enumerator(walk, tt,
				    core_enumerator(walk->local, lt, i)))
			return 0;
	}
	return 1;
}

static int member_match(struct walk walk, const struct btf_member *member,
			const struct btf_type *tt)
{
	const char *name = btf_str(walk.local, member->name_off);

	for (uint32_t i = 0; i < btf_vlen(tt); i++) {
		const struct btf_member *other = &btf_members(tt)[i];
		int match;

		if (spend(&walk))
			return -E2BIG;
		if (!core_names_fit(name, btf_str(walk.target,
						  other->name_off)))
			continue;
		match = walk_match(walk, member->type, other->type);
		if (match)
			return match;
	}
	return 0;
}

static int structs_match(struct walk walk, const struct btf_type *lt,
			 const struct btf_type *tt)
{
	if (walk.behind_ptr) {
		if (btf_kind(lt) == btf_kind(tt))
			return 1;
		return btf_kind(tt) == BTF_KIND_FWD &&
		       (btf_kind(lt) == BTF_KIND_UNION) == btf_kflag(tt);
	}
	if (btf_kind(lt) != btf_kind(tt) || btf_vlen(lt) > btf_vlen(tt))
		return 0;
	walk.levels--;
	for (uint32_t i = 0; i < btf_vlen(lt); i++) {
		int match = member_match(walk, &btf_members(lt)[i], tt);

		if (match <= 0)
			return match;
	}
	return 1;
}

static int forwards_match(const struct walk *walk, const struct btf_type *lt,
			  const struct btf_type *tt)
{
	if (btf_kind(tt) == BTF_KIND_FWD)
		return btf_kflag(lt) == btf_kflag(tt);
	return walk->behind_ptr &&
	       btf_kind(tt) == (btf_kflag(lt) ? BTF_KIND_UNION :
				BTF_KIND_STRUCT);
}

static int ints_match(const struct btf_type *lt, const struct btf_type *tt)
{
	return btf_kind(tt) == BTF_KIND_INT && lt->size == tt->size &&
	       !((BTF_INT_ENCODING(btf_int_data(lt)) ^
		  BTF_INT_ENCODING(btf_int_data(tt))) & BTF_INT_SIGNED);
}

static int protos_match(struct walk walk, const struct btf_type *lt,
			const struct btf_type *tt)
{
	if (btf_kind(tt) != BTF_KIND_FUNC_PROTO ||
	    btf_vlen(lt) != btf_vlen(tt))
		return 0;
	walk.levels--;
	for (uint32_t i = 0; i < btf_vlen(lt); i++) {
		int match = walk_match(walk, btf_params(lt)[i].type,
				       btf_params(tt)[i].type);

		if (match <= 0)
			return match;
	}
	return walk_match(walk, lt->type, tt->type);
}

/* Everything that does not lead on to one further type. */
static int leaves_match(struct walk *walk, const struct btf_type *lt,
			const struct btf_type *tt)
{
	switch (btf_kind(lt)) {
	case BTF_KIND_UNKN:
		return btf_kind(tt) == BTF_KIND_UNKN;
	case BTF_KIND_FWD:
		return forwards_match(walk, lt, tt);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return enums_match(walk, lt, tt);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return structs_match(*walk, lt, tt);
	case BTF_KIND_INT:
		return ints_match(lt, tt);
	case BTF_KIND_FUNC_PROTO:
		return protos_match(*walk, lt, tt);
	default:
		return 0;
	}
}

static int walk_match(struct walk walk, uint32_t local_id, uint32_t target_id)
{
	if (walk.levels <= 0)
		return -EINVAL;
	for (int depth = LEVELS; depth > 0; depth--) {
		const struct btf_type *lt = core_skip(walk.local, &local_id);
		const struct btf_type *tt = core_skip(walk.target, &target_id);
		uint32_t kind = btf_kind(lt);

		if (spend(&walk))
			return -E2BIG;
		if (!core_names_fit(btf_str(walk.local, lt->name_off),
				    btf_str(walk.target, tt->name_off)))
			return 0;
		if (kind != BTF_KIND_PTR && kind != BTF_KIND_ARRAY)
			return leaves_match(&walk, lt, tt);
		if (kind != btf_kind(tt))
			return 0;
		if (kind == BTF_KIND_PTR) {
			walk.behind_ptr = true;
			local_id = lt->type;
			target_id = tt->type;
			continue;
		}
		if (btf_array(lt)->nelems != btf_array(tt)->nelems)
			return 0;
		local_id = btf_array(lt)->type;
		target_id = btf_array(tt)->type;
	}
	return -EINVAL;
}

int core_types_match(const struct btf *local, uint32_t local_id,
		     const struct btf *target, uint32_t target_id)
{
	uint32_t budget = CORE_BUDGET;
	struct walk walk = { local, target, &budget, LEVELS, false };

	return walk_match(walk, local_id, target_id);
}
