/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Aho-Corasick: several words at once, with an automaton whose states are
 * elements of an array. Each step's address comes from the step before.
 */
#include "suite.h"
#include "tables.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, AHO_STATES);
	__type(key, __u32);
	__type(value, struct aho_state);
} states SEC(".maps");

SEC("xdp") int aho(struct xdp_md *ctx)
{
	__u32 at = 0, found = 0;
	__u8 *text = draw_payload(ctx);

	if (!text)
		return XDP_ABORTED;
	for (int i = 0; i < PAYLOAD_BYTES; i++) {
		struct aho_state *state = bpf_map_lookup_elem(&states, &at);

		if (!state)
			return XDP_ABORTED;
		found += state->matches;
		at = state->next[text[i]];
	}
	return found ? 100 + (int)found : XDP_PASS;
}
