/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The maps of an object: made, filled with the data sections' initial bytes,
 * frozen where the program only reads, and their initial slots set. A map of
 * a type that skep lacks is left out; programs that name it are refused.
 */
#include "vm/vm.h"

#include <errno.h>

#include "base/atomic.h"
#include "spec/diags.h"

static int fill(struct object_map *om, const char *file,
		struct diag_sink *sink)
{
	struct diag_where where = { .file = file, .insn = -1 };
	uint32_t key = 0;
	int err = 0;

	if (om->data)
		err = map_update_elem(om->map, &key, om->data, 0);
	if (!err && om->readonly)
		err = map_freeze(om->map);
	if (!err)
		return 0;
	diag_report(sink, DIAG_VM_SLOT, &where,
		    "section %s cannot be put into its map: error %d",
		    om->section, -err);
	return err;
}

static int create_one(struct skep_object *obj, struct object_map *om,
		      struct diag_sink *sink)
{
	const struct map_row *row = map_row(om->def.type);
	int err;

	if (!row || !row->have)
		return 0;
	err = map_create(&om->map, &om->def, obj->vm->cpus, sink);
	if (err)
		return err;
	om->map->dir = &obj->vm->dir;
	om->map->id = atomic_add(&obj->vm->last_id, 1) + 1;
	return om->internal ? fill(om, object_path(obj->obj), sink) : 0;
}

/* Slots hold programs, so the programs must have their ids by now. */
static int set_slot(struct skep_object *obj, struct object_map *om,
		    const struct object_slot *slot, struct diag_sink *sink)
{
	struct diag_where where = {
		.file = object_path(obj->obj), .insn = -1
	};
	uint32_t key = slot->index, handle;
	int err;

	if (slot->prog >= 0 && !obj->progs[slot->prog].id)
		return 0;	/* nobody asked for it */
	if (slot->prog >= 0)
		handle = obj->progs[slot->prog].id;
	else if (obj->maps[slot->map].def->map)
		handle = obj->maps[slot->map].def->map->id;
	else
		handle = 0;
	err = map_update_elem(om->map, &key, &handle, 0);
	if (!err)
		return 0;
	diag_report(sink, DIAG_VM_SLOT, &where,
		    "slot %u of map %s cannot be filled: error %d", key,
		    om->def.name, -err);
	return err;
}

int vm_fill_slots(struct skep_object *obj, struct diag_sink *sink)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < obj->maps_cnt; i++) {
		struct object_map *om = obj->maps[i].def;

		for (uint32_t j = 0; om->map && !err && j < om->slots_cnt; j++)
			err = set_slot(obj, om, &om->slots[j], sink);
	}
	return err;
}

int vm_create_maps(struct skep_object *obj, struct diag_sink *sink)
{
	for (uint32_t i = 0; i < obj->maps_cnt; i++) {
		int err = create_one(obj, obj->maps[i].def, sink);

		if (err) {
			vm_drop_maps(obj);
			return err;
		}
	}
	for (uint32_t i = 0; i < obj->progs_cnt; i++) {
		struct prog *prog = obj->progs[i].prog;

		for (uint32_t j = 0; j < prog->maps_cnt; j++)
			prog->maps[j] = obj->maps[j].def->map;
	}
	return 0;
}

void vm_drop_maps(struct skep_object *obj)
{
	for (uint32_t i = 0; i < obj->maps_cnt; i++) {
		map_put(obj->maps[i].def->map);
		obj->maps[i].def->map = NULL;
	}
}
