/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Source NAT: a 5-tuple is looked up, address and port are written anew, and
 * the checksums of both headers follow. Written back by the next run.
 */
#include "tuple.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, struct tuple);
	__type(value, struct nat_entry);
} bindings SEC(".maps");

static __always_inline void rewrite(struct iphdr *ip, struct tcphdr *tcp,
				    const struct nat_entry *to)
{
	__u32 ports = (__u32)to->port << 16 | tcp->dest;

	tcp->check = replace_sum(tcp->check, ip->saddr, to->addr);
	tcp->check = replace_sum(tcp->check,
				 (__u32)tcp->source << 16 | tcp->dest, ports);
	ip->check = replace_sum(ip->check, ip->saddr, to->addr);
	ip->saddr = to->addr;
	tcp->source = to->port;
}

SEC("xdp") int nat(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx), *next = draw(ctx);
	struct nat_entry *entry, to;
	struct tuple tuple;
	struct tcphdr *tcp;
	struct iphdr *ip;

	if (!next)
		return XDP_ABORTED;
	tcp = take_plain_tcp(&next, end, &ip);
	if (!tcp)
		return XDP_PASS;
	tuple = tuple_of(ip, tcp);
	entry = bpf_map_lookup_elem(&bindings, &tuple);
	if (!entry)
		return XDP_PASS;
	entry->packets++;
	to = *entry;
	rewrite(ip, tcp, &to);
	return XDP_TX;
}
