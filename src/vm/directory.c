/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the numbers mean that applications store in maps: the ids of a
 * runtime's programs and maps, whichever object they are of. An update that
 * looks one up and the closing of an object exclude each other by vm->lock.
 */
#include "vm/vm.h"

#include "map/prog_array.h"

static struct prog *find_prog(void *arg, uint32_t id)
{
	const struct skep *vm = arg;

	for (struct skep_object *obj = vm->objects; id && obj; obj = obj->next)
		for (uint32_t i = 0; i < obj->progs_cnt; i++)
			if (obj->progs[i].id == id)
				return &obj->progs[i].proven;
	return NULL;
}

static struct map *find_map(void *arg, uint32_t id)
{
	const struct skep *vm = arg;

	for (struct skep_object *obj = vm->objects; id && obj; obj = obj->next)
		for (uint32_t i = 0; i < obj->maps_cnt; i++) {
			struct map *map = obj->maps[i].def->map;

			if (map && map->id == id)
				return map;
		}
	return NULL;
}

/* Any interface can be named; whether it is a port is seen at redirect. */
static bool find_port(void *arg, uint32_t ifindex)
{
	return ifindex != 0;
}

void vm_directory_init(struct skep *vm)
{
	vm->dir = (struct map_directory){
		vm, find_prog, find_map, find_port, vm_retire_map
	};
}

static bool is_of(const struct skep_object *obj, const struct prog *prog)
{
	for (uint32_t i = 0; i < obj->progs_cnt; i++)
		if (&obj->progs[i].proven == prog)
			return true;
	return false;
}

static bool empty_slots(struct map *map, const struct skep_object *obj)
{
	bool any = false;

	if (!map || map->def.type != MAP_TYPE_PROG_ARRAY)
		return false;
	for (uint32_t i = 0; i < map->def.max_entries; i++) {
		const struct prog *prog = prog_array_get(map, i);

		if (!prog || !is_of(obj, prog))
			continue;
		prog_array_set(map, i, NULL, 0);
		any = true;
	}
	return any;
}

bool vm_take_out(struct skep_object *gone)
{
	bool any = false;

	for (struct skep_object *obj = gone->vm->objects; obj; obj = obj->next)
		for (uint32_t i = 0; i < obj->maps_cnt; i++)
			any |= empty_slots(obj->maps[i].def->map, gone);
	return any;
}
