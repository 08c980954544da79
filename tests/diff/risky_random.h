/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random packet programs that are nearly safe: pointers with and without
 * their checks, keys and values, spills of every width, bounded loops,
 * subprograms, helpers that are handed memory. About one in two has something
 * wrong: a check dropped or off by one, a wrong condition or width, swapped
 * operands, a changed instruction.
 *
 * A program is `steps` independent pieces; each draws from its own seed, so
 * that one can be left out and the others stay the same.
 */
#ifndef SKEP_TESTS_RISKY_RANDOM_H
#define SKEP_TESTS_RISKY_RANDOM_H

#include <linux/bpf.h>

#include "map/map.h"

enum {
	RISKY_ARRAY,		/* of 2 values */
	RISKY_HASH,
	RISKY_OUTER,		/* an array of two maps like RISKY_INNER */
	RISKY_RINGBUF,
	RISKY_DIRECT,		/* its one value, by address */
	RISKY_MAPS,
	RISKY_INNER = RISKY_MAPS,	/* no program names it */
	RISKY_ALL_MAPS,
};

#define RISKY_STEPS	44
#define RISKY_INSNS	3072

struct risky_program {
	struct bpf_insn insns[RISKY_INSNS];
	uint32_t cnt;
	enum prog_type type;	/* XDP or SCHED_CLS */
	bool left_out[RISKY_STEPS];
};

extern const struct map_def risky_maps[RISKY_ALL_MAPS];

/* Fills in the program of `seed`, but for the steps left out. */
void risky_random(struct risky_program *program, uint64_t seed);

/*
 * Makes a program smaller that shows something: steps are left out, then
 * instructions turned into nothing, as long as `shows` says it still does.
 */
void risky_reduce(struct risky_program *program, uint64_t seed,
		  bool (*shows)(void *arg, const struct risky_program *),
		  void *arg);

/* On stdout. */
void risky_show(const struct risky_program *program);

#endif
