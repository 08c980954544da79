/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lookups with the key in registers, for native code: one function for each
 * size of keys that are a few whole words. A key that a program puts together
 * in its frame from small pieces is not read from there, which would have to
 * wait until all of the pieces are in the cache.
 */
#include "map/hash.h"
#include "map/hash_find.h"

/* Key sizes are multiples of four bytes, up to five words of eight. */
#define SIZES_MAX	(MAP_KEY_WORDS * 8 / 4)

#define FIND(size) \
static uint64_t find_##size(const struct hash_table *t, uint64_t w0, \
			    uint64_t w1, uint64_t w2, uint64_t w3, \
			    uint64_t w4) \
{ \
	const uint64_t key[MAP_KEY_WORDS] = { w0, w1, w2, w3, w4 }; \
	uint32_t elem = hash_find(t, key, size); \
\
	return elem == HASH_NONE ? 0 : \
	       (uintptr_t)(hash_elem_at(t, elem)->key + ((size) + 7) / 8 * 8); \
}

FIND(4)
FIND(8)
FIND(12)
FIND(16)
FIND(20)
FIND(24)
FIND(28)
FIND(32)
FIND(36)
FIND(40)

map_words_fn map_hash_words(const struct map *map)
{
	static const map_words_fn by_size[SIZES_MAX + 1] = {
		NULL, find_4, find_8, find_12, find_16, find_20, find_24,
		find_28, find_32, find_36, find_40,
	};
	uint32_t size = map->def.key_size;

	return size % 4 || size / 4 > SIZES_MAX ? NULL : by_size[size / 4];
}
