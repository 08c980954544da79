/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What the examples share: reading headers between `data` and `data_end`.
 * Each function returns a pointer that is proven to lie inside the packet, or
 * NULL, and moves *next behind what it read.
 */
#ifndef SKEP_EXAMPLES_PARSE_H
#define SKEP_EXAMPLES_PARSE_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct vlan_hdr {
	__be16 tci;
	__be16 proto;
};

/* `size` bytes at *next, or NULL when the packet ends before. */
static __always_inline void *take(void **next, void *end, __u64 size)
{
	void *at = *next;

	if (at + size > end)
		return NULL;
	*next = at + size;
	return at;
}

/* The Ethernet header and up to two VLAN tags; the ethertype, 0 if short. */
static __always_inline __u16 take_ethertype(void **next, void *end)
{
	struct ethhdr *eth = take(next, end, sizeof(*eth));
	__u16 proto;

	if (!eth)
		return 0;
	proto = bpf_ntohs(eth->h_proto);
#pragma unroll
	for (int i = 0; i < 2; i++) {
		struct vlan_hdr *vlan;

		if (proto != ETH_P_8021Q && proto != ETH_P_8021AD)
			break;
		vlan = take(next, end, sizeof(*vlan));
		if (!vlan)
			return 0;
		proto = bpf_ntohs(vlan->proto);
	}
	return proto;
}

/* The IPv4 header with its options skipped, or NULL. */
static __always_inline struct iphdr *take_ipv4(void **next, void *end)
{
	struct iphdr *ip = take(next, end, sizeof(*ip));

	if (!ip || ip->version != 4 || ip->ihl < 5)
		return NULL;
	*next = ip;
	return take(next, end, ip->ihl * 4);
}

/* True for all but the first fragment: they carry no transport header. */
static __always_inline int is_later_fragment(const struct iphdr *ip)
{
	return (ip->frag_off & bpf_htons(0x1fff)) != 0;
}

#endif
