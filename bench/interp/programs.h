/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs of the interpreter's benchmark, as C that is compiled twice:
 * for BPF and for this machine. Each works on plain memory (struct work) and
 * returns 64 bits that must be the same both ways.
 */
#ifndef SKEP_BENCH_PROGRAMS_H
#define SKEP_BENCH_PROGRAMS_H

#include <linux/types.h>

struct work {
	__u64 result;
	__u64 seed;
	__u8 data[1024];
};

#ifdef __bpf__
#define INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))
#else
#include "base/compiler.h"
#define INLINE static always_inline
#define NOINLINE noinline
#endif

INLINE __u64 rotl64(__u64 v, int n)
{
	return v << n | v >> (64 - n);
}

#define SIPROUND(v0, v1, v2, v3) do { \
	v0 += v1; v1 = rotl64(v1, 13) ^ v0; v0 = rotl64(v0, 32); \
	v2 += v3; v3 = rotl64(v3, 16) ^ v2; \
	v0 += v3; v3 = rotl64(v3, 21) ^ v0; \
	v2 += v1; v1 = rotl64(v1, 17) ^ v2; v2 = rotl64(v2, 32); \
} while (0)

/* SipHash-2-4 of 64 bytes */
INLINE __u64 work_siphash(struct work *w)
{
	const __u64 *words = (const __u64 *)w->data;
	__u64 v0 = w->seed ^ 0x736f6d6570736575ULL;
	__u64 v1 = ~w->seed ^ 0x646f72616e646f6dULL;
	__u64 v2 = w->seed ^ 0x6c7967656e657261ULL;
	__u64 v3 = ~w->seed ^ 0x7465646279746573ULL;

	for (int i = 0; i < 9; i++) {
		__u64 m = i < 8 ? words[i] : 64ULL << 56;

		v3 ^= m;
		SIPROUND(v0, v1, v2, v3);
		SIPROUND(v0, v1, v2, v3);
		v0 ^= m;
	}
	v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		SIPROUND(v0, v1, v2, v3);
	return v0 ^ v1 ^ v2 ^ v3;
}

/* The Internet checksum of 512 bytes, as 16-bit words */
INLINE __u64 work_checksum(struct work *w)
{
	const __u16 *words = (const __u16 *)w->data;
	__u32 sum = (__u32)w->seed & 0xffff;

	for (int i = 0; i < 256; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~(sum + (sum >> 16));
}

/* Sorts 24 numbers on the stack. */
INLINE __u64 work_sort(struct work *w)
{
	__u32 v[24];
	__u64 mix = w->seed;

	for (int i = 0; i < 24; i++) {
		__u32 x = w->data[i] * 2654435761u;
		int j = i;

		for (; j > 0 && v[j - 1] > x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
	for (int i = 0; i < 24; i++)
		mix = mix * 31 + v[i];
	return mix;
}

/* A tokenizer: branches that depend on each byte. */
INLINE __u64 work_tokens(struct work *w)
{
	__u64 numbers = 0, words = 0, value = 0;
	int state = 0;

	for (int i = 0; i < 256; i++) {
		__u8 c = w->data[i] & 0x7f;

		if (c >= '0' && c <= '9') {
			value = value * 10 + (c - '0');
			state = 1;
		} else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
			words += state != 2;
			state = 2;
		} else {
			if (state == 1)
				numbers += value;
			value = 0;
			state = 0;
		}
	}
	return numbers * 1000003 + words + w->seed;
}

static NOINLINE __u32 gcd(__u32 a, __u32 b)
{
	while (b) {
		__u32 rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static NOINLINE __u64 step(__u64 v, __u8 byte)
{
	return (v ^ byte) * 0x100000001b3ULL + gcd((__u32)byte + 1, 60);
}

/* Two calls and a short loop for each of 64 bytes */
INLINE __u64 work_calls(struct work *w)
{
	__u64 v = w->seed;

	for (int i = 0; i < 64; i++)
		v = step(v, w->data[i]);
	return v;
}

/*
 * Ethernet, VLAN tags, IPv4 or IPv6 with extension headers, ports: every
 * access behind a comparison with the end. The 5-tuple folded into a number.
 */
INLINE __u64 parse(const __u8 *p, const __u8 *end)
{
	__u64 key = 0;
	__u32 proto;
	__u8 next;

	if (p + 14 > end)
		return 1;
	proto = (__u32)p[12] << 8 | p[13];
	p += 14;
	for (int i = 0; i < 2; i++) {
		if (proto != 0x8100 && proto != 0x88a8)
			break;
		if (p + 4 > end)
			return 2;
		proto = (__u32)p[2] << 8 | p[3];
		p += 4;
	}
	if (proto == 0x0800) {
		__u32 len;

		if (p + 20 > end)
			return 3;
		len = (p[0] & 15) * 4;
		for (int i = 12; i < 20; i++)
			key = key * 257 + p[i];
		next = p[9];
		if (len < 20 || p + len > end)
			return 4;
		p += len;
	} else if (proto == 0x86dd) {
		if (p + 40 > end)
			return 5;
		next = p[6];
		for (int i = 8; i < 40; i++)
			key = key * 257 + p[i];
		p += 40;
		for (int i = 0; i < 4; i++) {
			__u32 len;

			if (next != 0 && next != 43 && next != 60)
				break;
			if (p + 8 > end)
				return 6;
			next = p[0];
			len = (p[1] + 1u) * 8;
			if (p + len > end)
				return 7;
			p += len;
		}
	} else {
		return 8;
	}
	if (next != 6 && next != 17)
		return key ^ next;
	if (p + 4 > end)
		return 9;
	for (int i = 0; i < 4; i++)
		key = key * 257 + p[i];
	return key * 257 + next;
}

#endif
