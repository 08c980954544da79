/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A packet is read without a look at its length
 *
 * rejected: verify-packet-bounds
 * line: eth->h_proto
 * says: data_end
 */
#include "mistake.h"

SEC("xdp")
int packet_unchecked(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;

#ifdef FIXED
	if (data + sizeof(*eth) > data_end)
		return XDP_DROP;
#endif
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		return XDP_PASS;
	return data < data_end ? XDP_DROP : XDP_ABORTED;
}
