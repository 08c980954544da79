/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QUEUE and STACK: keyless, one ring of values under one lock, as in
 * kernel/bpf/queue_stack_maps.c. `head` is where the next value goes, `tail`
 * the oldest; one slot stays free, so that full and empty differ.
 *
 * region: | state | max_entries + 1 values |
 */
#include <string.h>

#include "base/atomic.h"
#include "map/copy.h"
#include "map/ops.h"

#define QUEUE_FLAGS	(BPF_F_NUMA_NODE | MAP_ACCESS_FLAGS)

struct queue_state {
	uint32_t lock;		/* guards all */
	uint32_t head, tail;
	uint32_t slots;
} aligned_to(64);

static int queue_check(const struct map_def *def)
{
	if (!def->max_entries || def->key_size || !def->value_size ||
	    def->flags & ~QUEUE_FLAGS || !map_access_ok(def))
		return -EINVAL;
	if (def->value_size > MAP_ALLOC_MAX ||
	    def->max_entries >= UINT32_MAX / def->value_size)
		return -E2BIG;
	return 0;
}

static int queue_init(struct map *map)
{
	uint64_t slots = (uint64_t)map->def.max_entries + 1;
	int err = map_region_init(map, sizeof(struct queue_state) +
				  slots * map->value_stride, 1);

	if (err)
		return err;
	((struct queue_state *)map->region.base)->slots = (uint32_t)slots;
	return 0;
}

static struct queue_state *lock_queue(struct map *map)
{
	struct queue_state *queue = (void *)map->region.base;

	map_spin_lock(&queue->lock);
	return queue;
}

static uint8_t *slot_at(const struct map *map, struct queue_state *queue,
			uint32_t slot)
{
	return (uint8_t *)(queue + 1) + (size_t)slot * map->value_stride;
}

static uint32_t after(const struct queue_state *queue, uint32_t slot)
{
	return slot + 1 == queue->slots ? 0 : slot + 1;
}

static uint32_t before(const struct queue_state *queue, uint32_t slot)
{
	return (slot ? slot : queue->slots) - 1;
}

/* BPF_EXIST: a full map drops its oldest value. */
static int queue_push(struct map *map, const void *value, uint64_t flags)
{
	struct queue_state *queue;
	int err = 0;

	if (flags & BPF_NOEXIST || flags > BPF_EXIST)
		return -EINVAL;
	queue = lock_queue(map);
	if (after(queue, queue->head) == queue->tail) {
		if (!(flags & BPF_EXIST)) {
			err = -E2BIG;
			goto out;
		}
		queue->tail = after(queue, queue->tail);
	}
	map_copy_in(slot_at(map, queue, queue->head), value,
		    map->def.value_size);
	queue->head = after(queue, queue->head);
out:
	map_spin_unlock(&queue->lock);
	return err;
}

/* An empty map zeroes the value, as programs see it in the kernel. */
static int get_value(struct map *map, void *value, bool newest, bool take)
{
	struct queue_state *queue = lock_queue(map);
	uint32_t slot = newest ? before(queue, queue->head) : queue->tail;
	bool empty = queue->head == queue->tail;

	if (empty)
		memset(value, 0, map->def.value_size);
	else
		map_copy_out(value, slot_at(map, queue, slot),
			     map->def.value_size);
	if (!empty && take && newest)
		queue->head = slot;
	else if (!empty && take)
		queue->tail = after(queue, slot);
	map_spin_unlock(&queue->lock);
	return empty ? -ENOENT : 0;
}

static int queue_pop(struct map *map, void *value)
{
	return get_value(map, value, false, true);
}

static int queue_peek(struct map *map, void *value)
{
	return get_value(map, value, false, false);
}

static int stack_pop(struct map *map, void *value)
{
	return get_value(map, value, true, true);
}

static int stack_peek(struct map *map, void *value)
{
	return get_value(map, value, true, false);
}

const struct map_ops map_ops_QUEUE = {
	.check = queue_check,
	.init = queue_init,
	.lookup = map_lookup_none,
	.update = map_update_inval,
	.delete = map_delete_inval,
	.next_key = map_next_key_inval,
	.push = queue_push,
	.pop = queue_pop,
	.peek = queue_peek,
};

const struct map_ops map_ops_STACK = {
	.check = queue_check,
	.init = queue_init,
	.lookup = map_lookup_none,
	.update = map_update_inval,
	.delete = map_delete_inval,
	.next_key = map_next_key_inval,
	.push = queue_push,
	.pop = stack_pop,
	.peek = stack_peek,
};
