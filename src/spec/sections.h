/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of sections.def and the rule by which libbpf matches a section's
 * name against them.
 */
#ifndef SKEP_SPEC_SECTIONS_H
#define SKEP_SPEC_SECTIONS_H

#include "spec/spec.h"

enum section_flags {
	SECTION_SLEEPABLE	= 1 << 0, /* BPF_F_SLEEPABLE */
	SECTION_FRAGS		= 1 << 1, /* BPF_F_XDP_HAS_FRAGS */
	SECTION_BTF		= 1 << 2, /* needs the BTF id of its target */
	SECTION_USDT		= 1 << 3, /* uprobe.multi where there is one */
	SECTION_OPTIONAL	= 1 << 4, /* old kernels do without */
};

struct section_row {
	const char *pattern;
	enum prog_type prog;
	uint32_t attach;	/* enum attach_type; 0 also when it has none */
	bool has_attach;
	uint32_t flags;		/* enum section_flags */
};

extern const struct section_row section_rows[];
extern const size_t section_rows_cnt;

/*
 * The row that a SEC() text falls under, or NULL when libbpf would not know
 * it. A leading '?' (not loaded unless asked for) is the caller's to strip.
 * *target, unless NULL, is what follows the pattern's '/': a pointer into
 * `sec`, or NULL when the pattern takes no target or none was given. It is
 * left alone when no row matches.
 */
const struct section_row *section_row_match(const char *sec,
					    const char **target);

#endif
