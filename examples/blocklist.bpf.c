/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * XDP: drops IPv4 packets whose source address is in the hash map
 * `blocklist`, and counts there how many it dropped per address.
 *
 * One address can be set from the command line, in network byte order as the
 * number is written: --set blocked=0x0a000001 blocks 10.0.0.1.
 */
#include "parse.h"

const volatile __u32 blocked = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10000);
	__type(key, __be32);	/* source address */
	__type(value, __u64);	/* packets dropped */
} blocklist SEC(".maps");

SEC("xdp")
int block(struct xdp_md *ctx)
{
	void *next = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct iphdr *ip;
	__be32 source;
	__u64 *dropped, one = 1;

	if (take_ethertype(&next, end) != ETH_P_IP)
		return XDP_PASS;
	ip = take_ipv4(&next, end);
	if (!ip)
		return XDP_PASS;
	source = ip->saddr;
	dropped = bpf_map_lookup_elem(&blocklist, &source);
	if (dropped) {
		__sync_fetch_and_add(dropped, 1);
		return XDP_DROP;
	}
	if (blocked && source == bpf_htonl(blocked)) {
		bpf_map_update_elem(&blocklist, &source, &one, BPF_NOEXIST);
		return XDP_DROP;
	}
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
