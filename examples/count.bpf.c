/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * XDP: counts packets and bytes per IP protocol number in a per-CPU array,
 * so that no two processors share a counter. Passes everything.
 */
#include "parse.h"

struct traffic {
	__u64 packets;
	__u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);	/* IP protocol; 255 stands for "not IP" */
	__type(value, struct traffic);
} protocols SEC(".maps");

static __always_inline __u32 protocol(void *next, void *end)
{
	__u16 type = take_ethertype(&next, end);

	if (type == ETH_P_IP) {
		struct iphdr *ip = take_ipv4(&next, end);

		return ip ? ip->protocol : 255;
	}
	if (type == ETH_P_IPV6) {
		struct ipv6hdr *ip6 = take(&next, end, sizeof(*ip6));

		return ip6 ? ip6->nexthdr : 255;
	}
	return 255;
}

SEC("xdp")
int count(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	__u32 key = protocol(data, end);
	struct traffic *traffic = bpf_map_lookup_elem(&protocols, &key);

	if (traffic) {
		traffic->packets++;
		traffic->bytes += end - data;
	}
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
