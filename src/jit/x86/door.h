/* SPDX-License-Identifier: Apache-2.0 */
/* What both tiers have on x86-64: the way in from C, and calls of C. */
#ifndef SKEP_JIT_X86_DOOR_H
#define SKEP_JIT_X86_DOOR_H

#include "jit/place.h"
#include "jit/x86/encode.h"

extern const struct jit_linker x86_linker;

/*
 * jit_enter_fn; where it goes on when what it has called returns, and where
 * runs that end badly come back to.
 */
uint32_t x86_enter(struct jit_buf *code);

#endif
