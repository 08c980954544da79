/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A header of variable length is skipped, and no check follows
 *
 * rejected: verify-packet-bounds
 * line: return tcp[13]
 * says: tcp + 14 > data_end
 */
#include "mistake.h"

SEC("xdp")
int packet_variable(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	__u8 *tcp;

	if ((void *)(ip + 1) > data_end)
		return XDP_DROP;
	tcp = (void *)ip + ip->ihl * 4;
#ifdef FIXED
	if ((void *)tcp + 14 > data_end)
		return XDP_DROP;
#endif
	return tcp[13] & 1;
}
