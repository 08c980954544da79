/* SPDX-License-Identifier: Apache-2.0 */
/* Between access_stack.c and access_stack_range.c: slots. */
#ifndef SKEP_VERIFY_MEMORY_ACCESS_STACK_H
#define SKEP_VERIFY_MEMORY_ACCESS_STACK_H

#include "verify/memory/access_rows.h"

/* A dynptr, iterator or flag: not to be read or written as bytes. */
bool slot_is_object(const struct slot *slot);

/* Bytes of the register that is kept in the slot, 0: none is. */
unsigned int slot_spilled(const struct slot *slot);

/* The slot around `off`, to be read; an unset one beyond the last. */
const struct slot *stack_slot(const struct frame *fr, int32_t off);

/* No register is kept in the slot any more; `value` is its node. */
void slot_scrub(struct slot *slot, uint32_t value);

struct frame *stack_own(struct verify_env *env, uint32_t frame);
struct slot *stack_slot_to_write(struct verify_env *env, uint32_t frame,
				 int32_t off, int *err);

#endif
