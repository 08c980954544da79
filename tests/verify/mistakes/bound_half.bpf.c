/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The low half of a number is compared, and the whole is used
 *
 * rejected: verify-unbounded
 * line: return entry->table[hash]
 * says: hash
 */
#include "mistake.h"

SEC("xdp")
int bound_half(struct xdp_md *ctx)
{
	struct entry *entry = first_entry();
	__u64 hash = bpf_ktime_get_ns();

	if (!entry)
		return XDP_PASS;
#ifdef FIXED
	if (hash > 15)
		return XDP_PASS;
#else
	if ((__u32)hash > 15)
		return XDP_PASS;
#endif
	return entry->table[hash];
}
