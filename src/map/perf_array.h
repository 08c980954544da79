/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PERF_EVENT_ARRAY: one output ring for each CPU. An application opens the
 * rings; a program writes only to a ring of the CPU that it runs on, so each
 * has one producer, and one consumer. What did not fit is counted.
 */
#ifndef SKEP_MAP_PERF_ARRAY_H
#define SKEP_MAP_PERF_ARRAY_H

#include "map/map.h"

struct perf_part {
	const void *data;
	size_t len;
};

/*
 * Opens a ring for CPU slot `cpu` at `index`, with room for at least `bytes`
 * (1 to 1 GiB; rounded up to a power of two of pages). 0, -E2BIG (index),
 * -EINVAL (bytes), -EEXIST (open already), -ENOMEM and what mmap says.
 */
int perf_array_open(struct map *map, uint32_t index, uint32_t cpu,
		    size_t bytes);

/*
 * Writes one record made of `parts`, from a run on `cpu`. The index is the
 * lower half of `flags`, or BPF_F_CURRENT_CPU; the upper half is the helper's
 * business. 0, -E2BIG (index), -ENOENT (no ring), -EOPNOTSUPP (another CPU's
 * ring), -ENOSPC (no room: counted as lost).
 */
int perf_array_output(struct map *map, uint64_t flags, uint32_t cpu,
		      const struct perf_part *parts, size_t cnt);

/*
 * Hands each record of the ring at `index` to `fn` in order. Stops early when
 * `fn` returns a negative number, and returns it; that record is read again.
 * Else the number of records, -ENOENT without a ring.
 */
int64_t perf_array_consume(struct map *map, uint32_t index,
			   int (*fn)(void *arg, uint32_t cpu,
				     const void *data, size_t len),
			   void *arg);

/* Records that the ring at `index` had no room for. */
uint64_t perf_array_lost(const struct map *map, uint32_t index);

/* An eventfd, readable when any ring was empty and got a record. Borrowed. */
int perf_array_wait_fd(const struct map *map);

#endif
