/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ELF objects as the loader, the disassembler and the BTF commands need them:
 * sections, symbols and relocations of a 64-bit file in this machine's byte
 * order, read through libelf and checked once, so that every index, offset
 * and string handed out here is in bounds. Section contents lie at any
 * alignment. All memory belongs to the elf_file.
 */
#ifndef SKEP_ELF_ELF_H
#define SKEP_ELF_ELF_H

#include <elf.h>

#include "base/arena.h"
#include "base/diag.h"

struct elf_section {
	const char *name;
	uint32_t index;		/* in the section header table */
	uint32_t type;		/* SHT_* */
	uint64_t flags;		/* SHF_* */
	uint64_t addr;
	const uint8_t *data;	/* NULL for SHT_NOBITS */
	size_t size;
	uint32_t link, info;
	uint64_t align, entsize;
};

struct elf_symbol {
	const char *name;
	uint64_t value, size;
	uint16_t section;	/* index, or SHN_UNDEF, SHN_ABS, SHN_COMMON */
	uint8_t bind, type, visibility;	/* STB_*, STT_*, STV_* */
};

struct elf_reloc {
	uint64_t offset;	/* into the section it applies to */
	uint32_t type;		/* R_BPF_* */
	uint32_t symbol;	/* index into symbols */
	int64_t addend;
};

struct elf_file {
	struct arena arena;
	const char *path;	/* as given, for messages */
	const struct elf_section *sections;	/* [0] is the null section */
	size_t sections_cnt;
	const struct elf_symbol *symbols;	/* [0] is the null symbol */
	size_t symbols_cnt;
	uint16_t machine;	/* EM_*: EM_BPF, EM_NONE for old compilers */
	uint16_t type;		/* ET_* */
	void *handle;		/* libelf's */
	void *image;		/* the file's bytes when we own them */
	size_t image_size;
};

/*
 * Reads an object from a file or from memory (borrowed until elf_close).
 * Truncated, overlapping or lying headers, sections and symbols are refused,
 * and so are 32-bit files and the other byte order. Any machine is taken.
 * 0, or a negative errno with a diagnostic; on error *elf needs no close.
 */
int elf_open(struct elf_file *elf, const char *path, struct diag_sink *sink);
int elf_open_memory(struct elf_file *elf, const void *data, size_t size,
		    const char *path, struct diag_sink *sink);
void elf_close(struct elf_file *elf);

/* The first section of that name, or NULL. */
const struct elf_section *elf_section_by_name(const struct elf_file *elf,
					      const char *name);

/*
 * Relocations that apply to section `target`, from all SHT_REL and SHT_RELA
 * sections, sorted by offset, symbols in range. *out lives in the elf_file;
 * *cnt is 0 when there are none. 0 or a negative errno with a diagnostic.
 */
int elf_relocs(struct elf_file *elf, const struct elf_section *target,
	       const struct elf_reloc **out, size_t *cnt,
	       struct diag_sink *sink);

#endif
