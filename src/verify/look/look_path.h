/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of one path as terms: look_path.c fills them in for look.c. */
#ifndef SKEP_VERIFY_LOOK_LOOK_PATH_H
#define SKEP_VERIFY_LOOK_LOOK_PATH_H

#include "verify/env.h"
#include "verify/look/term.h"

struct look_old {
	uint32_t node, term;
};

struct look_path {
	struct terms terms;
	uint32_t first;			/* node of the path, others are older */
	VEC(uint32_t) fresh;		/* node - first: its term, 0 none */
	VEC(struct look_old) old;
	uint64_t steps;
	/* the step under way */
	const struct bpf_insn *insn;	/* NULL: none yet */
	uint32_t at;
	uint32_t a, b;			/* operands, 0: of no interest */
	/* what is asked for */
	unsigned int reg;
	uint64_t last;			/* at that step */
	uint32_t goal;
	int64_t goal_off;		/* of a pointer, in its term */
};

int look_path_init(struct look_path *path, const struct verify_env *env);
void look_path_fini(struct look_path *path);

/* A walk_fn: env->cur is about to make its step. 0 or -ENOMEM. */
int look_path_step(void *arg, struct verify_env *env);

#endif
