/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the map types share: the flags that several take, the answers of
 * operations that a type does not have, and a window made of a value.
 */
#ifndef SKEP_MAP_OPS_H
#define SKEP_MAP_OPS_H

#include <errno.h>

#include "map/map.h"

/* Who may read and write, from the application's and the program's side. */
#define MAP_ACCESS_FLAGS	(BPF_F_RDONLY | BPF_F_WRONLY | \
				 BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)

/* The kernel's bounds: of one allocation, and of a per-CPU one. */
#define MAP_ALLOC_MAX		(4u << 20)
#define MAP_PERCPU_VALUE_MAX	(32u << 10)

static inline bool map_access_ok(const struct map_def *def)
{
	return (def->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)) !=
	       (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG);
}

/* Answers of types that lack the operation. */
void *map_lookup_none(struct map *map, const void *key, uint32_t cpu);
int map_read_notsupp(struct map *map, const void *key, void *value,
		     uint64_t flags);
int map_update_notsupp(struct map *map, const void *key, const void *value,
		       uint64_t flags, uint32_t cpu);
int map_update_inval(struct map *map, const void *key, const void *value,
		     uint64_t flags, uint32_t cpu);
int map_delete_notsupp(struct map *map, const void *key);
int map_delete_inval(struct map *map, const void *key);
int map_next_key_notsupp(struct map *map, const void *key, void *next);
int map_next_key_inval(struct map *map, const void *key, void *next);

/* next_key of all types whose keys are the indices 0..max_entries - 1. */
int map_next_index(struct map *map, const void *key, void *next);

/* Fills *out with the value at `base`; true, for tail calls. */
bool map_value_window(const struct map *map, uintptr_t base,
		      struct mem_window *out);

/*
 * A spin lock in map memory, shared between processes: waits politely, yields
 * when the holder does not run. Also what bpf_spin_lock is made of.
 */
void map_spin_lock(uint32_t *lock);
void map_spin_unlock(uint32_t *lock);

/*
 * Sets map->lock_off by the BTF of the value, -1 when it has no lock. -E2BIG
 * for two, -EACCES when programs may not write, -EOPNOTSUPP for a type whose
 * values cannot have one.
 */
int map_value_find_lock(struct map *map);

/* Copies one value in or out past its spin lock, under it with BPF_F_LOCK. */
void map_value_store(struct map *map, void *shared, const void *value,
		     uint64_t flags);
void map_value_load(struct map *map, void *value, void *shared,
		    uint64_t flags);

/* ops->read of types whose lookup gives the value itself. */
int map_value_read(struct map *map, const void *key, void *value,
		   uint64_t flags);

/* Maps the region of `map` in bytes; -ENOMEM also when they overflow. */
int map_region_init(struct map *map, size_t cnt, size_t size);

#endif
