/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HASH and PERCPU_HASH over the table of hash_table.h. What the kernel's
 * preallocated tables do (kernel/bpf/hashtab.c) is what a program sees here:
 *
 *  - HASH: an update puts a new element in the old one's place. A program
 *    that still holds the old value's address reads and writes the old value,
 *    until the element is used again. With BPF_F_LOCK it writes in place.
 *  - PERCPU_HASH: an update writes in place; a new element starts as zero on
 *    the other CPUs.
 *  - Addresses stay memory of this map, but may come to belong to another key
 *    when the element was deleted and used again.
 *
 * All tables are preallocated; BPF_F_NO_PREALLOC changes nothing, since memory
 * that was never touched costs none.
 */
#include "map/hash.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/bits.h"
#include "map/array.h"
#include "map/ops.h"

#define HASH_FLAGS	(BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | \
			 BPF_F_NUMA_NODE | MAP_ACCESS_FLAGS | BPF_F_ZERO_SEED)

/* sizeof(struct htab_elem), which the kernel's bound on sizes includes. */
#define KERNEL_ELEM	48

static struct hash_table *table(const struct map *map)
{
	return map->priv;
}

int map_hash_check_sizes(const struct map_def *def)
{
	if (def->flags & ~HASH_FLAGS || !map_access_ok(def))
		return -EINVAL;
	if (!def->max_entries || !def->key_size || !def->value_size)
		return -EINVAL;
	if ((uint64_t)def->key_size + def->value_size >=
	    MAP_ALLOC_MAX - KERNEL_ELEM)
		return -E2BIG;
	return 0;
}

static int hash_check(const struct map_def *def)
{
	if (def->flags & BPF_F_NO_COMMON_LRU)
		return -EINVAL;
	return map_hash_check_sizes(def);
}

int map_percpu_hash_check_sizes(const struct map_def *def)
{
	int err = def->flags & BPF_F_NUMA_NODE ? -EINVAL
					       : map_hash_check_sizes(def);

	if (err)
		return err;
	return align_up(def->value_size, 8) > MAP_PERCPU_VALUE_MAX ? -E2BIG : 0;
}

static int percpu_check(const struct map_def *def)
{
	if (def->flags & BPF_F_NO_COMMON_LRU)
		return -EINVAL;
	return map_percpu_hash_check_sizes(def);
}

int map_hash_init_room(struct map *map, uint64_t value_room)
{
	struct hash_table *t;
	uint64_t seed = 0;
	int err;

	if (value_room > INT32_MAX)
		return -ENOMEM;
	t = malloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	if (!(map->def.flags & BPF_F_ZERO_SEED) &&
	    getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = (uintptr_t)t;
	err = hash_table_init(t, map, (uint32_t)value_room, seed);
	if (err) {
		free(t);
		return err;
	}
	map->priv = t;
	return 0;
}

int map_hash_init(struct map *map)
{
	return map_hash_init_room(map, map->value_stride);
}

int map_percpu_hash_init(struct map *map)
{
	return map_hash_init_room(map, map_percpu_value_size(map));
}

void map_hash_fini(struct map *map)
{
	free(map->priv);
}

void *map_hash_lookup(struct map *map, const void *key, uint32_t cpu)
{
	uint32_t elem = hash_table_find(table(map), key);

	return elem == HASH_NONE ? NULL : hash_value_of(table(map), elem);
}

int map_hash_check_update(const struct hash_place *place, uint64_t flags)
{
	flags &= ~(uint64_t)BPF_F_LOCK;
	if (place->elem != HASH_NONE && flags == BPF_NOEXIST)
		return -EEXIST;
	if (place->elem == HASH_NONE && flags == BPF_EXIST)
		return -ENOENT;
	return 0;
}

/* The lock word of a new value is free, whatever the caller's bytes say. */
static void fill(struct map *map, uint32_t elem, const void *key,
		 const void *value)
{
	void *to = hash_value_of(table(map), elem);

	hash_elem_begin(table(map), elem, key);
	if (map->lock_off >= 0)
		map_zero(to, map->value_stride);
	map_value_store(map, to, value, 0);
}

static int replace(struct map *map, struct hash_place *place, const void *key,
		   const void *value, uint64_t flags, uint32_t cpu)
{
	struct hash_table *t = table(map);
	uint32_t elem;

	if (flags & BPF_F_LOCK) {
		map_value_store(map, hash_value_of(t, place->elem), value,
				flags);
		return 0;
	}
	elem = hash_spare_take(t, cpu);
	fill(map, elem, key, value);
	hash_table_replace(t, place, elem);
	hash_spare_put(t, cpu, place->elem);
	return 0;
}

static int insert(struct map *map, struct hash_place *place, const void *key,
		  const void *value)
{
	uint32_t elem = hash_table_alloc(table(map));

	if (elem == HASH_NONE)
		return -E2BIG;
	fill(map, elem, key, value);
	hash_table_insert(table(map), place, elem);
	return 0;
}

int map_hash_update(struct map *map, const void *key, const void *value,
		    uint64_t flags, uint32_t cpu)
{
	struct hash_place place;
	int err;

	if ((flags & ~(uint64_t)BPF_F_LOCK) > BPF_EXIST)
		return -EINVAL;
	if (flags & BPF_F_LOCK && map->lock_off < 0)
		return -EINVAL;
	hash_table_lock(table(map), key, &place);
	err = map_hash_check_update(&place, flags);
	if (!err && place.elem != HASH_NONE)
		err = replace(map, &place, key, value, flags, cpu);
	else if (!err)
		err = insert(map, &place, key, value);
	hash_table_unlock(&place);
	return err;
}

int map_hash_delete(struct map *map, const void *key)
{
	struct hash_table *t = table(map);
	struct hash_place place;

	hash_table_lock(t, key, &place);
	if (place.elem != HASH_NONE)
		hash_table_remove(t, &place);
	hash_table_unlock(&place);
	if (place.elem == HASH_NONE)
		return -ENOENT;
	hash_table_free(t, place.elem);
	return 0;
}

int map_hash_next_key(struct map *map, const void *key, void *next)
{
	uint64_t pos = key ? hash_table_pos(table(map), key) : 0;
	uint32_t elem;

	return hash_table_step(table(map), &pos, &elem, next) ? 0 : -ENOENT;
}

bool map_hash_step(struct map *map, struct map_cursor *cur, uint32_t cpu)
{
	struct hash_table *t = table(map);
	uint32_t elem;

	if (!hash_table_step(t, &cur->pos, &elem, NULL))
		return false;
	cur->key = hash_elem_at(t, elem)->key;
	cur->value = (uint8_t *)hash_value_of(t, elem) +
		     (map->ops->user_value_size ?
		      (size_t)cpu * map->value_stride : 0);
	return true;
}

int map_hash_read(struct map *map, const void *key, void *value,
		  uint64_t flags)
{
	struct hash_place place;

	if (map->lock_off < 0)
		return hash_table_copy(table(map), key, value,
				       map_user_value_size(map)) ? 0 : -ENOENT;
	hash_table_lock(table(map), key, &place);
	if (place.elem != HASH_NONE)
		map_value_load(map, value,
			       hash_value_of(table(map), place.elem), flags);
	hash_table_unlock(&place);
	return place.elem == HASH_NONE ? -ENOENT : 0;
}

int map_hash_take(struct map *map, const void *key, void *value,
		  uint64_t flags)
{
	struct hash_table *t = table(map);
	struct hash_place place;
	void *from;

	hash_table_lock(t, key, &place);
	if (place.elem != HASH_NONE) {
		from = hash_value_of(t, place.elem);
		if (map->lock_off >= 0)
			map_value_load(map, value, from, flags);
		else
			map_copy_out(value, from, map_user_value_size(map));
		hash_table_remove(t, &place);
	}
	hash_table_unlock(&place);
	if (place.elem == HASH_NONE)
		return -ENOENT;
	hash_table_free(t, place.elem);
	return 0;
}

/* Bytes of values in value_room; the rest is the type's own. */
static size_t values_room(const struct map *map)
{
	return map->ops->user_value_size ? map_percpu_value_size(map)
					 : map->value_stride;
}

bool map_hash_window(const struct map *map, uintptr_t addr,
		     struct mem_window *out)
{
	int64_t off = hash_table_value_off(table(map), addr);

	if (off < 0)
		return false;
	if (off >= (int64_t)values_room(map))
		return false;
	off %= map->value_stride;
	return off < map->def.value_size &&
	       map_value_window(map, addr - (uintptr_t)off, out);
}

const struct map_ops map_ops_HASH = {
	.may_lock = true,
	.check = hash_check,
	.init = map_hash_init,
	.fini = map_hash_fini,
	.lookup = map_hash_lookup,
	.update = map_hash_update,
	.delete = map_hash_delete,
	.next_key = map_hash_next_key,
	.step = map_hash_step,
	.read = map_hash_read,
	.take = map_hash_take,
	.window = map_hash_window,
};

void *map_percpu_hash_lookup(struct map *map, const void *key, uint32_t cpu)
{
	uint8_t *values = map_hash_lookup(map, key, cpu);

	if (!values || cpu >= map->nr_cpus)
		return NULL;
	return values + (size_t)cpu * map->value_stride;
}

/* Writes `len` bytes of the values, from `off` on. */
static int percpu_store(struct map *map, const void *key, const void *value,
			uint64_t flags, size_t off, size_t len)
{
	struct hash_table *t = table(map);
	struct hash_place place;
	uint32_t elem;
	int err;

	if (flags > BPF_EXIST)
		return -EINVAL;
	hash_table_lock(t, key, &place);
	err = map_hash_check_update(&place, flags);
	if (err)
		goto out;
	if (place.elem != HASH_NONE) {
		map_copy_in((uint8_t *)hash_value_of(t, place.elem) + off,
			    value, len);
		goto out;
	}
	elem = hash_table_alloc(t);
	if (elem == HASH_NONE) {
		err = -E2BIG;
		goto out;
	}
	hash_elem_begin(t, elem, key);
	map_zero(hash_value_of(t, elem), t->value_room);
	map_copy_in((uint8_t *)hash_value_of(t, elem) + off, value, len);
	hash_table_insert(t, &place, elem);
out:
	hash_table_unlock(&place);
	return err;
}

static int percpu_update(struct map *map, const void *key, const void *value,
			 uint64_t flags, uint32_t cpu)
{
	size_t off = (size_t)(cpu % map->nr_cpus) * map->value_stride;

	return percpu_store(map, key, value, flags, off, map->def.value_size);
}

/* The padding too: applications read it back, as from the kernel. */
static int percpu_write(struct map *map, const void *key, const void *value,
			uint64_t flags)
{
	return percpu_store(map, key, value, flags, 0,
			    map_percpu_value_size(map));
}

const struct map_ops map_ops_PERCPU_HASH = {
	.check = percpu_check,
	.init = map_percpu_hash_init,
	.fini = map_hash_fini,
	.lookup = map_percpu_hash_lookup,
	.update = percpu_update,
	.delete = map_hash_delete,
	.next_key = map_hash_next_key,
	.step = map_hash_step,
	.read = map_hash_read,
	.write = percpu_write,
	.take = map_hash_take,
	.user_value_size = map_percpu_value_size,
	.window = map_hash_window,
};
