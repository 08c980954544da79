/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Bitap: a word of up to 64 letters is searched for in 64 bytes of payload,
 * with one table lookup and a shift for each byte.
 */
#include "suite.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} masks SEC(".maps");

SEC("xdp") int bitap(struct xdp_md *ctx)
{
	__u8 *text = draw_payload(ctx);
	__u64 state = ~0ull;

	if (!text)
		return XDP_ABORTED;
	for (int i = 0; i < PAYLOAD_BYTES; i++) {
		__u32 key = text[i];
		__u64 *mask = bpf_map_lookup_elem(&masks, &key);

		if (!mask)
			return XDP_ABORTED;
		state = (state << 1) | *mask;
		if (!(state & 1ull << 6))
			return 100 + i;
	}
	return XDP_PASS;
}
