/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Last pass and its readers: types by name. Chained buckets over ids, hashed
 * by the essential part of a name (what stands before "___flavor"), so that
 * CO-RE finds all flavours of a type in one chain. Ids are pushed from the
 * last to the first, which leaves every chain in ascending order. Anonymous
 * types are in no chain.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/hash.h"
#include "base/str.h"
#include "btf/parsed.h"
#include "spec/diags.h"

/* Three underscores exactly, with something before and after. */
size_t btf_essential_len(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = len; i >= 5; i--) {
		const char *at = name + i - 5;

		if (at[1] == '_' && at[2] == '_' && at[3] == '_' &&
		    at[0] != '_' && at[4] != '_')
			return i - 4;
	}
	return len;
}

static uint32_t *bucket(const struct btf *btf, const char *name, size_t len)
{
	return &btf->heads[hash_bytes(name, len) & btf->head_mask];
}

int btf_index_names(struct btf_pass *pass)
{
	struct btf *btf = pass->btf;
	size_t own = btf->cnt - btf->first_id;
	size_t heads = round_up_pow2(own + 1);

	btf->heads = calloc(heads, sizeof(*btf->heads));
	btf->next = malloc((own + 1) * sizeof(*btf->next));
	if (!btf->heads || !btf->next)
		return diag_report(pass->sink, DIAG_NO_MEMORY, &pass->where,
				   "no memory for the names of %zu types", own);
	btf->head_mask = (uint32_t)heads - 1;
	for (uint32_t id = btf->cnt; id-- > btf->first_id; ) {
		const char *name = btf_type_name(btf, id);
		uint32_t *head;

		if (!*name)
			continue;
		head = bucket(btf, name, btf_essential_len(name));
		btf->next[id - btf->first_id] = *head;
		*head = id;
	}
	return 0;
}

/* In this BTF alone: the first candidate after `id` in the name's chain. */
static uint32_t chain_after(const struct btf *btf, const char *name,
			    size_t len, uint32_t id)
{
	uint32_t at;

	if (id >= btf->first_id) {
		const char *here = btf_type_name(btf, id);

		if (btf_essential_len(here) == len && !memcmp(here, name, len))
			return btf->next[id - btf->first_id];
	}
	at = *bucket(btf, name, len);
	while (at && at <= id)
		at = btf->next[at - btf->first_id];
	return at;
}

uint32_t btf_find_flavor(const struct btf *btf, const char *name, size_t len,
			 uint32_t id)
{
	uint32_t at;

	if (btf->base && id < btf->first_id) {
		at = btf_find_flavor(btf->base, name, len, id);
		if (at)
			return at;
	}
	for (at = chain_after(btf, name, len, id); at;
	     at = btf->next[at - btf->first_id]) {
		const char *here = btf_type_name(btf, at);

		if (!strncmp(here, name, len) &&
		    btf_essential_len(here) == len)
			return at;
	}
	return 0;
}

uint32_t btf_find_next(const struct btf *btf, const char *name, uint32_t id)
{
	size_t len = btf_essential_len(name);

	do {
		id = btf_find_flavor(btf, name, len, id);
	} while (id && !str_eq(btf_type_name(btf, id), name));
	return id;
}

uint32_t btf_find(const struct btf *btf, const char *name, uint32_t kind)
{
	uint32_t id = 0;

	do {
		id = btf_find_next(btf, name, id);
	} while (id && btf_kind(btf_type(btf, id)) != kind);
	return id;
}
