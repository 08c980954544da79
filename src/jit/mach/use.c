/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where values are used, and which registers are taken when. The function is
 * walked twice: uses are counted, then noted in the order of points.
 */
#include "jit/mach/alloc.h"

struct walk {
	struct mach_alloc *a;
	bool note;		/* the second time */
	const struct mach_operand *op;
	unsigned int cnt;
	uint32_t gap;
};

bool mach_gives_way(const struct mach_operand *all, unsigned int cnt,
		    unsigned int i)
{
	for (unsigned int d = 0; d < cnt; d++)
		if (all[d].role == MACH_DEF && all[d].tied == i)
			return true;
	return false;
}

bool mach_read_from_result(const struct mach_operand *all, unsigned int cnt,
			   unsigned int i)
{
	if (all[i].role != MACH_USE || all[i].fixed != MACH_NO_REG)
		return false;
	for (unsigned int d = 0; d < cnt; d++)
		if (all[d].role == MACH_DEF && all[d].tied != MACH_NOT_TIED &&
		    all[d].tied != i && all[all[d].tied].value == all[i].value)
			return true;
	return false;
}

uint8_t mach_fixed_result(const struct mach_operand *all, unsigned int i)
{
	if (all[i].fixed == MACH_NO_REG && all[i].tied != MACH_NOT_TIED)
		return all[all[i].tied].fixed;
	return all[i].fixed;
}

static void use(struct walk *w, mach_value value, uint32_t at,
		enum mach_need need, uint8_t reg)
{
	struct mach_life *life = &w->a->lives[value];
	struct mach_use *uses = &w->a->uses[life->uses];
	uint32_t i = life->uses_cnt++;

	if (!w->note)
		return;
	for (; i && uses[i - 1].at > at; i--)
		uses[i] = uses[i - 1];
	uses[i] = (struct mach_use){ at, need, reg };
}

static void take(struct walk *w, uint8_t reg, uint32_t from, uint32_t to,
		 mach_value value)
{
	struct mach_taken *taken;

	w->a->f->used |= UINT32_C(1) << reg;
	if (!w->note)
		return;
	if (w->a->taken[reg].len) {
		taken = &w->a->taken[reg].data[w->a->taken[reg].len - 1];
		if (taken->from == from && taken->value == value)
			return;
		if (!value && taken->to > from)
			return;
	}
	taken = vec_push(&w->a->taken[reg]);
	if (taken)
		*taken = (struct mach_taken){ from, to, value };
	else
		w->a->failed = true;
}

static void neighbours(struct walk *w, mach_value from, mach_value to)
{
	struct mach_life *source = &w->a->lives[from];
	struct mach_life *result = &w->a->lives[to];

	if (mach_made(w->a, from))
		return;
	if (!source->to)
		source->to = to;
	if (!result->from)
		result->from = from;
}

/* Operands that moves in the gap bring to where they have to be. */
static void read_in_gap(struct walk *w, unsigned int i)
{
	const struct mach_operand *op = &w->op[i];
	bool gives_way = mach_gives_way(w->op, w->cnt, i);

	if (op->fixed == MACH_NO_REG && !gives_way)
		return;
	if (op->fixed != MACH_NO_REG && !gives_way)
		take(w, op->fixed, w->gap, w->gap +
		     (op->role == MACH_USE_LATE ? AT_AFTER : AT_WRITE),
		     op->value);
	if (!mach_made(w->a, op->value))
		use(w, op->value, w->gap - 1, NEED_ANY, op->fixed);
}

static void read_in_place(struct walk *w, unsigned int i)
{
	const struct mach_operand *op = &w->op[i];
	bool late = op->role == MACH_USE_LATE;

	if (op->fixed != MACH_NO_REG || mach_gives_way(w->op, w->cnt, i) ||
	    mach_read_from_result(w->op, w->cnt, i))
		return;
	use(w, op->value, w->gap + (late ? AT_WRITE : AT_READ),
	    op->memory && !mach_made(w->a, op->value) ? NEED_MEMORY : NEED_REG,
	    MACH_NO_REG);
}

static void define(struct walk *w, unsigned int i)
{
	const struct mach_operand *op = &w->op[i];
	struct mach_life *life = &w->a->lives[op->value];
	uint8_t reg = mach_fixed_result(w->op, i);
	bool tied = op->tied != MACH_NOT_TIED;

	if (tied)
		neighbours(w, w->op[op->tied].value, op->value);
	life->fixed = reg;
	if (reg != MACH_NO_REG) {
		life->def = w->gap + AT_AFTER;
		take(w, reg, w->gap + (tied ? AT_GAP : AT_WRITE), life->def,
		     op->value);
		return;
	}
	life->def = w->gap + (tied ? AT_GAP : AT_WRITE);
	use(w, op->value, w->gap + AT_WRITE,
	    op->memory && !tied ? NEED_MEMORY : NEED_REG, MACH_NO_REG);
}

static void walk_insn(struct walk *w, const struct mach_insn *insn)
{
	w->op = &w->a->f->operands.data[insn->operands];
	w->cnt = insn->operands_cnt;
	for (unsigned int i = 0; i < w->cnt; i++)
		if (w->op[i].role != MACH_DEF)
			read_in_gap(w, i);
	for (unsigned int i = 0; i < w->cnt; i++)
		if (w->op[i].role != MACH_DEF)
			read_in_place(w, i);
	for (unsigned int i = 0; i < w->cnt; i++)
		if (w->op[i].role == MACH_DEF)
			define(w, i);
	for (uint32_t lost = insn->lost; lost; lost &= lost - 1)
		take(w, __builtin_ctz(lost), w->gap + AT_WRITE,
		     w->gap + AT_AFTER, 0);
	if (insn->op == MACH_MOVE && w->note)
		neighbours(w, w->op[1].value, w->op[0].value);
}

static void walk_block(struct walk *w, uint32_t id)
{
	const struct mach_block *blk = &w->a->f->blocks.data[id];
	const struct mach_block *to = blk->args_cnt ?
		&w->a->f->blocks.data[blk->succs[0]] : NULL;
	uint32_t start = mach_start(w->a, id);

	for (uint32_t i = 0; i < blk->params_cnt; i++) {
		w->a->lives[blk->params[i]].def = start;
		w->a->lives[blk->params[i]].param = true;
	}
	for (uint32_t i = 0; i < blk->cnt; i++) {
		w->gap = start + (i + 1) * POINTS;
		walk_insn(w, &w->a->f->insns.data[blk->first + i]);
	}
	for (uint32_t i = 0; i < blk->args_cnt; i++) {
		if (mach_made(w->a, blk->args[i]))
			continue;
		use(w, blk->args[i], mach_start(w->a, id + 1) - 1, NEED_ANY,
		    MACH_NO_REG);
		neighbours(w, blk->args[i], to->params[i]);
	}
}

/* From counts to where each value's uses begin; they are counted again. */
static void make_room(struct mach_alloc *a)
{
	uint32_t sum = 0;

	for (size_t v = 0; v < a->f->values.len; v++) {
		a->lives[v].uses = sum;
		sum += a->lives[v].uses_cnt;
		a->lives[v].uses_cnt = 0;
	}
	a->uses = arena_array(&a->arena, sum + 1, sizeof(*a->uses));
	if (!a->uses)
		a->failed = true;
}

void mach_find_uses(struct mach_alloc *a)
{
	struct walk w = { .a = a };

	a->lives = arena_array(&a->arena, a->f->values.len, sizeof(*a->lives));
	if (!a->lives) {
		a->failed = true;
		return;
	}
	for (size_t v = 0; v < a->f->values.len; v++) {
		a->lives[v].def = NOWHERE;
		a->lives[v].reg = MACH_NO_REG;
		a->lives[v].fixed = MACH_NO_REG;
		a->lives[v].wish = a->f->values.data[v].hint;
	}
	for (int pass = 0; pass < 2 && !a->failed; pass++) {
		w.note = pass;
		for (uint32_t id = 0; id < a->f->blocks.len; id++)
			walk_block(&w, id);
		if (!pass)
			make_room(a);
	}
}
