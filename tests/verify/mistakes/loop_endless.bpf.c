/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A loop has no end
 *
 * rejected: verify-loop
 * line: waits++
 * says: for (i = 0
 */
#include "mistake.h"

SEC("xdp")
int loop_endless(struct xdp_md *ctx)
{
	volatile __u32 waits = 0;

#ifdef FIXED
	for (int i = 0; i < 64; i++)
#else
	for (;;)
#endif
		waits++;
	return XDP_PASS;
}
