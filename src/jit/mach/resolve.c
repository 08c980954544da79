/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves between the pieces of each value: where one ends and the next begins,
 * and on edges between blocks at whose ends the value is in different places.
 *
 * A value is defined once, so its slot may be written right behind the
 * definition and is good from then on; or it is written wherever a piece in
 * memory follows one in a register. The cheaper one is chosen, which keeps
 * stores of what only unlikely blocks have in memory there.
 *
 * A piece may go to memory in the middle of an instruction (its register is
 * lost, but read before): then it is stored in the gap before.
 */
#include "jit/mach/alloc.h"

struct resolve {
	struct mach_alloc *a;
	mach_value value;
	struct mach_life *life;
	VEC(struct mach_piece *) pieces;
	size_t near;		/* the one found last */
	bool add;		/* or the price of stores is added up */
	float stores;
};

struct mach_place mach_place_of(const struct mach_alloc *a,
				const struct mach_piece *piece)
{
	return (struct mach_place){
		.reg = piece->reg, .slot = a->lives[piece->value].slot
	};
}

static void add_move(struct mach_alloc *a, uint32_t index, unsigned int phase,
		     const struct mach_move *move)
{
	struct mach_move *copy = arena_alloc(&a->arena, sizeof(*copy));
	struct mach_move **head = &a->moves[index * PHASES + phase];

	if (!copy) {
		a->failed = true;
		return;
	}
	*copy = *move;
	copy->next = *head;
	*head = copy;
}

/* From the place of a piece (NULL: it was nowhere) to that of another one. */
static void pass(struct resolve *r, uint32_t index, unsigned int phase,
		 const struct mach_piece *from, const struct mach_piece *to)
{
	struct mach_move move = { .value = r->value, .from_value = r->value };
	bool made = r->life->def == NOWHERE;

	if (from && from->reg == to->reg)
		return;
	if (mach_in_memory(to)) {
		if (made || r->life->store_early)
			return;
		r->stores += r->a->freq[r->a->block_at[index]];
	}
	if (!r->add || (!made && !from))
		return;
	move.to = mach_place_of(r->a, to);
	if (made)
		move.make = true;
	else
		move.from = mach_place_of(r->a, from);
	add_move(r->a, index, phase, &move);
}

/* The piece that has a point, or NULL. */
static struct mach_piece *find(struct resolve *r, uint32_t at)
{
	struct mach_piece *near = r->pieces.data[r->near];
	size_t low = 0, high = r->pieces.len;

	if (near->from <= at && at < near->to)
		return near;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->pieces.data[mid]->to <= at)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == r->pieces.len || r->pieces.data[low]->from > at)
		return NULL;
	r->near = low;
	return r->pieces.data[low];
}

static bool is_start(const struct mach_alloc *a, uint32_t at)
{
	return at == mach_start(a, mach_block_of(a, at));
}

/* Into a piece from the one before it, if there is one in the same block. */
static void pass_in_block(struct resolve *r, const struct mach_piece *before,
			  const struct mach_piece *piece)
{
	const struct mach_alloc *a = r->a;
	uint32_t index = piece->from / POINTS;
	bool follows = before && before->to == piece->from;

	if (is_start(a, piece->from) ||
	    (!follows && r->life->def != NOWHERE))
		return;
	if (follows && piece->from % POINTS == AT_WRITE &&
	    before->from == mach_gap(piece->from)) {
		/* loaded for this instruction alone, from where? */
		pass(r, index, PHASE_GAP, find(r, before->from - 1), piece);
		return;
	}
	pass(r, index, piece->from % POINTS == AT_AFTER ? PHASE_LATER :
							  PHASE_GAP,
	     follows ? before : NULL, piece);
}

/* Into a block where the value is live from the start. */
static void pass_on_edges(struct resolve *r, uint32_t block)
{
	struct mach_alloc *a = r->a;
	struct mach_piece *to = find(r, mach_start(a, block)), *from;

	for (uint32_t i = a->preds_first[block];
	     to && i < a->preds_first[block + 1]; i++) {
		uint32_t pred = a->preds[i];
		uint32_t end = mach_start(a, pred + 1) - 1;

		from = find(r, end);
		if (a->f->blocks.data[pred].succs_cnt == 1)
			pass(r, end / POINTS, PHASE_LATER, from, to);
		else
			pass(r, a->starts[block], PHASE_GAP, from, to);
	}
}

/* All that enters a block comes from the piece that its start is in. */
static bool in_one(const struct resolve *r, const struct mach_entry *entry)
{
	const struct mach_piece *near = r->pieces.data[r->near];

	return near->from <= MIN(entry->low, entry->start) &&
	       MAX(entry->high, entry->start) < near->to;
}

static void pass_range(struct resolve *r, const struct mach_range *range)
{
	const struct mach_alloc *a = r->a;
	const struct mach_entry *end = a->entries + a->f->blocks.len;
	const struct mach_entry *entry =
		&a->entries[mach_block_of(a, range->from)];

	if (entry->start < range->from)
		entry++;
	for (; entry < end && entry->start < range->to; entry++)
		if (!in_one(r, entry) && entry->start != r->life->def)
			pass_on_edges(r, entry - a->entries);
}

static void pass_all(struct resolve *r)
{
	const struct mach_life *life = r->life;
	const struct mach_piece *before = NULL;

	for (const struct mach_piece *piece = life->pieces; piece;
	     piece = piece->next) {
		pass_in_block(r, before, piece);
		before = piece;
	}
	for (uint32_t i = 0; i < life->ranges_cnt; i++)
		pass_range(r, &r->a->ranges.data[life->ranges + i]);
}

/* A fixed result is moved from where it is written, all at once. */
static void store_early(struct resolve *r)
{
	struct mach_piece *piece = find(r, r->life->def);
	struct mach_move move = { .value = r->value, .from_value = r->value };

	if (mach_in_memory(piece))
		return;
	move.from = mach_place_of(r->a, piece);
	if (r->life->fixed != MACH_NO_REG)
		move.from.reg = r->life->fixed;
	move.to = (struct mach_place){ MACH_NO_REG, r->life->slot };
	add_move(r->a, r->life->def / POINTS, PHASE_LATER, &move);
}

/* Values with one piece need no moves, but for being made. */
static bool look_at(struct resolve *r, mach_value value)
{
	r->value = value;
	r->life = &r->a->lives[value];
	r->stores = 0;
	r->pieces.len = r->near = 0;
	if (!r->life->pieces ||
	    (!r->life->pieces->next && r->life->def != NOWHERE))
		return false;
	for (struct mach_piece *p = r->life->pieces; p; p = p->next) {
		struct mach_piece **copy = vec_push(&r->pieces);

		if (!copy) {
			r->a->failed = true;
			return false;
		}
		*copy = p;
	}
	return true;
}

/* It goes to memory where that happens as often as it is defined. */
static bool stored_often(const struct mach_alloc *a,
			 const struct mach_life *life)
{
	float freq = a->freq[mach_block_of(a, life->def)];

	for (const struct mach_piece *p = life->pieces; p; p = p->next)
		if (mach_in_memory(p) &&
		    a->freq[mach_block_of(a, p->from)] >= freq)
			return true;
	return false;
}

void mach_choose_stores(struct mach_alloc *a)
{
	struct resolve r = { .a = a };

	for (size_t v = 1; v < a->f->values.len && !a->failed; v++) {
		struct mach_life *life = &a->lives[v];

		if (!life->stored)
			continue;
		life->store_early = stored_often(a, life);
		if (life->store_early || !look_at(&r, v))
			continue;
		pass_all(&r);
		life->store_early = r.stores >=
			a->freq[mach_block_of(a, life->def)];
	}
	vec_free(&r.pieces);
}

void mach_resolve(struct mach_alloc *a)
{
	struct resolve r = { .a = a, .add = true };

	a->moves = arena_array(&a->arena, (size_t)a->cnt * PHASES,
			       sizeof(struct mach_move *));
	if (!a->moves)
		a->failed = true;
	for (size_t v = 1; v < a->f->values.len && !a->failed; v++) {
		if (!look_at(&r, v))
			continue;
		pass_all(&r);
		if (r.life->store_early)
			store_early(&r);
	}
	vec_free(&r.pieces);
}
