/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a lookup gives back is used without a check
 *
 * rejected: verify-null
 * line: (*value)++
 * says: if (!value)
 */
#include "mistake.h"

SEC("xdp")
int null_check(struct xdp_md *ctx)
{
	__u32 key = 1;
	__u64 *value = bpf_map_lookup_elem(&counts, &key);

#ifdef FIXED
	if (!value)
		return XDP_PASS;
#endif
	(*value)++;
	return XDP_PASS;
}
