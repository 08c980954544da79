/* SPDX-License-Identifier: Apache-2.0 */
/* An instruction's operands in the form that rules and selection expect. */
#ifndef SKEP_JIT_FOLD_PLACE_H
#define SKEP_JIT_FOLD_PLACE_H

#include "jit/fold/match.h"

/*
 * Rewrites operands in place; the instruction's value stays. Constants go
 * right, what only changes bits that are not read is passed over, constants
 * that are added to an address go into `imm`. Did anything change?
 */
bool fold_place_operands(struct fold *m, ir_ref ref);

/* Of a BRANCH or a SELECT: the constant right. */
bool fold_place_cond(struct fold *m, ir_ref ref);

#endif
