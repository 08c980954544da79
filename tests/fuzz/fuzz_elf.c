/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an ELF file: every section's relocations are read as well. */
#include <stddef.h>
#include <stdint.h>

#include "elf/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_sink sink = { 0 };
	struct elf_file elf;

	if (elf_open_memory(&elf, data, size, "fuzz", &sink))
		return 0;
	for (size_t i = 0; i < elf.sections_cnt; i++) {
		const struct elf_reloc *relocs;
		size_t cnt;

		if (elf_relocs(&elf, &elf.sections[i], &relocs, &cnt, &sink))
			break;
	}
	elf_close(&elf);
	return 0;
}
