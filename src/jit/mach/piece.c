/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of values' lives: how they are made, cut and looked through. The
 * queue has those that have no place yet, by the point where they begin.
 */
#include "jit/mach/alloc.h"

void mach_queue(struct mach_alloc *a, struct mach_piece *piece)
{
	piece->link = a->queue[piece->from];
	a->queue[piece->from] = piece;
}

/* The first of a value's uses, from index `i` on, at or behind a point. */
static uint32_t find_use(const struct mach_alloc *a,
			 const struct mach_life *life, uint32_t i, uint32_t at)
{
	uint32_t end = life->uses + life->uses_cnt;

	while (i < end) {
		uint32_t mid = i + (end - i) / 2;

		if (a->uses[mid].at < at)
			i = mid + 1;
		else
			end = mid;
	}
	return i;
}

void mach_new_piece(struct mach_alloc *a, mach_value value, uint32_t range,
		    uint32_t to, struct mach_piece **last)
{
	struct mach_life *life = &a->lives[value];
	struct mach_piece *piece = arena_alloc(&a->arena, sizeof(*piece));

	if (!piece) {
		a->failed = true;
		return;
	}
	piece->value = value;
	piece->from = a->ranges.data[range].from;
	piece->to = to;
	piece->range = range;
	piece->use = find_use(a, life, life->uses, piece->from);
	piece->reg = MACH_NO_REG;
	if (*last)
		(*last)->next = piece;
	else
		life->pieces = piece;
	*last = piece;
	mach_queue(a, piece);
}

/* The first range of a piece that ends behind a point. */
static uint32_t find_range(const struct mach_alloc *a,
			   const struct mach_piece *piece, uint32_t at)
{
	const struct mach_life *life = &a->lives[piece->value];
	uint32_t low = piece->range, high = life->ranges + life->ranges_cnt;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (a->ranges.data[mid].to <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct mach_piece *mach_split(struct mach_alloc *a, struct mach_piece *piece,
			      uint32_t at)
{
	struct mach_piece *rest = arena_alloc(&a->arena, sizeof(*rest));
	const struct mach_range *range;

	assert(piece->from < at && at < piece->to);
	if (!rest) {
		a->failed = true;
		return NULL;
	}
	*rest = *piece;
	rest->range = find_range(a, piece, at);
	range = &a->ranges.data[rest->range];
	rest->from = MAX(at, range->from);
	rest->use = find_use(a, &a->lives[piece->value], piece->use, at);
	rest->reg = MACH_NO_REG;
	piece->next = rest;
	piece->to = at > range->from ? at : range[-1].to;
	return rest;
}

const struct mach_use *mach_next_use(const struct mach_alloc *a,
				     const struct mach_piece *piece,
				     uint32_t at)
{
	const struct mach_life *life = &a->lives[piece->value];
	uint32_t i = find_use(a, life, piece->use, at);

	if (i == life->uses + life->uses_cnt || a->uses[i].at >= piece->to)
		return NULL;
	return &a->uses[i];
}

uint32_t mach_last_use(const struct mach_alloc *a,
		       const struct mach_piece *piece, uint32_t at)
{
	uint32_t i = find_use(a, &a->lives[piece->value], piece->use, at);

	return i > piece->use ? a->uses[i - 1].at : piece->from;
}

struct mach_piece *mach_piece_at(struct mach_piece *piece, uint32_t at)
{
	while (piece && piece->to <= at)
		piece = piece->next;
	return piece && piece->from <= at ? piece : NULL;
}
