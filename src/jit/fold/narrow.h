/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SKEP_JIT_FOLD_NARROW_H
#define SKEP_JIT_FOLD_NARROW_H

#include "jit/ir/ir.h"

/*
 * For each instruction that the function has now: 1, its upper half is always
 * zero. NULL: it would take too long to say. From the function's arena.
 */
const uint8_t *fold_find_narrow(struct ir_func *f);

#endif
