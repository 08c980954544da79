/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hint for memory of megabytes that will be filled: the system may give it
 * in large pages, which saves most of its page faults.
 */
#ifndef SKEP_BASE_LARGE_H
#define SKEP_BASE_LARGE_H

#include <sys/mman.h>

#include "base/bits.h"
#include "base/compiler.h"

#define LARGE_PAGE	(2u << 20)

/* Nothing happens to what is smaller, or where the system has none. */
static inline void large_hint(void *data, size_t size)
{
	size_t start = align_up((size_t)data, LARGE_PAGE);
	size_t end = ((size_t)data + size) & ~(size_t)(LARGE_PAGE - 1);

	if (data && start < end)
		(void)madvise((void *)start, end - start, MADV_HUGEPAGE);
}

#endif
