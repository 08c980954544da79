/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PERF_EVENT_ARRAY. A ring is a page with the two positions and the count of
 * losses, then its data, mapped twice (mirror.h). A record is a 64-bit length
 * and the bytes, padded to 8. Positions only grow.
 *
 * An opened ring lives as long as the map, so producers never find it gone;
 * deleting its entry only closes it. Kernel perf events cannot be stored.
 */
#include "map/perf_array.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/bits.h"
#include "base/endian.h"
#include "map/array.h"
#include "map/mirror.h"
#include "map/ops.h"

#define RING_MAX	(1u << 30)
#define HEADER		8

struct ring_page {
	uint64_t read;				/* written by the consumer */
	uint64_t written aligned_to(64);	/* by the producer, as lost */
	uint64_t lost;
};

struct perf_ring {
	struct region region;
	struct ring_page *page;
	uint8_t *data;
	uint64_t size;
	uint32_t cpu;
	uint32_t open;		/* atomic; the rest is set before it */
};

struct perf_array {
	struct perf_ring *rings;
	int wake_fd;
};

static int perf_init(struct map *map)
{
	struct perf_array *array = calloc(1, sizeof(*array));

	if (!array)
		return -ENOMEM;
	array->rings = calloc(map->def.max_entries, sizeof(*array->rings));
	array->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!array->rings || array->wake_fd < 0 ||
	    map_region_init(map, 1, map->value_stride)) {
		if (array->wake_fd >= 0)
			close(array->wake_fd);
		free(array->rings);
		free(array);
		return -ENOMEM;
	}
	map->priv = array;
	return 0;
}

static void perf_fini(struct map *map)
{
	struct perf_array *array = map->priv;

	for (uint32_t i = 0; i < map->def.max_entries; i++)
		if (array->rings[i].page)
			region_fini(&array->rings[i].region);
	close(array->wake_fd);
	free(array->rings);
	free(array);
}

static struct perf_ring *ring_at(const struct map *map, uint32_t index)
{
	const struct perf_array *array = map->priv;

	return index < map->def.max_entries ? &array->rings[index] : NULL;
}

static int set_up(struct perf_ring *ring, const struct map *map,
		  uint32_t cpu, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = round_up_pow2(MAX(bytes, page));
	int err = map_mirror_init(&ring->region, page, size, map->def.name);

	if (err)
		return err;
	ring->page = (void *)ring->region.base;
	ring->data = ring->region.base + page;
	ring->size = size;
	ring->cpu = cpu;
	return 0;
}

/* A ring that was closed opens again as it is; its size stays. */
int perf_array_open(struct map *map, uint32_t index, uint32_t cpu,
		    size_t bytes)
{
	struct perf_ring *ring = ring_at(map, index);
	int err = 0;

	if (!ring)
		return -E2BIG;
	if (!bytes || bytes > RING_MAX)
		return -EINVAL;
	if (atomic_load_acquire(&ring->open))
		return -EEXIST;
	if (!ring->page)
		err = set_up(ring, map, cpu, bytes);
	if (err)
		return err;
	atomic_store_relaxed(&ring->cpu, cpu);
	atomic_store_release(&ring->open, 1);
	return 0;
}

static void put_record(uint8_t *to, uint64_t len,
		       const struct perf_part *parts, size_t cnt)
{
	put_u64(to, len);
	to += HEADER;
	for (size_t i = 0; i < cnt; i++) {
		if (parts[i].len)
			memcpy(to, parts[i].data, parts[i].len);
		to += parts[i].len;
	}
}

static void wake(const struct perf_array *array)
{
	uint64_t one = 1;
	ssize_t put = write(array->wake_fd, &one, sizeof(one));

	(void)put;	/* full means that it is readable already */
}

static int write_ring(const struct map *map, struct perf_ring *ring,
		      const struct perf_part *parts, size_t cnt)
{
	const struct perf_array *array = map->priv;
	uint64_t at = ring->page->written, len = 0, total;
	uint64_t read = atomic_load_acquire(&ring->page->read);

	for (size_t i = 0; i < cnt; i++)
		len += parts[i].len;
	total = align_up(len, 8) + HEADER;
	if (len > ring->size || total > ring->size - (at - read)) {
		atomic_add_relaxed(&ring->page->lost, 1);
		return -ENOSPC;
	}
	put_record(ring->data + (at & (ring->size - 1)), len, parts, cnt);
	/* a full barrier: the consumer's position is looked at after it */
	atomic_xchg(&ring->page->written, at + total);
	if (atomic_load_acquire(&ring->page->read) == at)
		wake(array);
	return 0;
}

int perf_array_output(struct map *map, uint64_t flags, uint32_t cpu,
		      const struct perf_part *parts, size_t cnt)
{
	uint32_t index = (uint32_t)(flags & BPF_F_INDEX_MASK);
	struct perf_ring *ring;

	if (index == (uint32_t)BPF_F_CURRENT_CPU)
		index = cpu;
	ring = ring_at(map, index);
	if (!ring)
		return -E2BIG;
	if (!atomic_load_acquire(&ring->open))
		return -ENOENT;
	if (atomic_load_relaxed(&ring->cpu) != cpu)
		return -EOPNOTSUPP;
	return write_ring(map, ring, parts, cnt);
}

int64_t perf_array_consume(struct map *map, uint32_t index,
			   int (*fn)(void *arg, uint32_t cpu,
				     const void *data, size_t len),
			   void *arg)
{
	struct perf_ring *ring = ring_at(map, index);
	uint64_t at, len;
	int64_t cnt = 0;
	int err;

	if (!ring || !ring->page)
		return -ENOENT;
	at = ring->page->read;
	while (at != atomic_load_acquire(&ring->page->written)) {
		const uint8_t *from = ring->data + (at & (ring->size - 1));

		len = get_u64(from);
		err = fn(arg, ring->cpu, from + HEADER, len);
		if (err < 0)
			return err;
		at += align_up(len, 8) + HEADER;
		atomic_xchg(&ring->page->read, at);
		cnt++;
	}
	return cnt;
}

uint64_t perf_array_lost(const struct map *map, uint32_t index)
{
	const struct perf_ring *ring = ring_at(map, index);

	if (!ring || !ring->page)
		return 0;
	return atomic_load_relaxed(&ring->page->lost);
}

int perf_array_wait_fd(const struct map *map)
{
	const struct perf_array *array = map->priv;

	return array->wake_fd;
}

/* No number names a perf event here. */
static int perf_write(struct map *map, const void *key, const void *value,
		      uint64_t flags)
{
	if (flags != BPF_ANY)
		return -EINVAL;
	return ring_at(map, get_u32(key)) ? -EBADF : -E2BIG;
}

static int perf_delete(struct map *map, const void *key)
{
	struct perf_ring *ring = ring_at(map, get_u32(key));

	if (!ring)
		return -E2BIG;
	return atomic_xchg(&ring->open, 0) ? 0 : -ENOENT;
}

const struct map_ops map_ops_PERF_EVENT_ARRAY = {
	.check = map_fd_array_check,
	.init = perf_init,
	.fini = perf_fini,
	.lookup = map_lookup_none,
	.update = map_update_inval,
	.delete = perf_delete,
	.next_key = map_next_index,
	.read = map_read_notsupp,
	.write = perf_write,
};
