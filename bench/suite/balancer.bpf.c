/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * An L4 load balancer: is it for one of our services, which place of the
 * consistent-hash ring is the flow's, which server is that. The frame gets
 * the server's addresses and a checksum that fits; packets are counted.
 */
#include "suite.h"
#include "tables.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct vip);
	__type(value, struct vip_info);
} vips SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RING_SIZE);
	__type(key, __u32);
	__type(value, __u32);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, REALS);
	__type(key, __u32);
	__type(value, struct real);
} reals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, REALS);
	__type(key, __u32);
	__type(value, struct blocked);
} served SEC(".maps");

/* Enough mixing to choose a place in the ring. */
static __always_inline __u32 hash_flow(const struct iphdr *ip,
				       const struct ports *ports)
{
	__u32 a = ip->saddr + 0x9e3779b9, b = ip->daddr ^ 0x85ebca6b;
	__u32 c = (__u32)ports->source << 16 | ports->dest;

	c ^= b; c -= rotl32(b, 14);
	a ^= c; a -= rotl32(c, 11);
	b ^= a; b -= rotl32(a, 25);
	c ^= b; c -= rotl32(b, 16);
	return c;
}

static __always_inline struct real *choose(__u32 hash, __u32 *number)
{
	__u32 place = hash % RING_SIZE;
	__u32 *at = bpf_map_lookup_elem(&ring, &place);

	if (!at)
		return 0;
	*number = *at;
	return bpf_map_lookup_elem(&reals, number);
}

static __always_inline void count(__u32 number, __u16 bytes)
{
	struct blocked *sums = bpf_map_lookup_elem(&served, &number);

	if (!sums)
		return;
	sums->packets++;
	sums->bytes += bytes;
}

static __always_inline void send_to(struct ethhdr *eth, struct iphdr *ip,
				    const struct real *real)
{
	ip->check = replace_sum(ip->check, ip->daddr, real->addr);
	ip->daddr = real->addr;
	memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
	memcpy(eth->h_dest, real->mac, ETH_ALEN);
}

SEC("xdp") int balancer(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx), *next = draw(ctx);
	struct ethhdr *eth = next;
	struct vip vip = { 0 };
	struct vip_info *info;
	struct ports *ports;
	struct real *real;
	struct iphdr *ip;
	__u32 number;

	if (!next)
		return XDP_ABORTED;
	ip = take_plain_ip(&next, end);
	if (!ip || (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP))
		return XDP_PASS;
	ports = take(&next, end, sizeof(*ports));
	if (!ports)
		return XDP_DROP;
	vip.addr = ip->daddr;
	vip.port = ports->dest;
	vip.proto = ip->protocol;
	info = bpf_map_lookup_elem(&vips, &vip);
	if (!info)
		return XDP_PASS;
	real = choose(hash_flow(ip, ports) ^ info->number, &number);
	if (!real)
		return XDP_DROP;
	count(number, bpf_ntohs(ip->tot_len));
	/* the next run is to find the service again */
	send_to(eth, ip, real);
	ip->check = replace_sum(ip->check, ip->daddr, vip.addr);
	ip->daddr = vip.addr;
	return XDP_TX;
}
