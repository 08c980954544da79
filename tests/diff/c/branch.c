/* SPDX-License-Identifier: Apache-2.0 */
/* Every comparison, against registers and constants, in both widths. */
#include "types.h"

#define TRY(op) \
	do { \
		if (a op b) \
			sink(1); \
		if (a op 77) \
			sink(2); \
	} while (0)
#define ALL() \
	do { \
		TRY(==); TRY(!=); TRY(<); TRY(<=); TRY(>); TRY(>=); \
		if (a & b) \
			sink(3); \
		if (a & 0x10) \
			sink(4); \
	} while (0)

static void (*const sink)(int) = (void *)6;

SEC("xdp") int unsigned64(u64 *v)
{
	u64 a = v[0], b = v[1];

	ALL();
	return 0;
}

SEC("xdp") int signed64(s64 *v)
{
	s64 a = v[0], b = v[1];

	ALL();
	return 0;
}

SEC("xdp") int unsigned32(u32 *v)
{
	u32 a = v[0], b = v[1];

	ALL();
	return 0;
}

SEC("xdp") int signed32(s32 *v)
{
	s32 a = v[0], b = v[1];

	ALL();
	return 0;
}
