/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The index may be one too great
 *
 * rejected: verify-map-bounds
 * line: return entry->table[i]
 * says: if (i > 15)
 */
#include "mistake.h"

SEC("xdp")
int index_off_by_one(struct xdp_md *ctx)
{
	struct entry *entry = first_entry();
	__u32 i;

	if (!entry)
		return XDP_PASS;
	i = entry->n;
#ifdef FIXED
	if (i >= sizeof(entry->table))
#else
	if (i > sizeof(entry->table))
#endif
		return XDP_PASS;
	return entry->table[i];
}
