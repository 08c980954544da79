/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * An index into a map's value has no bound at all
 *
 * rejected: verify-unbounded
 * line: entry->table[i] = 1
 * says: i
 */
#include "mistake.h"

SEC("xdp")
int index_unchecked(struct xdp_md *ctx)
{
	struct entry *entry = first_entry();
	__u32 i = ctx->rx_queue_index;

	if (!entry)
		return XDP_PASS;
#ifdef FIXED
	if (i > 15)
		return XDP_PASS;
#endif
	entry->table[i] = 1;
	return XDP_PASS;
}
