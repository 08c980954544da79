/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A map is written that programs may only read
 *
 * rejected: verify-map-access
 * line: *limit = 5
 * says: BPF_F_RDONLY_PROG
 */
#include "mistake.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
#ifndef FIXED
	__uint(map_flags, BPF_F_RDONLY_PROG);
#endif
} limits SEC(".maps");

SEC("xdp")
int map_read_only(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u32 *limit = bpf_map_lookup_elem(&limits, &key);

	if (limit)
		*limit = 5;
	return XDP_PASS;
}
