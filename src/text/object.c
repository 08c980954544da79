/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An assembly as a relocatable ELF object for EM_BPF:
 *
 *	header | sections | their .rel sections | .symtab | .strtab | headers
 *
 * Written into memory by hand; libelf writes to files only.
 */
#include "text/asm.h"

#include <elf.h>
#include <errno.h>

#include "base/bits.h"
#include "base/str.h"

#ifndef EM_BPF
#define EM_BPF 247
#endif

/* Relocation types of LLVM's BPF back end; elf.h has older names for some. */
enum reloc_type {
	RELOC_64_64 = 1,
	RELOC_64_ABS64 = 2,
	RELOC_64_ABS32 = 3,
	RELOC_64_NODYLD32 = 4,
	RELOC_64_32 = 10,
};

struct object_writer {
	const struct text_unit *unit;
	struct strbuf *out;
	size_t base;			/* out->len before the object */
	VEC(Elf64_Shdr) headers;
	struct strbuf names;		/* .strtab */
	VEC(uint32_t) symbol_numbers;	/* in .symtab, by unit symbol */
	uint32_t locals;		/* first global in .symtab */
};

static size_t position(const struct object_writer *w)
{
	return w->out->len - w->base;
}

static void pad_to(struct object_writer *w, uint64_t align)
{
	while (position(w) % MAX(align, 1))
		strbuf_putc(w->out, '\0');
}

static uint32_t name_of(struct object_writer *w, const char *prefix,
			const char *name)
{
	uint32_t offset = (uint32_t)w->names.len;

	strbuf_puts(&w->names, prefix);
	strbuf_add(&w->names, name, strlen(name) + 1);
	return offset;
}

static Elf64_Shdr *new_header(struct object_writer *w, const char *prefix,
			      const char *name, uint64_t align)
{
	Elf64_Shdr *header = vec_push(&w->headers);

	if (!header)
		return NULL;
	pad_to(w, align);
	header->sh_name = name_of(w, prefix, name);
	header->sh_offset = position(w);
	header->sh_addralign = align;
	return header;
}

static int put_section(struct object_writer *w,
		       const struct text_section *section)
{
	Elf64_Shdr *header = new_header(w, "", section->name, section->align);

	if (!header)
		return -ENOMEM;
	header->sh_type = section->type;
	header->sh_flags = section->flags;
	header->sh_size = section->bytes.len;
	if (section->type != SHT_NOBITS && section->bytes.len)
		strbuf_add(w->out, (const char *)section->bytes.data,
			   section->bytes.len);
	return 0;
}

/*
 * LLVM marks 32-bit data that only BTF has: offsets of code by a private
 * label, and offsets of variables.
 */
static enum reloc_type data32_type(const struct text_unit *unit,
				   const struct text_symbol *symbol)
{
	uint64_t flags, wanted;

	if (symbol->section < 0)
		return RELOC_64_ABS32;
	flags = unit->sections.data[symbol->section].flags;
	wanted = SHF_ALLOC | (str_starts(symbol->name, ".L") ?
			      SHF_EXECINSTR : SHF_WRITE);
	return (flags & wanted) == wanted ? RELOC_64_NODYLD32 :
					    RELOC_64_ABS32;
}

static enum reloc_type reloc_type(const struct object_writer *w,
				  const struct text_fixup *fixup)
{
	switch (fixup->kind) {
	case FIXUP_CALL:
		return RELOC_64_32;
	case FIXUP_IMM64:
		return RELOC_64_64;
	case FIXUP_DATA32:
		return data32_type(w->unit,
				   &w->unit->symbols.data[fixup->symbol]);
	default:
		return RELOC_64_ABS64;
	}
}

static bool is_open(const struct text_fixup *fixup, uint32_t section)
{
	return fixup->kind != FIXUP_DONE && fixup->section == section;
}

static int put_relocs(struct object_writer *w, uint32_t section)
{
	const struct text_unit *unit = w->unit;
	Elf64_Shdr *header = NULL;

	for (size_t i = 0; i < unit->fixups.len; i++) {
		const struct text_fixup *fixup = &unit->fixups.data[i];
		Elf64_Rel rel;

		if (!is_open(fixup, section))
			continue;
		if (!header)
			header = new_header(w, ".rel",
					    unit->sections.data[section].name,
					    8);
		if (!header)
			return -ENOMEM;
		rel.r_offset = fixup->offset;
		rel.r_info = ELF64_R_INFO(
			(uint64_t)w->symbol_numbers.data[fixup->symbol],
			reloc_type(w, fixup));
		strbuf_add(w->out, (const char *)&rel, sizeof(rel));
		header->sh_size += sizeof(rel);
	}
	if (header) {
		header->sh_type = SHT_REL;
		header->sh_flags = SHF_INFO_LINK;
		header->sh_entsize = sizeof(Elf64_Rel);
		header->sh_info = section + 1;
	}
	return 0;
}

/* Names that begin with .L stay in the assembler unless a relocation asks. */
static bool is_private(const struct text_unit *unit, uint32_t symbol)
{
	if (!str_starts(unit->symbols.data[symbol].name, ".L"))
		return false;
	for (size_t i = 0; i < unit->fixups.len; i++)
		if (unit->fixups.data[i].kind != FIXUP_DONE &&
		    unit->fixups.data[i].symbol == symbol)
			return false;
	return true;
}

/* A name that is known but neither defined nor used: .addrsig, "exit". */
static bool is_unused(const struct text_unit *unit, uint32_t symbol)
{
	if (unit->symbols.data[symbol].section >= 0)
		return false;
	for (size_t i = 0; i < unit->fixups.len; i++)
		if (unit->fixups.data[i].kind != FIXUP_DONE &&
		    unit->fixups.data[i].symbol == symbol)
			return false;
	return true;
}

static void put_symbol(struct object_writer *w, uint32_t index)
{
	const struct text_symbol *symbol = &w->unit->symbols.data[index];
	Elf64_Sym sym = {
		.st_name = name_of(w, "", symbol->name),
		.st_info = ELF64_ST_INFO(symbol->bind, symbol->type),
		.st_other = symbol->visibility,
		.st_shndx = (uint16_t)(symbol->section + 1),
		.st_value = symbol->value,
		.st_size = symbol->size,
	};

	strbuf_add(w->out, (const char *)&sym, sizeof(sym));
}

/* Numbers the symbols: locals first, as ELF wants. Returns how many. */
static uint32_t number_symbols(struct object_writer *w)
{
	const struct text_unit *unit = w->unit;
	uint32_t next = 1;

	for (int global = 0; global <= 1; global++) {
		for (uint32_t i = 0; i < unit->symbols.len; i++) {
			bool is_global = unit->symbols.data[i].bind !=
					 STB_LOCAL;

			if (is_global == global && !is_private(unit, i) &&
			    !is_unused(unit, i))
				w->symbol_numbers.data[i] = next++;
		}
		if (!global)
			w->locals = next;
	}
	return next;
}

static int put_symtab(struct object_writer *w, uint32_t cnt)
{
	static const Elf64_Sym null_symbol;
	Elf64_Shdr *header = new_header(w, "", ".symtab", 8);

	if (!header)
		return -ENOMEM;
	strbuf_add(w->out, (const char *)&null_symbol, sizeof(null_symbol));
	for (uint32_t number = 1; number < cnt; number++)
		for (uint32_t i = 0; i < w->unit->symbols.len; i++)
			if (w->symbol_numbers.data[i] == number)
				put_symbol(w, i);
	header->sh_type = SHT_SYMTAB;
	header->sh_size = (uint64_t)cnt * sizeof(Elf64_Sym);
	header->sh_entsize = sizeof(Elf64_Sym);
	header->sh_info = w->locals;
	return 0;
}

static int put_strtab(struct object_writer *w)
{
	Elf64_Shdr *header = new_header(w, "", ".strtab", 1);

	if (!header)
		return -ENOMEM;
	header->sh_type = SHT_STRTAB;
	header->sh_size = w->names.len;
	strbuf_add(w->out, strbuf_str(&w->names), w->names.len);
	return 0;
}

/* Links of relocations and the symbol table, which come last but one. */
static void put_headers(struct object_writer *w)
{
	uint32_t symtab = (uint32_t)w->headers.len - 2;
	Elf64_Ehdr *file;
	uint64_t shoff;

	for (size_t i = 0; i < w->headers.len; i++)
		if (w->headers.data[i].sh_type == SHT_REL)
			w->headers.data[i].sh_link = symtab;
	w->headers.data[symtab].sh_link = symtab + 1;
	pad_to(w, 8);
	shoff = position(w);
	strbuf_add(w->out, (const char *)w->headers.data,
		   w->headers.len * sizeof(Elf64_Shdr));
	if (w->out->oom)
		return;
	file = (Elf64_Ehdr *)(void *)(w->out->text + w->base);
	memcpy(file->e_ident, ELFMAG, SELFMAG);
	file->e_ident[EI_CLASS] = ELFCLASS64;
	file->e_ident[EI_DATA] = ELFDATA2LSB;
	file->e_ident[EI_VERSION] = EV_CURRENT;
	file->e_type = ET_REL;
	file->e_machine = EM_BPF;
	file->e_version = EV_CURRENT;
	file->e_shoff = shoff;
	file->e_ehsize = sizeof(*file);
	file->e_shentsize = sizeof(Elf64_Shdr);
	file->e_shnum = (uint16_t)w->headers.len;
	file->e_shstrndx = (uint16_t)(symtab + 1);
}

static int put_all(struct object_writer *w)
{
	static const Elf64_Ehdr no_header;
	uint32_t symbols;
	int err = 0;

	strbuf_add(w->out, (const char *)&no_header, sizeof(no_header));
	strbuf_putc(&w->names, '\0');
	for (size_t i = 0; i < w->unit->symbols.len; i++)
		if (!vec_push(&w->symbol_numbers))
			return -ENOMEM;
	if (!vec_push(&w->headers))
		return -ENOMEM;
	symbols = number_symbols(w);
	for (size_t i = 0; !err && i < w->unit->sections.len; i++)
		err = put_section(w, &w->unit->sections.data[i]);
	for (uint32_t i = 0; !err && i < w->unit->sections.len; i++)
		err = put_relocs(w, i);
	if (!err)
		err = put_symtab(w, symbols);
	if (!err)
		err = put_strtab(w);
	if (!err)
		put_headers(w);
	return w->out->oom || w->names.oom ? -ENOMEM : err;
}

int text_object(const struct text_unit *unit, struct strbuf *out)
{
	struct object_writer w = {
		.unit = unit, .out = out, .base = out->len,
	};
	int err = put_all(&w);

	vec_free(&w.headers);
	vec_free(&w.symbol_numbers);
	strbuf_fini(&w.names);
	if (err)
		out->len = w.base;
	return err;
}
