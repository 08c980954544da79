/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spill slots. A value that is stored right behind its definition has its slot
 * for all of its life, another one while its pieces are in memory. Two values
 * may have the same slot if they do not meet: in likely blocks, of which a
 * value takes the stretch from the first to the last point, nor in any
 * unlikely one, of which it takes those alone that it is in. A parameter takes
 * the slot of one of its arguments if it can, which saves a move through a
 * register.
 */
#include <errno.h>

#include "jit/mach/alloc.h"

#define LOOKS	64		/* at slots, before there is one more */

struct stretch {
	mach_value value;
	uint32_t from, to;	/* in likely blocks; to is 0: in none */
	struct stretch *next;	/* at the same index */
};

struct slots {
	struct mach_alloc *a;
	struct stretch **starts;	/* by index */
	struct stretch **ends;		/* by index */
	VEC(uint32_t) until;		/* by slot: point */
	VEC(uint32_t) free;		/* slots */
	uint64_t *cold;			/* a hash of slots in unlikely blocks */
	size_t cold_cnt, cold_room;
};

/* ---- slots in unlikely blocks ---- */

static uint64_t key_of(uint32_t slot, uint32_t block)
{
	return (uint64_t)(slot + 1) << 32 | block;
}

/* Where a key is in the hash, or would be. */
static uint64_t *find_cold(const struct slots *s, uint64_t key)
{
	size_t i = key * 0x9e3779b97f4a7c15 >> 20;

	for (;; i++) {
		uint64_t *at = &s->cold[i & (s->cold_room - 1)];

		if (!*at || *at == key)
			return at;
	}
}

static int grow_cold(struct slots *s)
{
	size_t room = s->cold_room;
	uint64_t *old = s->cold;

	s->cold = arena_array(&s->a->arena, room ? room * 2 : 256,
			      sizeof(*s->cold));
	if (!s->cold)
		return -ENOMEM;
	s->cold_room = room ? room * 2 : 256;
	for (size_t i = 0; i < room; i++)
		if (old[i])
			*find_cold(s, old[i]) = old[i];
	return 0;
}

static bool holds_slot(const struct mach_life *life,
		       const struct mach_piece *piece)
{
	return mach_in_memory(piece) || life->store_early;
}

static bool is_cold(const struct mach_alloc *a, const struct mach_piece *piece)
{
	return a->f->blocks.data[mach_block_of(a, piece->from)].seldom;
}

static bool cold_is_free(const struct slots *s, mach_value value,
			 uint32_t slot)
{
	const struct mach_alloc *a = s->a;
	const struct mach_life *life = &a->lives[value];

	for (const struct mach_piece *p = life->pieces; p; p = p->next) {
		uint32_t block = mach_block_of(a, p->from);
		uint32_t last = mach_block_of(a, p->to - 1);

		if (!is_cold(a, p) || !holds_slot(life, p))
			continue;
		for (; block <= last; block++)
			if (*find_cold(s, key_of(slot, block)))
				return false;
	}
	return true;
}

static int take_cold(struct slots *s, mach_value value, uint32_t slot)
{
	const struct mach_alloc *a = s->a;
	const struct mach_life *life = &a->lives[value];

	for (const struct mach_piece *p = life->pieces; p; p = p->next) {
		uint32_t block = mach_block_of(a, p->from);
		uint32_t last = mach_block_of(a, p->to - 1);

		if (!is_cold(a, p) || !holds_slot(life, p))
			continue;
		for (; block <= last; block++) {
			if (2 * ++s->cold_cnt > s->cold_room && grow_cold(s))
				return -ENOMEM;
			*find_cold(s, key_of(slot, block)) =
				key_of(slot, block);
		}
	}
	return 0;
}

/* ---- stretches ---- */

static void find_stretch(const struct mach_alloc *a,
			 const struct mach_life *life, struct stretch *s)
{
	s->from = NOWHERE;
	for (const struct mach_piece *p = life->pieces; p; p = p->next) {
		if (!holds_slot(life, p) || is_cold(a, p))
			continue;
		s->from = MIN(s->from, p->from);
		s->to = MAX(s->to, p->to);
	}
	if (!s->to)
		return;
	/* no two in one gap, where one is loaded and the other one stored */
	s->from = mach_gap(s->from);
	s->to = MIN(mach_gap(s->to) + POINTS, a->cnt * POINTS);
}

static int find_stretches(struct slots *s)
{
	struct mach_alloc *a = s->a;

	for (size_t v = a->f->values.len; v-- > 1;) {
		struct stretch *stretch;
		uint32_t index;

		if (!a->lives[v].stored)
			continue;
		stretch = arena_alloc(&a->arena, sizeof(*stretch));
		if (!stretch)
			return -ENOMEM;
		stretch->value = v;
		find_stretch(a, &a->lives[v], stretch);
		index = MIN(stretch->from / POINTS, a->cnt);
		stretch->next = s->starts[index];
		s->starts[index] = stretch;
	}
	return 0;
}

static bool is_free(const struct slots *s, const struct stretch *stretch,
		    uint32_t slot)
{
	return slot < s->until.len &&
	       (!stretch->to || s->until.data[slot] <= stretch->from) &&
	       cold_is_free(s, stretch->value, slot);
}

/* The slot of what the value comes from, or of what it becomes. */
static uint32_t near_slot(const struct slots *s,
			  const struct stretch *stretch)
{
	const struct mach_life *life = &s->a->lives[stretch->value];
	const struct mach_life *from = &s->a->lives[life->from];
	const struct mach_life *to = &s->a->lives[life->to];

	if (life->param && life->from && from->stored &&
	    is_free(s, stretch, from->slot))
		return from->slot;
	if (life->to && to->param && to->stored &&
	    is_free(s, stretch, to->slot))
		return to->slot;
	return NOWHERE;
}

static uint32_t free_slot(struct slots *s, const struct stretch *stretch)
{
	if (!stretch->to) {
		for (uint32_t slot = 0; slot < LOOKS; slot++)
			if (is_free(s, stretch, slot))
				return slot;
		return NOWHERE;
	}
	for (size_t i = 0; i < MIN(s->free.len, LOOKS); i++) {
		size_t last = s->free.len - 1;
		uint32_t slot = s->free.data[last - i];

		if (!is_free(s, stretch, slot))
			continue;
		s->free.data[last - i] = s->free.data[last];
		s->free.len = last;
		return slot;
	}
	return NOWHERE;
}

static int give(struct slots *s, const struct stretch *stretch)
{
	uint32_t slot = near_slot(s, stretch);

	if (slot == NOWHERE)
		slot = free_slot(s, stretch);
	if (slot == NOWHERE) {
		slot = s->until.len;
		if (slot >= UINT16_MAX - 2)
			return -E2BIG;
		if (!vec_push(&s->until))
			return -ENOMEM;
	}
	s->a->lives[stretch->value].slot = slot;
	s->until.data[slot] = MAX(s->until.data[slot], stretch->to);
	return take_cold(s, stretch->value, slot);
}

/* Slots whose stretch ends at an index are free from there on. */
static int free_ended(struct slots *s, uint32_t index)
{
	for (struct stretch *stretch = s->ends[index]; stretch;
	     stretch = stretch->next) {
		uint32_t slot = s->a->lives[stretch->value].slot;
		uint32_t *at;

		if (s->until.data[slot] / POINTS != index)
			continue;
		at = vec_push(&s->free);
		if (!at)
			return -ENOMEM;
		*at = slot;
	}
	return 0;
}

static int give_all(struct slots *s)
{
	for (uint32_t index = 0; index <= s->a->cnt; index++) {
		struct stretch *stretch, *next;
		int err = free_ended(s, index);

		for (stretch = s->starts[index]; stretch && !err;
		     stretch = next) {
			err = give(s, stretch);
			next = stretch->next;
			stretch->next = s->ends[stretch->to / POINTS];
			s->ends[stretch->to / POINTS] = stretch;
		}
		if (err)
			return err;
	}
	return 0;
}

int mach_give_slots(struct mach_alloc *a)
{
	struct slots s = { .a = a };
	int err = -ENOMEM;

	s.starts = arena_array(&a->arena, a->cnt + 1, sizeof(struct stretch *));
	s.ends = arena_array(&a->arena, a->cnt + 1, sizeof(struct stretch *));
	if (s.starts && s.ends)
		err = grow_cold(&s);
	if (!err)
		err = find_stretches(&s);
	if (!err)
		err = give_all(&s);
	a->f->slots = s.until.len;
	vec_free(&s.until);
	vec_free(&s.free);
	return err;
}
