/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scan: pieces get their registers in the order in which they begin. At a
 * point each register has at most one piece that is awake. Pieces in a hole of
 * their lives sleep in a heap by the point where they wake; until then their
 * register may have others, which must be gone by then.
 *
 * A piece takes a register that is free for all of its life if there is one:
 * one that saves a move, or the one that is free for the least time more.
 * Otherwise the cheapest of these is done: it takes a register for the time it
 * is free, and its rest waits in the queue; it takes one whose piece goes to
 * memory; it goes to memory itself until it is needed; it takes a register
 * that the function has to save.
 *
 * Each piece costs a look at every register, and the heaps are logarithmic, so
 * time is linear but for values that are cut over and over.
 */
#include "jit/mach/alloc.h"

#define SAVE_COST	2.0f	/* of a register: push, pop */
#define NEVER		1e30f

struct scan {
	struct mach_alloc *a;
	struct mach_piece *awake[MACH_REGS];
	uint32_t ends[MACH_REGS];	/* of its range */
	struct mach_piece *asleep[MACH_REGS];
	uint32_t taken[MACH_REGS];	/* the next one */
	uint32_t limits[MACH_REGS];	/* where the register is not free for
					 * the piece that is placed */
};

/* ---- pieces that sleep: a skew heap by register ---- */

static struct mach_piece *merge(struct mach_piece *a, struct mach_piece *b)
{
	struct mach_piece *root = NULL, **hook = &root, *swap;

	while (a && b) {
		if (b->wakes < a->wakes) {
			swap = a;
			a = b;
			b = swap;
		}
		*hook = a;
		swap = a->other;
		a->other = a->link;
		hook = &a->link;
		a = swap;
	}
	*hook = a ? a : b;
	return root;
}

static void sleep_or_end(struct scan *s, unsigned int reg, uint32_t at);

static void wake(struct scan *s, unsigned int reg, uint32_t at)
{
	struct mach_piece *piece = s->asleep[reg];

	while (piece && piece->wakes <= at) {
		s->asleep[reg] = merge(piece->link, piece->other);
		assert(!s->awake[reg]);
		s->awake[reg] = piece;
		s->ends[reg] = 0;
		sleep_or_end(s, reg, at);
		piece = s->asleep[reg];
	}
}

/* The piece of a register is over, or in a hole, if its range has ended. */
static void sleep_or_end(struct scan *s, unsigned int reg, uint32_t at)
{
	struct mach_piece *piece = s->awake[reg];
	const struct mach_range *ranges = s->a->ranges.data;

	if (piece->to <= at) {
		s->awake[reg] = NULL;
		return;
	}
	while (ranges[piece->range].to <= at)
		piece->range++;
	if (ranges[piece->range].from <= at) {
		s->ends[reg] = MIN(ranges[piece->range].to, piece->to);
		return;
	}
	s->awake[reg] = NULL;
	piece->wakes = ranges[piece->range].from;
	piece->link = piece->other = NULL;
	s->asleep[reg] = merge(s->asleep[reg], piece);
}

static void go_to(struct scan *s, uint32_t at)
{
	for (uint32_t regs = s->a->f->regs; regs; regs &= regs - 1) {
		unsigned int reg = __builtin_ctz(regs);

		if (s->awake[reg] && s->ends[reg] <= at)
			sleep_or_end(s, reg, at);
		if (s->asleep[reg] && s->asleep[reg]->wakes <= at)
			wake(s, reg, at);
	}
}

/* ---- how long registers are free ---- */

static uint32_t limit_of(struct scan *s, unsigned int reg,
			 const struct mach_piece *piece)
{
	const struct mach_range *range = &s->a->ranges.data[piece->range];
	const struct mach_taken *taken = s->a->taken[reg].data;
	uint32_t cnt = s->a->taken[reg].len, i;
	uint32_t limit = s->asleep[reg] ? s->asleep[reg]->wakes : NOWHERE;

	while (s->taken[reg] < cnt && taken[s->taken[reg]].to <= piece->from)
		s->taken[reg]++;
	for (i = s->taken[reg]; i < cnt && taken[i].from < limit; i++) {
		if (taken[i].from >= piece->to)
			return taken[i].from;
		if (taken[i].value == piece->value)
			continue;
		while (range->to <= taken[i].from)
			range++;
		if (range->from < taken[i].to)
			return taken[i].from;
	}
	return limit;
}

/* Of those that nothing is awake in; others have theirs when it matters. */
static void find_limits(struct scan *s, const struct mach_piece *piece)
{
	for (uint32_t regs = s->a->f->regs; regs; regs &= regs - 1) {
		unsigned int reg = __builtin_ctz(regs);

		if (!s->awake[reg])
			s->limits[reg] = limit_of(s, reg, piece);
	}
}

/* It needs a register where it begins, until this point; or 0. */
static uint32_t needs_now(const struct mach_alloc *a,
			  const struct mach_piece *piece)
{
	const struct mach_use *use = mach_next_use(a, piece, piece->from);
	const struct mach_life *life = &a->lives[piece->value];
	const struct mach_use *end = &a->uses[life->uses + life->uses_cnt];
	uint32_t next = mach_gap(piece->from) + POINTS - 1, to = 0;

	for (; use && use < end && use->at < next; use++)
		if (use->need == NEED_REG)
			to = use->at + 1;
	return to;
}

/* Does the instruction at a point need its piece where it is? */
static bool bound(const struct mach_alloc *a, const struct mach_piece *piece,
		  uint32_t at)
{
	const struct mach_use *use = mach_next_use(a, piece, at);
	const struct mach_life *life = &a->lives[piece->value];
	const struct mach_use *end = &a->uses[life->uses + life->uses_cnt];

	for (; use && use < end && use->at < mach_gap(at) + AT_AFTER; use++)
		if (use->need == NEED_REG)
			return true;
	return false;
}

/* ---- which register ---- */

/* It costs nothing to use the register: it is cheap, or saved already. */
static bool is_cheap(const struct scan *s, unsigned int reg)
{
	uint32_t bit = UINT32_C(1) << reg;

	return !(s->a->f->dear & bit) || s->a->f->used & bit;
}

static bool fits(const struct scan *s, const struct mach_piece *piece,
		 unsigned int reg)
{
	return reg < MACH_REGS && s->a->f->regs & UINT32_C(1) << reg &&
	       !s->awake[reg] && s->limits[reg] >= piece->to &&
	       is_cheap(s, reg);
}

static unsigned int free_for_all(const struct scan *s,
				 const struct mach_piece *piece)
{
	unsigned int best = MACH_NO_REG;

	for (unsigned int i = 0; i < MACH_WISHES; i++) {
		uint8_t wish = mach_wish(s->a, piece, i);

		if (wish != MACH_NO_REG && fits(s, piece, wish))
			return wish;
	}
	for (uint32_t regs = s->a->f->regs; regs; regs &= regs - 1) {
		unsigned int reg = __builtin_ctz(regs);

		if (fits(s, piece, reg) && (best == MACH_NO_REG ||
					    s->limits[reg] < s->limits[best]))
			best = reg;
	}
	return best;
}

/* ---- placing a piece ---- */

/*
 * What was not used since it was loaded, or made, need not have been; what can
 * be made need not be before it is used.
 */
static void trim(struct mach_alloc *a, struct mach_piece *piece)
{
	const struct mach_use *use = mach_next_use(a, piece, piece->from);
	uint32_t def = a->lives[piece->value].def;

	if (!use && piece->from != def)
		piece->reg = MACH_NO_REG;
	else if (use && def == NOWHERE)
		piece->from = mach_gap(use->at);
}

/* From a point on the register is another's. */
static void leave(struct scan *s, struct mach_piece *piece, uint32_t at)
{
	struct mach_alloc *a = s->a;
	uint32_t cut = mach_cut_before(a, piece, at);
	struct mach_piece *rest;

	if (cut <= piece->from) {
		mach_to_memory(a, piece, at);
		return;
	}
	if (cut >= piece->to)
		return;
	rest = mach_split(a, piece, cut);
	if (rest)
		mach_to_memory(a, rest, at);
	trim(a, piece);
}

static void give(struct scan *s, struct mach_piece *piece, unsigned int reg)
{
	struct mach_alloc *a = s->a;
	struct mach_life *life = &a->lives[piece->value];
	uint32_t limit = s->limits[reg], cut;
	struct mach_piece *rest;

	if (s->awake[reg])
		leave(s, s->awake[reg], piece->from);
	piece->reg = reg;
	life->reg = reg;
	a->f->used |= UINT32_C(1) << reg;
	if (life->to && a->lives[life->to].param &&
	    a->lives[life->to].wish == MACH_NO_REG)
		a->lives[life->to].wish = reg;
	if (limit < piece->to) {
		cut = mach_cut_before(a, piece, limit);
		rest = mach_split(a, piece, cut);
		if (rest && rest->from == cut && cut % POINTS)
			mach_to_memory(a, rest, cut);
		else if (rest)
			mach_queue(a, rest);
	}
	s->awake[reg] = piece;
	s->ends[reg] = MIN(a->ranges.data[piece->range].to, piece->to);
}

struct offer {
	float price;
	unsigned int reg;	/* MACH_NO_REG: memory */
};

/* What it costs to have this register for as long as it can be had. */
static float price_of(struct scan *s, const struct mach_piece *piece,
		      unsigned int reg, uint32_t needs)
{
	const struct mach_piece *other = s->awake[reg];
	uint32_t at = piece->from, limit;
	float price = 0;

	if (other)
		s->limits[reg] = limit_of(s, reg, piece);
	limit = s->limits[reg];
	if (limit <= at || limit < needs)
		return NEVER;
	if (other && bound(s->a, other, at))
		return NEVER;
	if (other)
		price = mach_price(s->a, other, at);
	if (limit < piece->to)
		price += mach_price(s->a, piece, limit);
	if (!is_cheap(s, reg))
		price += SAVE_COST /
			 ((MIN(limit, piece->to) - at) / POINTS + 1);
	return price;
}

/* Made for all of a loop, if there is a register that nothing else needs. */
static bool is_luxury(const struct mach_alloc *a,
		      const struct mach_piece *piece)
{
	return a->lives[piece->value].def == NOWHERE &&
	       mach_block_of(a, piece->from) !=
	       mach_block_of(a, piece->to - 1);
}

static void place(struct scan *s, struct mach_piece *piece)
{
	uint32_t needs = needs_now(s->a, piece), wishes;
	struct offer best = { NEVER, MACH_NO_REG };

	find_limits(s, piece);
	best.reg = free_for_all(s, piece);
	if (best.reg != MACH_NO_REG) {
		give(s, piece, best.reg);
		return;
	}
	if (!needs && is_luxury(s->a, piece)) {
		mach_to_memory(s->a, piece, piece->from);
		return;
	}
	wishes = mach_wishes(s->a, piece);
	if (!needs)
		best.price = mach_price(s->a, piece, piece->from);
	for (uint32_t regs = s->a->f->regs; regs; regs &= regs - 1) {
		unsigned int reg = __builtin_ctz(regs);
		float price = price_of(s, piece, reg, needs);

		if (price < NEVER && wishes & UINT32_C(1) << reg)
			price *= 0.98f;	/* of equal ones */
		if (price < best.price)
			best = (struct offer){ price, reg };
	}
	assert(best.reg != MACH_NO_REG || !needs);
	if (best.reg != MACH_NO_REG)
		give(s, piece, best.reg);
	else
		mach_to_memory(s->a, piece, piece->from);
}

/* Which registers have something where a block ends. */
static void note_busy(struct scan *s, uint32_t block, uint32_t at)
{
	go_to(s, at);
	for (unsigned int reg = 0; reg < MACH_REGS; reg++)
		if (s->awake[reg])
			s->a->busy[block] |= UINT32_C(1) << reg;
}

static void scan_block(struct scan *s, uint32_t id)
{
	struct mach_alloc *a = s->a;
	uint32_t end = mach_start(a, id + 1);

	for (uint32_t at = mach_start(a, id); at < end; at++) {
		struct mach_piece *piece;

		while ((piece = a->queue[at]) && !a->failed) {
			a->queue[at] = piece->link;
			go_to(s, at);
			place(s, piece);
		}
	}
	if (!a->failed)
		note_busy(s, id, end - 1);
}

void mach_scan(struct mach_alloc *a)
{
	struct scan s = { .a = a };

	a->busy = arena_array(&a->arena, a->f->blocks.len, sizeof(*a->busy));
	if (!a->busy)
		a->failed = true;
	for (uint32_t id = 0; id < a->f->blocks.len && !a->failed; id++)
		scan_block(&s, id);
}
