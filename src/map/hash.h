/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of HASH that other hash-keyed types are made of. */
#ifndef SKEP_MAP_HASH_H
#define SKEP_MAP_HASH_H

#include "map/hash_table.h"

/* What all hash types demand of flags and sizes. */
int map_hash_check_sizes(const struct map_def *def);

/* What PERCPU_HASH and its kin demand besides. */
int map_percpu_hash_check_sizes(const struct map_def *def);

/*
 * map->priv becomes the struct hash_table, with value_room bytes for each
 * element; the inits of HASH and PERCPU_HASH take what their values need.
 */
int map_hash_init_room(struct map *map, uint64_t value_room);
int map_hash_init(struct map *map);
int map_percpu_hash_init(struct map *map);
void map_hash_fini(struct map *map);

/* 0, -EEXIST or -ENOENT by BPF_NOEXIST and BPF_EXIST. */
int map_hash_check_update(const struct hash_place *place, uint64_t flags);

void *map_hash_lookup(struct map *map, const void *key, uint32_t cpu);
void *map_percpu_hash_lookup(struct map *map, const void *key, uint32_t cpu);
int map_hash_update(struct map *map, const void *key, const void *value,
		    uint64_t flags, uint32_t cpu);
int map_hash_delete(struct map *map, const void *key);
int map_hash_next_key(struct map *map, const void *key, void *next);
bool map_hash_step(struct map *map, struct map_cursor *cur, uint32_t cpu);
int map_hash_read(struct map *map, const void *key, void *value,
		  uint64_t flags);
int map_hash_take(struct map *map, const void *key, void *value,
		  uint64_t flags);
/* Words of 8 bytes that a key may have to be handed over in registers. */
#define MAP_KEY_WORDS	5

/*
 * As lookup of a HASH: map->priv, and the key's bytes in words, the last one
 * zero-extended, 0 for words that it does not have. The value's address, or 0.
 */
typedef uint64_t (*map_words_fn)(const struct hash_table *t, uint64_t w0,
				 uint64_t w1, uint64_t w2, uint64_t w3,
				 uint64_t w4);

/* NULL for keys that are too long, or no multiple of four bytes. */
map_words_fn map_hash_words(const struct map *map);

bool map_hash_window(const struct map *map, uintptr_t addr,
		     struct mem_window *out);

#endif
