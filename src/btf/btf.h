/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BTF: the kernel's type format (Documentation/bpf/btf.rst). A parsed BTF is
 * immutable and checked: every type id, name offset and size in it is in
 * range and reference chains end, so readers need no checks of their own.
 * Types are the UAPI's struct btf_type. Shared freely between threads;
 * lifetime by reference count.
 */
#ifndef SKEP_BTF_BTF_H
#define SKEP_BTF_BTF_H

#include <linux/btf.h>

#include "base/diag.h"

struct btf;

/*
 * Parses a .BTF blob. `file` names it in messages. The data is copied. Ids
 * count from 1; 0 is void. 0, or a negative errno with a diagnostic.
 */
int btf_parse(struct btf **out, const void *data, size_t size,
	      const char *file, struct diag_sink *sink);

/*
 * As btf_parse, for types that continue those of `base` (a kernel module's,
 * over vmlinux's): ids and strings count on from it. Takes a reference on
 * `base`; NULL for none.
 */
int btf_parse_split(struct btf **out, struct btf *base, const void *data,
		    size_t size, const char *file, struct diag_sink *sink);

/* As btf_parse_split; takes `data` (from malloc), also when it fails. */
int btf_parse_owned(struct btf **out, struct btf *base, void *data,
		    size_t size, const char *file, struct diag_sink *sink);

/* Parses an ELF object's .BTF, or a raw BTF file such as vmlinux's. */
int btf_open(struct btf **out, const char *path, struct diag_sink *sink);
int btf_open_split(struct btf **out, struct btf *base, const char *path,
		   struct diag_sink *sink);

struct btf *btf_get(struct btf *btf);
void btf_put(struct btf *btf);		/* NULL is fine */

/* Number of types including void: valid ids are [0, cnt). */
uint32_t btf_type_cnt(const struct btf *btf);

/* The first id that is not the base's: 1 unless split. */
uint32_t btf_first_id(const struct btf *btf);

/* `id` must be below btf_type_cnt. Never NULL. */
const struct btf_type *btf_type(const struct btf *btf, uint32_t id);

/* The string at `off`, "" for 0. Borrowed for the btf's life. */
const char *btf_str(const struct btf *btf, uint32_t off);
const char *btf_type_name(const struct btf *btf, uint32_t id);

/* "INT", "STRUCT", ... as bpftool prints them. */
const char *btf_kind_name(uint32_t kind);

static inline uint32_t btf_kind(const struct btf_type *type)
{
	return BTF_INFO_KIND(type->info);
}

static inline uint32_t btf_vlen(const struct btf_type *type)
{
	return BTF_INFO_VLEN(type->info);
}

static inline bool btf_kflag(const struct btf_type *type)
{
	return BTF_INFO_KFLAG(type->info);
}

/* What follows the type in memory, by kind. */
static inline const struct btf_member *btf_members(const struct btf_type *t)
{
	return (const struct btf_member *)(t + 1);
}

static inline const struct btf_enum *btf_enums(const struct btf_type *t)
{
	return (const struct btf_enum *)(t + 1);
}

static inline const struct btf_enum64 *btf_enums64(const struct btf_type *t)
{
	return (const struct btf_enum64 *)(t + 1);
}

static inline const struct btf_array *btf_array(const struct btf_type *t)
{
	return (const struct btf_array *)(t + 1);
}

static inline const struct btf_param *btf_params(const struct btf_type *t)
{
	return (const struct btf_param *)(t + 1);
}

static inline const struct btf_var_secinfo *
btf_var_secinfos(const struct btf_type *t)
{
	return (const struct btf_var_secinfo *)(t + 1);
}

/* INT: encoding (BTF_INT_SIGNED, ...), bit offset and width. */
static inline uint32_t btf_int_data(const struct btf_type *t)
{
	return *(const uint32_t *)(t + 1);
}

/* Member `i`'s offset in bits and, for a bit field, its width (else 0). */
uint32_t btf_member_bit_offset(const struct btf_type *type, uint32_t i);
uint32_t btf_member_bit_size(const struct btf_type *type, uint32_t i);

/* First type of `kind` (BTF_KIND_*) with that name, or 0. Constant time. */
uint32_t btf_find(const struct btf *btf, const char *name, uint32_t kind);

/* All types with that name in id order: the next after `id`, or 0. */
uint32_t btf_find_next(const struct btf *btf, const char *name, uint32_t id);

/*
 * As btf_find_next for all types whose name, without a "___flavor" suffix, is
 * the first `len` bytes of `name`: the candidates of CO-RE.
 */
uint32_t btf_find_flavor(const struct btf *btf, const char *name, size_t len,
			 uint32_t id);

/* Bytes of `name` before a "___flavor" suffix; all of it when it has none. */
size_t btf_essential_len(const char *name);

/* The type below const, volatile, restrict, typedef and type tags. */
uint32_t btf_skip_modifiers(const struct btf *btf, uint32_t id);

/* Size in bytes (arrays multiplied out), -EINVAL for void and functions. */
int64_t btf_size(const struct btf *btf, uint32_t id);

/* Natural alignment in bytes, 1 to 8; 1 for a packed struct. */
uint32_t btf_align(const struct btf *btf, uint32_t id);

#endif
