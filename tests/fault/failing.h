/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process's allocator, counted, one call of which can be made to fail:
 * malloc and its kin, mmap, and memfd_create. Nothing of it is locked, so one
 * thread at a time allocates.
 */
#ifndef SKEP_TESTS_FAILING_H
#define SKEP_TESTS_FAILING_H

#include <stdbool.h>

struct failing {
	long armed;		/* this many calls from now fails; 0: none */
	bool hit;		/* it has */
	long live;		/* allocations and mappings */
};

extern struct failing failing;

/* Counts one call; true: it is the one that fails. */
bool failing_now(void);

/* So that skep makes no threads of its own, whose calls would be missed. */
void failing_one_cpu(void);

#endif
