/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Initial slots of prog arrays and maps of maps: .values = { [3] = &x } is a
 * relocation of .maps inside the map's definition, at the place of element 3
 * of its last member.
 */
#include <stdlib.h>

#include "base/str.h"
#include "object/object_parts.h"

static int bad_slot(const struct object *obj, const struct elf_reloc *reloc,
		    const char *what, struct diag_sink *sink)
{
	return diag_report(sink, DIAG_OBJECT_MAP, &object_where(obj),
			   ".maps, offset %#llx, %s: %s",
			   (unsigned long long)reloc->offset,
			   obj->elf.symbols[reloc->symbol].name, what);
}

/* The struct that defines the map at `offset` of .maps, or NULL. */
static const struct btf_type *definition(const struct object *obj,
					 uint32_t offset)
{
	const struct btf_type *sec = btf_type(obj->btf,
					      object_datasec(obj, ".maps"));

	for (uint32_t i = 0; i < btf_vlen(sec); i++) {
		const struct btf_var_secinfo *info = &btf_var_secinfos(sec)[i];
		const struct btf_type *var = btf_type(obj->btf, info->type);

		if (info->offset == offset && btf_kind(var) == BTF_KIND_VAR)
			return btf_type(obj->btf, btf_skip_modifiers(obj->btf,
								var->type));
	}
	return NULL;
}

/* Offset of `values`, the definition's last member, or -1. */
static int64_t values_offset(const struct object *obj,
			     const struct btf_type *def)
{
	uint32_t last;

	if (!def || !btf_vlen(def))
		return -1;
	last = btf_vlen(def) - 1;
	if (!str_eq(btf_str(obj->btf, btf_members(def)[last].name_off),
		    "values"))
		return -1;
	return btf_member_bit_offset(def, last) / 8;
}

/* The map whose definition holds byte `offset` of .maps, or -1. */
static int32_t map_around(const struct object *obj,
			  const struct elf_section *sec, uint64_t offset)
{
	int32_t best = -1;

	for (uint32_t i = 0; i < obj->maps_cnt; i++) {
		if (str_eq(obj->maps[i].section, sec->name) &&
		    obj->map_offsets[i] <= offset &&
		    (best < 0 ||
		     obj->map_offsets[i] > obj->map_offsets[best]))
			best = (int32_t)i;
	}
	return best;
}

int32_t object_prog_of(const struct object *obj, const struct elf_symbol *sym)
{
	const struct object_section *to;
	int32_t func;

	if (sym->section >= obj->elf.sections_cnt || sym->value % 8)
		return -1;
	to = &obj->sections[sym->section];
	if (to->role != ROLE_CODE)
		return -1;
	func = object_func_at(obj, to->index, sym->value / 8);
	return func < 0 ? -1 : obj->funcs[func].prog;
}

static int read_slot(struct object *obj, const struct elf_section *sec,
		     const struct elf_reloc *reloc, struct diag_sink *sink)
{
	const struct elf_symbol *sym = &obj->elf.symbols[reloc->symbol];
	int32_t index = map_around(obj, sec, reloc->offset);
	struct object_map *map = index < 0 ? NULL : &obj->maps[index];
	struct object_slot *slot;
	int64_t values, place;

	if (!map)
		return bad_slot(obj, reloc, "in no map's definition", sink);
	values = values_offset(obj, definition(obj, obj->map_offsets[index]));
	place = (int64_t)reloc->offset - obj->map_offsets[index] - values;
	if (values < 0 || place < 0 || place % 8)
		return bad_slot(obj, reloc, "not a slot of .values", sink);
	slot = (struct object_slot *)&map->slots[map->slots_cnt];
	*slot = (struct object_slot){ (uint32_t)(place / 8), -1, -1 };
	if (map->def.type == MAP_TYPE_PROG_ARRAY)
		slot->prog = object_prog_of(obj, sym);
	else if (sym->section == sec->index)
		slot->map = object_map_at(obj, sec, sym->value);
	if (slot->prog < 0 && slot->map < 0)
		return bad_slot(obj, reloc, "neither a program nor a map "
				"that fits", sink);
	map->slots_cnt++;
	return 0;
}

int object_read_slots(struct object *obj, struct diag_sink *sink)
{
	const struct elf_section *sec = elf_section_by_name(&obj->elf, ".maps");
	const struct elf_reloc *relocs;
	size_t cnt;
	int err;

	if (!sec || obj->sections[sec->index].role != ROLE_BTF_MAPS)
		return 0;
	err = elf_relocs(&obj->elf, sec, &relocs, &cnt, sink);
	for (size_t i = 0; !err && i < cnt; i++) {
		int32_t map = map_around(obj, sec, relocs[i].offset);

		if (map >= 0 && !obj->maps[map].slots)
			obj->maps[map].slots =
				arena_array(&obj->arena, cnt - i,
					    sizeof(struct object_slot));
		if (map >= 0 && !obj->maps[map].slots)
			return object_no_memory(obj, sink);
		err = read_slot(obj, sec, &relocs[i], sink);
	}
	return err;
}
