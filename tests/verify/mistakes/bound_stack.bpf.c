/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A bound is lost in a variable that shares eight bytes of stack
 *
 * rejected: verify-unbounded
 * line: return entry->table[at.index]
 * says: at.index
 */
#include "mistake.h"

SEC("xdp")
int bound_stack(struct xdp_md *ctx)
{
	struct entry *entry = first_entry();
	volatile struct { __u32 hits, index; } at;

	if (!entry)
		return XDP_PASS;
	at.hits = 1;
	at.index = entry->n;
#ifdef FIXED
	__u32 index = at.index;

	if (index >= sizeof(entry->table))
		return XDP_PASS;
	return entry->table[index];
#else
	if (at.index >= sizeof(entry->table))
		return XDP_PASS;
	return entry->table[at.index];
#endif
}
