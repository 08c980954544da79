/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DEVMAP and DEVMAP_HASH: interfaces to redirect to, as struct bpf_devmap_val
 * or its ifindex alone. An entry may name a program that runs on the way out.
 * Programs only read them (kernel/bpf/devmap.c).
 *
 * Interfaces and programs are numbers here; map->dir says which exist. The
 * program's number is stored as it was given, as the id that is read back.
 */
#include "base/atomic.h"
#include "base/endian.h"
#include "map/array.h"
#include "map/copy.h"
#include "map/hash.h"
#include "map/ops.h"

#define DEV_FLAGS	(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY)

static int devmap_check(const struct map_def *def)
{
	if (!def->max_entries || def->key_size != 4 ||
	    (def->value_size != 4 && def->value_size != 8) ||
	    def->flags & ~DEV_FLAGS)
		return -EINVAL;
	return 0;
}

static int devmap_hash_check(const struct map_def *def)
{
	return def->max_entries > 1u << 31 ? -EINVAL : devmap_check(def);
}

static int devmap_init(struct map *map)
{
	map->def.flags |= BPF_F_RDONLY_PROG;
	return map_region_init(map, map->def.max_entries, map->value_stride);
}

static int devmap_hash_init(struct map *map)
{
	map->def.flags |= BPF_F_RDONLY_PROG;
	return map_hash_init(map);
}

static void *devmap_lookup(struct map *map, const void *key, uint32_t cpu)
{
	uint32_t *val = map_array_lookup(map, key, cpu);

	return val && atomic_load_relaxed(val) ? val : NULL;
}

/* *to is a whole value; 0 or -EINVAL for what does not exist. */
static int take_value(const struct map *map, const void *value,
		      struct bpf_devmap_val *to)
{
	const struct map_directory *dir = map->dir;

	memcpy(to, value, map->def.value_size);
	if (dir && dir->port && !dir->port(dir->arg, to->ifindex))
		return -EINVAL;
	if (to->bpf_prog.fd <= 0) {
		to->bpf_prog.id = 0;
		return 0;
	}
	if (!dir || !dir->prog || !dir->prog(dir->arg, to->bpf_prog.id))
		return -EINVAL;
	return 0;
}

static int devmap_update(struct map *map, const void *key, const void *value,
			 uint64_t flags, uint32_t cpu)
{
	struct bpf_devmap_val val = { 0 };
	int err = 0;

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (get_u32(key) >= map->def.max_entries)
		return -E2BIG;
	if (flags == BPF_NOEXIST)
		return -EEXIST;
	memcpy(&val, value, map->def.value_size);
	if (val.ifindex)
		err = take_value(map, value, &val);
	else if (val.bpf_prog.fd > 0)
		err = -EINVAL;
	if (err)
		return err;
	if (!val.ifindex)
		val.bpf_prog.id = 0;
	map_copy_in(map_array_lookup(map, key, cpu), &val,
		    map->def.value_size);
	return 0;
}

static int devmap_delete(struct map *map, const void *key)
{
	void *val = map_array_lookup(map, key, 0);

	if (!val)
		return -EINVAL;
	map_zero(val, map->value_stride);
	return 0;
}

const struct map_ops map_ops_DEVMAP = {
	.check = devmap_check,
	.init = devmap_init,
	.lookup = devmap_lookup,
	.update = devmap_update,
	.delete = devmap_delete,
	.next_key = map_next_index,
	.window = map_array_window,
};

/* BPF_EXIST asks for nothing here, as in the kernel. */
static int devmap_hash_update(struct map *map, const void *key,
			      const void *value, uint64_t flags, uint32_t cpu)
{
	struct bpf_devmap_val val = { 0 };
	int err;

	memcpy(&val, value, map->def.value_size);
	if (flags > BPF_EXIST || !val.ifindex)
		return -EINVAL;
	if (flags & BPF_NOEXIST && map_hash_lookup(map, key, cpu))
		return -EEXIST;
	err = take_value(map, value, &val);
	if (err)
		return err;
	return map_hash_update(map, key, &val, flags & BPF_NOEXIST, cpu);
}

const struct map_ops map_ops_DEVMAP_HASH = {
	.check = devmap_hash_check,
	.init = devmap_hash_init,
	.fini = map_hash_fini,
	.lookup = map_hash_lookup,
	.update = devmap_hash_update,
	.delete = map_hash_delete,
	.next_key = map_hash_next_key,
	.read = map_hash_read,
	.window = map_hash_window,
};
