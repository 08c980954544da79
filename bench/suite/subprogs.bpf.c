/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Functions that are called and not inlined, three deep, some in a loop. */
#include "suite.h"

static __noinline __u32 step(__u32 hash, __u32 byte)
{
	hash = (hash ^ byte) * 0x01000193;
	return hash ^ hash >> 15;
}

static __noinline __u32 mix(__u32 hash, __u32 word)
{
	hash = step(hash, word & 0xff);
	hash = step(hash, word >> 8 & 0xff);
	hash = step(hash, word >> 16 & 0xff);
	return step(hash, word >> 24);
}

static __noinline __u32 weigh(__u32 hash, __u32 proto)
{
	if (proto == IPPROTO_TCP)
		return mix(hash, 6);
	return proto == IPPROTO_UDP ? mix(hash, 17) : hash;
}

SEC("xdp") int subprogs(struct xdp_md *ctx)
{
	const __u32 *words = draw(ctx);
	__u32 hash = 0x811c9dc5;

	if (!words || (void *)(words + 10) > DATA_END(ctx))
		return XDP_ABORTED;
	for (int i = 3; i < 9; i++)
		hash = mix(hash, words[i]);
	return (int)weigh(hash, ((const __u8 *)words)[23]);
}
