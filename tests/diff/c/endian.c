/* SPDX-License-Identifier: Apache-2.0 */
/* Byte orders of each size. */
#include "types.h"

SEC("tc") u64 swaps(u64 *v)
{
	v[0] = __builtin_bswap16(v[1]);
	v[2] = __builtin_bswap32(v[3]);
	v[4] = __builtin_bswap64(v[5]);
	return __builtin_bswap16(v[6]) + __builtin_bswap64(v[7]);
}
