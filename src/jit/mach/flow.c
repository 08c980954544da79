/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The function's flow as register allocation sees it. A loop is what lies
 * between a jump back and its target, in the order of the blocks: that is what
 * a scan in that order has to know. Unlikely jumps back make none.
 */
#include "jit/mach/alloc.h"

static void number(struct mach_alloc *a)
{
	const struct mach_func *f = a->f;

	a->starts = arena_array(&a->arena, f->blocks.len + 1,
				sizeof(*a->starts));
	a->block_at = arena_array(&a->arena, f->insns.len + f->blocks.len + 1,
				  sizeof(*a->block_at));
	a->freq = arena_array(&a->arena, f->blocks.len, sizeof(*a->freq));
	if (!a->starts || !a->block_at || !a->freq) {
		a->failed = true;
		return;
	}
	for (uint32_t id = 0; id < f->blocks.len; id++) {
		const struct mach_block *blk = &f->blocks.data[id];

		a->starts[id] = a->cnt;
		for (uint32_t i = 0; i <= blk->cnt; i++)
			a->block_at[a->cnt++] = id;
		a->freq[id] = blk->seldom ? 1.0f / 1024 : 1;
		for (uint32_t d = 0; d < MIN(blk->depth, 8); d++)
			a->freq[id] *= 8;
	}
	a->starts[f->blocks.len] = a->cnt;
}

static void find_preds(struct mach_alloc *a)
{
	const struct mach_func *f = a->f;
	uint32_t *first, sum = 0;

	first = arena_array(&a->arena, f->blocks.len + 1, sizeof(*first));
	a->preds = arena_array(&a->arena, 2 * f->blocks.len + 1,
			       sizeof(*a->preds));
	a->preds_first = first;
	if (!first || !a->preds) {
		a->failed = true;
		return;
	}
	for (uint32_t id = 0; id < f->blocks.len; id++)
		for (uint32_t s = 0; s < f->blocks.data[id].succs_cnt; s++)
			first[f->blocks.data[id].succs[s]]++;
	for (uint32_t id = 0; id <= f->blocks.len; id++)
		first[id] = sum += first[id];
	for (uint32_t id = f->blocks.len; id-- > 0;)
		for (uint32_t s = 0; s < f->blocks.data[id].succs_cnt; s++)
			a->preds[--first[f->blocks.data[id].succs[s]]] = id;
}

static void find_entries(struct mach_alloc *a)
{
	a->entries = arena_array(&a->arena, a->f->blocks.len,
				 sizeof(*a->entries));
	if (!a->entries) {
		a->failed = true;
		return;
	}
	for (uint32_t id = 0; id < a->f->blocks.len; id++) {
		struct mach_entry *entry = &a->entries[id];

		*entry = (struct mach_entry){ mach_start(a, id), NOWHERE, 0 };
		for (uint32_t i = a->preds_first[id];
		     i < a->preds_first[id + 1]; i++) {
			uint32_t end = mach_start(a, a->preds[i] + 1) - 1;

			entry->low = MIN(entry->low, end);
			entry->high = MAX(entry->high, end);
		}
	}
}

/* A jump from a block to one that is not behind it makes a loop of both. */
static bool jumps_back(const struct mach_alloc *a, uint32_t from, uint32_t to)
{
	const struct mach_block *source = &a->f->blocks.data[from];
	const struct mach_block *target = &a->f->blocks.data[to];

	return from >= to && !source->seldom && !target->seldom &&
	       target->depth && source->depth >= target->depth;
}

/* The last block that jumps back to this one, or 0. */
static uint32_t last_back(const struct mach_alloc *a, uint32_t id)
{
	uint32_t last = 0;

	for (uint32_t i = a->preds_first[id]; i < a->preds_first[id + 1]; i++)
		if (jumps_back(a, a->preds[i], id))
			last = MAX(last, a->preds[i]);
	return last;
}

static void enter_loop(struct mach_alloc *a, uint32_t *now, uint32_t first,
		       uint32_t last)
{
	struct mach_loop *loop = vec_push(&a->loops);

	if (!loop) {
		a->failed = true;
		return;
	}
	*loop = (struct mach_loop){ first, last, *now };
	for (uint32_t up = *now; up && a->loops.data[up].last < last;
	     up = a->loops.data[up].parent)
		a->loops.data[up].last = last;
	*now = a->loops.len - 1;
}

static void find_loops(struct mach_alloc *a)
{
	uint32_t now = 0;

	a->loop_of = arena_array(&a->arena, a->f->blocks.len,
				 sizeof(*a->loop_of));
	if (!a->loop_of || !vec_push(&a->loops)) {
		a->failed = true;
		return;
	}
	for (uint32_t id = 0; id < a->f->blocks.len; id++) {
		uint32_t last = last_back(a, id);

		while (now && a->loops.data[now].last < id)
			now = a->loops.data[now].parent;
		if (last)
			enter_loop(a, &now, id, last);
		a->loop_of[id] = now;
	}
}

void mach_find_flow(struct mach_alloc *a)
{
	number(a);
	if (!a->failed)
		find_preds(a);
	if (!a->failed)
		find_entries(a);
	if (!a->failed)
		find_loops(a);
}
