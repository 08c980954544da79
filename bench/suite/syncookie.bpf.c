/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * SYN cookies: for a SYN, a keyed hash (SipHash-1-3) of the 4-tuple becomes
 * the sequence number of a SYN-ACK that the frame is turned into; an ACK is
 * held against it. Nothing is looked up.
 */
#include "suite.h"

#define KEY0	0x0706050403020100ull
#define KEY1	0x0f0e0d0c0b0a0908ull
#define SYN	0x02
#define ACK	0x10

static __always_inline __u32 cookie(__be32 src, __be32 dst, __u32 ports)
{
	__u64 v0 = KEY0 ^ 0x736f6d6570736575ull;
	__u64 v1 = KEY1 ^ 0x646f72616e646f6dull;
	__u64 v2 = KEY0 ^ 0x6c7967656e657261ull;
	__u64 v3 = KEY1 ^ 0x7465646279746573ull;
	__u64 words[] = { (__u64)src << 32 | dst, 12ull << 56 | ports };

#pragma unroll
	for (int i = 0; i < 2; i++) {
		v3 ^= words[i];
		SIPROUND;
		v0 ^= words[i];
	}
	v2 ^= 0xff;
	SIPROUND;
	SIPROUND;
	SIPROUND;
	return (__u32)(v0 ^ v1 ^ v2 ^ v3);
}

/* Back to where it came from, and TCP's flags word as given. */
static __always_inline void turn(struct ethhdr *eth, struct iphdr *ip,
				 struct tcphdr *tcp, __u32 seq, __u8 flags)
{
	__u8 mac[ETH_ALEN];
	__be32 addr = ip->saddr;
	__be16 port = tcp->source;

	memcpy(mac, eth->h_source, ETH_ALEN);
	memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
	memcpy(eth->h_dest, mac, ETH_ALEN);
	ip->saddr = ip->daddr;
	ip->daddr = addr;
	tcp->source = tcp->dest;
	tcp->dest = port;
	tcp->check = replace_sum(tcp->check, tcp->seq, bpf_htonl(seq));
	tcp->ack_seq = bpf_htonl(bpf_ntohl(tcp->seq) + 1);
	tcp->seq = bpf_htonl(seq);
	((__u8 *)tcp)[13] = flags;
}

SEC("xdp") int syncookie(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx), *next = draw(ctx);
	struct ethhdr *eth = next;
	struct tcphdr *tcp;
	struct iphdr *ip;
	__u32 expected;
	__u8 flags;

	if (!next)
		return XDP_ABORTED;
	tcp = take_plain_tcp(&next, end, &ip);
	if (!tcp)
		return XDP_PASS;
	flags = ((__u8 *)tcp)[13];
	if (!(flags & (SYN | ACK)))
		return XDP_PASS;
	expected = cookie(ip->saddr ^ ip->daddr, ip->saddr + ip->daddr,
			  (__u32)tcp->source * tcp->dest);
	if (flags & SYN) {
		turn(eth, ip, tcp, expected, SYN | ACK);
		return XDP_TX;
	}
	return bpf_ntohl(tcp->ack_seq) - 1 == expected ? XDP_PASS : XDP_DROP;
}
