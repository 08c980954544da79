/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SKEP_TESTS_RANDOM_FUNC_H
#define SKEP_TESTS_RANDOM_FUNC_H

#include "jit/ir/ir.h"

/* Up to twice so many bytes before what FRAME points to are used. */
#define RANDOM_MEMORY	64

/* A function in order, always the same for a seed. It has no calls. */
void random_func(struct ir_func *f, struct arena *arena, uint64_t seed);

#endif
