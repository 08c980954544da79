/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Sorts 16 words of the frame on the stack, by exchanging neighbours. */
#include "suite.h"

#define WORDS	16

SEC("xdp") int sort(struct xdp_md *ctx)
{
	const __u32 *words = draw(ctx);
	__u32 v[WORDS], mix = 0;

	if (!words || (void *)(words + WORDS) > DATA_END(ctx))
		return XDP_ABORTED;
	for (int i = 0; i < WORDS; i++)
		v[i] = words[i];
#pragma clang loop unroll(disable)
	for (__u32 last = WORDS - 1; last > 0; last--) {
#pragma clang loop unroll(disable)
		for (__u32 i = 0; i < last; i++) {
			__u32 a = v[i], b = v[i + 1];

			if (a <= b)
				continue;
			v[i] = b;
			v[i + 1] = a;
		}
	}
	for (int i = 0; i < WORDS; i++)
		mix = mix * 31 + v[i];
	return (int)mix;
}
