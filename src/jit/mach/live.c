/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where values are live. For each value alone: from the blocks that use it up
 * through predecessors to the one that defines it. The time is that of the
 * answer: the blocks in which values live.
 *
 * Values that can be made are live nowhere on their own. Where instructions
 * need them in a register they are given the stretch between the first and the
 * last one of the block, or all of the outermost loop, in which they are
 * evicted as others are.
 *
 * Unlikely blocks make pieces of their own, so that what happens there does
 * not matter elsewhere.
 */
#include "jit/mach/alloc.h"

struct live {
	struct mach_alloc *a;
	mach_value value;
	uint32_t home;		/* block that defines it */
	uint32_t *stamps;	/* by block: the value that was there */
	uint32_t *ends;		/* by block: where it ends there */
	uint32_t *blocks;	/* where it lives */
	uint32_t blocks_cnt;
	uint32_t *todo;		/* where it is live at the start */
	uint32_t todo_cnt;
};

static void lives_in(struct live *l, uint32_t block, uint32_t to)
{
	if (l->stamps[block] == l->value) {
		l->ends[block] = MAX(l->ends[block], to);
		return;
	}
	l->stamps[block] = l->value;
	l->ends[block] = to;
	l->blocks[l->blocks_cnt++] = block;
	if (block != l->home)
		l->todo[l->todo_cnt++] = block;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void sort_few(uint32_t *blocks, uint32_t cnt)
{
	for (uint32_t i = 1; i < cnt; i++) {
		uint32_t block = blocks[i], k = i;

		for (; k && blocks[k - 1] > block; k--)
			blocks[k] = blocks[k - 1];
		blocks[k] = block;
	}
}

/* In the order of blocks: of many, all blocks are looked through instead. */
static void sort_blocks(struct live *l)
{
	uint32_t cnt = 0;

	if (l->blocks_cnt <= 16) {
		sort_few(l->blocks, l->blocks_cnt);
		return;
	}
	if (l->blocks_cnt < l->a->f->blocks.len / 16) {
		qsort(l->blocks, l->blocks_cnt, sizeof(*l->blocks), compare);
		return;
	}
	for (uint32_t id = 0; id < l->a->f->blocks.len; id++)
		if (l->stamps[id] == l->value)
			l->blocks[cnt++] = id;
}

static bool seldom_at(const struct mach_alloc *a, uint32_t at)
{
	return a->f->blocks.data[mach_block_of(a, at)].seldom;
}

static void add_range(struct mach_alloc *a, struct mach_life *life,
		      uint32_t from, uint32_t to)
{
	struct mach_range *last;

	if (life->ranges_cnt) {
		last = &a->ranges.data[a->ranges.len - 1];
		if (last->to == from &&
		    seldom_at(a, last->from) == seldom_at(a, from)) {
			last->to = to;
			return;
		}
	}
	last = vec_push(&a->ranges);
	if (!last) {
		a->failed = true;
		return;
	}
	*last = (struct mach_range){ from, to };
	life->ranges_cnt++;
}

static void find_ranges(struct live *l, struct mach_life *life)
{
	struct mach_alloc *a = l->a;

	l->blocks_cnt = l->todo_cnt = 0;
	l->home = mach_block_of(a, life->def);
	for (uint32_t i = 0; i < life->uses_cnt; i++) {
		uint32_t at = a->uses[life->uses + i].at;

		lives_in(l, mach_block_of(a, at), at + 1);
	}
	while (l->todo_cnt) {
		uint32_t id = l->todo[--l->todo_cnt];

		for (uint32_t i = a->preds_first[id];
		     i < a->preds_first[id + 1]; i++)
			lives_in(l, a->preds[i],
				 mach_start(a, a->preds[i] + 1));
	}
	sort_blocks(l);
	for (uint32_t i = 0; i < l->blocks_cnt; i++) {
		uint32_t id = l->blocks[i];

		add_range(a, life, id == l->home ? life->def :
			  mach_start(a, id), l->ends[id]);
	}
}

/* Of a value that is made: see above. */
static void find_stretches(struct mach_alloc *a, struct mach_life *life)
{
	uint32_t until = 0;

	for (uint32_t i = 0; i < life->uses_cnt; i++) {
		uint32_t at = a->uses[life->uses + i].at;
		uint32_t id = mach_block_of(a, at), loop = a->loop_of[id];

		if (at < until)
			continue;
		while (loop && a->loops.data[loop].parent)
			loop = a->loops.data[loop].parent;
		if (loop && !a->f->blocks.data[id].seldom) {
			const struct mach_loop *all = &a->loops.data[loop];

			until = mach_start(a, all->last + 1);
			add_range(a, life, mach_start(a, all->first), until);
			continue;
		}
		until = mach_start(a, id + 1);
		for (uint32_t k = i; k < life->uses_cnt &&
		     a->uses[life->uses + k].at < until; k++)
			at = a->uses[life->uses + k].at;
		add_range(a, life, mach_gap(a->uses[life->uses + i].at),
			  at + 1);
	}
}

static void find_pieces(struct mach_alloc *a, mach_value value)
{
	const struct mach_life *life = &a->lives[value];
	bool each = life->def == NOWHERE;
	struct mach_piece *last = NULL;
	uint32_t end = life->ranges + life->ranges_cnt;

	for (uint32_t r = life->ranges; r < end && !a->failed;) {
		uint32_t first = r++;
		bool alone = each || seldom_at(a, a->ranges.data[first].from);

		while (!alone && r < end &&
		       !seldom_at(a, a->ranges.data[r].from))
			r++;
		mach_new_piece(a, value, first, a->ranges.data[r - 1].to,
			       &last);
	}
}

void mach_find_lives(struct mach_alloc *a)
{
	uint32_t blocks = a->f->blocks.len;
	struct live l = { .a = a };

	l.stamps = arena_array(&a->arena, blocks, sizeof(*l.stamps));
	l.ends = arena_array(&a->arena, blocks, sizeof(*l.ends));
	l.blocks = arena_array(&a->arena, blocks, sizeof(*l.blocks));
	l.todo = arena_array(&a->arena, blocks, sizeof(*l.todo));
	a->queue = arena_array(&a->arena, (size_t)a->cnt * POINTS + 1,
			       sizeof(struct mach_piece *));
	if (!l.stamps || !l.ends || !l.blocks || !l.todo || !a->queue) {
		a->failed = true;
		return;
	}
	for (size_t v = 1; v < a->f->values.len && !a->failed; v++) {
		struct mach_life *life = &a->lives[v];

		life->ranges = a->ranges.len;
		l.value = v;
		if (mach_made(a, v))
			find_stretches(a, life);
		else if (life->def != NOWHERE)
			find_ranges(&l, life);
		find_pieces(a, v);
	}
}
