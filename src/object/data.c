/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Global data. Each .data, .rodata and .bss section, and each .data.x and so
 * on, is an array map of one element that holds the section's bytes.
 *
 * Names are libbpf's: the object's name cut to leave room for the section's
 * in 15 characters, but a section of its own name (.data.x) stands alone.
 */
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "object/object_parts.h"

#define NAME_MAX_LEN	15u	/* BPF_OBJ_NAME_LEN without its NUL */
#define SUFFIX_MIN	7u	/* room for the section, even for ".bss" */

static const char *data_map_name(struct object *obj, const char *section)
{
	size_t suffix = MIN(MAX(strlen(section), SUFFIX_MIN), NAME_MAX_LEN);
	size_t prefix = strchr(section + 1, '.') ? 0 : NAME_MAX_LEN - suffix;
	char *name = arena_printf(&obj->arena, "%.*s%.*s", (int)prefix,
				  obj->name, (int)suffix, section);

	for (char *p = name; p && *p; p++) {
		if (!isalnum((unsigned char)*p) && *p != '_' && *p != '.')
			*p = '_';
	}
	return name;
}

/* Applications map it when it has a variable that others may name. */
static bool has_global(const struct object *obj, uint32_t datasec)
{
	const struct btf_type *t;

	if (!datasec)
		return false;
	t = btf_type(obj->btf, datasec);
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		const struct btf_type *var =
			btf_type(obj->btf, btf_var_secinfos(t)[i].type);

		if (btf_kind(var) == BTF_KIND_VAR &&
		    *(const uint32_t *)(var + 1) != BTF_VAR_STATIC)
			return true;
	}
	return false;
}

int object_add_data_map(struct object *obj, const char *section, size_t size,
			struct diag_sink *sink)
{
	struct object_map *map = object_add_map(obj, section, 0);
	uint32_t datasec = object_datasec(obj, section);

	if (!map)
		return object_no_memory(obj, sink);
	map->internal = true;
	map->readonly = str_starts(section, ".rodata") ||
			str_eq(section, ".kconfig");
	map->data = arena_alloc(&obj->arena, size);
	map->def = (struct map_def){
		.name = data_map_name(obj, section),
		.type = MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = (uint32_t)size,
		.max_entries = 1,
		.flags = (map->readonly ? BPF_F_RDONLY_PROG : 0) |
			 (has_global(obj, datasec) ? BPF_F_MMAPABLE : 0),
		.btf = obj->btf,
		.value_type = datasec,
	};
	return map->data && map->def.name ? 0 : object_no_memory(obj, sink);
}

static int read_data(struct object *obj, const struct elf_section *sec,
		     struct diag_sink *sink)
{
	int err;

	if (sec->size > INT32_MAX)
		return diag_report(sink, DIAG_OBJECT_SECTION,
				   &object_where(obj), "section %s has %zu "
				   "bytes, too many for a map", sec->name,
				   sec->size);
	err = object_add_data_map(obj, sec->name, sec->size, sink);
	if (err)
		return err;
	obj->sections[sec->index].index = obj->maps_cnt - 1;
	if (sec->data)
		memcpy(obj->maps[obj->maps_cnt - 1].data, sec->data,
		       sec->size);
	return 0;
}

int object_read_data(struct object *obj, struct diag_sink *sink)
{
	int err = 0;

	for (size_t i = 1; !err && i < obj->elf.sections_cnt; i++) {
		if (obj->sections[i].role == ROLE_DATA)
			err = read_data(obj, &obj->elf.sections[i], sink);
	}
	return err;
}
