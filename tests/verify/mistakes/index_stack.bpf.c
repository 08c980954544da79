/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * An index into an array on the stack may be too great
 *
 * rejected: verify-stack-bounds
 * line: seen[i] = 1
 * says: i
 */
#include "mistake.h"

SEC("xdp")
int index_stack(struct xdp_md *ctx)
{
	volatile __u8 seen[16] = {};
	__u32 i = ctx->rx_queue_index;

#ifdef FIXED
	if (i > 15)
#else
	if (i > 31)
#endif
		return XDP_PASS;
	seen[i] = 1;
	return seen[0] + seen[15];
}
