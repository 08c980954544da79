/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that do the same as a random one, written so that a weakness of the
 * kernel's verifier does not come into play. When it agrees about them, the
 * weakness was the reason why it did not before.
 */
#ifndef SKEP_TESTS_RISKY_VARIANT_H
#define SKEP_TESTS_RISKY_VARIANT_H

#include "risky_random.h"

struct verify_facts;

/*
 * Conditional jumps of which the facts know the outcome become what they do.
 * False when there are none.
 */
bool risky_decided(struct risky_program *out,
		   const struct risky_program *program,
		   const struct verify_facts *facts);

/*
 * Where a number is made a pointer, `r5 += r1; r1 = r5`, the pointer is added
 * to instead: `r1 += r5`. False when that is nowhere.
 */
bool risky_turned(struct risky_program *out,
		  const struct risky_program *program);

#endif
