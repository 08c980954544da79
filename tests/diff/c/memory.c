/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and stores of each size, constants too, sign-extended where known. */
#include "types.h"

struct all {
	u8 b[3];
	u16 h;
	u32 w;
	u64 d;
	s8 sb;
	s16 sh;
	s32 sw;
};

SEC("tc") u64 copy(volatile struct all *s, volatile struct all *d)
{
	d->b[1] = s->b[2];
	d->h = s->h;
	d->w = s->w;
	d->d = s->d;
	return (s64)s->sb + s->sh + s->sw;
}

SEC("tc") int constants(volatile struct all *d)
{
	volatile u64 stack[4];

	d->b[0] = 7;
	d->h = 0xfffe;
	d->w = 0x80000000;
	d->d = -3;
	stack[0] = 0x1122334455667788ULL;
	stack[3] = 1;
	return stack[0] + stack[3];
}
