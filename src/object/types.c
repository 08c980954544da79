/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The object's BTF. Compilers leave the places of variables in a DATASEC to
 * the linker: relocations of .BTF add each symbol's value. They are applied
 * to a copy before it is parsed, since a parsed BTF does not change.
 */
#include <string.h>

#include "base/bits.h"
#include "base/endian.h"
#include "base/str.h"
#include "object/object_parts.h"

/* Adds symbol values to the 32-bit fields that relocations name. */
static int relocate_blob(struct object *obj, const struct elf_section *sec,
			 uint8_t *blob, struct diag_sink *sink)
{
	const struct elf_reloc *relocs;
	size_t cnt;
	int err = elf_relocs(&obj->elf, sec, &relocs, &cnt, sink);

	for (size_t i = 0; !err && i < cnt; i++) {
		uint64_t off = relocs[i].offset;
		uint64_t value = obj->elf.symbols[relocs[i].symbol].value;

		if (!range_fits(off, sizeof(uint32_t), sec->size))
			return diag_report(sink, DIAG_OBJECT_RELOC,
					   &object_where(obj), "%s: relocation "
					   "at %#llx reaches past the end",
					   sec->name, (unsigned long long)off);
		value += (uint64_t)relocs[i].addend;
		put_u32(blob + off, get_u32(blob + off) + (uint32_t)value);
	}
	return err;
}

static int read_ext(struct object *obj, struct diag_sink *sink)
{
	const struct elf_section *sec = elf_section_by_name(&obj->elf,
							    ".BTF.ext");
	int err;

	if (!sec || !sec->data)
		return 0;
	err = btf_ext_parse(&obj->ext, &obj->arena, obj->btf, sec->data,
			    sec->size, obj->path, sink);
	for (uint32_t i = 0; !err && i < obj->codes_cnt; i++) {
		struct object_code *code = &obj->codes[i];

		code->ext = btf_ext_section(&obj->ext, code->sec->name);
	}
	return err;
}

int object_read_btf(struct object *obj, struct diag_sink *sink)
{
	const struct elf_section *sec = elf_section_by_name(&obj->elf, ".BTF");
	uint8_t *blob;
	int err;

	if (!sec || !sec->data)
		return 0;
	blob = arena_copy(&obj->arena, sec->data, sec->size);
	if (!blob)
		return object_no_memory(obj, sink);
	err = relocate_blob(obj, sec, blob, sink);
	if (!err)
		err = btf_parse(&obj->btf, blob, sec->size, obj->path, sink);
	return err ? err : read_ext(obj, sink);
}

uint32_t object_datasec(const struct object *obj, const char *name)
{
	return obj->btf ? btf_find(obj->btf, name, BTF_KIND_DATASEC) : 0;
}
