/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* bpf_loop: a callback for each of 64 bytes, which ends early at a zero. */
#include "suite.h"

#define BYTES	64

struct sum {
	__u8 bytes[BYTES];
	__u32 a, b;
};

static long add(__u32 i, void *arg)
{
	struct sum *sum = arg;
	__u8 byte = sum->bytes[i % BYTES];

	sum->a += byte;
	sum->b += sum->a;
	return byte == '!';
}

SEC("xdp") int loop(struct xdp_md *ctx)
{
	const __u64 *words = draw(ctx);
	struct sum sum = { .a = 1 };
	long rounds;

	if (!words || (void *)(words + 13) > DATA_END(ctx))
		return XDP_ABORTED;
	for (int i = 0; i < BYTES / 8; i++)
		((__u64 *)sum.bytes)[i] = words[i + 5];
	rounds = bpf_loop(BYTES, add, &sum, 0);
	return (int)(sum.b << 16 ^ sum.a ^ (__u32)rounds);
}
