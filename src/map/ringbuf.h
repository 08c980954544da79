/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The BPF ring buffer, in the kernel's memory layout, so that a consumer
 * written for it (libbpf's) can read the region:
 *
 *	| consumer page | producer page | data | the same data again |
 *
 * The pages begin with a 64-bit position each, which only grow. A record is
 * { u32 length | BUSY | DISCARD; u32 page number }, then the data, padded to
 * 8. It is read when its BUSY bit is gone and skipped when DISCARD is set.
 *
 * Any number of producers and one consumer at a time. Producers do not wait
 * for each other. What did not fit is counted in `lost`.
 */
#ifndef SKEP_MAP_RINGBUF_H
#define SKEP_MAP_RINGBUF_H

#include "map/map.h"

/*
 * `size` bytes of a new record, to be given to ringbuf_submit; NULL when
 * `flags` is not 0, or there is no room (then it is counted). The caller
 * grants the memory to the run.
 */
void *ringbuf_reserve(struct map *map, uint64_t size, uint64_t flags);

/*
 * Ends a record that ringbuf_reserve gave: publishes it, or drops it when
 * `discard`. `flags`: BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP; otherwise the
 * consumer is woken when it has read everything before this record.
 */
void ringbuf_submit(struct map *map, void *record, uint64_t flags,
		    bool discard);

/* Copies `data` into a record. 0, -EINVAL (flags), -EAGAIN (no room). */
int ringbuf_output(struct map *map, const void *data, uint64_t size,
		   uint64_t flags);

/* BPF_RB_AVAIL_DATA, _RING_SIZE, _CONS_POS, _PROD_POS; 0 for others. */
uint64_t ringbuf_query(const struct map *map, uint64_t flags);

/*
 * Hands each finished record to `fn` in order, up to the first unfinished
 * one, and frees its room after `fn` returned. Stops early when `fn` returns
 * a negative number, and returns it; that record is read again next time.
 * Else the number of records; -EIO when the ring's own words are damaged.
 */
int64_t ringbuf_consume(struct map *map,
			int (*fn)(void *arg, const void *data, size_t len),
			void *arg);

/* An eventfd that becomes readable when the consumer is woken. Borrowed. */
int ringbuf_wait_fd(const struct map *map);

/* Records that were lost because there was no room. */
uint64_t ringbuf_lost(const struct map *map);

#endif
