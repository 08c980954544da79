/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Source NAT: a 5-tuple is looked up, address and port are written anew, and
 * the checksums of both headers follow. Written back by the next run.
 */
#include "suite.h"
#include "tables.h"

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
	struct tuple tuple = { 0 };
	struct tcphdr *tcp;
	struct iphdr *ip;

	if (!next)
		return XDP_ABORTED;
	ip = take_plain_ip(&next, end);
	if (!ip || ip->protocol != IPPROTO_TCP)
		return XDP_PASS;
	tcp = take(&next, end, sizeof(*tcp));
	if (!tcp)
		return XDP_DROP;
	tuple.src = ip->saddr;
	tuple.dst = ip->daddr;
	tuple.source = tcp->source;
	tuple.dest = tcp->dest;
	tuple.proto = ip->protocol;
	entry = bpf_map_lookup_elem(&bindings, &tuple);
	if (!entry)
		return XDP_PASS;
	entry->packets++;
	to = *entry;
	rewrite(ip, tcp, &to);
	return XDP_TX;
}
