/* SPDX-License-Identifier: Apache-2.0 */
/* Any text through the assembler, to instructions and to an object. */
#include <stdint.h>

#include "base/str.h"
#include "elf/elf.h"
#include "text/asm.h"

static void ignore(void *arg, const struct skep_diag *diag)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_sink sink = { ignore, NULL, 0 };
	struct strbuf object = STRBUF_INIT;
	const struct bpf_insn *insns;
	struct text_unit unit;
	struct elf_file elf;
	size_t cnt;

	if (!size || size > 1 << 16)
		return 0;
	if (!text_assemble(&unit, "fuzz", (const char *)data + 1, size - 1,
			   data[0] % 3, &sink) &&
	    !text_object(&unit, &object)) {
		if (!elf_open_memory(&elf, object.text, object.len, "fuzz",
				     &sink))
			elf_close(&elf);
		text_raw(&unit, &insns, &cnt);
	}
	text_unit_fini(&unit);
	strbuf_fini(&object);
	return 0;
}
