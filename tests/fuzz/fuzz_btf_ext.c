/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as .BTF.ext. The input is the size of its .BTF (two bytes, low
 * one first), that .BTF, and the .BTF.ext.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "btf/ext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touches every string, so that a sanitizer sees a wrong one. */
static size_t read_section(const struct btf_ext_section *section)
{
	size_t seen = strlen(section->name);

	for (size_t i = 0; i < section->lines_cnt; i++)
		seen += strlen(section->lines[i].file) +
			strlen(section->lines[i].text);
	for (size_t i = 0; i < section->relos_cnt; i++)
		seen += strlen(section->relos[i].access);
	for (size_t i = 1; i < section->funcs_cnt; i++)
		if (section->funcs[i].insn <= section->funcs[i - 1].insn)
			abort();
	return seen;
}

static void parse_ext(const struct btf *btf, const uint8_t *data, size_t size)
{
	struct diag_sink sink = { 0 };
	struct arena arena;
	struct btf_ext ext;

	arena_init(&arena);
	if (!btf_ext_parse(&ext, &arena, btf, data, size, "fuzz", &sink))
		for (size_t i = 0; i < ext.sections_cnt; i++)
			if (!read_section(&ext.sections[i]) ||
			    !btf_ext_section(&ext, ext.sections[i].name))
				abort();
	arena_fini(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_sink sink = { 0 };
	struct btf *btf;
	size_t btf_len;

	if (size < 2)
		return 0;
	btf_len = data[0] | (size_t)data[1] << 8;
	data += 2;
	size -= 2;
	if (btf_len > size || btf_parse(&btf, data, btf_len, "fuzz", &sink))
		return 0;
	parse_ext(btf, data + btf_len, size - btf_len);
	btf_put(btf);
	return 0;
}
