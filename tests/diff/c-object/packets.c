/* SPDX-License-Identifier: Apache-2.0 */
/* A parser as people write it: loops, switches, wide constants, atomics. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct flow {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} protocols SEC(".maps");

static __noinline __u64 mix(__u64 h, __u64 v)
{
	h ^= v * 0x9e3779b97f4a7c15ULL;
	return h << 31 | h >> 33;
}

static __noinline void account(__u64 key, __u32 len)
{
	struct flow fresh = { 1, len }, *flow;

	flow = bpf_map_lookup_elem(&flows, &key);
	if (!flow) {
		bpf_map_update_elem(&flows, &key, &fresh, BPF_ANY);
		return;
	}
	__sync_fetch_and_add(&flow->packets, 1);
	__sync_fetch_and_add(&flow->bytes, len);
}

SEC("xdp")
int parse(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = (void *)(eth + 1);
	struct ipv6hdr *ip6 = (void *)(eth + 1);
	__u64 hash = 0x0123456789abcdefULL;
	__u32 proto, *count;

	if ((void *)(eth + 1) > end)
		return XDP_DROP;
	switch (eth->h_proto) {
	case bpf_htons(ETH_P_IP):
		if ((void *)(ip + 1) > end)
			return XDP_DROP;
		proto = ip->protocol;
		hash = mix(hash, (__u64)ip->saddr << 32 | ip->daddr);
		break;
	case bpf_htons(ETH_P_IPV6):
		if ((void *)(ip6 + 1) > end)
			return XDP_DROP;
		proto = ip6->nexthdr;
		for (int i = 0; i < 4; i++)
			hash = mix(hash, ip6->saddr.s6_addr32[i]);
		break;
	default:
		return XDP_PASS;
	}
	count = bpf_map_lookup_elem(&protocols, &proto);
	if (count)
		++*count;
	account(hash, end - data);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
