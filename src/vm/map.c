/* SPDX-License-Identifier: Apache-2.0 */
/* Maps of the public API. */
#include <errno.h>

#include "base/str.h"
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

int skep_map_lookup(struct skep_map *map, const void *key, void *value)
{
	return map->def->map ?
	       map_lookup_elem(map->def->map, key, value, 0) : -EINVAL;
}

int skep_map_update(struct skep_map *map, const void *key, const void *value,
		    uint64_t flags)
{
	return map->def->map ?
	       map_update_elem(map->def->map, key, value, flags) : -EINVAL;
}

int skep_map_delete(struct skep_map *map, const void *key)
{
	return map->def->map ? map_delete_elem(map->def->map, key) : -EINVAL;
}

int skep_map_next_key(struct skep_map *map, const void *key, void *next)
{
	return map->def->map ?
	       map_get_next_key(map->def->map, key, next) : -EINVAL;
}
