/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it costs to have a value in memory, and from where to where.
 *
 * The price is what the next load costs, there where it will be, and the store
 * if there was none, for each instruction that the register is free for. In
 * straight lines that takes what is needed last; in loops it takes what passes
 * through them. A value that was used in a loop and is live around it is
 * needed where the loop jumps back.
 *
 * Cuts move out of the loops that lie between the last use and the point where
 * the register is needed, loads out of those between there and the next use.
 */
#include "jit/mach/alloc.h"

/* The loops around a block, innermost first: for (loop = ...; loop; ...) */
static uint32_t loop_at(const struct mach_alloc *a, uint32_t at)
{
	return a->loop_of[mach_block_of(a, at)];
}

/* Where a value that is in memory at a point is loaded for a use behind it. */
static uint32_t load_before(const struct mach_alloc *a, uint32_t at,
			    const struct mach_use *use)
{
	uint32_t load = mach_gap(use->at), loop = loop_at(a, use->at);

	for (; loop; loop = a->loops.data[loop].parent) {
		uint32_t start = mach_start(a, a->loops.data[loop].first);

		if (start <= at)
			break;
		load = start;
	}
	return load;
}

static float freq_at(const struct mach_alloc *a, uint32_t at)
{
	return a->freq[mach_block_of(a, at)];
}

/* A load before a loop is done before it, where the loop is one of less. */
static float load_freq(const struct mach_alloc *a, uint32_t load)
{
	float freq = freq_at(a, load);
	uint32_t block = mach_block_of(a, load);

	if (load != mach_start(a, block) || !block)
		return freq;
	return MIN(freq, a->freq[block - 1]);
}

/* A value that was used since a loop began and lives around it. */
static bool around_loop(const struct mach_alloc *a,
			const struct mach_piece *piece, uint32_t at,
			uint32_t *end)
{
	uint32_t last = mach_last_use(a, piece, at), loop = loop_at(a, at);

	for (; loop; loop = a->loops.data[loop].parent) {
		const struct mach_loop *l = &a->loops.data[loop];

		if (last < mach_start(a, l->first))
			continue;
		*end = mach_start(a, l->last + 1) - 1;
		if (piece->to > *end && piece->from <= mach_start(a, l->first))
			return true;
	}
	return false;
}

float mach_price(const struct mach_alloc *a, const struct mach_piece *piece,
		 uint32_t at)
{
	static const float costs[] = {
		[NEED_ANY] = 0.75, [NEED_MEMORY] = 0.75, [NEED_REG] = 1,
	};
	const struct mach_life *life = &a->lives[piece->value];
	const struct mach_use *use = mach_next_use(a, piece, at);
	uint32_t next = piece->to, end;
	float cost = 0;

	if (use) {
		cost = costs[use->need] *
		       load_freq(a, load_before(a, at, use));
		next = use->at;
	}
	if (around_loop(a, piece, at, &end) && end < next) {
		next = end;
		cost = freq_at(a, end);
	}
	if (life->def == NOWHERE)
		cost *= 0.6f;
	else if (!life->stored)
		cost += MIN(freq_at(a, life->def), freq_at(a, at));
	return cost / ((next - MIN(at, next)) / POINTS + 1);
}

uint32_t mach_cut_before(const struct mach_alloc *a,
			 const struct mach_piece *piece, uint32_t at)
{
	uint32_t last = mach_last_use(a, piece, at), cut = mach_gap(at);
	uint32_t loop;

	if (cut <= last || cut <= piece->from)
		return at;
	for (loop = loop_at(a, cut); loop; loop = a->loops.data[loop].parent) {
		uint32_t start = mach_start(a, a->loops.data[loop].first);

		if (start <= last || start <= piece->from)
			break;
		cut = start;
	}
	return cut;
}

/*
 * A use in memory is worth a register if another one follows: then the load
 * serves both.
 */
static const struct mach_use *worth_a_load(const struct mach_alloc *a,
					   const struct mach_piece *piece,
					   uint32_t at)
{
	const struct mach_use *use = mach_next_use(a, piece, at);
	const struct mach_life *life = &a->lives[piece->value];
	const struct mach_use *end =
		&a->uses[life->uses + life->uses_cnt];

	for (; use && use < end && use->at < piece->to; use++) {
		if (load_before(a, at, use) <= at)
			continue;
		if (use->need == NEED_REG ||
		    (use + 1 < end && use[1].at < piece->to))
			return use;
	}
	return NULL;
}

/* Where what is made for a use at a point has its last use near by. */
static uint32_t end_near(const struct mach_alloc *a,
			 const struct mach_piece *piece, uint32_t at,
			 const struct mach_use *use)
{
	uint32_t block = mach_block_of(a, use->at), loop = a->loop_of[block];
	uint32_t end = mach_start(a, block + 1);

	for (; loop; loop = a->loops.data[loop].parent) {
		if (mach_start(a, a->loops.data[loop].first) <= at)
			break;
		end = mach_start(a, a->loops.data[loop].last + 1);
	}
	if (end > mach_start(a, block + 1))
		return MIN(end, piece->to);
	return MIN(mach_last_use(a, piece, end) + 1, piece->to);
}

/* What can be made is, for the uses of each block and inner loop anew. */
static void make_again(struct mach_alloc *a, struct mach_piece *piece,
		       uint32_t at)
{
	while (piece) {
		const struct mach_use *use = worth_a_load(a, piece, at);
		struct mach_piece *near = piece, *rest = NULL;
		uint32_t load;

		piece->reg = MACH_NO_REG;
		if (!use)
			return;
		load = load_before(a, at, use);
		at = end_near(a, piece, at, use);
		if (load > piece->from)
			near = mach_split(a, piece, load);
		if (near && at < near->to)
			rest = mach_split(a, near, at);
		if (near)
			mach_queue(a, near);
		piece = rest;
		at--;
	}
}

void mach_to_memory(struct mach_alloc *a, struct mach_piece *piece,
		    uint32_t at)
{
	const struct mach_use *use = worth_a_load(a, piece, at);
	struct mach_life *life = &a->lives[piece->value];
	struct mach_piece *rest;
	uint32_t load;

	if (life->def == NOWHERE) {
		make_again(a, piece, at);
		return;
	}
	piece->reg = MACH_NO_REG;
	if (use) {
		load = load_before(a, at, use);
		if (load <= piece->from) {
			/* behind a hole it begins where it is needed */
			mach_queue(a, piece);
			return;
		}
		rest = mach_split(a, piece, load);
		if (rest)
			mach_queue(a, rest);
	}
	life->stored = true;
}
