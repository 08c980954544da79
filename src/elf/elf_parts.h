/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of elf/ share; not for others. */
#ifndef SKEP_ELF_ELF_PARTS_H
#define SKEP_ELF_ELF_PARTS_H

#include "elf/elf.h"

#define elf_where(elf) \
	((const struct diag_where){ .file = (elf)->path, .insn = -1 })

/* The string at `off` of a string table; NULL unless it ends inside. */
const char *elf_string(const struct elf_section *strings, uint64_t off);

/* Fills elf->symbols from the one SHT_SYMTAB, if there is one. */
int elf_read_symbols(struct elf_file *elf, struct diag_sink *sink);

#endif
