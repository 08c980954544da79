/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ELF object that gdb reads: the code is named, not contained (a section
 * without bits at the address where it runs), with a symbol for each piece
 * and DWARF for lines and the stack.
 *
 *	header, sections' contents one after the other, table of sections
 */
#include <elf.h>

#include "jit/tools/parts.h"

#if defined(__aarch64__)
#define MACHINE	EM_AARCH64
#else
#define MACHINE	EM_X86_64
#endif

enum {
	NONE, TEXT, INFO, ABBREV, LINES, FRAME, SYMBOLS, STRINGS, NAMES,
	SECTIONS
};

struct object {
	const struct prog *prog;
	struct jit_text text;
	struct strbuf *out;
	struct strbuf strings;
	struct strbuf names;
	Elf64_Shdr sections[SECTIONS];
};

static void put_abbrev(struct strbuf *out, const struct prog *prog)
{
	dwarf_abbrev(out);
}

static const struct {
	const char *name;
	uint32_t type;
	void (*put)(struct strbuf *out, const struct prog *prog);
} rows[SECTIONS] = {
	[NONE]		= { "", SHT_NULL, NULL },
	[TEXT]		= { ".text", SHT_NOBITS, NULL },
	[INFO]		= { ".debug_info", SHT_PROGBITS, dwarf_info },
	[ABBREV]	= { ".debug_abbrev", SHT_PROGBITS, put_abbrev },
	[LINES]		= { ".debug_line", SHT_PROGBITS, dwarf_lines },
	[FRAME]		= { ".debug_frame", SHT_PROGBITS, dwarf_frame },
	[SYMBOLS]	= { ".symtab", SHT_SYMTAB, NULL },
	[STRINGS]	= { ".strtab", SHT_STRTAB, NULL },
	[NAMES]		= { ".shstrtab", SHT_STRTAB, NULL },
};

static uint32_t add_text(struct strbuf *to, const char *text)
{
	uint32_t at = (uint32_t)to->len;

	strbuf_add(to, text, strlen(text) + 1);
	return at;
}

static void align(struct strbuf *out)
{
	while (out->len % 8 && !out->oom)
		strbuf_putc(out, 0);
}

static void put_symbols(struct object *o)
{
	Elf64_Sym symbol = { 0 };
	char name[JIT_NAME_MAX];
	struct jit_piece piece;
	uint32_t next = 0;

	strbuf_add(o->out, (const char *)&symbol, sizeof(symbol));
	while (jit_piece_next(&o->text, o->prog, &next, &piece)) {
		jit_piece_name(o->prog, &piece, name);
		symbol = (Elf64_Sym){
			.st_name = add_text(&o->strings, name),
			.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
			.st_shndx = TEXT,
			.st_value = (uintptr_t)o->text.base + piece.at,
			.st_size = piece.size,
		};
		strbuf_add(o->out, (const char *)&symbol, sizeof(symbol));
	}
}

static void put_contents(struct object *o, uint32_t index)
{
	switch (index) {
	case SYMBOLS:
		put_symbols(o);
		return;
	case STRINGS:
		strbuf_add(o->out, strbuf_str(&o->strings), o->strings.len);
		return;
	case NAMES:
		strbuf_add(o->out, strbuf_str(&o->names), o->names.len);
		return;
	default:
		if (rows[index].put)
			rows[index].put(o->out, o->prog);
		return;
	}
}

static void put_sections(struct object *o)
{
	for (uint32_t i = 0; i < SECTIONS; i++)
		o->sections[i].sh_name = add_text(&o->names, rows[i].name);
	add_text(&o->strings, "");
	for (uint32_t i = 1; i < SECTIONS; i++) {
		Elf64_Shdr *section = &o->sections[i];

		align(o->out);
		section->sh_type = rows[i].type;
		section->sh_offset = o->out->len;
		section->sh_addralign = 1;
		put_contents(o, i);
		section->sh_size = o->out->len - section->sh_offset;
	}
	o->sections[TEXT].sh_flags = SHF_ALLOC | SHF_EXECINSTR;
	o->sections[TEXT].sh_addr = (uintptr_t)o->text.base;
	o->sections[TEXT].sh_size = o->text.size;
	o->sections[SYMBOLS].sh_link = STRINGS;
	o->sections[SYMBOLS].sh_info = 1;
	o->sections[SYMBOLS].sh_entsize = sizeof(Elf64_Sym);
	align(o->out);
}

void gdb_object(struct strbuf *out, const struct prog *prog)
{
	struct object o = { .prog = prog, .text = jit_text(prog), .out = out };
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ?
			     ELFDATA2LSB : ELFDATA2MSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = MACHINE,
		.e_version = EV_CURRENT, .e_ehsize = sizeof(header),
		.e_shentsize = sizeof(Elf64_Shdr), .e_shnum = SECTIONS,
		.e_shstrndx = NAMES,
	};

	strbuf_add(out, (const char *)&header, sizeof(header));
	put_sections(&o);
	header.e_shoff = out->len;
	strbuf_add(out, (const char *)o.sections, sizeof(o.sections));
	out->oom |= o.strings.oom || o.names.oom;
	if (!out->oom)
		memcpy(out->text, &header, sizeof(header));
	strbuf_fini(&o.strings);
	strbuf_fini(&o.names);
}
