/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps whose values are maps. Inner maps are pointers of this process, kept
 * beside the region: one for each index, or for each element of the hash.
 * Applications store a map's number, which map->dir resolves, and read its id.
 *
 * A map that is taken out may still be in the hands of a run: its reference
 * goes to map->dir->retire, which waits for those.
 */
#include "map/map_in_map.h"

#include <stdlib.h>

#include "base/atomic.h"
#include "base/endian.h"
#include "map/array.h"
#include "map/hash.h"
#include "map/ops.h"

/* `table` first: the operations of HASH find it in priv. */
struct map_of_maps {
	struct hash_table table;
	struct map **inner;
	uint32_t cnt;
	int (*set)(struct map *map, const void *key, struct map *inner,
		   uint64_t flags);
};

static struct map_of_maps *maps_of(const struct map *map)
{
	return map->priv;
}

static int check_inner(const struct map_def *def)
{
	if (!def->inner)
		return -EBADF;
	if (def->inner->inner)
		return -EINVAL;
	return def->inner->type == MAP_TYPE_PROG_ARRAY ? -ERR_NOTSUPP : 0;
}

static int array_check(const struct map_def *def)
{
	int err = map_fd_array_check(def);

	return err ? err : check_inner(def);
}

static int hash_check(const struct map_def *def)
{
	int err = def->value_size != 4 || def->flags & BPF_F_NO_COMMON_LRU ?
		  -EINVAL : map_hash_check_sizes(def);

	return err ? err : check_inner(def);
}

static void maps_fini(struct map *map)
{
	struct map_of_maps *maps = map->priv;

	for (uint32_t i = 0; i < maps->cnt; i++)
		map_put(maps->inner[i]);
	free(maps->inner);
	free(maps);
}

/* As the kernel's map_meta_equal: arrays must be of one length, too. */
static bool is_of_kind(const struct map_def *want, const struct map_def *def)
{
	bool array = want->type == MAP_TYPE_ARRAY ||
		     want->type == MAP_TYPE_PERCPU_ARRAY;

	return want->type == def->type && want->key_size == def->key_size &&
	       want->value_size == def->value_size &&
	       want->flags == def->flags &&
	       (!array || want->flags & BPF_F_INNER_MAP ||
		want->max_entries == def->max_entries);
}

static void retire(const struct map *map, struct map *inner)
{
	if (inner && map->dir && map->dir->retire)
		map->dir->retire(map->dir->arg, inner);
	else
		map_put(inner);
}

static int array_set(struct map *map, const void *key, struct map *inner,
		     uint64_t flags)
{
	struct map_of_maps *maps = maps_of(map);
	uint32_t index = get_u32(key);

	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= maps->cnt)
		return -E2BIG;
	retire(map, atomic_xchg(&maps->inner[index], map_get(inner)));
	return 0;
}

static uint32_t new_elem(struct hash_table *t, const struct hash_place *place)
{
	return place->elem == HASH_NONE ? hash_table_alloc(t)
					: hash_spare_take(t, 0);
}

/* With the bucket locked; *old is what to retire afterwards. */
static int hash_set_locked(struct map *map, struct hash_place *place,
			   const void *key, struct map *inner,
			   struct map **old)
{
	struct map_of_maps *maps = maps_of(map);
	struct hash_table *t = &maps->table;
	uint32_t elem = new_elem(t, place);

	if (elem == HASH_NONE)
		return -E2BIG;
	hash_elem_begin(t, elem, key);
	atomic_store_release(&maps->inner[elem], map_get(inner));
	if (place->elem == HASH_NONE) {
		hash_table_insert(t, place, elem);
		return 0;
	}
	hash_table_replace(t, place, elem);
	*old = atomic_xchg(&maps->inner[place->elem], NULL);
	hash_spare_put(t, 0, place->elem);
	return 0;
}

static int hash_set(struct map *map, const void *key, struct map *inner,
		    uint64_t flags)
{
	struct hash_place place;
	struct map *old = NULL;
	int err;

	if (flags > BPF_EXIST)
		return -EINVAL;
	hash_table_lock(&maps_of(map)->table, key, &place);
	err = map_hash_check_update(&place, flags);
	if (!err)
		err = hash_set_locked(map, &place, key, inner, &old);
	hash_table_unlock(&place);
	retire(map, old);
	return err;
}

int map_in_map_set(struct map *map, const void *key, struct map *inner,
		   uint64_t flags)
{
	if (!is_of_kind(map->def.inner, &inner->def))
		return -EINVAL;
	return maps_of(map)->set(map, key, inner, flags);
}

/* The array looks at flags and index first, the hash at the map. */
static int write_map(struct map *map, const void *key, const void *value,
		     uint64_t flags)
{
	struct map *inner = NULL;

	if (map->dir && map->dir->map)
		inner = map->dir->map(map->dir->arg, get_u32(value));
	return inner ? map_in_map_set(map, key, inner, flags) : -EBADF;
}

static int array_write(struct map *map, const void *key, const void *value,
		       uint64_t flags)
{
	if (flags != BPF_ANY)
		return -EINVAL;
	if (get_u32(key) >= map->def.max_entries)
		return -E2BIG;
	return write_map(map, key, value, flags);
}

static void *array_lookup(struct map *map, const void *key, uint32_t cpu)
{
	const struct map_of_maps *maps = maps_of(map);
	uint32_t index = get_u32(key);

	if (index >= maps->cnt)
		return NULL;
	return atomic_load_acquire(&maps->inner[index]);
}

static void *hash_lookup(struct map *map, const void *key, uint32_t cpu)
{
	const struct map_of_maps *maps = maps_of(map);
	uint32_t elem = hash_table_find(&maps->table, key);

	if (elem == HASH_NONE)
		return NULL;
	return atomic_load_acquire(&maps->inner[elem]);
}

static int read_id(struct map *map, const void *key, void *value,
		   uint64_t flags)
{
	const struct map *inner = map->ops->lookup(map, key, 0);

	if (!inner)
		return -ENOENT;
	put_u32(value, inner->id);
	return 0;
}

static int array_delete(struct map *map, const void *key)
{
	struct map_of_maps *maps = maps_of(map);
	uint32_t index = get_u32(key);
	struct map *old;

	if (index >= maps->cnt)
		return -E2BIG;
	old = atomic_xchg(&maps->inner[index], NULL);
	retire(map, old);
	return old ? 0 : -ENOENT;
}

static int hash_delete(struct map *map, const void *key)
{
	struct map_of_maps *maps = maps_of(map);
	struct hash_place place;
	struct map *old = NULL;

	hash_table_lock(&maps->table, key, &place);
	if (place.elem != HASH_NONE) {
		hash_table_remove(&maps->table, &place);
		old = atomic_xchg(&maps->inner[place.elem], NULL);
	}
	hash_table_unlock(&place);
	if (place.elem == HASH_NONE)
		return -ENOENT;
	hash_table_free(&maps->table, place.elem);
	retire(map, old);
	return 0;
}

static int array_init(struct map *map)
{
	struct map_of_maps *maps = calloc(1, sizeof(*maps));
	int err;

	if (!maps)
		return -ENOMEM;
	maps->cnt = map->def.max_entries;
	maps->inner = calloc(maps->cnt, sizeof(*maps->inner));
	err = maps->inner ? map_region_init(map, 1, map->value_stride)
			  : -ENOMEM;
	if (err) {
		free(maps->inner);
		free(maps);
		return err;
	}
	maps->set = array_set;
	map->priv = maps;
	return 0;
}

static int hash_init(struct map *map)
{
	struct map_of_maps *maps;
	int err = map_hash_init(map);

	if (err)
		return err;
	maps = realloc(map->priv, sizeof(*maps));
	if (maps) {
		map->priv = maps;
		maps->set = hash_set;
		maps->cnt = maps->table.elems_cnt;
		maps->inner = calloc(maps->cnt, sizeof(*maps->inner));
		if (maps->inner)
			return 0;
	}
	map_hash_fini(map);
	return -ENOMEM;
}

bool map_in_map_window(const struct map *map, uintptr_t addr,
		       struct mem_window *out)
{
	const struct map_of_maps *maps = maps_of(map);

	if (map->def.type != MAP_TYPE_ARRAY_OF_MAPS &&
	    map->def.type != MAP_TYPE_HASH_OF_MAPS)
		return false;
	for (uint32_t i = 0; i < maps->cnt; i++) {
		const struct map *inner = atomic_load_acquire(&maps->inner[i]);

		if (inner && map_prog_reads(inner) &&
		    map_window(inner, addr, out))
			return true;
	}
	return false;
}

const struct map_ops map_ops_ARRAY_OF_MAPS = {
	.check = array_check,
	.init = array_init,
	.fini = maps_fini,
	.lookup = array_lookup,
	.update = map_update_inval,
	.delete = array_delete,
	.next_key = map_next_index,
	.read = read_id,
	.write = array_write,
};

const struct map_ops map_ops_HASH_OF_MAPS = {
	.check = hash_check,
	.init = hash_init,
	.fini = maps_fini,
	.lookup = hash_lookup,
	.update = map_update_inval,
	.delete = hash_delete,
	.next_key = map_hash_next_key,
	.read = read_id,
	.write = write_map,
};
