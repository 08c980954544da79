/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Nine functions deep
 *
 * rejected: verify-call-depth
 * line:
 * says: __always_inline
 */
#include "mistake.h"

#ifdef FIXED
#define LEVEL static __always_inline
#else
#define LEVEL static __noinline
#endif

LEVEL int f8(struct xdp_md *ctx) { return ctx->rx_queue_index & 1; }
LEVEL int f7(struct xdp_md *ctx) { return f8(ctx) + ctx->ingress_ifindex; }
LEVEL int f6(struct xdp_md *ctx) { return f7(ctx) + ctx->ingress_ifindex; }
LEVEL int f5(struct xdp_md *ctx) { return f6(ctx) + ctx->ingress_ifindex; }
LEVEL int f4(struct xdp_md *ctx) { return f5(ctx) + ctx->ingress_ifindex; }
LEVEL int f3(struct xdp_md *ctx) { return f4(ctx) + ctx->ingress_ifindex; }
LEVEL int f2(struct xdp_md *ctx) { return f3(ctx) + ctx->ingress_ifindex; }
LEVEL int f1(struct xdp_md *ctx) { return f2(ctx) + ctx->ingress_ifindex; }

SEC("xdp")
int calls_too_deep(struct xdp_md *ctx)
{
	return f1(ctx) & 1;
}
