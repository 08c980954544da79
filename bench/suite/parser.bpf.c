/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Ethernet, two VLAN tags, IPv4 with options or IPv6 with extension headers,
 * ports: each access behind a comparison with the end. The answer is a number
 * made of what was found.
 */
#include "suite.h"

#define EXTENSIONS_MAX	4

struct vlan {
	__be16 tci, proto;
};

struct extension {
	__u8 next, len;
	__u8 rest[6];
};

static __always_inline __be16 skip_tags(void **next, void *end, __be16 proto)
{
#pragma unroll
	for (int i = 0; i < 2; i++) {
		struct vlan *vlan;

		if (proto != bpf_htons(ETH_P_8021Q) &&
		    proto != bpf_htons(ETH_P_8021AD))
			break;
		vlan = take(next, end, sizeof(*vlan));
		if (!vlan)
			return 0;
		proto = vlan->proto;
	}
	return proto;
}

static __always_inline int skip_ipv4(void **next, void *end, __u32 *key)
{
	struct iphdr *ip = take(next, end, sizeof(*ip));

	if (!ip || ip->ihl < 5)
		return -1;
	if (!take(next, end, (__u64)ip->ihl * 4 - sizeof(*ip)))
		return -1;
	if (ip->frag_off & bpf_htons(0x1fff))
		return -1;
	*key ^= ip->saddr ^ ip->daddr;
	return ip->protocol;
}

static __always_inline int skip_ipv6(void **next, void *end, __u32 *key)
{
	struct ipv6hdr *ip6 = take(next, end, sizeof(*ip6));
	__u8 type;

	if (!ip6)
		return -1;
	type = ip6->nexthdr;
	*key ^= ip6->saddr.s6_addr32[3] ^ ip6->daddr.s6_addr32[3];
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		struct extension *ext;

		if (type != IPPROTO_HOPOPTS && type != IPPROTO_ROUTING &&
		    type != IPPROTO_DSTOPTS)
			break;
		ext = take(next, end, sizeof(*ext));
		if (!ext || !take(next, end, (__u64)(ext->len & 31) * 8))
			return -1;
		type = ext->next;
	}
	return type;
}

SEC("xdp") int parser(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx), *next = draw(ctx);
	struct ports *ports;
	struct ethhdr *eth;
	__u32 key = 0;
	__be16 proto;
	int type;

	if (!next)
		return XDP_ABORTED;
	eth = take(&next, end, sizeof(*eth));
	if (!eth)
		return XDP_DROP;
	proto = skip_tags(&next, end, eth->h_proto);
	if (proto == bpf_htons(ETH_P_IP))
		type = skip_ipv4(&next, end, &key);
	else if (proto == bpf_htons(ETH_P_IPV6))
		type = skip_ipv6(&next, end, &key);
	else
		return XDP_PASS;
	if (type != IPPROTO_TCP && type != IPPROTO_UDP)
		return type < 0 ? XDP_DROP : XDP_PASS;
	ports = take(&next, end, sizeof(*ports));
	if (!ports)
		return XDP_DROP;
	key ^= (__u32)ports->source << 16 | ports->dest;
	return (int)(key ^ (__u32)type);
}
