/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A helper is handed a map of the wrong type
 *
 * rejected: verify-map-use
 * line: bpf_map_lookup_elem
 * says: events
 */
#include "mistake.h"

SEC("xdp")
int map_of_wrong_type(struct xdp_md *ctx)
{
	__u32 key = 0;

#ifdef FIXED
	return bpf_map_lookup_elem(&counts, &key) ? 1 : 2;
#else
	return bpf_map_lookup_elem(&events, &key) ? 1 : 2;
#endif
}
