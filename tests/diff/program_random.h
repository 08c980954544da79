/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random XDP programs that the kernel's verifier likes: every register but
 * the reserved ones always holds a number that only the run knows, memory is
 * touched where it is proven to be, jumps go forward.
 *
 * A program is `steps` independent pieces; each draws from its own seed, so
 * that one can be left out and the others stay the same. That makes a small
 * program of a large one that shows a difference.
 */
#ifndef SKEP_TESTS_PROGRAM_RANDOM_H
#define SKEP_TESTS_PROGRAM_RANDOM_H

#include <linux/bpf.h>

#include "base/compiler.h"

#define RANDOM_PACKET	64	/* bytes that a packet must have at least */
#define RANDOM_VALUE	64	/* of map 0: an array of 2 */
#define RANDOM_HASH	16	/* of map 1: a hash of 8, key 4 bytes */
#define RANDOM_OUT	80	/* of map 2: an array of 1, for registers */
#define RANDOM_STEPS	64
#define RANDOM_INSNS	2048

struct random_program {
	struct bpf_insn insns[RANDOM_INSNS];
	uint32_t cnt;
	bool left_out[RANDOM_STEPS];
};

/* Fills in the instructions of `seed`, but for the steps left out. */
void random_program(struct random_program *program, uint64_t seed);

/* The next of a sequence of random numbers. */
uint64_t random_next(uint64_t *state);

#endif
