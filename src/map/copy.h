/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies between private memory and map memory that other threads may read or
 * write at this moment. The shared side is aligned to 8 and is touched word
 * by word (its rest by half word and byte) with relaxed atomics: each of them
 * is whole, the value may be a mix of two updates, as with the kernel's
 * long-wise copies.
 */
#ifndef SKEP_MAP_COPY_H
#define SKEP_MAP_COPY_H

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/endian.h"

static inline void map_copy_in(void *shared, const void *src, size_t len)
{
	const uint8_t *from = src;
	uint8_t *to = shared;

	for (; len >= 8; len -= 8, to += 8, from += 8)
		atomic_store_relaxed((uint64_t *)to, get_u64(from));
	for (; len >= 4; len -= 4, to += 4, from += 4)
		atomic_store_relaxed((uint32_t *)to, get_u32(from));
	for (; len; len--)
		atomic_store_relaxed(to++, *from++);
}

static inline void map_copy_out(void *dst, const void *shared, size_t len)
{
	const uint8_t *from = shared;
	uint8_t *to = dst;

	for (; len >= 8; len -= 8, to += 8, from += 8)
		put_u64(to, atomic_load_relaxed((const uint64_t *)from));
	for (; len >= 4; len -= 4, to += 4, from += 4)
		put_u32(to, atomic_load_relaxed((const uint32_t *)from));
	for (; len; len--)
		*to++ = atomic_load_relaxed(from++);
}

static inline void map_zero(void *shared, size_t len)
{
	uint8_t *to = shared;

	for (; len >= 8; len -= 8, to += 8)
		atomic_store_relaxed((uint64_t *)to, 0);
	for (; len >= 4; len -= 4, to += 4)
		atomic_store_relaxed((uint32_t *)to, 0);
	for (; len; len--)
		atomic_store_relaxed(to++, 0);
}

static inline bool map_same(const void *shared, const void *key, size_t len)
{
	const uint8_t *a = shared, *b = key;

	for (; len >= 8; len -= 8, a += 8, b += 8)
		if (atomic_load_relaxed((const uint64_t *)a) != get_u64(b))
			return false;
	for (; len >= 4; len -= 4, a += 4, b += 4)
		if (atomic_load_relaxed((const uint32_t *)a) != get_u32(b))
			return false;
	for (; len; len--)
		if (atomic_load_relaxed(a++) != *b++)
			return false;
	return true;
}

#endif
