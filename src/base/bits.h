/* SPDX-License-Identifier: Apache-2.0 */
/* Small pure functions on words: rounding, alignment, overflow checks. */
#ifndef SKEP_BASE_BITS_H
#define SKEP_BASE_BITS_H

#include <stdbool.h>
#include <stdint.h>

static inline bool is_pow2(uint64_t v)
{
	return v && !(v & (v - 1));
}

/* The smallest power of two >= v; 0 when that does not fit, 1 for v = 0. */
static inline uint64_t round_up_pow2(uint64_t v)
{
	if (v <= 1)
		return 1;
	if (v > (1ULL << 63))
		return 0;
	return 1ULL << (64 - __builtin_clzll(v - 1));
}

/* `v` up to a multiple of `align`, which is a power of two. */
static inline uint64_t align_up(uint64_t v, uint64_t align)
{
	return (v + align - 1) & ~(align - 1);
}

/* True when [off, off + len) lies inside [0, size); no wrap-around. */
static inline bool range_fits(uint64_t off, uint64_t len, uint64_t size)
{
	return off <= size && len <= size - off;
}

#endif
