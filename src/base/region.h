/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A region: one contiguous, page-aligned piece of zeroed memory. Everything
 * in it is addressed by offset or index, never by absolute pointer, so that
 * it can be mapped at another address by another process. Private regions
 * are anonymous; shared ones are backed by a memfd.
 */
#ifndef SKEP_BASE_REGION_H
#define SKEP_BASE_REGION_H

#include "base/compiler.h"

enum region_flags {
	REGION_PRIVATE	= 0,
	REGION_SHARED	= 1 << 0,	/* memfd-backed, `fd` is its handle */
};

struct region {
	uint8_t *base;
	size_t size;	/* as asked for; the mapping is rounded to pages */
	int fd;		/* -1 for a private region */
};

/*
 * Maps a region of `size` bytes (at least one). `name` labels the memfd.
 * 0, -EINVAL for size 0, or the errno of mmap, memfd_create, ftruncate.
 */
int region_init(struct region *region, size_t size, unsigned int flags,
		const char *name);
void region_fini(struct region *region);

#endif
