/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifying the programs of an object side by side: as many at once as there
 * are CPUs, each with its own diagnostics, told in the order of the programs.
 */
#ifndef SKEP_OBJECT_VERIFY_H
#define SKEP_OBJECT_VERIFY_H

#include "base/diag_log.h"
#include "base/str.h"
#include "object/object.h"
#include "verify/verify.h"

struct object_verify_options {
	struct verify_options verify;	/* but for log and threads */
	struct object_options link;	/* as_kernel is set by object_verify */
	bool log;			/* keep each program's */
	uint32_t threads;		/* at most; 0: one for each CPU */
};

/* What became of one program. */
struct object_verdict {
	struct prog prog;		/* as it was linked; insns NULL: not */
	struct prog *origin;		/* of object_progs */
	int err;			/* 0 accepted, else a negative errno */
	struct verify_result *result;	/* NULL when it came to none */
	struct diag_log diags;		/* why not */
	struct strbuf log;
};

struct object_verdicts {
	struct object_verdict *list;	/* in the order of object_progs */
	uint32_t cnt;
	/* what they were verified with: see verify_input */
	const struct verify_map *maps;
	struct btf *kernel;		/* or NULL, when nothing needed it */
};

/*
 * Links the programs whose `load` is set as for the kernel, and verifies each
 * of them. Where they do not link together, each is linked alone, so that one
 * that does not is no obstacle to others. 0 with *out, also when programs are
 * rejected; else a negative errno with a diagnostic. The verdicts borrow from
 * the object; free them first.
 */
int object_verify(struct object *obj,
		  const struct object_verify_options *options,
		  struct object_verdicts *out, struct diag_sink *sink);

/*
 * The same for the programs as they are linked now, to be run. The kernel's
 * types are read when a program may need them.
 */
int object_verify_linked(struct object *obj,
			 const struct object_verify_options *options,
			 struct object_verdicts *out, struct diag_sink *sink);

void object_verdicts_fini(struct object_verdicts *verdicts);

#endif
