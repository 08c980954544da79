/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* SipHash-2-4 of 64 bytes: one long chain of additions and rotates. */
#include "suite.h"

SEC("xdp") int siphash(struct xdp_md *ctx)
{
	const __u64 *words = draw(ctx);
	__u64 v0 = 0x736f6d6570736575ull, v1 = 0x646f72616e646f6dull;
	__u64 v2 = 0x6c7967656e657261ull, v3 = 0x7465646279746573ull;

	if (!words)
		return XDP_ABORTED;
	if ((void *)(words + 8) > DATA_END(ctx))
		return XDP_DROP;
	for (int i = 0; i < 8; i++) {
		v3 ^= words[i];
		SIPROUND;
		SIPROUND;
		v0 ^= words[i];
	}
	v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		SIPROUND;
	return (int)(v0 ^ v1 ^ v2 ^ v3);
}
