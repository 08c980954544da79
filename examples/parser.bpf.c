/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * XDP: a parser cut into programs that tail-call each other: the entry looks
 * at the ethertype and jumps to the program for it; that one jumps on to the
 * program for the transport. What they learn travels in the metadata area in
 * front of the packet. Counts per leaf; a missing slot counts as "other".
 */
#include "parse.h"

enum { JUMP_IPV4, JUMP_IPV6, JUMP_TCP, JUMP_UDP, JUMP_CNT };
enum { LEAF_OTHER, LEAF_TCP, LEAF_UDP, LEAF_CNT };

struct meta {
	__u32 l4_offset;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, LEAF_CNT);
	__type(key, __u32);
	__type(value, __u64);
} leaves SEC(".maps");

int parse_ipv4(struct xdp_md *ctx);
int parse_ipv6(struct xdp_md *ctx);
int parse_tcp(struct xdp_md *ctx);
int parse_udp(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, JUMP_CNT);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} jumps SEC(".maps") = {
	.values = {
		[JUMP_IPV4] = (void *)&parse_ipv4,
		[JUMP_IPV6] = (void *)&parse_ipv6,
		[JUMP_TCP] = (void *)&parse_tcp,
		[JUMP_UDP] = (void *)&parse_udp,
	},
};

static __always_inline int leaf(__u32 kind)
{
	__u64 *cnt = bpf_map_lookup_elem(&leaves, &kind);

	if (cnt)
		__sync_fetch_and_add(cnt, 1);
	return XDP_PASS;
}

static __always_inline int jump_on(struct xdp_md *ctx, __u8 transport)
{
	if (transport == IPPROTO_TCP)
		bpf_tail_call(ctx, &jumps, JUMP_TCP);
	else if (transport == IPPROTO_UDP)
		bpf_tail_call(ctx, &jumps, JUMP_UDP);
	return leaf(LEAF_OTHER);
}

/* The metadata, or NULL when it is not there. */
static __always_inline struct meta *meta_of(struct xdp_md *ctx)
{
	struct meta *meta = (void *)(long)ctx->data_meta;

	if ((void *)(meta + 1) > (void *)(long)ctx->data)
		return NULL;
	return meta;
}

/* True when `size` bytes of transport header are in the packet. */
static __always_inline int has_transport(struct xdp_md *ctx, __u32 size)
{
	struct meta *meta = meta_of(ctx);
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	__u32 offset;

	if (!meta)
		return 0;
	offset = meta->l4_offset;
	if (offset > 255)
		return 0;
	return data + offset + size <= end;
}

SEC("xdp")
int parse_tcp(struct xdp_md *ctx)
{
	return leaf(has_transport(ctx, sizeof(struct tcphdr)) ? LEAF_TCP :
		    LEAF_OTHER);
}

SEC("xdp")
int parse_udp(struct xdp_md *ctx)
{
	return leaf(has_transport(ctx, sizeof(struct udphdr)) ? LEAF_UDP :
		    LEAF_OTHER);
}

SEC("xdp")
int parse_ipv4(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct meta *meta = meta_of(ctx);
	void *next = data;
	struct iphdr *ip;

	take_ethertype(&next, end);
	ip = take_ipv4(&next, end);
	if (!ip || !meta || is_later_fragment(ip))
		return leaf(LEAF_OTHER);
	meta->l4_offset = next - data;
	return jump_on(ctx, ip->protocol);
}

SEC("xdp")
int parse_ipv6(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct meta *meta = meta_of(ctx);
	void *next = data;
	struct ipv6hdr *ip6;

	take_ethertype(&next, end);
	ip6 = take(&next, end, sizeof(*ip6));
	if (!ip6 || !meta)
		return leaf(LEAF_OTHER);
	meta->l4_offset = next - data;
	return jump_on(ctx, ip6->nexthdr);
}

SEC("xdp")
int parse(struct xdp_md *ctx)
{
	void *next, *end;
	__u16 type;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(struct meta)))
		return leaf(LEAF_OTHER);
	next = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	type = take_ethertype(&next, end);
	if (type == ETH_P_IP)
		bpf_tail_call(ctx, &jumps, JUMP_IPV4);
	else if (type == ETH_P_IPV6)
		bpf_tail_call(ctx, &jumps, JUMP_IPV6);
	return leaf(LEAF_OTHER);
}

char _license[] SEC("license") = "Dual BSD/GPL";
