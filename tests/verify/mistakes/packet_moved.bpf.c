/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A pointer into the packet is used after a helper that moves it
 *
 * rejected: verify-not-pointer
 * line: eth->h_proto = 0
 * says: ctx->data
 * says: bpf_xdp_adjust_head
 */
#include "mistake.h"

SEC("xdp")
int packet_moved(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;

	if ((void *)(eth + 1) > data_end)
		return XDP_DROP;
	eth->h_dest[0] = 0;
	if (bpf_xdp_adjust_head(ctx, -4))
		return XDP_DROP;
#ifdef FIXED
	eth = (void *)(long)ctx->data;
	data_end = (void *)(long)ctx->data_end;
	if ((void *)(eth + 1) > data_end)
		return XDP_DROP;
#endif
	eth->h_proto = 0;
	return XDP_PASS;
}
