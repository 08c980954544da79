/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ARRAY and PERCPU_ARRAY: max_entries values of value_stride bytes each, zero
 * at first, all present for ever. The per-CPU form holds nr_cpus such arrays
 * one after the other, so that a CPU's values share no cache line with
 * another's except at the seams.
 *
 * Updates write in place, word by word; a reader may see a mix of two values,
 * as in the kernel (kernel/bpf/arraymap.c).
 */
#include "base/atomic.h"
#include "base/bits.h"
#include "base/endian.h"
#include "map/array.h"
#include "map/copy.h"
#include "map/ops.h"

#define ARRAY_FLAGS	(BPF_F_NUMA_NODE | BPF_F_MMAPABLE | MAP_ACCESS_FLAGS | \
			 BPF_F_PRESERVE_ELEMS | BPF_F_INNER_MAP)

static int check_common(const struct map_def *def)
{
	if (!def->max_entries || def->key_size != 4 || !def->value_size ||
	    def->flags & ~ARRAY_FLAGS || !map_access_ok(def))
		return -EINVAL;
	if (def->type != MAP_TYPE_ARRAY &&
	    def->flags & (BPF_F_MMAPABLE | BPF_F_INNER_MAP))
		return -EINVAL;
	if (def->type != MAP_TYPE_PERF_EVENT_ARRAY &&
	    def->flags & BPF_F_PRESERVE_ELEMS)
		return -EINVAL;
	return 0;
}

int map_array_check(const struct map_def *def)
{
	int err = check_common(def);

	if (err)
		return err;
	return def->value_size > INT32_MAX ? -E2BIG : 0;
}

int map_fd_array_check(const struct map_def *def)
{
	if (def->value_size != 4 ||
	    def->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return -EINVAL;
	return map_array_check(def);
}

static int array_init(struct map *map)
{
	return map_region_init(map, map->def.max_entries, map->value_stride);
}

void *map_array_lookup(struct map *map, const void *key, uint32_t cpu)
{
	uint32_t index = get_u32(key);

	if (unlikely(index >= map->def.max_entries))
		return NULL;
	return map->region.base + (size_t)index * map->value_stride;
}

static int check_update(const struct map *map, const void *key, uint64_t flags)
{
	if ((flags & ~(uint64_t)BPF_F_LOCK) > BPF_EXIST)
		return -EINVAL;
	if (get_u32(key) >= map->def.max_entries)
		return -E2BIG;
	if (flags & BPF_NOEXIST)
		return -EEXIST;
	return flags & BPF_F_LOCK && map->lock_off < 0 ? -EINVAL : 0;
}

static int array_update(struct map *map, const void *key, const void *value,
			uint64_t flags, uint32_t cpu)
{
	int err = check_update(map, key, flags);

	if (err)
		return err;
	map_value_store(map, map_array_lookup(map, key, cpu), value, flags);
	return 0;
}

static bool array_step(struct map *map, struct map_cursor *cur, uint32_t cpu)
{
	if (cur->pos >= map->def.max_entries)
		return false;
	cur->index = (uint32_t)cur->pos++;
	cur->key = &cur->index;
	cur->value = map->ops->lookup(map, &cur->index, cpu);
	return true;
}

/* All values, of all CPUs, are multiples of the stride from the base. */
bool map_array_window(const struct map *map, uintptr_t addr,
		      struct mem_window *out)
{
	uintptr_t base = (uintptr_t)map->region.base;
	size_t off = addr - base;

	if (addr < base || off >= map->region.size)
		return false;
	off %= map->value_stride;
	return off < map->def.value_size &&
	       map_value_window(map, addr - off, out);
}

const struct map_ops map_ops_ARRAY = {
	.may_lock = true,
	.check = map_array_check,
	.init = array_init,
	.lookup = map_array_lookup,
	.update = array_update,
	.delete = map_delete_inval,
	.next_key = map_next_index,
	.step = array_step,
	.window = map_array_window,
};

static int percpu_check(const struct map_def *def)
{
	int err = check_common(def);

	if (err)
		return err;
	if (def->flags & BPF_F_NUMA_NODE)
		return -EINVAL;
	return def->value_size > MAP_PERCPU_VALUE_MAX ? -E2BIG : 0;
}

static int percpu_init(struct map *map)
{
	return map_region_init(map, (size_t)map->nr_cpus * map->value_stride,
			       map->def.max_entries);
}

static void *percpu_lookup(struct map *map, const void *key, uint32_t cpu)
{
	uint32_t index = get_u32(key);
	size_t per_cpu = (size_t)map->def.max_entries * map->value_stride;

	if (unlikely(index >= map->def.max_entries || cpu >= map->nr_cpus))
		return NULL;
	return map->region.base + cpu * per_cpu +
	       (size_t)index * map->value_stride;
}

static int percpu_update(struct map *map, const void *key, const void *value,
			 uint64_t flags, uint32_t cpu)
{
	int err = check_update(map, key, flags);

	if (err)
		return err;
	map_copy_in(percpu_lookup(map, key, cpu), value, map->def.value_size);
	return 0;
}

static int percpu_read(struct map *map, const void *key, void *value,
		       uint64_t flags)
{
	uint8_t *to = value;

	if (get_u32(key) >= map->def.max_entries)
		return -ENOENT;
	for (uint32_t cpu = 0; cpu < map->nr_cpus; cpu++)
		map_copy_out(to + (size_t)cpu * map->value_stride,
			     percpu_lookup(map, key, cpu), map->value_stride);
	return 0;
}

static int percpu_write(struct map *map, const void *key, const void *value,
			uint64_t flags)
{
	const uint8_t *from = value;

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (get_u32(key) >= map->def.max_entries)
		return -E2BIG;
	if (flags == BPF_NOEXIST)
		return -EEXIST;
	for (uint32_t cpu = 0; cpu < map->nr_cpus; cpu++)
		map_copy_in(percpu_lookup(map, key, cpu),
			    from + (size_t)cpu * map->value_stride,
			    map->value_stride);
	return 0;
}

size_t map_percpu_value_size(const struct map *map)
{
	return (size_t)map->nr_cpus * map->value_stride;
}

const struct map_ops map_ops_PERCPU_ARRAY = {
	.check = percpu_check,
	.init = percpu_init,
	.lookup = percpu_lookup,
	.update = percpu_update,
	.delete = map_delete_inval,
	.next_key = map_next_index,
	.step = array_step,
	.read = percpu_read,
	.write = percpu_write,
	.user_value_size = map_percpu_value_size,
	.window = map_array_window,
};
