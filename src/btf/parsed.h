/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a parsed BTF, shared by the passes of btf_parse:
 * btf_lay_out -> btf_check_types -> btf_check_nesting -> btf_index_names.
 *
 * A split BTF holds only the types from `first_id` and the strings from
 * `first_str` on; what is below them belongs to its base.
 */
#ifndef SKEP_BTF_PARSED_H
#define SKEP_BTF_PARSED_H

#include "btf/btf.h"

/*
 * Longest chain of pointers, modifiers and arrays, and deepest nesting of
 * structs by value. The kernel allows 32 of either in one go.
 */
#define BTF_DEPTH_MAX	64

#define BTF_NO_SIZE	UINT32_MAX

struct btf {
	uint32_t refs;
	struct btf *base;		/* NULL but for split BTF */
	uint8_t *data;			/* owned copy of the blob */
	const uint8_t *types;
	uint32_t types_len;
	const char *strs;
	uint32_t strs_len;
	uint32_t first_id, first_str;
	uint32_t cnt;			/* of ids, the base's included */
	uint32_t *offs;			/* [id - first_id], into types */
	uint32_t *unmodified;		/* id below modifiers */
	uint32_t *sizes;		/* bytes or BTF_NO_SIZE */
	uint8_t *aligns;		/* of structs and unions */
	uint32_t *heads;		/* of name chains, ascending ids */
	uint32_t *next;			/* [id - first_id] */
	uint32_t head_mask;
};

/* What the passes need; `where` names the file in every message. */
struct btf_pass {
	struct btf *btf;
	struct diag_where where;
	struct diag_sink *sink;
};

enum btf_kind_flags {
	BTF_KIND_IS_REF		= 1 << 0, /* `type` refers */
	BTF_KIND_IS_MODIFIER	= 1 << 1, /* same data as what it refers to */
	BTF_KIND_IS_SIZED	= 1 << 2, /* `size` is the size in bytes */
	BTF_KIND_IS_NAMED	= 1 << 3, /* must have a name */
	BTF_KIND_IS_NAMELESS	= 1 << 4, /* must have none */
	BTF_KIND_IS_DECL	= 1 << 5, /* no type: nothing is made of it */
};

/* One row per kind: its name and what follows struct btf_type in memory. */
struct btf_kind_row {
	const char *name;
	uint8_t fixed;		/* bytes, always */
	uint8_t item;		/* bytes, vlen times */
	uint8_t flags;
};

extern const struct btf_kind_row btf_kinds[NR_BTF_KINDS];

static inline bool btf_kind_is(const struct btf_type *t, uint8_t flags)
{
	return btf_kinds[btf_kind(t)].flags & flags;
}

/* Each pass: 0, or a negative errno after its diagnostic. */
int btf_lay_out(struct btf_pass *pass, size_t size);
int btf_check_types(struct btf_pass *pass);
int btf_check_nesting(struct btf_pass *pass);
int btf_index_names(struct btf_pass *pass);

#endif
