/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The object's BTF. Compilers leave the places of variables in a DATASEC to
 * the linker: relocations of .BTF add each symbol's value. They are applied
 * to a copy before it is parsed, since a parsed BTF does not change. gcc
 * writes no such relocations; its variables are found by their symbols' names.
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

/* What follows a type of that kind in the blob, in bytes. */
static size_t trailing_bytes(const struct btf_type *t)
{
	static const struct { uint8_t fixed, per_entry; } sizes[] = {
		[BTF_KIND_INT]		= { 4, 0 },
		[BTF_KIND_ARRAY]	= { sizeof(struct btf_array), 0 },
		[BTF_KIND_STRUCT]	= { 0, sizeof(struct btf_member) },
		[BTF_KIND_UNION]	= { 0, sizeof(struct btf_member) },
		[BTF_KIND_ENUM]		= { 0, sizeof(struct btf_enum) },
		[BTF_KIND_FUNC_PROTO]	= { 0, sizeof(struct btf_param) },
		[BTF_KIND_VAR]		= { sizeof(struct btf_var), 0 },
		[BTF_KIND_DATASEC]	= { 0,
					    sizeof(struct btf_var_secinfo) },
		[BTF_KIND_DECL_TAG]	= { sizeof(struct btf_decl_tag), 0 },
		[BTF_KIND_ENUM64]	= { 0, sizeof(struct btf_enum64) },
		[NR_BTF_KINDS]		= { 0, 0 },
	};

	return sizes[btf_kind(t)].fixed +
	       (size_t)btf_vlen(t) * sizes[btf_kind(t)].per_entry;
}

/* The variable's place by its symbol; 0 when it has none. */
static uint32_t symbol_offset(const struct object *obj, const char *section,
			      const char *name)
{
	const struct elf_file *elf = &obj->elf;

	for (size_t i = 1; i < elf->symbols_cnt; i++) {
		const struct elf_symbol *sym = &elf->symbols[i];

		if (sym->section < elf->sections_cnt &&
		    str_eq(sym->name, name) &&
		    str_eq(elf->sections[sym->section].name, section))
			return (uint32_t)sym->value;
	}
	return 0;
}

/* Writes the places of one DATASEC's variables; `at` is its first entry. */
static void place_vars(const struct object *obj, uint32_t id, uint8_t *at)
{
	const struct btf_type *t = btf_type(obj->btf, id);

	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		uint32_t var = btf_var_secinfos(t)[i].type;

		put_u32(at + i * sizeof(struct btf_var_secinfo) +
			offsetof(struct btf_var_secinfo, offset),
			symbol_offset(obj, btf_type_name(obj->btf, id),
				      btf_type_name(obj->btf, var)));
	}
}

/*
 * Parses again with variables placed by symbol. The first parse has checked
 * that the blob is well formed, so that it can be walked.
 */
static int place_by_name(struct object *obj, uint8_t *blob, size_t size,
			 struct diag_sink *sink)
{
	struct btf_header header;
	struct btf *old = obj->btf;
	uint8_t *at;
	int err;

	memcpy(&header, blob, sizeof(header));
	at = blob + header.hdr_len + header.type_off;
	for (uint32_t id = 1; id < btf_type_cnt(old); id++) {
		at += sizeof(struct btf_type);
		if (btf_kind(btf_type(old, id)) == BTF_KIND_DATASEC)
			place_vars(obj, id, at);
		at += trailing_bytes(btf_type(old, id));
	}
	err = btf_parse(&obj->btf, blob, size, obj->path, sink);
	if (!err)
		btf_put(old);
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
	if (!err && obj->gas)
		err = place_by_name(obj, blob, sec->size, sink);
	return err ? err : read_ext(obj, sink);
}

uint32_t object_datasec(const struct object *obj, const char *name)
{
	return obj->btf ? btf_find(obj->btf, name, BTF_KIND_DATASEC) : 0;
}
