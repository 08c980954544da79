/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Eight bytes are stored at an odd address of the stack
 *
 * rejected: verify-align
 * line: *(volatile __u64 *)(bytes + 1) = 1
 * says: multiple
 */
#include "mistake.h"

SEC("xdp")
int stack_misaligned(struct xdp_md *ctx)
{
	__u64 room[2] = {};
	void *bytes = room;

	barrier_var(bytes);
#ifdef FIXED
	*(volatile __u64 *)(bytes + 8) = 1;
#else
	*(volatile __u64 *)(bytes + 1) = 1;
#endif
	return *(volatile __u64 *)room & 1;
}
