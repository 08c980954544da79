/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The Internet checksum of IPv4's header and of 64 bytes behind it. */
#include "suite.h"

SEC("xdp") int checksum(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx), *next = draw(ctx);
	__u32 header = 0, payload = 0;
	struct iphdr *ip;
	__u16 *words;

	if (!next)
		return XDP_ABORTED;
	ip = take_plain_ip(&next, end);
	if (!ip)
		return XDP_PASS;
	words = (__u16 *)ip;
	for (int i = 0; i < 10; i++)
		header += words[i];
	words = next;
	if ((void *)(words + 32) > end)
		return XDP_DROP;
	for (int i = 0; i < 32; i++)
		payload += words[i];
	if (fold_sum(header) != 0xffff)
		return XDP_DROP;
	return fold_sum(payload) << 8 | XDP_PASS;
}
