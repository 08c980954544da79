/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A pointer is moved before it is checked
 *
 * rejected: verify-pointer-math
 * line: += 4
 * says: value
 */
#include "mistake.h"

SEC("xdp")
int null_math(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u32 *value = bpf_map_lookup_elem(&counts, &key);

#ifdef FIXED
	if (!value)
		return XDP_PASS;
#endif
	asm volatile("%0 += 4" : "+r"(value));
	return value && *value & 1;
}
