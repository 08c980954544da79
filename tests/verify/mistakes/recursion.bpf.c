/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A function calls itself
 *
 * rejected: verify-recursion
 * line:
 * says: loop
 */
#include "mistake.h"

static __noinline int odd(struct xdp_md *ctx, __u32 n);

static __noinline int even(struct xdp_md *ctx, __u32 n)
{
	return n ? odd(ctx, n - 1) + ctx->ingress_ifindex : 1;
}

static __noinline int odd(struct xdp_md *ctx, __u32 n)
{
#ifdef FIXED
	return n & 1;
#else
	return n ? even(ctx, n - 1) + ctx->rx_queue_index : 0;
#endif
}

SEC("xdp")
int recursion(struct xdp_md *ctx)
{
	return even(ctx, ctx->rx_queue_index) & 1;
}
