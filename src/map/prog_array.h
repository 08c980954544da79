/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PROG_ARRAY: programs to tail-call. Slots hold pointers of this process; the
 * runtime keeps a program alive while a slot or a run may use it. All programs
 * of one array, and all that tail-call through it, are of one kind.
 */
#ifndef SKEP_MAP_PROG_ARRAY_H
#define SKEP_MAP_PROG_ARRAY_H

#include "base/atomic.h"
#include "map/map.h"

struct prog_array_slot {
	struct prog *prog;	/* NULL: empty */
	uint32_t handle;	/* what applications read back */
};

/* The program at `index`; NULL when out of range or empty. */
static inline struct prog *prog_array_get(const struct map *map,
					  uint32_t index)
{
	struct prog_array_slot *const *slots = map->priv;

	if (index >= map->def.max_entries)
		return NULL;
	return atomic_load_acquire(&(*slots)[index].prog);
}

/*
 * Puts a program in (NULL: takes it out). `handle` is its id. 0, -E2BIG for
 * an index out of range, -EINVAL when the program is not of the array's kind.
 */
int prog_array_set(struct map *map, uint32_t index, struct prog *prog,
		   uint32_t handle);

/*
 * The first program sets the array's kind (type, expected attach type, frags,
 * and once it is prepared its engine); later ones must be of it. Also to be
 * called for each program that tail-calls through the array, before it runs.
 * 0 or -EINVAL.
 */
int prog_array_claim(struct map *map, const struct prog *prog);

#endif
