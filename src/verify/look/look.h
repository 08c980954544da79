/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second look: before an access is said to be out of bounds, the path
 * that leads there is looked at once more, with relations between numbers
 * that states do not keep.
 */
#ifndef SKEP_VERIFY_LOOK_LOOK_H
#define SKEP_VERIFY_LOOK_LOOK_H

#include "verify/env.h"

/*
 * The number in register `reg` of the running frame (of a pointer: what is
 * added to its `off`) leaves min <= number <= max, as far as its state says:
 * can it, on this path? True when it is proven that it cannot; its number is
 * then narrowed accordingly. False: nothing has changed, or memory is out.
 */
bool second_look(struct verify_env *env, unsigned int reg, int64_t min,
		 int64_t max);

#endif
