/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A record of each packet that is not plain TCP, through a ring buffer. */
#include "suite.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} records SEC(".maps");

struct record {
	__u64 addresses;
	__u32 ports, len;
	__u8 proto, tos, ttl, pad[5];
	__u8 head[32];
};

SEC("xdp") int events(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx), *next = draw(ctx);
	struct record *record;
	struct iphdr *ip;
	__u64 *head = next;

	if (!next)
		return XDP_ABORTED;
	ip = take_plain_ip(&next, end);
	if (!ip || next + sizeof(__u32) > end)
		return XDP_PASS;
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record)
		return XDP_DROP;
	record->addresses = (__u64)ip->saddr << 32 | ip->daddr;
	record->ports = *(__u32 *)next;
	record->len = bpf_ntohs(ip->tot_len);
	record->proto = ip->protocol;
	record->tos = ip->tos;
	record->ttl = ip->ttl;
	memset(record->pad, 0, sizeof(record->pad));
	for (int i = 0; i < 4; i++)
		((__u64 *)record->head)[i] = head[i];
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return XDP_PASS;
}
