/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPUMAP and XSKMAP: what packets are redirected to, other than interfaces.
 * CPUMAP holds struct bpf_cpumap_val for CPUs (kernel/bpf/cpumap.c). XSKMAP
 * holds AF_XDP sockets (net/xdp/xskmap.c); no number names one here, so its
 * slots stay empty, which is what programs test it for before a redirect.
 */
#include "base/atomic.h"
#include "base/endian.h"
#include "map/array.h"
#include "map/copy.h"
#include "map/ops.h"

#define XSK_FLAGS	(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY)
#define CPUS_MAX	8192
#define QUEUE_MAX	16384

static int init_slots(struct map *map)
{
	return map_region_init(map, map->def.max_entries, map->value_stride);
}

static int cpumap_check(const struct map_def *def)
{
	if (!def->max_entries || def->key_size != 4 ||
	    (def->value_size != 4 && def->value_size != 8) ||
	    def->flags & ~BPF_F_NUMA_NODE)
		return -EINVAL;
	return def->max_entries > CPUS_MAX ? -E2BIG : 0;
}

/* A queue of no length is no entry. */
static void *cpumap_lookup(struct map *map, const void *key, uint32_t cpu)
{
	uint32_t *val = map_array_lookup(map, key, cpu);

	return val && atomic_load_relaxed(val) ? val : NULL;
}

/* The program of a value: none, or one that map->dir knows. */
static int check_program(const struct map *map, struct bpf_cpumap_val *val)
{
	const struct map_directory *dir = map->dir;

	if (val->bpf_prog.fd <= 0) {
		val->bpf_prog.id = 0;
		return 0;
	}
	if (!dir || !dir->prog || !dir->prog(dir->arg, val->bpf_prog.id))
		return -EINVAL;
	return 0;
}

static int cpumap_update(struct map *map, const void *key, const void *value,
			 uint64_t flags, uint32_t cpu)
{
	struct bpf_cpumap_val val = { 0 };
	uint32_t index = get_u32(key);

	memcpy(&val, value, map->def.value_size);
	if (flags > BPF_EXIST)
		return -EINVAL;
	if (index >= map->def.max_entries)
		return -E2BIG;
	if (flags == BPF_NOEXIST)
		return -EEXIST;
	if (val.qsize > QUEUE_MAX)
		return -EOVERFLOW;
	if (index >= map->nr_cpus)
		return -ENODEV;
	if (!val.qsize)
		val.bpf_prog.id = 0;
	else if (check_program(map, &val))
		return -ENOMEM;
	map_copy_in(map_array_lookup(map, key, cpu), &val,
		    map->def.value_size);
	return 0;
}

static int cpumap_delete(struct map *map, const void *key)
{
	void *val = map_array_lookup(map, key, 0);

	if (!val)
		return -EINVAL;
	map_zero(val, map->value_stride);
	return 0;
}

const struct map_ops map_ops_CPUMAP = {
	.check = cpumap_check,
	.init = init_slots,
	.lookup = cpumap_lookup,
	.update = cpumap_update,
	.delete = cpumap_delete,
	.next_key = map_next_index,
	.window = map_array_window,
};

static int xskmap_check(const struct map_def *def)
{
	if (!def->max_entries || def->key_size != 4 || def->value_size != 4 ||
	    def->flags & ~XSK_FLAGS)
		return -EINVAL;
	return 0;
}

static int xskmap_read(struct map *map, const void *key, void *value,
		       uint64_t flags)
{
	return -EOPNOTSUPP;
}

static int xskmap_update(struct map *map, const void *key, const void *value,
			 uint64_t flags, uint32_t cpu)
{
	if (flags > BPF_EXIST)
		return -EINVAL;
	return get_u32(key) >= map->def.max_entries ? -E2BIG : -EBADF;
}

static int xskmap_delete(struct map *map, const void *key)
{
	return get_u32(key) >= map->def.max_entries ? -EINVAL : 0;
}

const struct map_ops map_ops_XSKMAP = {
	.check = xskmap_check,
	.init = init_slots,
	.lookup = map_lookup_none,
	.update = xskmap_update,
	.delete = xskmap_delete,
	.next_key = map_next_index,
	.read = xskmap_read,
};
