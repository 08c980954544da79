/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table under all hash-keyed types: a fixed number of elements, found by
 * key. Readers take no lock and never wait; writers lock one bucket.
 *
 *	region: | shared | spares | groups: buckets, overflow | elements |
 *
 * A group is one cache line: eight 16-bit tags (0: free slot) and the eight
 * element numbers. A bucket is a head group and, rarely, a chain of overflow
 * groups. Only the last group of a chain has free slots, so that there are
 * enough groups in the worst case. An element is
 *
 *	| gen | next free | key, padded to 8 | value(s) |
 *
 * and never moves; `gen` is odd while it is in the table and counts up
 * whenever it enters or leaves.
 *
 * Why readers are right (the writer's side is in hash_table.c):
 *  - A hit is checked by the element alone: `gen` odd before, the key equal,
 *    `gen` the same after. Then that key was in the map at that moment.
 *  - A key that stays in the map keeps its slot, except when a delete fills
 *    its hole from the end of the chain, which bumps the bucket's `version`
 *    between filling the hole and freeing the old slot. Replacing a key's
 *    element stores one number in that slot. So a scan that finds `version`
 *    unchanged at its end has passed the key's slot while the key was there.
 *  - A tag that fits with a key that does not is believed only when slot and
 *    `gen` are unchanged afterwards, else the scan starts again.
 *  - A chain loses its last group only when what was in it is in a hole
 *    already and `version` has moved: a reader that strays with the group
 *    into another chain has either passed all of its own, or notices. What
 *    it hits there is a hit all the same.
 *  - Each repeated scan means that some writer has finished a step: no reader
 *    waits for a writer that does not run.
 */
#ifndef SKEP_MAP_HASH_TABLE_H
#define SKEP_MAP_HASH_TABLE_H

#include "base/atomic.h"
#include "map/copy.h"
#include "map/map.h"

#define HASH_SLOTS	8
#define HASH_NONE	UINT32_MAX

struct hash_group {
	uint16_t tags[HASH_SLOTS];
	uint32_t elems[HASH_SLOTS];
	uint32_t lock;		/* heads only: held by the one writer */
	uint32_t version;	/* heads only */
	uint32_t next;		/* overflow group's number, 0 none */
	uint32_t link;		/* in the pool; readers never follow it */
} aligned_to(64);

struct hash_elem {
	uint32_t gen;
	uint32_t next;		/* in the free list: element + 1, 0 none */
	uint8_t key[];
};

/* A lock-free stack of numbers, and numbers never used yet. */
struct hash_pool {
	uint64_t top;		/* change count << 32 | number + 1 */
	uint32_t fresh;		/* next never used */
	uint32_t limit;
} aligned_to(64);

struct hash_shared {
	struct hash_pool elems, groups;
	uint32_t hand;		/* where eviction looks next */
} aligned_to(64);

/* One element in waiting, for the next replacement on a CPU. */
struct hash_spare {
	uint32_t elem;
} aligned_to(64);

/* Process-local description of a table in a region. */
struct hash_table {
	struct hash_shared *shared;
	struct hash_spare *spares;
	struct hash_group *groups;
	uint8_t *elems;
	uint64_t seed;
	uint32_t mask;			/* of bucket numbers */
	uint32_t key_size, key_room;
	uint32_t value_room;
	uint32_t elem_size;
	uint32_t elems_cnt;		/* with spares */
	uint32_t spares_cnt;
};

/*
 * Lays a table for map->def.max_entries out in a new map->region. 0, -E2BIG
 * for more buckets than the kernel has, -ENOMEM.
 */
int hash_table_init(struct hash_table *t, struct map *map,
		    uint32_t value_room, uint64_t seed);

static inline struct hash_elem *hash_elem_at(const struct hash_table *t,
					     uint32_t elem)
{
	return (void *)(t->elems + (size_t)elem * t->elem_size);
}

static inline void *hash_value_of(const struct hash_table *t, uint32_t elem)
{
	return hash_elem_at(t, elem)->key + t->key_room;
}

uint64_t hash_table_hash(const struct hash_table *t, const void *key);

/* The element of a key, or HASH_NONE. Takes no lock. */
uint32_t hash_table_find(const struct hash_table *t, const void *key);

/*
 * Copies `len` bytes of the key's value as they were at one moment of its
 * presence (single words may still be of different in-place writes). False
 * when the key is not there.
 */
bool hash_table_copy(const struct hash_table *t, const void *key, void *to,
		     size_t len);

/* A place in a locked bucket. */
struct hash_place {
	struct hash_group *head, *group;
	uint32_t slot;
	uint32_t elem;		/* HASH_NONE: the key is not there */
	uint16_t tag;
};

/* Locks the key's bucket and finds the key in it. */
void hash_table_lock(struct hash_table *t, const void *key,
		     struct hash_place *place);
void hash_table_unlock(struct hash_place *place);

/* An element to fill, HASH_NONE when all are in use. */
uint32_t hash_table_alloc(struct hash_table *t);
void hash_table_free(struct hash_table *t, uint32_t elem);

/* An element for replacing one, given back with the replaced one. */
uint32_t hash_spare_take(struct hash_table *t, uint32_t cpu);
void hash_spare_put(struct hash_table *t, uint32_t cpu, uint32_t elem);

/* Writes the key into an unused element; the value is the caller's. */
void hash_elem_begin(struct hash_table *t, uint32_t elem, const void *key);

/* With the bucket locked: makes a filled element visible... */
void hash_table_insert(struct hash_table *t, struct hash_place *place,
		       uint32_t elem);
/* ... in place of the one found; the caller owns place->elem then ... */
void hash_table_replace(struct hash_table *t, struct hash_place *place,
			uint32_t elem);
/* ... or takes the one found out; likewise. */
void hash_table_remove(struct hash_table *t, struct hash_place *place);

/*
 * Locks the bucket that `elem` was last put into, and finds it there:
 * place->elem is HASH_NONE when it is not in the table. For eviction.
 */
void hash_table_lock_elem(struct hash_table *t, uint32_t elem, uint32_t bucket,
			  struct hash_place *place);

/* The number of the place's bucket. */
uint32_t hash_place_bucket(const struct hash_table *t,
			   const struct hash_place *place);

/*
 * To the next element from *pos (bucket << 32 | slots left in it, 0 at the
 * start); false at the end. Copies its key to `key` unless NULL. Chains are
 * walked from the end, so deleting the element just seen skips none.
 */
bool hash_table_step(struct hash_table *t, uint64_t *pos, uint32_t *elem,
		     void *key);

/* Where stepping goes on after `key`; the start when it is not there. */
uint64_t hash_table_pos(struct hash_table *t, const void *key);

/* The value that addr lies in: its offset in value_room, or -1. */
int64_t hash_table_value_off(const struct hash_table *t, uintptr_t addr);

#endif
