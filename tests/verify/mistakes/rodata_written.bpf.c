/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A constant is written
 *
 * rejected: verify-map-access
 * line: *(volatile __u32 *)&limit = 5
 * says: const
 */
#include "mistake.h"

#ifdef FIXED
volatile __u32 limit = 3;
#else
const volatile __u32 limit = 3;
#endif

SEC("xdp")
int rodata_written(struct xdp_md *ctx)
{
	*(volatile __u32 *)&limit = 5;
	return XDP_PASS;
}
