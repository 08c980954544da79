/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types as text, byte for byte what bpftool prints: as C, as its raw lines,
 * and as JSON. `ids` names the types that are wanted; NULL is all of them.
 * What runs out of memory shows in the strbuf's `oom`.
 */
#ifndef SKEP_BTF_DUMP_H
#define SKEP_BTF_DUMP_H

#include "base/str.h"
#include "btf/btf.h"

struct btf_id_list {
	const uint32_t *ids;
	size_t cnt;
};

/*
 * A C header: types in an order in which each is complete where it must be.
 * 0, -ELOOP when there is no such order, -E2BIG when the text would not end
 * in reasonable time, -ENOMEM.
 */
int btf_dump_c(struct strbuf *out, const struct btf *btf,
	       const struct btf_id_list *list);

/* One line per type, and one per member, value, parameter or variable. */
void btf_dump_raw(struct strbuf *out, const struct btf *btf,
		  const struct btf_id_list *list);

/* {"types":[...]} */
void btf_dump_json(struct strbuf *out, const struct btf *btf,
		   const struct btf_id_list *list, bool pretty);

/*
 * A declaration of `name` (may be "") with type `id`: "int (*name)(void)".
 * Anonymous structs, unions and enums show their kind alone. 0 or as
 * btf_dump_c.
 */
int btf_print_type(struct strbuf *out, const struct btf *btf, uint32_t id,
		   const char *name);

#endif
