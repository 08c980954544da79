/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The element commands of bpf(2), for applications: permissions and flags in
 * the kernel's order (kernel/bpf/syscall.c), then the type's operation.
 * Programs do not come through here; helpers call the operations themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "base/atomic.h"
#include "map/map.h"
#include "map/ops.h"

static int can_read(const struct map *map)
{
	return map->def.flags & BPF_F_WRONLY ? -EPERM : 0;
}

static int can_write(const struct map *map)
{
	if (map->def.flags & BPF_F_RDONLY || atomic_load_acquire(&map->frozen))
		return -EPERM;
	return 0;
}

/* A key where the map has keys, none where it has none. */
static int check_key(const struct map *map, const void *key)
{
	if (map->def.key_size)
		return key ? 0 : -EFAULT;
	return key ? -EINVAL : 0;
}

static int check_lock_flag(const struct map *map, uint64_t flags)
{
	return flags & BPF_F_LOCK && map->lock_off < 0 ? -EINVAL : 0;
}

size_t map_user_value_size(const struct map *map)
{
	const struct map_ops *ops = map->ops;

	if (ops->user_value_size)
		return ops->user_value_size(map);
	return map->def.value_size;
}

int map_lookup_elem(struct map *map, const void *key, void *value,
		    uint64_t flags)
{
	int err;

	if (flags & ~(uint64_t)BPF_F_LOCK)
		return -EINVAL;
	err = can_read(map);
	if (!err)
		err = check_lock_flag(map, flags);
	if (!err)
		err = check_key(map, key);
	if (err)
		return err;
	if (map->ops->peek)
		return map->ops->peek(map, value);
	if (map->ops->read)
		return map->ops->read(map, key, value, flags);
	return map_value_read(map, key, value, flags);
}

int map_update_elem(struct map *map, const void *key, const void *value,
		    uint64_t flags)
{
	int err = can_write(map);

	if (!err)
		err = check_lock_flag(map, flags);
	if (!err)
		err = check_key(map, key);
	if (err)
		return err;
	if (map->ops->push)
		return map->ops->push(map, value, flags);
	if (map->ops->write)
		return map->ops->write(map, key, value, flags);
	return map->ops->update(map, key, value, flags, 0);
}

int map_delete_elem(struct map *map, const void *key)
{
	int err = can_write(map);

	if (!err)
		err = check_key(map, key);
	return err ? err : map->ops->delete(map, key);
}

int map_get_next_key(struct map *map, const void *key, void *next)
{
	int err = can_read(map);

	if (!err && key)
		err = check_key(map, key);
	return err ? err : map->ops->next_key(map, key, next);
}

int map_lookup_and_delete_elem(struct map *map, const void *key, void *value,
			       uint64_t flags)
{
	int err;

	if (flags & ~(uint64_t)BPF_F_LOCK)
		return -EINVAL;
	if (can_read(map) || can_write(map))
		return -EPERM;
	err = flags && map->ops->pop ? -EINVAL : 0;
	if (!err)
		err = check_lock_flag(map, flags);
	if (!err)
		err = check_key(map, key);
	if (err)
		return err;
	if (map->ops->pop)
		return map->ops->pop(map, value);
	if (map->ops->take)
		return map->ops->take(map, key, value, flags);
	return -ERR_NOTSUPP;
}

int map_freeze(struct map *map)
{
	uint32_t open = 0;

	if (map->lock_off >= 0)
		return -ERR_NOTSUPP;
	if (can_write(map))
		return -EPERM;
	return atomic_cmpxchg(&map->frozen, &open, 1) ? 0 : -EBUSY;
}

int map_walk(struct map *map,
	     int (*fn)(void *arg, const void *key, const void *value),
	     void *arg)
{
	size_t key_size = map->def.key_size;
	uint8_t *key = malloc(key_size * 2 + 1);
	uint8_t *value = malloc(map_user_value_size(map) + 1);
	const void *from = NULL;
	int err = -ENOMEM;

	if (!key || !value)
		goto out;
	while (!(err = map_get_next_key(map, from, key))) {
		bool gone = map_lookup_elem(map, key, value, 0) != 0;

		err = fn(arg, key, gone ? NULL : value);
		if (err)
			goto out;
		memcpy(key + key_size, key, key_size);
		from = key + key_size;
	}
	if (err == -ENOENT)
		err = 0;
out:
	free(value);
	free(key);
	return err;
}
