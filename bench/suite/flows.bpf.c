/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Flow statistics: packets, bytes and flags seen by the 5-tuple. */
#include "tuple.h"

struct flow {
	__u64 packets, bytes;
	__u32 flags, longest;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct tuple);
	__type(value, struct flow);
} flow_table SEC(".maps");

static __always_inline void add(struct flow *flow, __u32 len, __u32 flags)
{
	flow->packets++;
	flow->bytes += len;
	flow->flags |= flags;
	if (len > flow->longest)
		flow->longest = len;
}

SEC("xdp") int flows(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx), *next = draw(ctx);
	struct flow *flow, fresh = { 0 };
	struct tuple tuple;
	struct tcphdr *tcp;
	struct iphdr *ip;
	__u32 flags = 0, len;

	if (!next)
		return XDP_ABORTED;
	ip = take_plain_ip(&next, end);
	if (!ip || (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP))
		return XDP_PASS;
	tcp = next;	/* the ports are where UDP has them */
	if ((void *)(tcp + 1) > end)
		return XDP_PASS;
	if (ip->protocol == IPPROTO_TCP)
		flags = ((__u8 *)tcp)[13];
	tuple = tuple_of(ip, tcp);
	len = bpf_ntohs(ip->tot_len);
	flow = bpf_map_lookup_elem(&flow_table, &tuple);
	if (flow) {
		add(flow, len, flags);
		return XDP_PASS;
	}
	add(&fresh, len, flags);
	bpf_map_update_elem(&flow_table, &tuple, &fresh, BPF_NOEXIST);
	return XDP_PASS;
}
