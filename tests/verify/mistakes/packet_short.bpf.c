/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The check covers less than what is read
 *
 * rejected: verify-packet-bounds
 * line: if (eth->h_proto
 * says: data_end
 */
#include "mistake.h"

SEC("xdp")
int packet_short(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;

#ifdef FIXED
	if (data + sizeof(*eth) > data_end)
#else
	if (data + ETH_ALEN > data_end)
#endif
		return XDP_DROP;
	if (eth->h_proto == bpf_htons(ETH_P_IP))
		return XDP_PASS;
	return XDP_DROP;
}
