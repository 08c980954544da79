/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The struct walk: which member of a C type some bytes fall on, through
 * embedded structs, unions and arrays, down to a number or a pointer. Numbers
 * may be read in any piece that stays inside of the member (of all of an
 * array); a pointer only as a whole.
 *
 * Offsets into arrays are taken modulo the element, so that the element's
 * type decides. Walking into a union of several members may read what another
 * member wrote: pointers found behind it are untrusted.
 */
#include "verify/typed/btf_walk.h"

#include "base/str.h"
#include "spec/diags.h"

/* What a member is made of, arrays of arrays taken as one. */
struct element {
	uint32_t id;			/* below modifiers */
	uint64_t size, total;		/* of one, of all */
	bool array;
};

bool btf_is_struct(const struct btf *btf, uint32_t id)
{
	uint32_t kind = btf_kind(btf_type(btf, btf_skip_modifiers(btf, id)));

	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

bool btf_is_number(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t;

	t = btf_type(btf, btf_skip_modifiers(btf, id));
	switch (btf_kind(t)) {
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return t->size <= 8;
	default:
		return false;
	}
}

const char *btf_pointer_tag(const struct btf *btf, const struct btf_type *ptr)
{
	const struct btf_type *t = btf_type(btf, ptr->type);

	return btf_kind(t) == BTF_KIND_TYPE_TAG ? btf_str(btf, t->name_off) :
						  "";
}

bool btf_pointee(const struct btf *btf, uint32_t id, uint32_t *to)
{
	const struct btf_type *t;

	t = btf_type(btf, btf_skip_modifiers(btf, id));
	if (btf_kind(t) != BTF_KIND_PTR)
		return false;
	*to = btf_skip_modifiers(btf, t->type);
	return true;
}

static uint32_t bit_end(const struct btf_type *t, uint32_t i)
{
	return btf_member_bit_offset(t, i) + btf_member_bit_size(t, i);
}

/* False for what has no size: functions, void. */
static bool element_of(const struct btf *btf, uint32_t id,
		       struct element *out)
{
	int64_t total, size;

	id = btf_skip_modifiers(btf, id);
	total = btf_size(btf, id);
	out->array = btf_kind(btf_type(btf, id)) == BTF_KIND_ARRAY;
	while (btf_kind(btf_type(btf, id)) == BTF_KIND_ARRAY)
		id = btf_skip_modifiers(btf,
					btf_array(btf_type(btf, id))->type);
	size = btf_size(btf, id);
	if (total < 0 || size < 0)
		return false;
	out->id = id;
	out->size = (uint64_t)size;
	out->total = (uint64_t)total;
	return true;
}

static int beyond(struct verify_env *env, const struct btf_walk *walk,
		  const char *name)
{
	int err = verify_reject(env, DIAG_VERIFY_BTF, -1,
				"bytes %u to %u are beyond struct %s",
				walk->off, walk->off + walk->size, name);

	return verify_says(env, err,
			   "access beyond struct %s at off %u size %u", name,
			   walk->off, walk->size);
}

/*
 * Beyond the struct, fine only where it ends in an array without a size: of
 * numbers (found), or of structs, one of which is then looked into. 1 when the
 * walk is over.
 */
static int walk_flexible(struct verify_env *env, struct btf_walk *walk,
			 const struct btf_type *t)
{
	const char *name = btf_str(walk->btf, t->name_off);
	uint32_t last = btf_vlen(t) - 1, start, id;
	const struct btf_type *array, *elem;

	if (!walk->flexible || !btf_vlen(t))
		return beyond(env, walk, name);
	array = btf_type(walk->btf, btf_skip_modifiers(walk->btf,
				    btf_members(t)[last].type));
	if (btf_kind(array) != BTF_KIND_ARRAY || btf_array(array)->nelems)
		return beyond(env, walk, name);
	start = btf_member_bit_offset(t, last) / 8;
	if (walk->off < start)
		return beyond(env, walk, name);
	id = btf_skip_modifiers(walk->btf, btf_array(array)->type);
	elem = btf_type(walk->btf, id);
	if (btf_kind(elem) == BTF_KIND_INT) {
		walk->found = FOUND_NUMBER;
		return 1;
	}
	if (!btf_is_struct(walk->btf, id) || !elem->size)
		return beyond(env, walk, name);
	walk->off = (walk->off - start) % elem->size;
	walk->id = id;
	return 0;
}

static const struct {
	const char *tag;
	uint16_t flag;
} pointer_tags[] = {
	{ "user", REG_USER },
	{ "percpu", REG_PERCPU },
	{ "rcu", REG_RCU },
};

static uint16_t tag_flags(const char *tag)
{
	for (size_t i = 0; i < ARRAY_SIZE(pointer_tags); i++)
		if (str_eq(tag, pointer_tags[i].tag))
			return pointer_tags[i].flag;
	return 0;
}

static int found_pointer(struct verify_env *env, struct btf_walk *walk,
			 const struct element *el, uint32_t start)
{
	const struct btf_type *ptr = btf_type(walk->btf, el->id);
	int err;

	if (walk->size != el->size || walk->off != start) {
		err = verify_reject(env, DIAG_VERIFY_BTF, -1,
				    "member %s of struct %s is a pointer, to "
				    "be loaded as a whole", walk->field,
				    walk->in);
		return verify_says(env, err,
				   "cannot access ptr member %s with moff %u "
				   "in struct %s with off %u size %u",
				   walk->field, start, walk->in, walk->off,
				   walk->size);
	}
	walk->id = btf_skip_modifiers(walk->btf, ptr->type);
	walk->found = FOUND_POINTER;
	if (btf_is_struct(walk->btf, walk->id)) {
		walk->found = FOUND_STRUCT_POINTER;
		walk->flags |= tag_flags(btf_pointer_tag(walk->btf, ptr));
	}
	return 1;
}

static int found_number(struct verify_env *env, struct btf_walk *walk,
			uint64_t end)
{
	int err;

	walk->found = FOUND_NUMBER;
	if (walk->off + walk->size <= end || walk->untrusted ||
	    (walk->flags & REG_UNTRUSTED))
		return 1;
	err = verify_reject(env, DIAG_VERIFY_BTF, -1,
			    "bytes %u to %u of struct %s are beyond the end "
			    "of member %s", walk->off, walk->off + walk->size,
			    walk->in, walk->field);
	return verify_says(env, err,
			   "access beyond the end of member %s (mend:%llu) in "
			   "struct %s with off %u size %u", walk->field,
			   (unsigned long long)end, walk->in, walk->off,
			   walk->size);
}

/*
 * The bytes begin inside of member `i`, which is no bit field. 1 when found, 0
 * with walk->id and ->off set when an embedded struct is to be looked into.
 */
static int walk_member(struct verify_env *env, struct btf_walk *walk,
		       const struct element *el, uint32_t start)
{
	uint64_t end = start + el->total;
	uint32_t kind = btf_kind(btf_type(walk->btf, el->id));

	if (el->array && el->size)
		start += (walk->off - start) / el->size * el->size;
	if (kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION) {
		walk->id = el->id;
		walk->off -= start;
		return 0;
	}
	if (kind == BTF_KIND_PTR)
		return found_pointer(env, walk, el, start);
	return found_number(env, walk, end);
}

/* One struct. 1: found; 0: walk->id is the struct to go on with. */
static int walk_struct(struct verify_env *env, struct btf_walk *walk,
		       const struct btf_type *t)
{
	const struct btf_member *m = btf_members(t);
	struct element el;
	int err;

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		uint32_t start = btf_member_bit_offset(t, i) / 8;

		if (walk->off + walk->size <= start)
			break;
		if (btf_member_bit_size(t, i)) {
			if (walk->off > start || (bit_end(t, i) + 7) / 8 >
						 walk->off + walk->size)
				continue;
			walk->found = FOUND_NUMBER;
			return 1;
		}
		if (walk->off < start)
			break;
		walk->field = btf_str(walk->btf, m[i].name_off);
		if (!element_of(walk->btf, m[i].type, &el) ||
		    walk->off >= start + el.total)
			continue;
		return walk_member(env, walk, &el, start);
	}
	err = verify_reject(env, DIAG_VERIFY_BTF, -1,
			    "no member of struct %s is at byte %u", walk->in,
			    walk->off);
	return verify_says(env, err,
			   "struct %s doesn't have field at offset %d",
			   walk->in, walk->off);
}

static int not_struct(struct verify_env *env, const char *name)
{
	int err = verify_reject(env, DIAG_VERIFY_BTF, -1,
				"type %s is no struct", name);

	return verify_says(env, err, "Type '%s' is not a struct", name);
}

int btf_walk(struct verify_env *env, struct btf_walk *walk)
{
	const struct btf_type *t;
	int err = 0;

	while (!err) {
		walk->id = btf_skip_modifiers(walk->btf, walk->id);
		t = btf_type(walk->btf, walk->id);
		walk->in = btf_str(walk->btf, t->name_off);
		if (!btf_is_struct(walk->btf, walk->id))
			return not_struct(env, walk->in);
		if (btf_kind(t) == BTF_KIND_UNION && btf_vlen(t) != 1)
			walk->flags |= REG_UNTRUSTED;
		if ((uint64_t)walk->off + walk->size > t->size)
			err = walk_flexible(env, walk, t);
		else
			err = walk_struct(env, walk, t);
	}
	return err < 0 ? err : 0;
}

bool btf_same_type(const struct btf *a_btf, uint32_t a,
		   const struct btf *b_btf, uint32_t b)
{
	return a == b && btf_type(a_btf, a) == btf_type(b_btf, b);
}

/*
 * The embedded struct at `off` of struct `id`, its offset in *rest: one step
 * of the walk, without its demands. 0 when there is none.
 */
static uint32_t struct_at(const struct btf *btf, uint32_t id, int64_t off,
			  int64_t *rest)
{
	const struct btf_type *t = btf_type(btf, id);
	const struct btf_member *m = btf_members(t);
	struct element el;

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		int64_t start = btf_member_bit_offset(t, i) / 8;

		if (off < start || btf_member_bit_size(t, i) ||
		    !element_of(btf, m[i].type, &el) ||
		    off >= start + (int64_t)el.total || !el.size)
			continue;
		if (!btf_is_struct(btf, el.id))
			return 0;
		*rest = (off - start) % (int64_t)el.size;
		return el.id;
	}
	return 0;
}

bool btf_begins_with(const struct btf *from_btf, uint32_t from, int64_t off,
		     const struct btf *to_btf, uint32_t to, bool strict)
{
	if (!off && btf_same_type(from_btf, from, to_btf, to))
		return true;
	if (strict)
		return false;
	while (btf_is_struct(from_btf, from)) {
		from = struct_at(from_btf, btf_skip_modifiers(from_btf, from),
				 off, &off);
		if (!from)
			return false;
		if (!off && btf_same_type(from_btf, from, to_btf, to))
			return true;
	}
	return false;
}

/* A member by the first `len` bytes of `name`, into anonymous members too. */
static bool find_member(const struct btf *btf, const struct btf_type *t,
			const char *name, size_t len, uint32_t *id,
			uint32_t *off)
{
	const struct btf_member *m = btf_members(t);

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const char *have = btf_str(btf, m[i].name_off);
		uint32_t at = btf_member_bit_offset(t, i) / 8;

		if (strlen(have) == len && !memcmp(have, name, len)) {
			*id = m[i].type;
			*off += at;
			return true;
		}
		if (!*have && btf_is_struct(btf, m[i].type) &&
		    find_member(btf, btf_type(btf, btf_skip_modifiers(btf,
							m[i].type)),
				name, len, id, off)) {
			*off += at;
			return true;
		}
	}
	return false;
}

bool btf_member_range(const struct btf *btf, uint32_t id, const char *path,
		      uint32_t *off, uint32_t *size)
{
	uint32_t at = 0;
	int64_t bytes;

	for (;;) {
		size_t len = strcspn(path, ".");

		id = btf_skip_modifiers(btf, id);
		if (!btf_is_struct(btf, id) ||
		    !find_member(btf, btf_type(btf, id), path, len, &id, &at))
			return false;
		if (!path[len])
			break;
		path += len + 1;
	}
	bytes = btf_size(btf, id);
	if (bytes < 0)
		return false;
	*off = at;
	*size = (uint32_t)bytes;
	return true;
}
