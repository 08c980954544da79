/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A pointer is kept in 32 bits
 *
 * rejected: verify-pointer-math
 * line: (__u32)(long)entry + 4
 * says: 64
 */
#include "mistake.h"

SEC("xdp")
int pointer_32(struct xdp_md *ctx)
{
	struct entry *entry = first_entry();
	__u8 *table;

	if (!entry)
		return XDP_PASS;
#ifdef FIXED
	table = (void *)entry + 4;
#else
	table = (void *)(long)((__u32)(long)entry + 4);
#endif
	return table[0] & 1;
}
