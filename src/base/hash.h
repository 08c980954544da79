/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash functions, and a map from strings to 64-bit values for names (BTF,
 * ELF symbols, assembler labels). Keys are borrowed: they must live as long
 * as the map. Not thread-safe.
 */
#ifndef SKEP_BASE_HASH_H
#define SKEP_BASE_HASH_H

#include "base/compiler.h"

/* A good 64-bit mix of `len` bytes; not for adversarial input. */
uint64_t hash_bytes(const void *data, size_t len);

struct strmap_slot;

struct strmap {
	struct strmap_slot *slots;	/* power of two, open addressing */
	size_t cnt, cap;
};

/* Adds or replaces. 0 or -ENOMEM. */
int strmap_put(struct strmap *map, const char *key, uint64_t value);

/* True and *value when the key is there. `len` bytes of `key` count. */
bool strmap_get(const struct strmap *map, const char *key, uint64_t *value);
bool strmap_get_n(const struct strmap *map, const char *key, size_t len,
		  uint64_t *value);
void strmap_fini(struct strmap *map);

#endif
