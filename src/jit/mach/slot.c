/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spill slots. A value that is stored right behind its definition has its slot
 * for all of its life, another one from its first to its last piece in memory;
 * values whose stretches do not meet may have the same slot. A parameter takes
 * that of one of its arguments if it can, which saves a move through a
 * register.
 */
#include <errno.h>

#include "jit/mach/alloc.h"

struct stretch {
	mach_value value;
	uint32_t from, to;
	struct stretch *next;	/* that begins at the same index */
};

struct slots {
	struct mach_alloc *a;
	struct stretch **starts;	/* by index */
	VEC(uint32_t) until;		/* by slot: point */
	VEC(uint32_t) free;		/* slots that may be free */
	struct stretch **ends;		/* by index */
};

static void find_stretch(const struct mach_alloc *a,
			 const struct mach_life *life, struct stretch *s)
{
	s->from = NOWHERE;
	s->to = 0;
	for (const struct mach_piece *p = life->pieces; p; p = p->next) {
		if (!mach_in_memory(p) && !life->store_early)
			continue;
		s->from = MIN(s->from, p->from);
		s->to = MAX(s->to, p->to);
	}
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
		index = stretch->from / POINTS;
		stretch->next = s->starts[index];
		s->starts[index] = stretch;
	}
	return 0;
}

static bool is_free(const struct slots *s, uint32_t slot, uint32_t at)
{
	return s->until.data[slot] <= at;
}

/* A slot of a neighbour that is free, or any. */
static int give(struct slots *s, const struct stretch *stretch)
{
	struct mach_life *life = &s->a->lives[stretch->value];
	const struct mach_life *near = &s->a->lives[life->from];
	uint32_t slot = NOWHERE;

	if (life->param && life->from && near->stored &&
	    near->slot < s->until.len &&
	    is_free(s, near->slot, stretch->from))
		slot = near->slot;
	near = &s->a->lives[life->to];
	if (slot == NOWHERE && life->to && near->param && near->stored &&
	    near->slot < s->until.len &&
	    is_free(s, near->slot, stretch->from))
		slot = near->slot;
	while (slot == NOWHERE && s->free.len) {
		slot = s->free.data[--s->free.len];
		if (!is_free(s, slot, stretch->from))
			slot = NOWHERE;
	}
	if (slot == NOWHERE) {
		slot = s->until.len;
		if (slot >= UINT16_MAX - 2)
			return -E2BIG;
		if (!vec_push(&s->until))
			return -ENOMEM;
	}
	life->slot = slot;
	s->until.data[slot] = stretch->to;
	return 0;
}

/* Slots whose stretch ends at an index are free from there on. */
static int give_all(struct slots *s)
{
	for (uint32_t index = 0; index < s->a->cnt; index++) {
		struct stretch *stretch = s->ends[index], *next;

		for (; stretch; stretch = stretch->next) {
			uint32_t *slot = vec_push(&s->free);

			if (!slot)
				return -ENOMEM;
			*slot = s->a->lives[stretch->value].slot;
		}
		for (stretch = s->starts[index]; stretch; stretch = next) {
			int err = give(s, stretch);

			if (err)
				return err;
			next = stretch->next;
			stretch->next = s->ends[stretch->to / POINTS];
			s->ends[stretch->to / POINTS] = stretch;
		}
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
		err = find_stretches(&s);
	if (!err)
		err = give_all(&s);
	a->f->slots = s.until.len;
	vec_free(&s.until);
	vec_free(&s.free);
	return err;
}
