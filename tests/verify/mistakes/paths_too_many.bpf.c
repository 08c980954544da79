/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Each branch of a loop leaves something else behind
 *
 * rejected: verify-complex
 * line:
 * says: costs:
 */
#include "mistake.h"

SEC("xdp")
int paths_too_many(struct xdp_md *ctx)
{
	struct entry *entry = first_entry();
	__u32 mask = 0;

	if (!entry)
		return XDP_PASS;
#ifdef FIXED
	for (__u32 i = 0; i < 4; i++)
#else
	for (__u32 i = 0; i < 28; i++)
#endif
		if (*(volatile __u8 *)&entry->table[i & 15] > 64)
			mask += 1u << i;
	return mask > 1000 ? XDP_DROP : entry->table[mask & 15];
}
