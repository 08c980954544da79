/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ARRAY_OF_MAPS and HASH_OF_MAPS. A program's lookup gives the inner map
 * itself (struct map *), for the map argument of a helper.
 */
#ifndef SKEP_MAP_MAP_IN_MAP_H
#define SKEP_MAP_MAP_IN_MAP_H

#include "map/map.h"

/*
 * Puts `inner` at `key` and takes a reference to it. `flags` as for an
 * update. 0, -EINVAL when it is not of the outer map's kind (def.inner), and
 * what an update of an array or a hash returns.
 */
int map_in_map_set(struct map *map, const void *key, struct map *inner,
		   uint64_t flags);

/*
 * The value of one of the maps in it that `addr` lies in, when programs may
 * read it. False for other types of maps, too.
 */
bool map_in_map_window(const struct map *map, uintptr_t addr,
		       struct mem_window *out);

#endif
