/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a proven program to one that runs: the same in fewer instructions,
 * since what no path reaches is left out and what is decided is no question.
 */
#ifndef SKEP_VERIFY_REWRITE_H
#define SKEP_VERIFY_REWRITE_H

#include "verify/verify.h"

/*
 * Fills *out from the arena: a program that does what `in` does, whose facts
 * (verify_prog's, of an accepted program) are `facts`. Strings, maps and BTF
 * are `in`'s. With `origin`, *origin is for each slot of *out the slot of `in`
 * that it comes from, and so the index of its fact. 0 or -ENOMEM, with *out
 * and *origin unchanged.
 */
int verify_rewrite_from(const struct prog *in,
			const struct verify_facts *facts,
			struct arena *arena, struct prog *out,
			const uint32_t **origin);

static inline int verify_rewrite(const struct prog *in,
				 const struct verify_facts *facts,
				 struct arena *arena, struct prog *out)
{
	return verify_rewrite_from(in, facts, arena, out, NULL);
}

#endif
