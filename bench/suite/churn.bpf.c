/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Connections come and go: SYN inserts, FIN deletes, others update. */
#include "tuple.h"

struct conn {
	__u64 packets;
	__u32 state, seq;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct tuple);
	__type(value, struct conn);
} conns SEC(".maps");

SEC("xdp") int churn(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx), *next = draw(ctx);
	struct tuple tuple;
	struct conn conn = { 0 };
	struct tcphdr *tcp;
	struct conn *old;
	struct iphdr *ip;

	if (!next)
		return XDP_ABORTED;
	tcp = take_plain_tcp(&next, end, &ip);
	if (!tcp)
		return XDP_PASS;
	tuple = tuple_of(ip, tcp);
	old = bpf_map_lookup_elem(&conns, &tuple);
	conn.packets = old ? old->packets + 1 : 1;
	conn.state = ((__u8 *)tcp)[13];
	conn.seq = tcp->seq;
	/* what comes next time */
	((__u8 *)tcp)[13] ^= 3;
	if (conn.state & 1)
		return bpf_map_delete_elem(&conns, &tuple) ? XDP_DROP :
							     XDP_PASS;
	return bpf_map_update_elem(&conns, &tuple, &conn, BPF_ANY) ? XDP_DROP :
								     XDP_PASS;
}
