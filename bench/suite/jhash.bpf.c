/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Jenkins' hash of 60 bytes, three words at a time. */
#include "suite.h"

SEC("xdp") int jhash(struct xdp_md *ctx)
{
	const __u32 *words = draw(ctx);
	__u32 a = 0xdeadbeef, b = a, c = a;

	if (!words)
		return XDP_ABORTED;
	if ((void *)(words + 15) > DATA_END(ctx))
		return XDP_DROP;
	for (int i = 0; i < 15; i += 3) {
		a += words[i];
		b += words[i + 1];
		c += words[i + 2];
		a -= c; a ^= rotl32(c, 4); c += b;
		b -= a; b ^= rotl32(a, 6); a += c;
		c -= b; c ^= rotl32(b, 8); b += a;
		a -= c; a ^= rotl32(c, 16); c += b;
		b -= a; b ^= rotl32(a, 19); a += c;
		c -= b; c ^= rotl32(b, 4); b += a;
	}
	c ^= b; c -= rotl32(b, 14);
	a ^= c; a -= rotl32(c, 11);
	b ^= a; b -= rotl32(a, 25);
	c ^= b; c -= rotl32(b, 16);
	return (int)c;
}
