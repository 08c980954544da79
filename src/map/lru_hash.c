/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LRU_HASH and LRU_PERCPU_HASH: hashes that make room when they are full. The
 * one to go is found by a clock: a hand goes round the elements, spares those
 * that programs looked up since it last came by, and takes the next one. The
 * kernel's lists (kernel/bpf/bpf_lru_list.c) are approximate as well, so which
 * key goes is not part of the contract; a full map never refuses a new key.
 *
 * After the value(s) each element has a mark of use and its bucket's number.
 * BPF_F_NO_COMMON_LRU rounds max_entries up as in the kernel, and that is all.
 */
#include "base/atomic.h"
#include "base/bits.h"
#include "map/array.h"
#include "map/hash.h"
#include "map/ops.h"

struct lru_mark {
	uint32_t used;
	uint32_t bucket;
};

static struct hash_table *table(const struct map *map)
{
	return map->priv;
}

static struct lru_mark *mark_of(const struct hash_table *t, uint32_t elem)
{
	return (void *)((uint8_t *)hash_value_of(t, elem) + t->value_room -
			sizeof(struct lru_mark));
}

/* The kernel looks at flags, then at preallocation, then at sizes. */
static int lru_check(const struct map_def *def)
{
	struct map_def flags_only = *def;

	flags_only.key_size = flags_only.value_size = 1;
	flags_only.max_entries = 1;
	if (map_hash_check_sizes(&flags_only))
		return -EINVAL;
	if (def->flags & BPF_F_NO_PREALLOC)
		return -ERR_NOTSUPP;
	if (def->flags & BPF_F_NUMA_NODE &&
	    (def->flags & BPF_F_NO_COMMON_LRU ||
	     def->type == MAP_TYPE_LRU_PERCPU_HASH))
		return -EINVAL;
	return map_hash_check_sizes(def);
}

/* Each CPU's list is as long as the others'. */
static int lru_init_room(struct map *map, uint64_t values)
{
	uint32_t cpus = map->nr_cpus;
	uint64_t entries = map->def.max_entries;

	if (map->def.flags & BPF_F_NO_COMMON_LRU)
		entries = (entries + cpus - 1) / cpus * cpus;
	if (entries > UINT32_MAX)
		return -E2BIG;
	map->def.max_entries = (uint32_t)entries;
	return map_hash_init_room(map, values + sizeof(struct lru_mark));
}

static int lru_init(struct map *map)
{
	return lru_init_room(map, map->value_stride);
}

/* Takes one element out of the table, for its finder to use. */
static uint32_t evict(struct hash_table *t, uint32_t entries)
{
	struct hash_place place;
	struct lru_mark *mark;

	for (uint64_t tries = 0; tries < 4ull * entries + 4; tries++) {
		uint32_t elem = atomic_add_relaxed(&t->shared->hand, 1) %
				t->elems_cnt;

		mark = mark_of(t, elem);
		if (!(atomic_load_relaxed(&hash_elem_at(t, elem)->gen) & 1))
			continue;
		if (atomic_load_relaxed(&mark->used)) {
			atomic_store_relaxed(&mark->used, 0);
			continue;
		}
		hash_table_lock_elem(t, elem,
				     atomic_load_relaxed(&mark->bucket),
				     &place);
		if (place.elem != HASH_NONE)
			hash_table_remove(t, &place);
		hash_table_unlock(&place);
		if (place.elem != HASH_NONE)
			return elem;
	}
	return HASH_NONE;
}

/*
 * Before the bucket is locked, since eviction locks another: so an update of
 * a key that is there may push one out as well, as in the kernel.
 */
static uint32_t take_elem(struct map *map)
{
	uint32_t elem = hash_table_alloc(table(map));

	if (elem == HASH_NONE)
		elem = evict(table(map), map->def.max_entries);
	return elem;
}

static void enter(struct hash_table *t, struct hash_place *place,
		  uint32_t elem)
{
	struct lru_mark *mark = mark_of(t, elem);

	atomic_store_relaxed(&mark->used, 0);
	atomic_store_relaxed(&mark->bucket, hash_place_bucket(t, place));
	if (place->elem == HASH_NONE)
		hash_table_insert(t, place, elem);
	else
		hash_table_replace(t, place, elem);
}

static int lru_update(struct map *map, const void *key, const void *value,
		      uint64_t flags, uint32_t cpu)
{
	struct hash_table *t = table(map);
	struct hash_place place;
	uint32_t elem, unused;
	int err;

	if (flags > BPF_EXIST)
		return -EINVAL;
	elem = take_elem(map);
	if (elem == HASH_NONE)
		return -ENOMEM;
	hash_elem_begin(t, elem, key);
	map_copy_in(hash_value_of(t, elem), value, map->def.value_size);
	hash_table_lock(t, key, &place);
	err = map_hash_check_update(&place, flags);
	unused = err ? elem : place.elem;
	if (!err)
		enter(t, &place, elem);
	hash_table_unlock(&place);
	if (unused != HASH_NONE)
		hash_table_free(t, unused);
	return err;
}

/* Lookups of programs count as use, those of applications do not. */
static void *find_used(const struct hash_table *t, const void *key)
{
	uint32_t elem = hash_table_find(t, key);
	struct lru_mark *mark;

	if (elem == HASH_NONE)
		return NULL;
	mark = mark_of(t, elem);
	if (!atomic_load_relaxed(&mark->used))
		atomic_store_relaxed(&mark->used, 1);
	return hash_value_of(t, elem);
}

static void *lru_lookup(struct map *map, const void *key, uint32_t cpu)
{
	return find_used(table(map), key);
}

const struct map_ops map_ops_LRU_HASH = {
	.check = lru_check,
	.init = lru_init,
	.fini = map_hash_fini,
	.lookup = lru_lookup,
	.update = lru_update,
	.delete = map_hash_delete,
	.next_key = map_hash_next_key,
	.step = map_hash_step,
	.read = map_hash_read,
	.take = map_hash_take,
	.window = map_hash_window,
};

static int lru_percpu_check(const struct map_def *def)
{
	int err = lru_check(def);

	return err ? err : map_percpu_hash_check_sizes(def);
}

static int lru_percpu_init(struct map *map)
{
	return lru_init_room(map, map_percpu_value_size(map));
}

static void *lru_percpu_lookup(struct map *map, const void *key, uint32_t cpu)
{
	uint8_t *values = find_used(table(map), key);

	if (!values || cpu >= map->nr_cpus)
		return NULL;
	return values + (size_t)cpu * map->value_stride;
}

/* Writes `len` bytes of the values, from `off` on; in place when it can. */
static int percpu_store(struct map *map, const void *key, const void *value,
			uint64_t flags, size_t off, size_t len)
{
	struct hash_table *t = table(map);
	struct hash_place place;
	uint32_t elem, to;
	int err;

	if (flags > BPF_EXIST)
		return -EINVAL;
	elem = flags == BPF_EXIST ? HASH_NONE : take_elem(map);
	if (elem == HASH_NONE && flags != BPF_EXIST)
		return -ENOMEM;
	if (elem != HASH_NONE) {
		hash_elem_begin(t, elem, key);
		map_zero(hash_value_of(t, elem), t->value_room);
	}
	hash_table_lock(t, key, &place);
	err = map_hash_check_update(&place, flags);
	to = place.elem == HASH_NONE ? elem : place.elem;
	if (!err)
		map_copy_in((uint8_t *)hash_value_of(t, to) + off, value, len);
	if (!err && place.elem == HASH_NONE) {
		enter(t, &place, elem);
		elem = HASH_NONE;
	}
	hash_table_unlock(&place);
	if (elem != HASH_NONE)
		hash_table_free(t, elem);
	return err;
}

static int lru_percpu_update(struct map *map, const void *key,
			     const void *value, uint64_t flags, uint32_t cpu)
{
	size_t off = (size_t)(cpu % map->nr_cpus) * map->value_stride;

	return percpu_store(map, key, value, flags, off, map->def.value_size);
}

static int lru_percpu_write(struct map *map, const void *key,
			    const void *value, uint64_t flags)
{
	return percpu_store(map, key, value, flags, 0,
			    map_percpu_value_size(map));
}

const struct map_ops map_ops_LRU_PERCPU_HASH = {
	.check = lru_percpu_check,
	.init = lru_percpu_init,
	.fini = map_hash_fini,
	.lookup = lru_percpu_lookup,
	.update = lru_percpu_update,
	.delete = map_hash_delete,
	.next_key = map_hash_next_key,
	.step = map_hash_step,
	.read = map_hash_read,
	.write = lru_percpu_write,
	.take = map_hash_take,
	.user_value_size = map_percpu_value_size,
	.window = map_hash_window,
};
