/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A bound is lost on the way through memory
 *
 * rejected: verify-unbounded
 * line: return entry->table[entry->n]
 * says: entry->n
 */
#include "mistake.h"

SEC("xdp")
int bound_spilled(struct xdp_md *ctx)
{
	struct entry *entry = first_entry();

	if (!entry)
		return XDP_PASS;
#ifdef FIXED
	__u32 n = entry->n;

	if (n >= sizeof(entry->table))
		return XDP_PASS;
	return entry->table[n];
#else
	if (entry->n >= sizeof(entry->table))
		return XDP_PASS;
	barrier();
	return entry->table[entry->n];
#endif
}
