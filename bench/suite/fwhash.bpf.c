/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A firewall: sources that are in a hash of 4096 are dropped and counted. */
#include "suite.h"
#include "tables.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __be32);
	__type(value, struct blocked);
} sources SEC(".maps");

SEC("xdp") int fwhash(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx), *next = draw(ctx);
	struct blocked *blocked;
	struct iphdr *ip;
	__be32 source;

	if (!next)
		return XDP_ABORTED;
	ip = take_plain_ip(&next, end);
	if (!ip)
		return XDP_PASS;
	source = ip->saddr;
	blocked = bpf_map_lookup_elem(&sources, &source);
	if (!blocked)
		return XDP_PASS;
	blocked->packets++;
	blocked->bytes += bpf_ntohs(ip->tot_len);
	return XDP_DROP;
}
