/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What every program of the suite begins with. A program is ordinary BPF C
 * and is compiled twice: for BPF, and by native.h as C of this machine.
 *
 * Its packet is a deck: a header and DECK_FRAMES frames, one behind the
 * other. Each run draws one of them, in an order that no branch predictor
 * learns; what a run changes in it, the next to draw it sees. So a test run
 * that repeats over one packet has inputs that vary, in every engine alike.
 */
#ifndef SKEP_BENCH_SUITE_H
#define SKEP_BENCH_SUITE_H

#ifdef __bpf__
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* One register from here on: bounds that are checked are of one pointer. */
#define settle(pointer)	asm volatile("" : "+r"(pointer))
#else
#include "native.h"

#define settle(pointer)
#endif

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>

#include "deck.h"

char _license[] SEC("license") = "Dual BSD/GPL";

#define memcpy		__builtin_memcpy
#define memset		__builtin_memset
#define DATA_END(ctx)	((void *)(long)(ctx)->data_end)

/* The next frame of the deck; NULL when the packet is too short for one. */
#define draw(ctx)	draw_from((void *)(long)(ctx)->data, DATA_END(ctx))

static __always_inline void *draw_from(struct deck *deck, void *end)
{
	void *frames = deck + 1;

	if (frames > end)
		return NULL;
	deck->state = deck->state * 1664525 + 1013904223;
	frames += (deck->state >> DECK_SHIFT) * DECK_ROOM;
	settle(frames);
	return frames;
}

/* `size` bytes at *next, or NULL when the packet ends before. */
static __always_inline void *take(void **next, void *end, __u64 size)
{
	void *at = *next;

	if (at + size > end)
		return NULL;
	*next = at + size;
	return at;
}

/* The IPv4 header of a frame without tags and options, or NULL. */
static __always_inline struct iphdr *take_plain_ip(void **next, void *end)
{
	struct ethhdr *eth = take(next, end, sizeof(*eth));
	struct iphdr *ip;

	if (!eth || eth->h_proto != bpf_htons(ETH_P_IP))
		return NULL;
	ip = take(next, end, sizeof(*ip));
	return ip && ip->ihl == 5 ? ip : NULL;
}

/* The TCP header behind one, and *ip; NULL for everything else. */
static __always_inline struct tcphdr *take_plain_tcp(void **next, void *end,
						     struct iphdr **ip)
{
	*ip = take_plain_ip(next, end);
	if (!*ip || (*ip)->protocol != IPPROTO_TCP)
		return NULL;
	return take(next, end, sizeof(struct tcphdr));
}

#define PAYLOAD_BYTES	64

/* The last 64 bytes of the drawn frame, or NULL. */
#define draw_payload(ctx) payload_from(draw(ctx), DATA_END(ctx))

static __always_inline __u8 *payload_from(__u8 *frame, void *end)
{
	if (!frame)
		return NULL;
	frame += DECK_ROOM - PAYLOAD_BYTES;
	return (void *)(frame + PAYLOAD_BYTES) > end ? NULL : frame;
}

static __always_inline __u32 rotl32(__u32 v, int n)
{
	return v << n | v >> (32 - n);
}

static __always_inline __u64 rotl64(__u64 v, int n)
{
	return v << n | v >> (64 - n);
}

/* SipHash's round on v0 to v3. */
#define SIPROUND do { \
	v0 += v1; v1 = rotl64(v1, 13) ^ v0; v0 = rotl64(v0, 32); \
	v2 += v3; v3 = rotl64(v3, 16) ^ v2; \
	v0 += v3; v3 = rotl64(v3, 21) ^ v0; \
	v2 += v1; v1 = rotl64(v1, 17) ^ v2; v2 = rotl64(v2, 32); \
} while (0)

/* One's complement sum: carries of the upper half added to the lower. */
static __always_inline __u16 fold_sum(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)sum;
}

/* RFC 1624: the checksum after a 32-bit word of what it covers changed. */
static __always_inline __u16 replace_sum(__u16 check, __u32 from, __u32 to)
{
	__u32 sum = (__u16)~check;

	sum += (__u16)~from + (__u16)(~from >> 16);
	sum += (to & 0xffff) + (to >> 16);
	return (__u16)~fold_sum(sum);
}

struct ports {
	__be16 source, dest;
};

#endif
