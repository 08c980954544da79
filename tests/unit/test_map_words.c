/* SPDX-License-Identifier: Apache-2.0 */
/* Lookups with the key in registers find what lookups by address find. */
#include "cmocka_all.h"

#include "map/hash.h"

#define KEYS	300		/* every other one is in the map */

static void make_key(uint8_t *key, uint32_t size, uint32_t seed)
{
	for (uint32_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		key[i] = (uint8_t)(seed >> 24);
	}
}

static uint64_t by_words(struct map *map, const uint8_t *key)
{
	uint64_t words[MAP_KEY_WORDS] = { 0 };

	memcpy(words, key, map->def.key_size);
	return map_hash_words(map)(map->priv, words[0], words[1], words[2],
				   words[3], words[4]);
}

static void test_size(uint32_t size)
{
	const struct map_def def = { "m", MAP_TYPE_HASH, size, 12, KEYS };
	uint8_t key[MAP_KEY_WORDS * 8], value[12] = { 1 };
	struct map *map;
	uint32_t found = 0;

	assert_int_equal(map_create(&map, &def, 1, NULL), 0);
	for (uint32_t i = 0; i < KEYS; i += 2) {
		make_key(key, size, i);
		assert_int_equal(map->ops->update(map, key, value, 0, 0), 0);
	}
	for (uint32_t i = 0; i < KEYS; i++) {
		make_key(key, size, i);
		assert_int_equal(by_words(map, key),
				 (uintptr_t)map->ops->lookup(map, key, 0));
		found += by_words(map, key) != 0;
	}
	assert_true(found >= KEYS / 2);
	map_put(map);
}

static void test_sizes(void **state)
{
	for (uint32_t size = 4; size <= MAP_KEY_WORDS * 8; size += 4)
		test_size(size);
}

static void test_others(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 3, 5, 6, 7, 9, 42, 44, 64 };
	struct map *map;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		const struct map_def def = { "m", MAP_TYPE_HASH, sizes[i], 4,
					     4 };

		assert_int_equal(map_create(&map, &def, 1, NULL), 0);
		assert_null(map_hash_words(map));
		map_put(map);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
