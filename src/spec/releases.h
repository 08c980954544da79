/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of releases.def: which kernel release brought what. */
#ifndef SKEP_SPEC_RELEASES_H
#define SKEP_SPEC_RELEASES_H

#include "spec/spec.h"

/* Indices of release_needs[]. */
enum need {
#define NEED(name, ...) NEED_##name,
#include "spec/releases.def"
	NEED_CNT
};

/* Bits of flags, by number, for headers may be older than rows. */
enum map_flag {
#define MAP_FLAG(name, bit, ...) MAP_FLAG_##name = 1u << (bit),
#include "spec/releases.def"
};

enum prog_flag {
#define PROG_FLAG(name, bit, ...) PROG_FLAG_##name = 1u << (bit),
#include "spec/releases.def"
};

struct release_row {
	const char *name;	/* "BPF_F_MMAPABLE", "bpf_timer" ... */
	uint32_t number;	/* flags: the bit's mask; kinds: the kind */
	uint32_t since;		/* KERNEL_RELEASE */
	const char *doc;
};

struct release_table {
	const struct release_row *rows;
	size_t cnt;
};

extern const struct release_row release_needs[];	/* NEED_CNT rows */
extern const struct release_table release_prog_flags, release_map_flags,
				  release_btf_kinds, release_value_fields,
				  release_struct_ops;

/* The row of a name or a number; NULL when there is none. */
const struct release_row *release_row_by_name(const struct release_table *t,
					      const char *name);
const struct release_row *release_row(const struct release_table *t,
				      uint32_t number);

/* The releases that profiles are named after, oldest first. */
extern const uint32_t releases[];
extern const size_t releases_cnt;

#endif
