/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a proven program to one that runs: the same in fewer instructions,
 * since what no path reaches is left out and what is decided is no question.
 */
#ifndef SKEP_VERIFY_FACTS_REWRITE_H
#define SKEP_VERIFY_FACTS_REWRITE_H

#include "verify/verify.h"

/*
 * Fills *out from the arena: a program that does what `in` does, whose facts
 * (verify_prog's, of an accepted program) are `facts`. Strings, maps and BTF
 * are `in`'s, and out->linked is `in`: it must stay. out->origin tells for
 * each slot of *out which of `in` it comes from, and so the index of its fact.
 * 0 or -ENOMEM, with *out unchanged.
 */
int verify_rewrite(const struct prog *in, const struct verify_facts *facts,
		   struct arena *arena, struct prog *out);

#endif
