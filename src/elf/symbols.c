/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbols and relocations. A file has at most one SHT_SYMTAB; its symbols
 * keep their file index, since relocations name them by it. Checked:
 *
 *	symbol	name inside a terminated string table; section in range or
 *		one of the three special indices; in a relocatable file
 *		value and size inside that section
 *	reloc	entry size right; symbol in range; offset inside the section
 *
 * Which relocation types mean what is the loader's business, not ours.
 */
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "elf/elf_parts.h"
#include "spec/diags.h"

const char *elf_string(const struct elf_section *strings, uint64_t off)
{
	const char *text = (const char *)strings->data;

	if (strings->type != SHT_STRTAB || !text || off >= strings->size)
		return NULL;
	if (!memchr(text + off, 0, strings->size - off))
		return NULL;
	return text + off;
}

static bool section_index_ok(const struct elf_file *elf, uint16_t index)
{
	return index < elf->sections_cnt || index == SHN_ABS ||
	       index == SHN_COMMON;
}

static bool inside_section(const struct elf_file *elf, const Elf64_Sym *raw)
{
	if (elf->type != ET_REL || raw->st_shndx == SHN_UNDEF ||
	    raw->st_shndx >= elf->sections_cnt)
		return true;
	return range_fits(raw->st_value, raw->st_size,
			  elf->sections[raw->st_shndx].size);
}

static int bad_symbol(const struct elf_file *elf, size_t index,
		      const char *what, struct diag_sink *sink)
{
	return diag_report(sink, DIAG_ELF_SYMBOL, &elf_where(elf),
			   "symbol %zu: %s", index, what);
}

static int read_symbol(const struct elf_file *elf,
		       const struct elf_section *table, size_t i,
		       struct elf_symbol *out, struct diag_sink *sink)
{
	Elf64_Sym raw;
	const char *name;

	memcpy(&raw, table->data + i * sizeof(raw), sizeof(raw));
	name = elf_string(&elf->sections[table->link], raw.st_name);
	if (!name)
		return bad_symbol(elf, i, "name outside of the string table",
				  sink);
	if (!section_index_ok(elf, raw.st_shndx))
		return bad_symbol(elf, i, "section index out of range", sink);
	if (!inside_section(elf, &raw))
		return bad_symbol(elf, i, "reaches past its section", sink);
	*out = (struct elf_symbol){
		.name = name, .value = raw.st_value, .size = raw.st_size,
		.section = raw.st_shndx,
		.bind = ELF64_ST_BIND(raw.st_info),
		.type = ELF64_ST_TYPE(raw.st_info),
		.visibility = ELF64_ST_VISIBILITY(raw.st_other),
	};
	return 0;
}

static int find_table(const struct elf_file *elf,
		      const struct elf_section **out, struct diag_sink *sink)
{
	const struct elf_section *table = NULL;

	for (size_t i = 1; i < elf->sections_cnt; i++) {
		if (elf->sections[i].type != SHT_SYMTAB)
			continue;
		if (table)
			return diag_report(sink, DIAG_ELF_SYMBOL,
					   &elf_where(elf), "two symbol "
					   "tables, sections %u and %zu",
					   table->index, i);
		table = &elf->sections[i];
	}
	*out = table;
	return 0;
}

static int check_entries(const struct elf_file *elf,
			 const struct elf_section *sec, size_t entry,
			 struct diag_sink *sink)
{
	if (sec->entsize == entry && sec->size % entry == 0)
		return 0;
	return diag_report(sink, DIAG_ELF_SECTION, &elf_where(elf),
			   "section %u (%s): %zu bytes in entries of %llu, "
			   "which take %zu", sec->index, sec->name, sec->size,
			   (unsigned long long)sec->entsize, entry);
}

int elf_read_symbols(struct elf_file *elf, struct diag_sink *sink)
{
	const struct elf_section *table = NULL;
	struct elf_symbol *syms;
	size_t cnt;
	int err = find_table(elf, &table, sink);

	if (err || !table)
		return err;
	err = check_entries(elf, table, sizeof(Elf64_Sym), sink);
	if (err)
		return err;
	cnt = table->size / sizeof(Elf64_Sym);
	syms = arena_array(&elf->arena, cnt, sizeof(*syms));
	if (!syms)
		return diag_report(sink, DIAG_NO_MEMORY, &elf_where(elf),
				   "%zu symbols", cnt);
	for (size_t i = 0; !err && i < cnt; i++)
		err = read_symbol(elf, table, i, &syms[i], sink);
	elf->symbols = syms;
	elf->symbols_cnt = cnt;
	return err;
}

static bool is_reloc_of(const struct elf_section *sec, uint32_t target)
{
	return (sec->type == SHT_REL || sec->type == SHT_RELA) &&
	       sec->info == target;
}

static size_t reloc_entry(const struct elf_section *sec)
{
	return sec->type == SHT_RELA ? sizeof(Elf64_Rela) : sizeof(Elf64_Rel);
}

/* Reads the entries of one relocation section; *out has room for them. */
static int read_relocs(const struct elf_file *elf,
		       const struct elf_section *sec,
		       const struct elf_section *target,
		       struct elf_reloc *out, struct diag_sink *sink)
{
	size_t entry = reloc_entry(sec);

	for (size_t i = 0; i < sec->size / entry; i++) {
		Elf64_Rela raw = { 0 };

		memcpy(&raw, sec->data + i * entry, entry);
		out[i].offset = raw.r_offset;
		out[i].type = ELF64_R_TYPE(raw.r_info);
		out[i].symbol = ELF64_R_SYM(raw.r_info);
		out[i].addend = raw.r_addend;
		if (out[i].symbol >= elf->symbols_cnt)
			return diag_report(sink, DIAG_ELF_RELOC,
					   &elf_where(elf), "%s entry %zu: "
					   "symbol %u of %zu", sec->name, i,
					   out[i].symbol, elf->symbols_cnt);
		if (out[i].offset >= target->size)
			return diag_report(sink, DIAG_ELF_RELOC,
					   &elf_where(elf), "%s entry %zu: "
					   "offset %#llx, %s has %#zx bytes",
					   sec->name, i, (unsigned long long)
					   out[i].offset, target->name,
					   target->size);
	}
	return 0;
}

static int reloc_order(const void *a, const void *b)
{
	const struct elf_reloc *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Counts entries while checking the sections that hold them. */
static int count_relocs(const struct elf_file *elf, uint32_t target,
			size_t *cnt, struct diag_sink *sink)
{
	*cnt = 0;
	for (size_t i = 1; i < elf->sections_cnt; i++) {
		const struct elf_section *sec = &elf->sections[i];
		int err;

		if (!is_reloc_of(sec, target))
			continue;
		err = check_entries(elf, sec, reloc_entry(sec), sink);
		if (err)
			return err;
		if (elf->sections[sec->link].type != SHT_SYMTAB)
			return diag_report(sink, DIAG_ELF_RELOC,
					   &elf_where(elf), "%s: section %u "
					   "is no symbol table", sec->name,
					   sec->link);
		*cnt += sec->size / sec->entsize;
	}
	return 0;
}

int elf_relocs(struct elf_file *elf, const struct elf_section *target,
	       const struct elf_reloc **out, size_t *cnt,
	       struct diag_sink *sink)
{
	struct elf_reloc *relocs;
	size_t total, len = 0;
	int err = count_relocs(elf, target->index, &total, sink);

	if (err)
		return err;
	relocs = arena_array(&elf->arena, total, sizeof(*relocs));
	if (!relocs)
		return diag_report(sink, DIAG_NO_MEMORY, &elf_where(elf),
				   "%zu relocations", total);
	for (size_t i = 1; i < elf->sections_cnt; i++) {
		const struct elf_section *sec = &elf->sections[i];

		if (!is_reloc_of(sec, target->index))
			continue;
		err = read_relocs(elf, sec, target, relocs + len, sink);
		if (err)
			return err;
		len += sec->size / sec->entsize;
	}
	qsort(relocs, total, sizeof(*relocs), reloc_order);
	*out = relocs;
	*cnt = total;
	return 0;
}
