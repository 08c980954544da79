/* SPDX-License-Identifier: Apache-2.0 */
/* Maps of the public API. */
#include <errno.h>

#include "base/atomic.h"
#include "base/str.h"
#include "map/perf_array.h"
#include "map/ringbuf.h"
#include "vm/vm.h"

struct skep_map *skep_object_map(struct skep_object *obj, const char *name)
{
	for (uint32_t i = 0; i < obj->maps_cnt; i++) {
		const struct object_map *om = obj->maps[i].def;

		if (str_eq(om->def.name, name) ||
		    (om->internal && str_eq(om->section, name)))
			return &obj->maps[i];
	}
	return NULL;
}

struct skep_map *skep_object_next_map(struct skep_object *obj,
				      struct skep_map *prev)
{
	size_t next = prev ? (size_t)(prev - obj->maps) + 1 : 0;

	return next < obj->maps_cnt ? &obj->maps[next] : NULL;
}

const char *skep_map_name(const struct skep_map *map)
{
	return map->def->def.name;
}

uint32_t skep_map_id(const struct skep_map *map)
{
	return map->def->map ? map->def->map->id : 0;
}

const char *skep_map_type(const struct skep_map *map)
{
	const struct map_row *row = map_row(map->def->def.type);

	return row ? row->name : "UNSPEC";
}

uint32_t skep_map_key_size(const struct skep_map *map)
{
	return map->def->def.key_size;
}

uint32_t skep_map_max_entries(const struct skep_map *map)
{
	return map->def->def.max_entries;
}

size_t skep_map_value_size(const struct skep_map *map)
{
	return map->def->map ? map_user_value_size(map->def->map) :
			       map->def->def.value_size;
}

/*
 * Maps whose values name programs or maps. An update looks the number up, so
 * nothing may be closed meanwhile.
 */
static bool names_objects(const struct map *map)
{
	static const enum map_type types[] = {
		MAP_TYPE_PROG_ARRAY, MAP_TYPE_ARRAY_OF_MAPS,
		MAP_TYPE_HASH_OF_MAPS, MAP_TYPE_DEVMAP, MAP_TYPE_DEVMAP_HASH,
		MAP_TYPE_CPUMAP,
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (types[i] == map->def.type)
			return true;
	return false;
}

static void begin_write(const struct skep_map *map)
{
	if (names_objects(map->def->map))
		pthread_mutex_lock(&map->obj->vm->lock);
}

static void end_write(const struct skep_map *map)
{
	struct skep *vm = map->obj->vm;

	if (!names_objects(map->def->map))
		return;
	pthread_mutex_unlock(&vm->lock);
	if (atomic_load_relaxed(&vm->retired))
		vm_reclaim(vm);
}

/* A reader of a map of maps looks at what may just be taken out. */
int skep_map_lookup(struct skep_map *map, const void *key, void *value)
{
	struct map *m = map->def->map;
	struct skep *vm = map->obj->vm;
	int err;

	if (!m)
		return -EINVAL;
	if (!m->def.inner)
		return map_lookup_elem(m, key, value, 0);
	atomic_add(&vm->readers, 1);
	err = map_lookup_elem(m, key, value, 0);
	atomic_sub(&vm->readers, 1);
	if (atomic_load_relaxed(&vm->retired))
		vm_reclaim(vm);
	return err;
}

int skep_map_update(struct skep_map *map, const void *key, const void *value,
		    uint64_t flags)
{
	int err;

	if (!map->def->map)
		return -EINVAL;
	begin_write(map);
	err = map_update_elem(map->def->map, key, value, flags);
	end_write(map);
	return err;
}

int skep_map_delete(struct skep_map *map, const void *key)
{
	int err;

	if (!map->def->map)
		return -EINVAL;
	begin_write(map);
	err = map_delete_elem(map->def->map, key);
	end_write(map);
	return err;
}

int skep_map_next_key(struct skep_map *map, const void *key, void *next)
{
	return map->def->map ?
	       map_get_next_key(map->def->map, key, next) : -EINVAL;
}

/* Slots of a perf event array that a CPU slot of the runtime can write to. */
static uint32_t rings(const struct map *map)
{
	return MIN(map->def.max_entries, map->nr_cpus);
}

int skep_map_open_events(struct skep_map *map, size_t bytes)
{
	struct map *m = map->def->map;

	if (!m)
		return -EINVAL;
	if (m->def.type == MAP_TYPE_RINGBUF)
		return 0;
	if (m->def.type != MAP_TYPE_PERF_EVENT_ARRAY)
		return -EINVAL;
	for (uint32_t i = 0; i < rings(m); i++) {
		int err = perf_array_open(m, i, i, bytes);

		if (err && err != -EEXIST)
			return err;
	}
	return 0;
}

struct perf_reader {
	skep_event_fn fn;
	void *arg;
};

static int read_perf(void *arg, uint32_t cpu, const void *data, size_t len)
{
	struct perf_reader *reader = arg;

	return reader->fn(reader->arg, data, len);
}

int64_t skep_map_events(struct skep_map *map, skep_event_fn fn, void *arg)
{
	struct perf_reader reader = { fn, arg };
	struct map *m = map->def->map;
	int64_t all = 0;

	if (m && m->def.type == MAP_TYPE_RINGBUF)
		return ringbuf_consume(m, fn, arg);
	if (!m || m->def.type != MAP_TYPE_PERF_EVENT_ARRAY)
		return -EINVAL;
	for (uint32_t i = 0; i < rings(m); i++) {
		int64_t got = perf_array_consume(m, i, read_perf, &reader);

		if (got < 0 && got != -ENOENT)
			return got;
		all += got > 0 ? got : 0;
	}
	return all;
}

uint64_t skep_map_events_lost(const struct skep_map *map)
{
	const struct map *m = map->def->map;
	uint64_t lost = 0;

	if (m && m->def.type == MAP_TYPE_RINGBUF)
		return ringbuf_lost(m);
	if (!m || m->def.type != MAP_TYPE_PERF_EVENT_ARRAY)
		return 0;
	for (uint32_t i = 0; i < rings(m); i++)
		lost += perf_array_lost(m, i);
	return lost;
}
