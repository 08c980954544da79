/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A global function trusts its pointer
 *
 * rejected: verify-null
 * line: return *count
 * says: if (!count)
 */
#include "mistake.h"

__noinline int twice(__u32 *count)
{
#ifdef FIXED
	if (!count)
		return 0;
#endif
	return *count * 2;
}

SEC("xdp")
int global_null(struct xdp_md *ctx)
{
	__u32 count = ctx->rx_queue_index;

	return twice(&count) & 1;
}
