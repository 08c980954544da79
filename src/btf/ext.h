/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .BTF.ext: function infos, line infos and CO-RE relocations of an object,
 * parsed and checked against its BTF. Records are sorted by section name
 * offset as in the file and by instruction offset inside one section.
 */
#ifndef SKEP_BTF_EXT_H
#define SKEP_BTF_EXT_H

#include "base/arena.h"
#include "btf/btf.h"

struct btf_func_info {
	uint32_t insn;		/* index within the section */
	uint32_t type_id;	/* BTF_KIND_FUNC */
};

struct btf_line_info {
	uint32_t insn;		/* index within the section */
	const char *file;
	const char *text;	/* the source line, may be "" */
	uint32_t line, column;
};

struct btf_core_relo {
	uint32_t insn;		/* index within the section */
	uint32_t type_id;	/* root type */
	const char *access;	/* "0:1:2" */
	uint32_t kind;		/* enum bpf_core_relo_kind */
};

/* All records of one ELF section. */
struct btf_ext_section {
	const char *name;	/* the ELF section's */
	const struct btf_func_info *funcs;
	size_t funcs_cnt;
	const struct btf_line_info *lines;
	size_t lines_cnt;
	const struct btf_core_relo *relos;
	size_t relos_cnt;
};

struct btf_ext {
	const struct btf_ext_section *sections;
	size_t sections_cnt;
};

/*
 * Parses a .BTF.ext blob into `arena`; strings borrow from `btf`, which must
 * live as long. 0, or a negative errno with a diagnostic.
 */
int btf_ext_parse(struct btf_ext *ext, struct arena *arena,
		  const struct btf *btf, const void *data, size_t size,
		  const char *file, struct diag_sink *sink);

/* The records of section `name`, or NULL. */
const struct btf_ext_section *btf_ext_section(const struct btf_ext *ext,
					      const char *name);

#endif
