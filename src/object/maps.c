/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of an object's maps, the legacy `maps` section, and the sizes
 * that depend on the machine.
 *
 * A legacy section is an array of struct bpf_map_def, one global symbol each.
 * A definition may be longer than ours when the rest is zero: the program
 * was compiled against a newer header and uses none of what it added.
 */
#include <unistd.h>

#include "base/bits.h"
#include "base/endian.h"
#include "base/str.h"
#include "object/object_parts.h"

/* type, key_size, value_size, max_entries, map_flags: 32 bits each. */
#define LEGACY_FIELDS	5u
#define LEGACY_SIZE	(LEGACY_FIELDS * sizeof(uint32_t))

static bool grow_maps(struct object *obj)
{
	uint32_t cap = obj->maps_cap ? obj->maps_cap * 2 : 16;
	struct object_map *maps = arena_array(&obj->arena, cap, sizeof(*maps));
	uint32_t *offsets = arena_array(&obj->arena, cap, sizeof(*offsets));

	if (!maps || !offsets)
		return false;
	for (uint32_t i = 0; i < obj->maps_cnt; i++) {
		maps[i] = obj->maps[i];
		offsets[i] = obj->map_offsets[i];
	}
	obj->maps = maps;
	obj->map_offsets = offsets;
	obj->maps_cap = cap;
	return true;
}

struct object_map *object_add_map(struct object *obj, const char *section,
				  uint32_t offset)
{
	struct object_map *map;

	if (obj->maps_cnt == obj->maps_cap && !grow_maps(obj))
		return NULL;
	map = &obj->maps[obj->maps_cnt];
	map->section = section;
	obj->map_offsets[obj->maps_cnt++] = offset;
	return map;
}

int32_t object_map_at(const struct object *obj, const struct elf_section *sec,
		      uint64_t offset)
{
	for (uint32_t i = 0; i < obj->maps_cnt; i++) {
		if (obj->map_offsets[i] == offset && !obj->maps[i].internal &&
		    str_eq(obj->maps[i].section, sec->name))
			return (int32_t)i;
	}
	return -1;
}

static int bad_legacy(const struct object *obj, const char *name,
		      const char *what, struct diag_sink *sink)
{
	return diag_report(sink, DIAG_OBJECT_MAP, &object_where(obj),
			   "map %s: %s", name, what);
}

static int read_legacy(struct object *obj, const struct elf_section *sec,
		       const struct elf_symbol *sym, size_t size,
		       struct diag_sink *sink)
{
	const uint8_t *raw = sec->data + sym->value;
	struct object_map *map;

	if (!range_fits(sym->value, size, sec->size))
		return bad_legacy(obj, sym->name, "its definition reaches past "
				  "the section", sink);
	if (object_map_at(obj, sec, sym->value) >= 0)
		return bad_legacy(obj, sym->name, "shares its definition",
				  sink);
	for (size_t i = LEGACY_SIZE; i < size; i++) {
		if (raw[i])
			return bad_legacy(obj, sym->name, "its definition has "
					  "fields that skep does not know",
					  sink);
	}
	map = object_add_map(obj, sec->name, (uint32_t)sym->value);
	if (!map)
		return object_no_memory(obj, sink);
	map->def = (struct map_def){
		.name = sym->name, .type = get_u32(raw),
		.key_size = get_u32(raw + 4), .value_size = get_u32(raw + 8),
		.max_entries = get_u32(raw + 12), .flags = get_u32(raw + 16),
	};
	return 0;
}

static bool is_legacy_symbol(const struct elf_section *sec,
			     const struct elf_symbol *sym)
{
	return sym->section == sec->index && sym->bind != STB_LOCAL &&
	       (sym->type == STT_OBJECT || sym->type == STT_NOTYPE);
}

int object_read_legacy_maps(struct object *obj, struct diag_sink *sink)
{
	const struct elf_section *sec = elf_section_by_name(&obj->elf, "maps");
	size_t cnt = 0;
	int err = 0;

	if (!sec || obj->sections[sec->index].role != ROLE_LEGACY_MAPS ||
	    !sec->size)
		return 0;
	for (size_t i = 1; i < obj->elf.symbols_cnt; i++)
		cnt += is_legacy_symbol(sec, &obj->elf.symbols[i]);
	if (!cnt || sec->size % cnt || sec->size / cnt < LEGACY_SIZE)
		return bad_legacy(obj, "section", "its bytes are not one "
				  "definition per symbol", sink);
	for (size_t i = 1; !err && i < obj->elf.symbols_cnt; i++) {
		const struct elf_symbol *sym = &obj->elf.symbols[i];

		if (is_legacy_symbol(sec, sym))
			err = read_legacy(obj, sec, sym, sec->size / cnt,
					  sink);
	}
	return err;
}

void object_size_maps(struct object *obj)
{
	for (uint32_t i = 0; i < obj->maps_cnt; i++) {
		struct map_def *def = &obj->maps[i].def;

		if (def->type == MAP_TYPE_PERF_EVENT_ARRAY &&
		    !def->max_entries)
			def->max_entries =
				(uint32_t)sysconf(_SC_NPROCESSORS_CONF);
	}
}
