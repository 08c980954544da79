/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of ARRAY that other index-keyed types are made of. */
#ifndef SKEP_MAP_ARRAY_H
#define SKEP_MAP_ARRAY_H

#include "map/map.h"

int map_array_check(const struct map_def *def);

/* Arrays of handles: as above, and value_size is 4. */
int map_fd_array_check(const struct map_def *def);

void *map_array_lookup(struct map *map, const void *key, uint32_t cpu);
bool map_array_window(const struct map *map, uintptr_t addr,
		      struct mem_window *out);

/* user_value_size of per-CPU types. */
size_t map_percpu_value_size(const struct map *map);

#endif
