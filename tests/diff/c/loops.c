/* SPDX-License-Identifier: Apache-2.0 */
/* Backward jumps, nested, unrolled and not. */
#include "types.h"

SEC("socket") u64 sums(u32 *v)
{
	u64 sum = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < 100; i++) {
#pragma clang loop unroll(disable)
		for (int j = i; j > 0; j--)
			sum += v[i] * j;
		if (sum & 1)
			break;
	}
	for (int i = 0; i < 4; i++)
		sum = (sum << 7) ^ v[i];
	return sum;
}

SEC("socket") u32 hash(u8 *p)
{
	u32 h = 2166136261u;

	while (*p)
		h = (h ^ *p++) * 16777619u;
	return h;
}
