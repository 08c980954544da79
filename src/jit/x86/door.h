/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both tiers have on x86-64: the way in from C, and calls of C. Depths of
 * the stack are told to `origins`.
 */
#ifndef SKEP_JIT_X86_DOOR_H
#define SKEP_JIT_X86_DOOR_H

#include "jit/place.h"
#include "jit/x86/encode.h"

extern const struct jit_linker x86_linker;

/* jit_enter_fn. */
void x86_enter(struct jit_buf *code, struct jit_origins *origins);

/*
 * Around a call of the program's first function, the same for it alone: what
 * it and all that it leads to need, and no more. jit_start_fn.
 */
struct x86_start {
	uint32_t saved;		/* registers, as bits: what C keeps */
	bool thread, frame;	/* r12, rbp are to be set */
	bool sp;		/* runs may end badly */
};

void x86_start(struct jit_buf *code, const struct x86_start *start,
	       struct jit_origins *origins);
void x86_started(struct jit_buf *code, const struct x86_start *start,
		 struct jit_origins *origins);

/*
 * Around a call of jit_fault: back to where the last entry from C was made,
 * whatever is on the stack; whose code that was, its return address tells.
 */
void x86_end_badly(struct jit_buf *code, struct jit_origins *origins);
void x86_ended_badly(struct jit_buf *code, struct jit_origins *origins);

#endif
