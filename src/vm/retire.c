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

static void put_all(struct map *map)
{
	while (map) {
		struct map *next = map->retired;

		map->retired = NULL;
		map_put(map);
		map = next;
	}
}

/* With retire_lock held: the maps that nobody can hold any more. */
static struct map *take_past(struct skep *vm)
{
	struct map *past = NULL;

	if (vm->waiting && all_past(vm)) {
		past = vm->waiting;
		vm->waiting = NULL;
	}
	if (!vm->waiting && vm->fresh) {
		vm->waiting = vm->fresh;
		vm->fresh = NULL;
		take_snapshot(vm);
	}
	atomic_store_relaxed(&vm->retired, vm->waiting != NULL);
	return past;
}

void vm_reclaim(struct skep *vm)
{
	struct map *past;

	do {
		pthread_mutex_lock(&vm->retire_lock);
		past = take_past(vm);
		pthread_mutex_unlock(&vm->retire_lock);
		put_all(past);
	} while (past);
}

void vm_retire_map(void *arg, struct map *map)
{
	struct skep *vm = arg;

	atomic_add(&vm->changes, 1);
	pthread_mutex_lock(&vm->retire_lock);
	map->retired = vm->fresh;
	vm->fresh = map;
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
	put_all(vm->waiting);
	put_all(vm->fresh);
	vm->waiting = vm->fresh = NULL;
}
