/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores of fixed byte order at any alignment. `get_`/`put_` name
 * the width and the order; nothing else in skep casts bytes to integers.
 */
#ifndef SKEP_BASE_ENDIAN_H
#define SKEP_BASE_ENDIAN_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint16_t get_u16(const void *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t get_u32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t get_u64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void put_u16(void *p, uint16_t v) { memcpy(p, &v, sizeof(v)); }
static inline void put_u32(void *p, uint32_t v) { memcpy(p, &v, sizeof(v)); }
static inline void put_u64(void *p, uint64_t v) { memcpy(p, &v, sizeof(v)); }

static inline uint16_t get_be16(const void *p) { return be16toh(get_u16(p)); }
static inline uint32_t get_be32(const void *p) { return be32toh(get_u32(p)); }
static inline uint64_t get_be64(const void *p) { return be64toh(get_u64(p)); }
static inline void put_be16(void *p, uint16_t v) { put_u16(p, htobe16(v)); }
static inline void put_be32(void *p, uint32_t v) { put_u32(p, htobe32(v)); }
static inline void put_be64(void *p, uint64_t v) { put_u64(p, htobe64(v)); }

/* Load or store `size` (1, 2, 4, 8) bytes in host order, zero-extended. */
static inline uint64_t get_sized(const void *p, uint32_t size)
{
	switch (size) {
	case 1: return *(const uint8_t *)p;
	case 2: return get_u16(p);
	case 4: return get_u32(p);
	default: return get_u64(p);
	}
}

static inline void put_sized(void *p, uint64_t v, uint32_t size)
{
	switch (size) {
	case 1: *(uint8_t *)p = (uint8_t)v; break;
	case 2: put_u16(p, (uint16_t)v); break;
	case 4: put_u32(p, (uint32_t)v); break;
	default: put_u64(p, v); break;
	}
}

#endif
