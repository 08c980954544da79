/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for machine code, never writable and executable at once: it is
 * written while it cannot run, and runs when it cannot be written any more.
 * A page that nobody may touch lies before and behind it.
 */
#ifndef SKEP_BASE_EXECMEM_H
#define SKEP_BASE_EXECMEM_H

#include "base/compiler.h"

struct execmem {
	uint8_t *base;		/* on a page; NULL: none */
	size_t size;		/* whole pages */
};

/*
 * Maps room for `size` bytes (at least one), writable and zeroed. It lies
 * within 1 GB of `near` when there is such room, else anywhere; NULL: do not
 * care. 0, -EINVAL for no bytes, or the errno of mmap; *mem only set on 0.
 */
int execmem_init(struct execmem *mem, size_t size, const void *near);

/*
 * Ends the writing: from here on the memory is read and run. 0, or mprotect's
 * errno where the system forbids it; it may be written as before then.
 */
int execmem_seal(struct execmem *mem);

/* Gives it back; nothing may run in it any more. None is fine. */
void execmem_fini(struct execmem *mem);

#endif
