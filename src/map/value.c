/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value: copied in and out past its bpf_spin_lock, which updates never
 * touch and applications read as zero. With BPF_F_LOCK the copy holds that
 * lock, so that programs that take it see whole values.
 */
#include <sched.h>

#include "base/atomic.h"
#include "base/bits.h"
#include "base/endian.h"
#include "base/str.h"
#include "btf/btf.h"
#include "map/copy.h"
#include "map/ops.h"

#define LOCK_SIZE	4

static bool is_lock(const struct btf *btf, uint32_t id)
{
	id = btf_skip_modifiers(btf, id);
	return btf_kind(btf_type(btf, id)) == BTF_KIND_STRUCT &&
	       str_eq(btf_type_name(btf, id), "bpf_spin_lock");
}

/* As the kernel's search: members of the value's struct, not deeper. */
static int find_lock(const struct map_def *def, int32_t *off)
{
	uint32_t id = btf_skip_modifiers(def->btf, def->value_type);
	const struct btf_type *type = btf_type(def->btf, id);

	*off = -1;
	if (btf_kind(type) != BTF_KIND_STRUCT)
		return 0;
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		uint32_t at = btf_member_bit_offset(type, i) / 8;

		if (!is_lock(def->btf, btf_members(type)[i].type))
			continue;
		if (*off >= 0)
			return -E2BIG;
		if (at % LOCK_SIZE || !range_fits(at, LOCK_SIZE,
						  def->value_size))
			return -EINVAL;
		*off = (int32_t)at;
	}
	return 0;
}

int map_value_find_lock(struct map *map)
{
	const struct map_def *def = &map->def;
	int err;

	if (!def->btf || !def->value_type ||
	    def->value_type >= btf_type_cnt(def->btf))
		return 0;
	err = find_lock(def, &map->lock_off);
	if (err || map->lock_off < 0)
		return err;
	if (def->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG))
		return -EACCES;
	return map->ops->may_lock ? 0 : -EOPNOTSUPP;
}

void map_spin_lock(uint32_t *lock)
{
	for (unsigned int tries = 1; atomic_xchg(lock, 1); tries++) {
		while (atomic_load_relaxed(lock) && ++tries % 128)
			cpu_relax();
		if (atomic_load_relaxed(lock))
			sched_yield();
	}
}

void map_spin_unlock(uint32_t *lock)
{
	atomic_store_release(lock, 0);
}

static uint32_t *value_lock(const struct map *map, void *value)
{
	return (uint32_t *)((uint8_t *)value + map->lock_off);
}

/* Bytes around the lock; the lock is aligned to 4, so words are halved. */
static void store_around(const struct map *map, uint8_t *to,
			 const uint8_t *from)
{
	size_t off = (size_t)map->lock_off;

	for (size_t i = 0; i < map->def.value_size; i++)
		if (i < off || i >= off + LOCK_SIZE)
			atomic_store_relaxed(to + i, from[i]);
}

void map_value_store(struct map *map, void *shared, const void *value,
		     uint64_t flags)
{
	if (likely(map->lock_off < 0)) {
		map_copy_in(shared, value, map->def.value_size);
		return;
	}
	if (flags & BPF_F_LOCK)
		map_spin_lock(value_lock(map, shared));
	store_around(map, shared, value);
	if (flags & BPF_F_LOCK)
		map_spin_unlock(value_lock(map, shared));
}

void map_value_load(struct map *map, void *value, void *shared, uint64_t flags)
{
	if (flags & BPF_F_LOCK)
		map_spin_lock(value_lock(map, shared));
	map_copy_out(value, shared, map->def.value_size);
	if (flags & BPF_F_LOCK)
		map_spin_unlock(value_lock(map, shared));
	if (map->lock_off >= 0)
		memset(value_lock(map, value), 0, LOCK_SIZE);
}

int map_value_read(struct map *map, const void *key, void *value,
		   uint64_t flags)
{
	void *found = map->ops->lookup(map, key, 0);

	if (!found)
		return -ENOENT;
	map_value_load(map, value, found, flags);
	return 0;
}
