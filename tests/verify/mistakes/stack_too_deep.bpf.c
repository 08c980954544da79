/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Functions that call each other need too much stack together
 *
 * rejected: verify-stack-depth
 * line:
 * says: per-CPU array
 */
#include "mistake.h"

#ifdef FIXED
#define ROOM 200
#else
#define ROOM 300
#endif

static __noinline int inner(__u32 n)
{
	volatile __u8 text[ROOM];

	text[n & 127] = n;
	return text[0];
}

SEC("xdp")
int stack_too_deep(struct xdp_md *ctx)
{
	volatile __u8 text[ROOM];

	text[ctx->rx_queue_index & 127] = 1;
	return inner(ctx->rx_queue_index) + text[1];
}
