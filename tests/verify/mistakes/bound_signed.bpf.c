/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A signed number is compared with its upper bound alone
 *
 * rejected: verify-unbounded
 * line: return entry->table[i]
 * says: i
 */
#include "mistake.h"

SEC("xdp")
int bound_signed(struct xdp_md *ctx)
{
	struct entry *entry = first_entry();

	if (!entry)
		return XDP_PASS;
#ifdef FIXED
	__u32 i = entry->n;
#else
	int i = entry->n;
#endif
	if (i > 15)
		return XDP_PASS;
	return entry->table[i];
}
