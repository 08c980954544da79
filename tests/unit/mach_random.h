/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random machine functions, and what they compute: before allocation on
 * values, after it on registers and slots.
 */
#ifndef SKEP_TESTS_MACH_RANDOM_H
#define SKEP_TESTS_MACH_RANDOM_H

#include "jit/mach/mach.h"

struct mach_random {
	uint64_t seed;
	uint32_t size;		/* instructions, about */
	unsigned int regs;	/* how many, at least 6 */
	unsigned int pressure;	/* how far back operands are taken from */
	bool calls;
	bool shuffle;		/* blocks in any order, the first one aside */
};

/* Memory is from the arena and malloc: mach_fini(). */
void mach_random(struct mach_func *f, struct arena *arena,
		 const struct mach_random *how);

struct mach_run {
	uint64_t trace;		/* of all that instructions read, in order */
	uint64_t steps;		/* instructions, without moves */
	uint64_t moves;		/* MOVE, MAKE, SWAP between different places */
	uint64_t memory;	/* slots that were read or written */
};

/* At most `steps` instructions. `placed`: in registers and slots. */
struct mach_run mach_eval(const struct mach_func *f, bool placed,
			  uint64_t steps);

#endif
