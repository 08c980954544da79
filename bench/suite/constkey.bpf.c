/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* An array looked up by a constant: the counter that everyone has. */
#include "suite.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

SEC("xdp") int constkey(struct xdp_md *ctx)
{
	__u32 key = 2;
	__u64 *counter = bpf_map_lookup_elem(&counters, &key);

	if (counter)
		++*counter;
	return XDP_PASS;
}
