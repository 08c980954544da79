/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program may return, by its type and place of attachment, from the
 * rows of spec/returns.def, which are those of Linux 6.18.
 */
#ifndef SKEP_PROG_RETURNS_H
#define SKEP_PROG_RETURNS_H

#include "spec/spec.h"

/* The function that a LSM or struct_ops program stands in for. */
struct return_hook {
	const char *name;	/* "bpf_lsm_file_open", or NULL */
	bool is_void;		/* it has no result */
};

struct return_range {
	int64_t min, max;	/* both inclusive */
	bool narrow;		/* the low 32 bits count, as a signed number */
	bool unset;		/* r0 is not looked at; no range */
};

/*
 * True, and *out set, when r0 at exit is held to something; false when every
 * number will do. `hook` may be NULL: of no other type than LSM and
 * struct_ops is it looked at, and there NULL is a hook with a number for its
 * result.
 */
bool prog_return_range(enum prog_type type, uint32_t attach_type,
		       const struct return_hook *hook,
		       struct return_range *out);

#endif
