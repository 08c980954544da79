/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CO-RE: what the files core_*.c share. A relocation names a local type (the
 * object's) and a path into it; candidates are the types of the target (the
 * kernel's, say) with that name. A path that a candidate has too, with
 * compatible types, gives the value for the instruction.
 *
 *	core_path.c	parsing a path, finding it again in a candidate
 *	core_compat.c	which types may stand for each other
 *	core_value.c	the value a path stands for, per relocation kind
 *	core_patch.c	writing the value into an instruction
 *	core.c		candidates, ambiguity, the walk over an object
 *
 * Reference: the contract in the kernel's include/uapi/linux/bpf.h (enum
 * bpf_core_relo_kind) and Documentation/bpf/llvm_reloc.rst.
 *
 * Functions that compare give 1 for yes, 0 for no and -E for a type that
 * makes no sense or does not end; `budget` bounds their work on hostile BTF.
 */
#ifndef SKEP_OBJECT_CORE_H
#define SKEP_OBJECT_CORE_H

#include "object/object_parts.h"

#define CORE_DEPTH	64
#define CORE_BUDGET	(1u << 20)

/* A step of a path that both sides must have: a named member or an index. */
struct core_step {
	uint32_t type;		/* the struct, or the array's element */
	uint32_t index;
	const char *name;	/* NULL for an array index */
};

struct core_path {
	const struct btf *btf;
	uint32_t root;		/* type id */
	uint32_t kind;		/* enum bpf_core_relo_kind */
	struct core_step steps[CORE_DEPTH];
	uint32_t steps_cnt;
	uint32_t depth;		/* steps with those through unnamed members */
	uint64_t bit_offset;
};

/* What a path means for an instruction. */
struct core_value {
	uint64_t value;
	uint32_t size, type;	/* of the field, for loads and stores */
	bool exact;		/* the compiler must have written `value` */
	bool poison;		/* there is no value */
};

/* What to do to an instruction. */
struct core_patch {
	struct core_value from, to;
	bool resize_ok;		/* a load may change to the other size */
};

static inline bool core_is_enum(const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_ENUM || btf_kind(t) == BTF_KIND_ENUM64;
}

static inline bool core_is_struct(const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_STRUCT || btf_kind(t) == BTF_KIND_UNION;
}

static inline bool core_kinds_fit(const struct btf_type *a,
				  const struct btf_type *b)
{
	return btf_kind(a) == btf_kind(b) ||
	       (core_is_enum(a) && core_is_enum(b));
}

static inline const struct btf_type *core_skip(const struct btf *btf,
					       uint32_t *id)
{
	*id = btf_skip_modifiers(btf, *id);
	return btf_type(btf, *id);
}

/* Name of enumerator `i`. */
const char *core_enumerator(const struct btf *btf, const struct btf_type *t,
			    uint32_t i);

/* Length of `name` without its ___flavour. */
size_t core_name_len(const char *name);
bool core_names_fit(const char *a, const char *b);

/* The classes of relocation kinds. */
bool core_is_field(uint32_t kind);
bool core_is_type(uint32_t kind);
bool core_is_enumerator(uint32_t kind);

/* Reads a relocation's access string. 0, or -EINVAL when it fits no type. */
int core_path_parse(struct core_path *path, const struct btf *btf,
		    const struct btf_core_relo *relo);

/* The path of `local` in candidate `id` of `target`: 1, 0 or -E. */
int core_path_find(struct core_path *out, const struct core_path *local,
		   const struct btf *target, uint32_t id);

/* May a field of the one type be read as the other? */
int core_fields_fit(const struct btf *local, uint32_t local_id,
		    const struct btf *target, uint32_t target_id);

/* TYPE_EXISTS, TYPE_SIZE, TYPE_ID_TARGET: same shape, roughly. */
int core_types_fit(const struct btf *local, uint32_t local_id,
		   const struct btf *target, uint32_t target_id);

/* TYPE_MATCHES: same shape, member by member. */
int core_types_match(const struct btf *local, uint32_t local_id,
		     const struct btf *target, uint32_t target_id);

/* `found` is NULL when no candidate has the path. 0 or -E. */
int core_value(const struct core_path *local, const struct core_path *found,
	       struct core_patch *out);

/*
 * Patches insn, of which `room` slots lie in its section. NULL, or what is
 * wrong with the instruction, which is then as it was.
 */
const char *core_patch_insn(struct bpf_insn *insn, uint32_t room,
			    const struct core_patch *patch);

#endif
