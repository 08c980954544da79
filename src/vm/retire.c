/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grace periods. What a running program may still hold is freed only when
 * every CPU slot has been seen quiet after it could no longer be found, and
 * no application was inside of a map that shows it.
 *
 * A slot counts in `gen`: odd while it is held, one up when it is given back,
 * two up when a lasting holder says that no program of it runs just now. So a
 * slot is past the moment of a snapshot when its count was even then, or is
 * another now. The increment is a full barrier, as is the exchange that takes
 * a thing out: either the run finds it gone, or the snapshot sees the run.
 *
 *	fresh	taken out since the last snapshot
 *	waiting	taken out before it, freed when all slots are past it
 */
#include "vm/vm.h"

#include <sched.h>

#include "base/atomic.h"

enum retire_state {
	NOT_RETIRED,
	FRESH,
	WAITING,
	AGAIN,		/* waiting, and taken out of another map since */
};

static void push_fresh(struct skep *vm, struct map *map)
{
	map->retire_state = FRESH;
	map->retired = vm->fresh;
	vm->fresh = map;
}

static bool is_past(const struct vm_slot *slot)
{
	uint64_t then = slot->snapshot;

	return !(then & 1) || atomic_load_acquire(&slot->gen) != then;
}

static bool all_past(const struct skep *vm)
{
	if (atomic_load_acquire(&vm->readers))
		return false;
	for (uint32_t i = 0; i < vm->cpus; i++)
		if (!is_past(&vm->slots[i]))
			return false;
	return true;
}

static void take_snapshot(struct skep *vm)
{
	atomic_fence();
	for (uint32_t i = 0; i < vm->cpus; i++)
		vm->slots[i].snapshot =
			atomic_load_acquire(&vm->slots[i].gen);
}

/* With retire_lock held; inner maps hold no maps, so none is retired here. */
static void put_waiting(struct skep *vm)
{
	struct map *map = vm->waiting, *next;

	vm->waiting = NULL;
	for (; map; map = next) {
		next = map->retired;
		if (map->retire_state == AGAIN) {
			push_fresh(vm, map);
			continue;
		}
		map->retire_state = NOT_RETIRED;
		map_put(map);
	}
}

void vm_reclaim(struct skep *vm)
{
	pthread_mutex_lock(&vm->retire_lock);
	for (;;) {
		if (!vm->waiting) {
			vm->waiting = vm->fresh;
			vm->fresh = NULL;
			for (struct map *m = vm->waiting; m; m = m->retired)
				m->retire_state = WAITING;
			take_snapshot(vm);
		}
		if (!vm->waiting || !all_past(vm))
			break;
		put_waiting(vm);
	}
	atomic_store_relaxed(&vm->retired, vm->waiting != NULL);
	pthread_mutex_unlock(&vm->retire_lock);
}

/* One reference per map stays with the lists; a second one can go at once. */
void vm_retire_map(void *arg, struct map *map)
{
	struct skep *vm = arg;

	atomic_add(&vm->changes, 1);
	pthread_mutex_lock(&vm->retire_lock);
	if (map->retire_state == NOT_RETIRED) {
		push_fresh(vm, map);
	} else {
		if (map->retire_state == WAITING)
			map->retire_state = AGAIN;
		map_put(map);
	}
	atomic_store_relaxed(&vm->retired, 1);
	pthread_mutex_unlock(&vm->retire_lock);
}

void vm_wait_quiet(struct skep *vm)
{
	atomic_add(&vm->changes, 1);
	for (uint32_t i = 0; i < vm->cpus; i++) {
		struct vm_slot *slot = &vm->slots[i];
		uint64_t then = atomic_load_acquire(&slot->gen);

		while ((then & 1) && atomic_load_acquire(&slot->gen) == then)
			sched_yield();
	}
}

void vm_reclaim_end(struct skep *vm)
{
	while (vm->waiting || vm->fresh)
		vm_reclaim(vm);
}
