/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A loop runs as often as the data says
 *
 * rejected: verify-complex
 * line: for (__u32
 * says: bpf_loop
 * says: costs:
 */
#include "mistake.h"

SEC("xdp")
int loop_unbounded(struct xdp_md *ctx)
{
	struct entry *entry = first_entry();
	__u32 n, sum = 0;

	if (!entry)
		return XDP_PASS;
	n = entry->n;
#ifdef FIXED
	if (n > 256)
		n = 256;
#endif
	for (__u32 i = 0; i < n; i++)
		sum += entry->table[i & 15];
	return sum & 1;
}
