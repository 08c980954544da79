/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A firewall by the longest prefix of the source: a trie with steps of eight
 * bits, whose nodes are elements of an array. At most four lookups, each by
 * what the one before gave.
 */
#include "suite.h"
#include "tables.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TRIE_NODES);
	__type(key, __u32);
	__type(value, struct trie_node);
} trie SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

static __always_inline __u32 find(__u32 addr)
{
	__u32 node = 0, action = 0;

#pragma unroll
	for (int shift = 24; shift >= 0; shift -= 8) {
		struct trie_node *at = bpf_map_lookup_elem(&trie, &node);
		__u8 byte = (__u8)(addr >> shift);

		if (!at)
			break;
		if (at->action[byte])
			action = at->action[byte];
		node = at->next[byte];
		if (!node)
			break;
	}
	return action;
}

SEC("xdp") int fwprefix(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx), *next = draw(ctx);
	struct iphdr *ip;
	__u64 *packets;
	__u32 action;

	if (!next)
		return XDP_ABORTED;
	ip = take_plain_ip(&next, end);
	if (!ip)
		return XDP_PASS;
	action = find(bpf_ntohl(ip->saddr));
	packets = bpf_map_lookup_elem(&verdicts, &action);
	if (packets)
		++*packets;
	return action > 1 ? XDP_DROP : XDP_PASS;
}
