/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A callback of bpf_loop returns what it may not
 *
 * rejected: verify-return
 * line:
 * says: 0 goes on
 */
#include "mistake.h"

static long step(__u32 i, void *ctx)
{
	__u32 *sum = ctx;

	*sum += i;
#ifdef FIXED
	return *sum > 10;
#else
	return *sum > 10 ? 2 : 0;
#endif
}

SEC("xdp")
int callback_return(struct xdp_md *ctx)
{
	__u32 sum = 0;

	bpf_loop(16, step, &sum, 0);
	return sum & 1;
}
