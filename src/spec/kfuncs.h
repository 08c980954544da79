/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of kfuncs.def as a table. */
#ifndef SKEP_SPEC_KFUNCS_H
#define SKEP_SPEC_KFUNCS_H

#include "spec/spec.h"

enum kfunc_flags {
	KFUNC_ACQUIRE		= 1 << 0,
	KFUNC_RELEASE		= 1 << 1,
	KFUNC_RET_NULL		= 1 << 2,
	KFUNC_TRUSTED_ARGS	= 1 << 3,
	KFUNC_RCU		= 1 << 4,
	KFUNC_RCU_PROTECTED	= 1 << 5,
	KFUNC_SLEEPABLE		= 1 << 6,
	KFUNC_DESTRUCTIVE	= 1 << 7,
	KFUNC_ITER_NEW		= 1 << 8,
	KFUNC_ITER_NEXT		= 1 << 9,
	KFUNC_ITER_DESTROY	= 1 << 10,
	KFUNC_FASTCALL		= 1 << 11,
};

struct kfunc_row {
	const char *name;
	uint32_t since;
	uint32_t flags;		/* enum kfunc_flags */
	uint64_t progs;		/* PROG_BIT of each type that may call it */
};

extern const struct kfunc_row kfunc_rows[];
extern const size_t kfunc_rows_cnt;

/* NULL when there is none of that name. */
const struct kfunc_row *kfunc_row(const char *name);

#endif
