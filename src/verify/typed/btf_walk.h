/* SPDX-License-Identifier: Apache-2.0 */
/* Looking into BTF types on behalf of accesses; used by btf_*.c, kfunc_*.c. */
#ifndef SKEP_VERIFY_TYPED_BTF_WALK_H
#define SKEP_VERIFY_TYPED_BTF_WALK_H

#include "btf/btf.h"
#include "verify/env.h"

enum walk_found {
	FOUND_NUMBER,
	FOUND_STRUCT_POINTER,	/* to type `id` of the same btf */
	FOUND_POINTER,		/* to anything else: memory that may fault */
	FOUND_STRUCT,		/* an embedded one begins at the offset */
};

/*
 * Where bytes [off, off + size) of a struct fall. `id` is the type looked
 * into on input, the found one on output; `in` the struct whose member
 * `field` was met, by name.
 */
struct btf_walk {
	const struct btf *btf;
	uint32_t id;
	uint32_t off, size;
	bool flexible;			/* a last array of no size goes on */
	bool untrusted;			/* read with faults caught */
	enum walk_found found;
	uint16_t flags;			/* of the pointer: RCU, USER, PERCPU;
					 * UNTRUSTED behind a union */
	const char *in, *field;
};

/* 0, or rejects (verify_reject) when no member is there. */
int btf_walk(struct verify_env *env, struct btf_walk *walk);

/*
 * True when an object of type `from` has, at `off`, an object of type `to`:
 * itself, or a member, its first member and so on. `strict`: itself alone.
 */
bool btf_begins_with(const struct btf *from_btf, uint32_t from, int64_t off,
		     const struct btf *to_btf, uint32_t to, bool strict);

/* One and the same: modules share the ids of the kernel's types. */
bool btf_same_type(const struct btf *a_btf, uint32_t a,
		   const struct btf *b_btf, uint32_t b);

/* struct or union, below modifiers. */
bool btf_is_struct(const struct btf *btf, uint32_t id);

/* An int, enum or enum64 of at most 8 bytes, below modifiers. */
bool btf_is_number(const struct btf *btf, uint32_t id);

/* The value of TYPE_TAG right below pointer type `ptr`, or "". */
const char *btf_pointer_tag(const struct btf *btf, const struct btf_type *ptr);

/* What pointer type `id` (below modifiers) points to, below modifiers. */
bool btf_pointee(const struct btf *btf, uint32_t id, uint32_t *to);

/*
 * Byte range of member "a.b.c" (names may be inside anonymous members) of
 * struct `id`. False when it has none.
 */
bool btf_member_range(const struct btf *btf, uint32_t id, const char *path,
		      uint32_t *off, uint32_t *size);

/* Types of the kernel's objects, not of those that the program allocates. */
static inline bool btf_is_kernel(const struct verify_env *env,
				 const struct btf *btf)
{
	return btf != env->prog->btf;
}

#endif
