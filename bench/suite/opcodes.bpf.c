/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A small machine's program in the frame's bytes: a switch of sixteen cases
 * for each, so that where to go next is known only when it is there.
 */
#include "suite.h"

#define STEPS	32

SEC("xdp") int opcodes(struct xdp_md *ctx)
{
	const __u8 *code = draw(ctx);
	__u32 a = 1, b = 2, i = 0;

	if (!code || (void *)(code + DECK_ROOM) > DATA_END(ctx))
		return XDP_ABORTED;
	for (i = 40; i < 40 + STEPS; i++) {
		switch (code[i] & 15) {
		case 0: a += b; break;
		case 1: a -= b; break;
		case 2: a ^= b; break;
		case 3: b = rotl32(b, 5); break;
		case 4: a = a * 5 + 1; break;
		case 5: b += code[i]; break;
		case 6: a = a > b ? a - b : b - a; break;
		case 7: b ^= a >> 3; break;
		case 8: a |= 1; break;
		case 9: b = b / (a | 1); break;
		case 10: a = a & 1 ? a + 7 : a >> 1; break;
		case 11: b = ~b; break;
		case 12: a <<= b & 7; break;
		case 13: b = b % 1021; break;
		case 14: { __u32 c = a; a = b; b = c; break; }
		default: if (a == b) return (int)i; break;
		}
	}
	return (int)(a ^ b);
}
