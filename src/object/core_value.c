/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The value that a path stands for, by relocation kind. Offsets and sizes of
 * a bit field are those of the naturally aligned word that a program loads
 * to read it; the two shifts then cut the field out of 64 bits.
 *
 * When no candidate has the path: existence and type kinds are 0, all others
 * have no value and poison the instruction.
 */
#include <errno.h>
#include <linux/bpf.h>

#include "object/core.h"

/* Where a field lies. */
struct place {
	uint32_t type;		/* modifiers skipped */
	uint64_t byte_offset, bit_offset;
	uint64_t byte_size, bit_size;
	bool bitfield;
};

/* The smallest aligned word of up to 8 bytes that holds the bit field. */
static int place_bits(struct place *at, uint64_t unit)
{
	if (!unit)
		return -EINVAL;
	for (;; unit *= 2) {
		at->byte_offset = at->bit_offset / 8 / unit * unit;
		if (at->bit_offset + at->bit_size - at->byte_offset * 8 <=
		    unit * 8)
			break;
		if (unit >= 8)
			return -E2BIG;
	}
	at->byte_size = unit;
	return 0;
}

static int place_member(const struct core_path *path, struct place *at)
{
	const struct core_step *last = &path->steps[path->steps_cnt - 1];
	const struct btf_type *t = btf_type(path->btf, last->type);
	int64_t size;

	at->type = btf_skip_modifiers(path->btf,
				      btf_members(t)[last->index].type);
	at->bit_offset = path->bit_offset;
	at->bit_size = btf_member_bit_size(t, last->index);
	at->bitfield = at->bit_size > 0;
	size = btf_size(path->btf, at->type);
	if (size < 0)
		return -EINVAL;
	if (at->bitfield)
		return place_bits(at, (uint64_t)size);
	at->byte_size = (uint64_t)size;
	at->byte_offset = path->bit_offset / 8;
	at->bit_size = at->byte_size * 8;
	return 0;
}

static bool is_signed(const struct btf_type *t)
{
	if (core_is_enum(t))
		return btf_kflag(t);
	return btf_kind(t) == BTF_KIND_INT &&
	       (BTF_INT_ENCODING(btf_int_data(t)) & BTF_INT_SIGNED);
}

static uint64_t left_shift(const struct place *at)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return 64 - (at->bit_offset + at->bit_size - at->byte_offset * 8);
#else
	return (8 - at->byte_size) * 8 + at->bit_offset - at->byte_offset * 8;
#endif
}

static int member_value(const struct core_path *path, struct core_value *out)
{
	struct place at = { 0 };
	int err = place_member(path, &at);

	if (err)
		return err;
	out->exact = !at.bitfield;
	switch (path->kind) {
	case BPF_CORE_FIELD_BYTE_OFFSET:
		out->value = at.byte_offset;
		if (!at.bitfield) {
			out->size = (uint32_t)at.byte_size;
			out->type = at.type;
		}
		return 0;
	case BPF_CORE_FIELD_BYTE_SIZE:
		out->value = at.byte_size;
		return 0;
	case BPF_CORE_FIELD_SIGNED:
		out->value = is_signed(btf_type(path->btf, at.type));
		out->exact = true;
		return 0;
	case BPF_CORE_FIELD_LSHIFT_U64:
		out->value = left_shift(&at);
		return 0;
	case BPF_CORE_FIELD_RSHIFT_U64:
		out->value = 64 - at.bit_size;
		out->exact = true;
		return 0;
	default:
		return -EINVAL;
	}
}

/* A path that ends in an index has an offset and a size, no more. */
static int element_value(const struct core_path *path, struct core_value *out)
{
	const struct core_step *last = &path->steps[path->steps_cnt - 1];
	int64_t size = btf_size(path->btf, last->type);

	if (size < 0)
		return -EINVAL;
	if (path->kind == BPF_CORE_FIELD_BYTE_SIZE) {
		out->value = (uint64_t)size;
		return 0;
	}
	if (path->kind != BPF_CORE_FIELD_BYTE_OFFSET)
		return -EINVAL;
	out->value = path->bit_offset / 8;
	out->size = (uint32_t)size;
	out->type = last->type;
	return 0;
}

static int field_value(const struct core_path *path, struct core_value *out)
{
	if (path->kind == BPF_CORE_FIELD_EXISTS)
		out->value = 1;
	else if (path->steps[path->steps_cnt - 1].name)
		return member_value(path, out);
	else
		return element_value(path, out);
	return 0;
}

static int type_value(const struct core_path *path, struct core_value *out)
{
	int64_t size;

	switch (path->kind) {
	case BPF_CORE_TYPE_ID_LOCAL:
	case BPF_CORE_TYPE_ID_TARGET:
		out->value = path->root;
		out->exact = false;
		return 0;
	case BPF_CORE_TYPE_SIZE:
		size = btf_size(path->btf, path->root);
		if (size < 0)
			return -EINVAL;
		out->value = (uint64_t)size;
		return 0;
	default:
		out->value = 1;
		return 0;
	}
}

static int enumerator_value(const struct core_path *path,
			    struct core_value *out)
{
	const struct core_step *step = &path->steps[0];
	const struct btf_type *t = btf_type(path->btf, step->type);

	if (path->kind == BPF_CORE_ENUMVAL_EXISTS) {
		out->value = 1;
	} else if (btf_kind(t) == BTF_KIND_ENUM) {
		out->value = (uint64_t)(int64_t)btf_enums(t)[step->index].val;
	} else {
		const struct btf_enum64 *e = &btf_enums64(t)[step->index];

		out->value = e->val_lo32 | (uint64_t)e->val_hi32 << 32;
	}
	return 0;
}

static int path_value(const struct core_path *path, struct core_value *out)
{
	*out = (struct core_value){ .exact = true };
	if (core_is_field(path->kind))
		return field_value(path, out);
	if (core_is_enumerator(path->kind))
		return enumerator_value(path, out);
	return type_value(path, out);
}

static void no_value(uint32_t kind, struct core_value *out)
{
	*out = (struct core_value){ 0 };
	out->poison = kind == BPF_CORE_ENUMVAL_VALUE ||
		      (core_is_field(kind) && kind != BPF_CORE_FIELD_EXISTS);
}

/*
 * A load may become wider or narrower when upper bits are zero on both
 * sides: pointers, and integers that are not signed.
 */
static bool can_resize(const struct core_path *local,
		       const struct core_path *found,
		       const struct core_patch *patch)
{
	const struct btf_type *a = btf_type(local->btf, patch->from.type);
	const struct btf_type *b = btf_type(found->btf, patch->to.type);

	if (btf_kind(a) == BTF_KIND_PTR && btf_kind(b) == BTF_KIND_PTR)
		return true;
	return btf_kind(a) == BTF_KIND_INT && btf_kind(b) == BTF_KIND_INT &&
	       BTF_INT_ENCODING(btf_int_data(a)) != BTF_INT_SIGNED &&
	       BTF_INT_ENCODING(btf_int_data(b)) != BTF_INT_SIGNED;
}

int core_value(const struct core_path *local, const struct core_path *found,
	       struct core_patch *out)
{
	int err = path_value(local, &out->from);

	out->resize_ok = true;
	if (err)
		return err;
	if (!found) {
		no_value(local->kind, &out->to);
		return 0;
	}
	err = path_value(found, &out->to);
	if (!err && out->from.size != out->to.size)
		out->resize_ok = can_resize(local, found, out);
	return err;
}
