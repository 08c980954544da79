/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A number is handed over where a pointer is wanted
 *
 * rejected: verify-arg
 * line: bpf_map_lookup_elem
 * says: &
 */
#include "mistake.h"

SEC("xdp")
int argument_kind(struct xdp_md *ctx)
{
	__u32 key = ctx->rx_queue_index;

#ifdef FIXED
	return bpf_map_lookup_elem(&counts, &key) ? 1 : 2;
#else
	return bpf_map_lookup_elem(&counts, (void *)(long)key) ? 1 : 2;
#endif
}
