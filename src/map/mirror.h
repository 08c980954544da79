/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for rings: its data is mapped twice in a row, so nothing wraps. */
#ifndef SKEP_MAP_MIRROR_H
#define SKEP_MAP_MIRROR_H

#include "base/region.h"

/*
 * Maps `head` + `data` bytes, both whole pages, of one memfd, and the data
 * once more after itself. region->size counts both. 0 or a negative errno;
 * region_fini undoes it.
 */
int map_mirror_init(struct region *region, size_t head, size_t data,
		    const char *name);

#endif
