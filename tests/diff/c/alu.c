/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic of both widths with registers and constants. */
#include "types.h"

SEC("socket") u64 alu64(u64 *v)
{
	u64 a = v[0], b = v[1];

	v[2] = a + b - (a | b) * (a & b) + (a ^ b);
	v[3] = (a << (b & 63)) + (a >> (b & 63)) + ((s64)a >> (b & 63));
	v[4] = a / b + a % b + a / 10 + a % 1000003 + -a;
	v[5] = a * 0x12345678 + (a | 0x700) + (a & -16) + (a ^ 0x55);
	return (a << 3) + (a >> 5) + ((s64)a >> 7);
}

SEC("socket") u32 alu32(u32 *v)
{
	u32 a = v[0], b = v[1];

	v[2] = a + b - (a | b) * (a & b) + (a ^ b);
	v[3] = (a << (b & 31)) + (a >> (b & 31)) + ((s32)a >> (b & 31));
	v[4] = a / b + a % b + a / 10 + a % 1000003 + -a;
	v[5] = a * 0x12345678 + (a | 0x700) + (a & -16) + (a ^ 0x55);
	return (a << 3) + (a >> 5) + ((s32)a >> 7);
}
