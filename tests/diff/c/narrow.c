/* SPDX-License-Identifier: Apache-2.0 */
/* Signed division and sign extension, which -mcpu=v4 has instructions for. */
#include "types.h"

SEC("socket") s64 extend(u64 *v)
{
	return (s8)v[0] + (s16)v[1] + (s32)v[2];
}

SEC("socket") s32 extend32(u32 *v)
{
	return (s8)v[0] + (s16)v[1];
}

#if __BPF_CPU_VERSION__ >= 4
SEC("socket") s64 divide(s64 *v, s32 *w)
{
	return v[0] / v[1] + v[2] % v[3] + v[4] / -7 + v[5] % 9 +
	       w[0] / w[1] + w[2] % w[3] + w[4] / -7 + w[5] % 9;
}
#endif
