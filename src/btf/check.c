/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Second pass: each type by itself. Names, ids and numbers are in range and
 * say something sensible for their kind, as the kernel's btf_check_meta asks.
 * Sections of variables are taken as compilers leave them, without size and
 * offsets; when they have a size their variables must be in order inside it.
 * gcc's signed chars are SIGNED and CHAR, and functions that it only declares
 * have no name; both are taken though the kernel refuses them.
 *
 * Not here: identifiers are not held to C's spelling, since other languages
 * have BTF too; what types say about one another is nesting.c's.
 */
#include <errno.h>

#include "btf/parsed.h"
#include "spec/diags.h"

#define INT_ENCODING(data)	(((data) >> 24) & 0x0f)
#define INT_BITS_MAX		128
#define INT_FLAGS		(BTF_INT_SIGNED | BTF_INT_CHAR | BTF_INT_BOOL)

struct type_at {
	struct btf_pass *pass;
	const struct btf_type *t;
	uint32_t id;
};

static int refuse(const struct type_at *at, enum diag_id row,
		  const char *what, uint64_t value)
{
	return diag_report(at->pass->sink, row, &at->pass->where,
			   "type [%u] %s: %s (%llu)", at->id,
			   btf_kinds[btf_kind(at->t)].name, what,
			   (unsigned long long)value);
}

static int bad(const struct type_at *at, const char *what, uint64_t value)
{
	return refuse(at, DIAG_BTF_TYPE, what, value);
}

static int check_name(const struct type_at *at, uint32_t off)
{
	const struct btf *btf = at->pass->btf;

	if (off - (uint64_t)btf->first_str < btf->strs_len ||
	    off < btf->first_str)
		return 0;
	return refuse(at, DIAG_BTF_STRINGS, "name outside the strings", off);
}

/* What types are made of must exist, and be void or a type. */
static int check_ref(const struct type_at *at, uint32_t id)
{
	const struct btf *btf = at->pass->btf;

	if (id >= btf->cnt)
		return refuse(at, DIAG_BTF_REF, "refers to a missing type", id);
	if (btf_kind_is(btf_type(btf, id), BTF_KIND_IS_DECL))
		return refuse(at, DIAG_BTF_REF, "refers to what is no type",
			      id);
	return 0;
}

/* Kind of `id` if there is such a type, else BTF_KIND_UNKN. */
static uint32_t kind_of(const struct type_at *at, uint32_t id)
{
	const struct btf *btf = at->pass->btf;

	return id < btf->cnt ? btf_kind(btf_type(btf, id)) : BTF_KIND_UNKN;
}

static int check_int(const struct type_at *at)
{
	uint32_t data = btf_int_data(at->t);
	uint32_t bits = BTF_INT_BITS(data) + BTF_INT_OFFSET(data);
	uint32_t encoding = INT_ENCODING(data);

	if (data & 0xf0000000u)
		return bad(at, "unknown bits set", data);
	if (bits > INT_BITS_MAX || bits > at->t->size * 8ull)
		return bad(at, "more bits than its size holds", bits);
	if (encoding & ~INT_FLAGS)
		return bad(at, "unknown encoding", encoding);
	return 0;
}

static int check_array(const struct type_at *at)
{
	const struct btf_array *array = btf_array(at->t);
	int err = check_ref(at, array->type);

	return err ? err : check_ref(at, array->index_type);
}

static int check_members(const struct type_at *at)
{
	const struct btf_member *member = btf_members(at->t);
	int err = 0;

	for (uint32_t i = 0; i < btf_vlen(at->t) && !err; i++, member++) {
		err = check_name(at, member->name_off);
		if (!err)
			err = check_ref(at, member->type);
		if (!err && btf_kind(at->t) == BTF_KIND_UNION &&
		    btf_member_bit_offset(at->t, i))
			err = bad(at, "a union's member has an offset", i);
	}
	return err;
}

/* An enum that is only declared has neither values nor a size. */
static int check_enum_size(const struct type_at *at)
{
	uint32_t size = at->t->size;

	if (!size && !btf_vlen(at->t))
		return 0;
	if (size > 8 || !size || (size & (size - 1)))
		return bad(at, "size is not 1, 2, 4 or 8", size);
	return 0;
}

static int check_enum(const struct type_at *at)
{
	int err = check_enum_size(at);

	for (uint32_t i = 0; i < btf_vlen(at->t) && !err; i++)
		err = check_name(at, btf_enums(at->t)[i].name_off);
	return err;
}

static int check_enum64(const struct type_at *at)
{
	int err = check_enum_size(at);

	for (uint32_t i = 0; i < btf_vlen(at->t) && !err; i++)
		err = check_name(at, btf_enums64(at->t)[i].name_off);
	return err;
}

static int check_func(const struct type_at *at)
{
	if (btf_vlen(at->t) > BTF_FUNC_EXTERN)
		return bad(at, "unknown linkage", btf_vlen(at->t));
	if (kind_of(at, at->t->type) != BTF_KIND_FUNC_PROTO)
		return refuse(at, DIAG_BTF_REF, "refers to no FUNC_PROTO",
			      at->t->type);
	return 0;
}

static int check_func_proto(const struct type_at *at)
{
	const struct btf_param *param = btf_params(at->t);
	uint32_t cnt = btf_vlen(at->t);
	int err = 0;

	for (uint32_t i = 0; i < cnt && !err; i++, param++) {
		err = check_name(at, param->name_off);
		if (!err)
			err = check_ref(at, param->type);
		if (!err && !param->type && i + 1 < cnt)
			err = bad(at, "a parameter is void", i);
	}
	return err;
}

static int check_var(const struct type_at *at)
{
	uint32_t linkage = *(const uint32_t *)(at->t + 1);

	return linkage > BTF_VAR_GLOBAL_EXTERN ?
	       bad(at, "unknown linkage", linkage) : 0;
}

static int check_datasec(const struct type_at *at)
{
	const struct btf_var_secinfo *var = btf_var_secinfos(at->t);
	uint64_t end = 0;

	for (uint32_t i = 0; i < btf_vlen(at->t); i++, var++) {
		uint32_t kind = kind_of(at, var->type);

		if (kind != BTF_KIND_VAR && kind != BTF_KIND_FUNC)
			return refuse(at, DIAG_BTF_REF,
				      "holds no VAR but type", var->type);
		if (!at->t->size)
			continue;
		if (var->offset < end)
			return bad(at, "variables overlap", var->offset);
		end = (uint64_t)var->offset + var->size;
		if (end > at->t->size)
			return bad(at, "a variable ends outside", end);
	}
	return 0;
}

static int check_float(const struct type_at *at)
{
	uint32_t size = at->t->size;

	if (size != 2 && size != 4 && size != 8 && size != 12 && size != 16)
		return bad(at, "no floating point number has this size", size);
	return 0;
}

/* A tag's component is -1 (all of it), or one member or parameter. */
static int check_decl_tag(const struct type_at *at)
{
	const struct btf *btf = at->pass->btf;
	int32_t component = *(const int32_t *)(at->t + 1);
	const struct btf_type *target;

	if (!at->t->type || at->t->type >= btf->cnt)
		return refuse(at, DIAG_BTF_REF, "tags a missing type",
			      at->t->type);
	if (component == -1)
		return 0;
	target = btf_type(btf, at->t->type);
	if (btf_kind(target) == BTF_KIND_FUNC &&
	    kind_of(at, target->type) == BTF_KIND_FUNC_PROTO)
		target = btf_type(btf, target->type);
	if (component < 0 || (uint32_t)component >= btf_vlen(target))
		return bad(at, "component_idx out of range",
			   (uint32_t)component);
	return 0;
}

static int (*const kind_checks[NR_BTF_KINDS])(const struct type_at *at) = {
	[BTF_KIND_INT]		= check_int,
	[BTF_KIND_ARRAY]	= check_array,
	[BTF_KIND_STRUCT]	= check_members,
	[BTF_KIND_UNION]	= check_members,
	[BTF_KIND_ENUM]		= check_enum,
	[BTF_KIND_FUNC]		= check_func,
	[BTF_KIND_FUNC_PROTO]	= check_func_proto,
	[BTF_KIND_VAR]		= check_var,
	[BTF_KIND_DATASEC]	= check_datasec,
	[BTF_KIND_FLOAT]	= check_float,
	[BTF_KIND_DECL_TAG]	= check_decl_tag,
	[BTF_KIND_ENUM64]	= check_enum64,
};

static int check_type(const struct type_at *at)
{
	const struct btf_type *t = at->t;
	uint32_t kind = btf_kind(t);
	int err = check_name(at, t->name_off);

	if (err)
		return err;
	if (btf_kind_is(t, BTF_KIND_IS_NAMED) &&
	    !*btf_str(at->pass->btf, t->name_off))
		return bad(at, "has no name", t->name_off);
	if (btf_kind_is(t, BTF_KIND_IS_NAMELESS) && t->name_off)
		return bad(at, "has a name", t->name_off);
	if (btf_kind_is(t, BTF_KIND_IS_REF)) {
		err = check_ref(at, t->type);
		if (err)
			return err;
	}
	return kind_checks[kind] ? kind_checks[kind](at) : 0;
}

int btf_check_types(struct btf_pass *pass)
{
	struct btf *btf = pass->btf;

	for (uint32_t id = btf->first_id; id < btf->cnt; id++) {
		struct type_at at = { pass, btf_type(btf, id), id };
		int err = check_type(&at);

		if (err)
			return err;
	}
	return 0;
}
