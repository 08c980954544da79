/* SPDX-License-Identifier: Apache-2.0 */
/* Dynptrs, iterators and saved interrupt flags: objects in stack slots. */
#ifndef SKEP_VERIFY_TYPED_STACKOBJ_H
#define SKEP_VERIFY_TYPED_STACKOBJ_H

#include <string.h>

#include "verify/typed/typed.h"

#define STACKOBJ_BEYOND	(-10000)	/* no error was kept */

/*
 * The lowest of `slots` slots at register `n`, a REG_STACK: its index; or
 * rejects with `diag` when offset or alignment forbid; STACKOBJ_BEYOND when
 * they are below the stack.
 */
int stackobj_slot(struct verify_env *env, unsigned int n, const char *what,
		  uint32_t slots, int diag);

/* All bytes of slot `i` are of `kind`. */
bool stackobj_is(const struct frame *fr, uint32_t i, enum slot_kind kind);

/* Slots lowest, lowest - 1, ... are used: their liveness. */
void stackobj_read(struct verify_env *env, const struct frame *fr,
		   uint32_t lowest, uint32_t cnt);

/* Slot `i` of an own frame holds nothing any more. */
void stackobj_clear(struct verify_env *env, struct frame *fr, uint32_t i);

/*
 * A dynptr of `kind` is made where register `n` points. A RINGBUF one without
 * a `ref` (to share, of what it is cloned from) takes one.
 */
int dynptr_construct(struct verify_env *env, unsigned int n,
		     enum dynptr_kind kind, uint32_t ref);

/*
 * The dynptr at register `n` is used: *out has its dynptr kind, id, ref.
 * `want` DYNPTR_NONE: any kind. `mutates`: must be the program's own.
 */
int dynptr_use(struct verify_env *env, unsigned int n, enum dynptr_kind want,
	       bool mutates, struct reg *out);

/* The reference of dynptrs is given back: they and their slices are void. */
int dynptr_release(struct verify_env *env, uint32_t ref);

#endif
