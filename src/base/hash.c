/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"

struct strmap_slot {
	const char *key;	/* NULL: free */
	size_t len;
	uint64_t hash, value;
};

/* The finaliser of splitmix64: every input bit reaches every output bit. */
static uint64_t mix64(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

uint64_t hash_bytes(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t hash = len * 0x9e3779b97f4a7c15ULL;
	uint8_t tail[8] = { 0 };

	for (; len >= 8; p += 8, len -= 8)
		hash = mix64(hash ^ get_u64(p));
	memcpy(tail, p, len);
	return mix64(hash ^ get_u64(tail));
}

static struct strmap_slot *strmap_slot(const struct strmap *map,
				       const char *key, size_t len,
				       uint64_t hash)
{
	size_t i = hash & (map->cap - 1);

	while (map->slots[i].key) {
		struct strmap_slot *slot = &map->slots[i];

		if (slot->hash == hash && slot->len == len &&
		    memcmp(slot->key, key, len) == 0)
			break;
		i = (i + 1) & (map->cap - 1);
	}
	return &map->slots[i];
}

static int strmap_grow(struct strmap *map)
{
	struct strmap grown = { .cap = map->cap ? map->cap * 2 : 64 };

	grown.slots = calloc(grown.cap, sizeof(*grown.slots));
	if (!grown.slots)
		return -ENOMEM;
	for (size_t i = 0; i < map->cap; i++) {
		struct strmap_slot *slot = &map->slots[i];

		if (slot->key)
			*strmap_slot(&grown, slot->key, slot->len,
				     slot->hash) = *slot;
	}
	grown.cnt = map->cnt;
	free(map->slots);
	*map = grown;
	return 0;
}

int strmap_put(struct strmap *map, const char *key, uint64_t value)
{
	size_t len = strlen(key);
	uint64_t hash = hash_bytes(key, len);
	struct strmap_slot *slot;

	if ((map->cnt + 1) * 4 > map->cap * 3) {
		int err = strmap_grow(map);

		if (err)
			return err;
	}
	slot = strmap_slot(map, key, len, hash);
	if (!slot->key)
		map->cnt++;
	*slot = (struct strmap_slot){ key, len, hash, value };
	return 0;
}

bool strmap_get_n(const struct strmap *map, const char *key, size_t len,
		  uint64_t *value)
{
	const struct strmap_slot *slot;

	if (!map->cap)
		return false;
	slot = strmap_slot(map, key, len, hash_bytes(key, len));
	if (!slot->key)
		return false;
	*value = slot->value;
	return true;
}

bool strmap_get(const struct strmap *map, const char *key, uint64_t *value)
{
	return strmap_get_n(map, key, strlen(key), value);
}

void strmap_fini(struct strmap *map)
{
	free(map->slots);
	memset(map, 0, sizeof(*map));
}
