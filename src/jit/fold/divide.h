/* SPDX-License-Identifier: Apache-2.0 */
/* Unsigned division by constants without dividing. */
#ifndef SKEP_JIT_FOLD_DIVIDE_H
#define SKEP_JIT_FOLD_DIVIDE_H

#include "jit/fold/match.h"

/* x / c is (x >> pre) * mul >> 64 >> post. */
struct fold_magic {
	uint64_t mul;
	unsigned int pre, post;
};

/*
 * For every x <= max; c is no power of two. false when no number of 64 bits
 * does it.
 */
bool fold_magic(uint64_t c, uint64_t max, struct fold_magic *out);

/* A rule: x / c and x % c. */
bool fold_divide(struct fold *m);

#endif
