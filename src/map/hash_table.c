/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of hash_table.h. The writer's side of the argument there:
 *
 *	insert	fill the element, gen odd, number into the slot, then the tag
 *	replace	fill the new one, gen odd, its number into the slot, then the
 *		old one's gen even
 *	remove	free the slot (tag 0), then gen even, then to the free list
 *	hole	copy the chain's last slot into it, bump version, unlink the
 *		last group if that was all of it, free the last slot
 *
 * Buckets are unlocked with release, so each writer sees its predecessor.
 */
#include "map/hash_find.h"

#include "base/bits.h"
#include "base/endian.h"
#include "map/ops.h"

/* The kernel's: U32_MAX / sizeof(struct bucket). */
#define BUCKETS_MAX	(UINT32_MAX / 16)

/* ---- the pools ---- */

/* Where number `n` of a pool keeps its link. */
typedef uint32_t *(*pool_link_fn)(const struct hash_table *t, uint32_t n);

static uint32_t *elem_link(const struct hash_table *t, uint32_t n)
{
	return &hash_elem_at(t, n)->next;
}

static uint32_t *group_link(const struct hash_table *t, uint32_t n)
{
	return &t->groups[n].link;
}

static uint64_t next_top(uint64_t top, uint32_t link)
{
	return ((top >> 32) + 1) << 32 | link;
}

static uint32_t pool_take_fresh(struct hash_pool *pool)
{
	uint32_t n = atomic_load_relaxed(&pool->fresh);

	while (n < pool->limit)
		if (atomic_cmpxchg(&pool->fresh, &n, n + 1))
			return n;
	return HASH_NONE;
}

static always_inline uint32_t pool_take(const struct hash_table *t,
					struct hash_pool *pool,
					pool_link_fn link)
{
	uint64_t top = atomic_load_acquire(&pool->top);

	while ((uint32_t)top) {
		uint32_t n = (uint32_t)top - 1;
		uint32_t below = atomic_load_relaxed(link(t, n));

		if (atomic_cmpxchg(&pool->top, &top, next_top(top, below)))
			return n;
	}
	return pool_take_fresh(pool);
}

static always_inline void pool_give(const struct hash_table *t,
				    struct hash_pool *pool, uint32_t n,
				    pool_link_fn link)
{
	uint64_t top = atomic_load_relaxed(&pool->top);

	do {
		atomic_store_relaxed(link(t, n), (uint32_t)top);
	} while (!atomic_cmpxchg(&pool->top, &top, next_top(top, n + 1)));
}

uint32_t hash_table_alloc(struct hash_table *t)
{
	return pool_take(t, &t->shared->elems, elem_link);
}

void hash_table_free(struct hash_table *t, uint32_t elem)
{
	pool_give(t, &t->shared->elems, elem, elem_link);
}

/*
 * Someone always puts a spare back within one critical section, so the search
 * ends; with as many CPUs as runs it takes its own at once.
 */
uint32_t hash_spare_take(struct hash_table *t, uint32_t cpu)
{
	for (uint32_t i = cpu % t->spares_cnt;; i = (i + 1) % t->spares_cnt) {
		uint32_t elem = atomic_xchg(&t->spares[i].elem, HASH_NONE);

		if (elem != HASH_NONE)
			return elem;
		cpu_relax();
	}
}

void hash_spare_put(struct hash_table *t, uint32_t cpu, uint32_t elem)
{
	for (uint32_t i = cpu % t->spares_cnt;; i = (i + 1) % t->spares_cnt) {
		uint32_t none = HASH_NONE;

		if (atomic_cmpxchg(&t->spares[i].elem, &none, elem))
			return;
	}
}

/* ---- set-up ---- */

/* Small elements do not straddle cache lines. */
static uint32_t elem_size_of(uint64_t bytes)
{
	return (uint32_t)(bytes <= 64 ? round_up_pow2(bytes)
				      : align_up(bytes, 16));
}

static void describe(struct hash_table *t, const struct map *map,
		     uint32_t value_room, uint64_t seed)
{
	uint64_t quarter = ((uint64_t)map->def.max_entries + 3) / 4;

	*t = (struct hash_table){
		.seed = seed,
		.mask = (uint32_t)round_up_pow2(quarter) - 1,
		.key_size = map->def.key_size,
		.key_room = (uint32_t)align_up(map->def.key_size, 8),
		.value_room = value_room,
		.spares_cnt = map->nr_cpus + 1,
	};
	t->elem_size = elem_size_of((uint64_t)sizeof(struct hash_elem) +
				    t->key_room + value_room);
	t->elems_cnt = map->def.max_entries + t->spares_cnt;
}

static void set_up_spares(struct hash_table *t, uint32_t first)
{
	for (uint32_t i = 0; i < t->spares_cnt; i++)
		t->spares[i].elem = first + i;
}

int hash_table_init(struct hash_table *t, struct map *map,
		    uint32_t value_room, uint64_t seed)
{
	uint32_t entries = map->def.max_entries;
	uint64_t groups, spares_off, groups_off, elems_off;
	int err;

	if (round_up_pow2(entries) > BUCKETS_MAX)
		return -E2BIG;
	describe(t, map, value_room, seed);
	groups = (uint64_t)t->mask + 1 + entries / HASH_SLOTS + 1;
	spares_off = sizeof(struct hash_shared);
	groups_off = spares_off + t->spares_cnt * sizeof(struct hash_spare);
	elems_off = groups_off + groups * sizeof(struct hash_group);
	err = map_region_init(map, elems_off +
			      (uint64_t)t->elems_cnt * t->elem_size, 1);
	if (err)
		return err;
	t->shared = (void *)map->region.base;
	t->spares = (void *)(map->region.base + spares_off);
	t->groups = (void *)(map->region.base + groups_off);
	t->elems = map->region.base + elems_off;
	t->shared->elems.limit = entries;
	t->shared->groups.fresh = t->mask + 1;
	t->shared->groups.limit = (uint32_t)groups;
	set_up_spares(t, entries);
	return 0;
}

/* ---- readers ---- */

uint64_t hash_table_hash(const struct hash_table *t, const void *key)
{
	return hash_of(t, key, t->key_size);
}

uint32_t hash_table_find(const struct hash_table *t, const void *key)
{
	return hash_find(t, key, t->key_size);
}

bool hash_table_copy(const struct hash_table *t, const void *key, void *to,
		     size_t len)
{
	uint32_t elem, gen;
	const struct hash_elem *e;

	for (;;) {
		elem = hash_table_find(t, key);
		if (elem == HASH_NONE)
			return false;
		e = hash_elem_at(t, elem);
		gen = atomic_load_acquire(&e->gen);
		if (!(gen & 1) || !map_same(e->key, key, t->key_size))
			continue;
		map_copy_out(to, e->key + t->key_room, len);
		atomic_fence_acquire();
		if (atomic_load_relaxed(&e->gen) == gen)
			return true;
	}
}

/* ---- writers ---- */

static uint32_t find_locked(const struct hash_table *t,
			    struct hash_place *place, const void *key)
{
	struct hash_group *group = place->head;

	for (;; group = &t->groups[group->next]) {
		for (uint32_t slot = 0; slot < HASH_SLOTS; slot++) {
			uint32_t elem = group->elems[slot];

			if (group->tags[slot] != place->tag ||
			    !map_same(hash_elem_at(t, elem)->key, key,
				      t->key_size))
				continue;
			place->group = group;
			place->slot = slot;
			return elem;
		}
		if (!group->next)
			return HASH_NONE;
	}
}

void hash_table_lock(struct hash_table *t, const void *key,
		     struct hash_place *place)
{
	uint64_t hash = hash_table_hash(t, key);

	*place = (struct hash_place){
		.head = hash_head(t, hash),
		.tag = hash_tag(hash),
	};
	map_spin_lock(&place->head->lock);
	place->elem = find_locked(t, place, key);
}

void hash_table_lock_elem(struct hash_table *t, uint32_t elem, uint32_t bucket,
			  struct hash_place *place)
{
	struct hash_group *group = &t->groups[bucket & t->mask];

	*place = (struct hash_place){ .head = group, .elem = HASH_NONE };
	map_spin_lock(&group->lock);
	for (;; group = &t->groups[group->next]) {
		for (uint32_t slot = 0; slot < HASH_SLOTS; slot++) {
			if (!group->tags[slot] || group->elems[slot] != elem)
				continue;
			place->group = group;
			place->slot = slot;
			place->elem = elem;
			place->tag = group->tags[slot];
			return;
		}
		if (!group->next)
			return;
	}
}

uint32_t hash_place_bucket(const struct hash_table *t,
			   const struct hash_place *place)
{
	return (uint32_t)(place->head - t->groups);
}

void hash_table_unlock(struct hash_place *place)
{
	map_spin_unlock(&place->head->lock);
}

/* The fence keeps the bytes behind the even gen that let us write them. */
void hash_elem_begin(struct hash_table *t, uint32_t elem, const void *key)
{
	struct hash_elem *e = hash_elem_at(t, elem);

	atomic_fence_release();
	map_copy_in(e->key, key, t->key_size);
}

static void enter(struct hash_table *t, uint32_t elem)
{
	struct hash_elem *e = hash_elem_at(t, elem);

	atomic_store_release(&e->gen, e->gen + 1);
}

static void leave(struct hash_table *t, uint32_t elem)
{
	enter(t, elem);
}

/* A group at the chain's end, for want of free slots. */
static struct hash_group *grow(struct hash_table *t, struct hash_group *last)
{
	uint32_t n = pool_take(t, &t->shared->groups, group_link);

	assert(n != HASH_NONE);
	atomic_store_relaxed(&t->groups[n].next, 0);
	atomic_store_release(&last->next, n);
	return &t->groups[n];
}

static uint32_t used_slots(const struct hash_group *group)
{
	uint32_t n = 0;

	while (n < HASH_SLOTS && group->tags[n])
		n++;
	return n;
}

void hash_table_insert(struct hash_table *t, struct hash_place *place,
		       uint32_t elem)
{
	struct hash_group *group = place->head;
	uint32_t slot;

	while (group->next)
		group = &t->groups[group->next];
	slot = used_slots(group);
	if (slot == HASH_SLOTS) {
		group = grow(t, group);
		slot = 0;
	}
	enter(t, elem);
	atomic_store_release(&group->elems[slot], elem);
	atomic_store_release(&group->tags[slot], place->tag);
}

void hash_table_replace(struct hash_table *t, struct hash_place *place,
			uint32_t elem)
{
	enter(t, elem);
	atomic_store_release(&place->group->elems[place->slot], elem);
	leave(t, place->elem);
}

/*
 * Takes the slot out and keeps slots dense: the chain's last moves into it,
 * be it of the same group.
 */
static void fill_hole(struct hash_table *t, struct hash_place *place)
{
	struct hash_group *last = place->head, *before = NULL;
	struct hash_group *hole = place->group;
	uint32_t end, freed = 0;

	for (; last->next; last = &t->groups[last->next])
		before = last;
	end = used_slots(last) - 1;
	if (last != hole || end != place->slot) {
		atomic_store_release(&hole->tags[place->slot], 0);
		atomic_store_release(&hole->elems[place->slot],
				     last->elems[end]);
		atomic_store_release(&hole->tags[place->slot],
				     last->tags[end]);
	}
	atomic_store_release(&place->head->version, place->head->version + 1);
	if (before && !end) {
		freed = before->next;
		atomic_store_release(&before->next, 0);
	}
	atomic_store_release(&last->tags[end], 0);
	if (freed)
		pool_give(t, &t->shared->groups, freed, group_link);
}

void hash_table_remove(struct hash_table *t, struct hash_place *place)
{
	fill_hole(t, place);
	leave(t, place->elem);
}

/* ---- walking ---- */

/* The last used slot of a locked chain below `below`: its index + 1, or 0. */
static uint32_t slot_below(const struct hash_table *t,
			   const struct hash_group *head, uint32_t below,
			   uint32_t *elem)
{
	const struct hash_group *group = head;
	uint32_t found = 0;

	for (uint32_t base = 0; base < below; base += HASH_SLOTS) {
		uint32_t n = MIN(used_slots(group), below - base);

		if (n) {
			found = base + n;
			*elem = group->elems[n - 1];
		}
		if (!group->next)
			break;
		group = &t->groups[group->next];
	}
	return found;
}

static bool step_in_bucket(struct hash_table *t, struct hash_group *head,
			   uint32_t *below, uint32_t *elem, void *key)
{
	map_spin_lock(&head->lock);
	*below = slot_below(t, head, *below, elem);
	if (*below && key)
		map_copy_out(key, hash_elem_at(t, *elem)->key, t->key_size);
	map_spin_unlock(&head->lock);
	return *below;
}

/*
 * *pos holds bucket << 32 | what is left of it, where 0 left means all at the
 * start of a bucket; so positions inside one keep the count of slots below
 * the element, plus one.
 */
bool hash_table_step(struct hash_table *t, uint64_t *pos, uint32_t *elem,
		     void *key)
{
	uint64_t bucket = *pos >> 32;
	uint32_t below = (uint32_t)*pos ? (uint32_t)*pos - 1 : UINT32_MAX - 1;

	for (; bucket <= t->mask; bucket++, below = UINT32_MAX - 1) {
		struct hash_group *head = &t->groups[bucket];

		if (!atomic_load_relaxed(&head->tags[0]) ||
		    !step_in_bucket(t, head, &below, elem, key))
			continue;
		*pos = bucket << 32 | below;
		return true;
	}
	*pos = ((uint64_t)t->mask + 1) << 32;
	return false;
}

uint64_t hash_table_pos(struct hash_table *t, const void *key)
{
	struct hash_place place;
	uint64_t bucket, pos = 0;
	struct hash_group *group;

	hash_table_lock(t, key, &place);
	if (place.elem != HASH_NONE) {
		bucket = (uint64_t)(place.head - t->groups);
		pos = bucket << 32 | (place.slot + 1);
		for (group = place.head; group != place.group;
		     group = &t->groups[group->next])
			pos += HASH_SLOTS;
	}
	hash_table_unlock(&place);
	return pos;
}

int64_t hash_table_value_off(const struct hash_table *t, uintptr_t addr)
{
	uint64_t off = addr - (uintptr_t)t->elems;
	uint64_t head = sizeof(struct hash_elem) + t->key_room;

	if (addr < (uintptr_t)t->elems ||
	    off >= (uint64_t)t->elems_cnt * t->elem_size)
		return -1;
	off %= t->elem_size;
	if (off < head || off - head >= t->value_room)
		return -1;
	return (int64_t)(off - head);
}
