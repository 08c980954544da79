/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps as objects: creation with the kernel's checks, references, and the
 * answers that types share. The checks of one type are in its file; here are
 * those that the kernel makes for all (map_create in kernel/bpf/syscall.c).
 */
#include "map/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "base/bits.h"
#include "base/endian.h"
#include "btf/btf.h"
#include "map/ops.h"
#include "map/types.h"
#include "spec/diags.h"

static const struct map_ops *find_ops(const struct map_def *def,
				      struct diag_sink *sink, int *err)
{
	const struct map_row *row = map_row(def->type);
	const struct map_ops *ops = map_type_ops(def->type);

	if (ops)
		return ops;
	if (row && row->id != MAP_TYPE_UNSPEC)
		*err = diag_report(sink, DIAG_MAP_TYPE_MISSING, NULL,
				   "map %s is of type %s, which skep lacks",
				   def->name ? def->name : "", row->name);
	else
		*err = diag_report(sink, DIAG_MAP_TYPE_UNKNOWN, NULL,
				   "map %s is of type %u, which no kernel has",
				   def->name ? def->name : "",
				   (unsigned int)def->type);
	return NULL;
}

static int check_def(const struct map_def *def, const struct map_ops *ops)
{
	if (def->extra && def->type != MAP_TYPE_BLOOM_FILTER &&
	    def->type != MAP_TYPE_ARENA)
		return -EINVAL;
	if (def->flags & BPF_F_RDONLY && def->flags & BPF_F_WRONLY)
		return -EINVAL;
	return ops->check(def);
}

static int report_refused(const struct map_def *def, int err,
			  struct diag_sink *sink)
{
	diag_report(sink, DIAG_MAP_REFUSED, NULL,
		    "map %s (%s): key %u, value %u, %u entries, flags %#x: %s",
		    def->name ? def->name : "", map_row(def->type)->name,
		    def->key_size, def->value_size, def->max_entries,
		    def->flags,
		    err == -ERR_NOTSUPP ? "not supported" : strerror(-err));
	return err;
}

static void free_def(struct map_def *def)
{
	if (!def)
		return;
	btf_put(def->btf);
	free_def((struct map_def *)def->inner);
	free((void *)def->inner);
	free((void *)def->name);
}

/* On failure *to holds nothing to free. */
static int copy_def(struct map_def *to, const struct map_def *from)
{
	struct map_def *inner = NULL;

	*to = *from;
	to->inner = NULL;
	to->name = strdup(from->name ? from->name : "");
	if (!to->name)
		return -ENOMEM;
	if (!from->inner)
		goto out;
	inner = malloc(sizeof(*inner));
	if (!inner || copy_def(inner, from->inner)) {
		free(inner);
		free((void *)to->name);
		return -ENOMEM;
	}
	to->inner = inner;
out:
	if (to->btf)
		btf_get(to->btf);
	return 0;
}

int map_create(struct map **out, const struct map_def *def, uint32_t nr_cpus,
	       struct diag_sink *sink)
{
	const struct map_ops *ops;
	struct map *map;
	int err = 0;

	ops = find_ops(def, sink, &err);
	if (!ops)
		return err;
	err = check_def(def, ops);
	if (err)
		return report_refused(def, err, sink);
	map = calloc(1, sizeof(*map));
	if (!map || copy_def(&map->def, def)) {
		free(map);
		return diag_report(sink, DIAG_NO_MEMORY, NULL, "map %s",
				   def->name ? def->name : "");
	}
	map->ops = ops;
	map->region.fd = -1;
	map->nr_cpus = nr_cpus ? nr_cpus : 1;
	map->value_stride = (uint32_t)align_up(def->value_size, 8);
	map->refs = 1;
	map->lock_off = -1;
	err = map_value_find_lock(map);
	if (!err)
		err = ops->init(map);
	if (err) {
		region_fini(&map->region);
		free_def(&map->def);
		free(map);
		return report_refused(def, err, sink);
	}
	*out = map;
	return 0;
}

struct map *map_get(struct map *map)
{
	atomic_add_relaxed(&map->refs, 1);
	return map;
}

void map_put(struct map *map)
{
	if (!map || atomic_sub(&map->refs, 1) != 1)
		return;
	if (map->ops->fini)
		map->ops->fini(map);
	region_fini(&map->region);
	free_def(&map->def);
	free(map);
}

int map_region_init(struct map *map, size_t cnt, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(cnt, size, &bytes) || bytes >> 46)
		return -ENOMEM;
	return region_init(&map->region, bytes, REGION_PRIVATE, map->def.name);
}

bool map_value_window(const struct map *map, uintptr_t base,
		      struct mem_window *out)
{
	*out = (struct mem_window){
		.base = base,
		.len = map->def.value_size,
		.cls = MEM_MAP_VALUE,
		.writable = map_prog_writes(map),
	};
	return true;
}

void *map_lookup_none(struct map *map, const void *key, uint32_t cpu)
{
	return NULL;
}

int map_read_notsupp(struct map *map, const void *key, void *value,
		     uint64_t flags)
{
	return -ERR_NOTSUPP;
}

int map_update_notsupp(struct map *map, const void *key, const void *value,
		       uint64_t flags, uint32_t cpu)
{
	return -ERR_NOTSUPP;
}

int map_update_inval(struct map *map, const void *key, const void *value,
		     uint64_t flags, uint32_t cpu)
{
	return -EINVAL;
}

int map_delete_notsupp(struct map *map, const void *key)
{
	return -ERR_NOTSUPP;
}

int map_delete_inval(struct map *map, const void *key)
{
	return -EINVAL;
}

int map_next_key_notsupp(struct map *map, const void *key, void *next)
{
	return -ERR_NOTSUPP;
}

int map_next_key_inval(struct map *map, const void *key, void *next)
{
	return -EINVAL;
}

int map_next_index(struct map *map, const void *key, void *next)
{
	uint32_t index = key ? get_u32(key) : UINT32_MAX;

	if (index >= map->def.max_entries)
		index = 0;
	else if (index == map->def.max_entries - 1)
		return -ENOENT;
	else
		index++;
	put_u32(next, index);
	return 0;
}
