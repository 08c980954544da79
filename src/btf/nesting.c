/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Third pass: what types are made of. Two things must come to an end, or
 * readers that follow them would not:
 *
 *   chains    pointers, modifiers and arrays, each with one successor, end at
 *             another kind within BTF_DEPTH_MAX steps;
 *   nesting   a struct holds structs by value at most BTF_DEPTH_MAX deep.
 *
 * So a cycle of types passes through a pointer and a struct, or through a
 * pointer and a function's prototype. On the way sizes are worked out (they
 * need chains only, since structs say theirs) and members are held against
 * their struct. A zero in `heights` marks a struct that is not done.
 */
#include <errno.h>
#include <stdlib.h>

#include "btf/parsed.h"
#include "spec/diags.h"

#define IN_PROGRESS	UINT8_MAX

static int refuse(struct btf_pass *pass, enum diag_id row, uint32_t id,
		  const char *what)
{
	const struct btf *btf = pass->btf;

	return diag_report(pass->sink, row, &pass->where,
			   "type [%u] %s '%s' %s", id,
			   btf_kinds[btf_kind(btf_type(btf, id))].name,
			   btf_type_name(btf, id), what);
}

/* The one type that `t` is a view of, or -1 when its chain ends here. */
static int64_t successor(const struct btf_type *t)
{
	uint32_t kind = btf_kind(t);

	if (kind == BTF_KIND_ARRAY)
		return btf_array(t)->type;
	if (kind == BTF_KIND_PTR || btf_kind_is(t, BTF_KIND_IS_MODIFIER))
		return t->type;
	return -1;
}

/*
 * Types of the base are done: a chain that comes there ends, though what is
 * left of it counts in no depth here.
 */
static int check_chain(struct btf_pass *pass, uint32_t id)
{
	const struct btf *btf = pass->btf;
	int64_t at = id;

	for (uint32_t depth = 0; depth < BTF_DEPTH_MAX; depth++) {
		at = successor(btf_type(btf, (uint32_t)at));
		if (at < (int64_t)btf->first_id)
			return 0;
	}
	return refuse(pass, DIAG_BTF_CYCLE, id,
		      "refers to itself, or through too many types");
}

/* Size of `id` whose chain ends: walked down to the type that has one. */
static uint64_t chain_size(const struct btf *btf, uint32_t id)
{
	uint64_t elems = 1, size;

	while (id >= btf->first_id) {
		const struct btf_type *t = btf_type(btf, id);

		if (btf_kind(t) == BTF_KIND_PTR)
			return elems * sizeof(uint64_t);
		if (btf_kind_is(t, BTF_KIND_IS_SIZED))
			return elems * t->size;
		if (successor(t) < 0)
			return BTF_NO_SIZE;
		if (btf_kind(t) == BTF_KIND_ARRAY)
			elems *= btf_array(t)->nelems;
		if (elems >= BTF_NO_SIZE)
			return elems;
		id = (uint32_t)successor(t);
	}
	size = (uint64_t)btf_size(btf, id);
	return (int64_t)size < 0 ? BTF_NO_SIZE : elems * size;
}

static uint32_t chain_unmodified(const struct btf *btf, uint32_t id)
{
	while (id >= btf->first_id) {
		const struct btf_type *t = btf_type(btf, id);

		if (!btf_kind_is(t, BTF_KIND_IS_MODIFIER))
			return id;
		id = t->type;
	}
	return btf_skip_modifiers(btf, id);
}

/* Functions are passed and returned through pointers only. */
static int check_proto(struct btf_pass *pass, uint32_t id)
{
	const struct btf *btf = pass->btf;
	const struct btf_type *t = btf_type(btf, id);
	uint32_t i = btf_vlen(t), type = t->type;

	for (;;) {
		type = chain_unmodified(btf, type);
		if (btf_kind(btf_type(btf, type)) == BTF_KIND_FUNC_PROTO)
			return refuse(pass, DIAG_BTF_SIZE, id,
				      "passes a function by value");
		if (!i)
			return 0;
		type = btf_params(t)[--i].type;
	}
}

static int check_protos(struct btf_pass *pass)
{
	const struct btf *btf = pass->btf;

	for (uint32_t id = btf->first_id; id < btf->cnt; id++) {
		int err = 0;

		if (btf_kind(btf_type(btf, id)) == BTF_KIND_FUNC_PROTO)
			err = check_proto(pass, id);
		if (err)
			return err;
	}
	return 0;
}

static int resolve_chains(struct btf_pass *pass)
{
	struct btf *btf = pass->btf;

	for (uint32_t id = btf->first_id; id < btf->cnt; id++) {
		const struct btf_type *t = btf_type(btf, id);
		uint64_t size;
		int err = check_chain(pass, id);

		if (err)
			return err;
		size = chain_size(btf, id);
		if (size > BTF_NO_SIZE)
			return refuse(pass, DIAG_BTF_SIZE, id, "is too large");
		if (btf_kind(t) == BTF_KIND_ARRAY && size == BTF_NO_SIZE)
			return refuse(pass, DIAG_BTF_SIZE, id,
				      "has elements without a size");
		btf->sizes[id - btf->first_id] = (uint32_t)size;
		btf->unmodified[id - btf->first_id] =
			chain_unmodified(btf, id);
	}
	return 0;
}

/*
 * Bits from a member's offset to its end. Bit fields of old compilers are
 * said by an INT of fewer bits than its size, at a bit offset of its own.
 */
static uint64_t member_bits(const struct btf *btf, const struct btf_type *t,
			    uint32_t i)
{
	uint32_t id = btf_skip_modifiers(btf, btf_members(t)[i].type);
	uint32_t bits = btf_member_bit_size(t, i);
	const struct btf_type *type = btf_type(btf, id);

	if (bits)
		return bits;
	if (btf_kind(type) == BTF_KIND_INT)
		return BTF_INT_OFFSET(btf_int_data(type)) +
		       BTF_INT_BITS(btf_int_data(type));
	return (uint64_t)btf_size(btf, id) * 8;
}

static int check_member(struct btf_pass *pass, uint32_t id, uint32_t i)
{
	const struct btf_type *t = btf_type(pass->btf, id);
	uint64_t start = btf_member_bit_offset(t, i);
	int64_t size = btf_size(pass->btf, btf_members(t)[i].type);

	if (size < 0)
		return refuse(pass, DIAG_BTF_SIZE, id,
			      "has a member without a size");
	if (btf_member_bit_size(t, i) > (uint64_t)size * 8)
		return refuse(pass, DIAG_BTF_SIZE, id,
			      "has a bit field wider than its type");
	if (start + member_bits(pass->btf, t, i) > t->size * 8ull)
		return refuse(pass, DIAG_BTF_SIZE, id,
			      "ends before its last member");
	return 0;
}

/* The struct or union that a member of type `id` holds by value, or 0. */
static uint32_t held_struct(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t;

	id = btf_skip_modifiers(btf, id);
	t = btf_type(btf, id);
	while (btf_kind(t) == BTF_KIND_ARRAY) {
		id = btf_skip_modifiers(btf, btf_array(t)->type);
		t = btf_type(btf, id);
	}
	if (id < btf->first_id)
		return 0;
	return btf_kind(t) == BTF_KIND_STRUCT ||
	       btf_kind(t) == BTF_KIND_UNION ? id : 0;
}

/*
 * A struct with a member off its natural place is packed, and then needs no
 * alignment of its own. Those that it holds are measured already.
 */
static uint8_t struct_align(const struct btf *btf, const struct btf_type *t)
{
	uint32_t most = 1;

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		uint32_t align = btf_align(btf, btf_members(t)[i].type);

		if (!btf_member_bit_size(t, i) &&
		    btf_member_bit_offset(t, i) % (8 * align))
			return 1;
		most = MAX(most, align);
	}
	return t->size % most ? 1 : (uint8_t)most;
}

/* Sets heights[] of the struct and of all it holds; depth is bounded. */
static int measure(struct btf_pass *pass, uint8_t *heights, uint32_t id,
		   uint32_t depth)
{
	const struct btf *btf = pass->btf;
	const struct btf_type *t = btf_type(btf, id);
	uint8_t *height = &heights[id - btf->first_id];
	uint8_t tallest = 0;

	if (*height == IN_PROGRESS || depth > BTF_DEPTH_MAX)
		return refuse(pass, DIAG_BTF_CYCLE, id,
			      "holds itself, or too many structs in a row");
	*height = IN_PROGRESS;
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		uint32_t held = held_struct(btf, btf_members(t)[i].type);
		int err = check_member(pass, id, i);

		if (!err && held && (!heights[held - btf->first_id] ||
		    heights[held - btf->first_id] == IN_PROGRESS))
			err = measure(pass, heights, held, depth + 1);
		if (err)
			return err;
		if (held)
			tallest = MAX(tallest, heights[held - btf->first_id]);
	}
	pass->btf->aligns[id - btf->first_id] = struct_align(btf, t);
	*height = (uint8_t)(tallest + 1);
	return *height <= BTF_DEPTH_MAX ? 0 :
	       refuse(pass, DIAG_BTF_CYCLE, id, "holds too many structs");
}

static int measure_structs(struct btf_pass *pass, uint8_t *heights)
{
	const struct btf *btf = pass->btf;

	for (uint32_t id = btf->first_id; id < btf->cnt; id++) {
		uint32_t kind = btf_kind(btf_type(btf, id));
		int err = 0;

		if ((kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION) &&
		    !heights[id - btf->first_id])
			err = measure(pass, heights, id, 0);
		if (err)
			return err;
	}
	return 0;
}

int btf_check_nesting(struct btf_pass *pass)
{
	struct btf *btf = pass->btf;
	size_t cnt = btf->cnt - btf->first_id + 1;
	uint8_t *heights = calloc(cnt, sizeof(*heights));
	int err;

	btf->sizes = malloc(cnt * sizeof(*btf->sizes));
	btf->unmodified = malloc(cnt * sizeof(*btf->unmodified));
	btf->aligns = calloc(cnt, sizeof(*btf->aligns));
	if (!heights || !btf->sizes || !btf->unmodified || !btf->aligns)
		err = diag_report(pass->sink, DIAG_NO_MEMORY, &pass->where,
				  "no memory for %zu types", cnt);
	else
		err = resolve_chains(pass);
	if (!err)
		err = check_protos(pass);
	if (!err)
		err = measure_structs(pass, heights);
	free(heights);
	return err;
}
