/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A router's work on the frame: TTL, checksum by its change, addresses. */
#include "suite.h"

SEC("xdp") int forward(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx), *next = draw(ctx);
	struct ethhdr *eth = next;
	struct iphdr *ip;
	__u32 check;

	if (!next)
		return XDP_ABORTED;
	ip = take_plain_ip(&next, end);
	if (!ip)
		return XDP_PASS;
	if (ip->ttl <= 1) {
		ip->check = replace_sum(ip->check, ip->ttl, 64);
		ip->ttl = 64;
		return XDP_DROP;
	}
	check = ip->check + bpf_htons(0x0100);
	ip->check = (__u16)(check + (check >= 0xffff));
	ip->ttl--;
	for (int i = 0; i < ETH_ALEN; i++) {
		__u8 byte = eth->h_dest[i];

		eth->h_dest[i] = eth->h_source[i];
		eth->h_source[i] = byte;
	}
	return XDP_TX;
}
