/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Narrow stores beside each other, of constants, of pieces of one value (in
 * either order) or of what one load reads: one wide store in the place of the
 * later one. The earlier one
 * moves down to it, so nothing between them may look at its bytes, and nothing
 * may end the run, which would show them.
 */
#include "jit/fold/combine.h"
#include "jit/fold/fold.h"

#define OPEN_MAX	16

/* Stores that may still move down to here. */
struct window {
	struct ir_func *f;
	ir_ref open[OPEN_MAX];
	uint32_t cnt;
};

static void drop(struct window *win, uint32_t i)
{
	win->cnt--;
	for (; i < win->cnt; i++)
		win->open[i] = win->open[i + 1];
}

/* Those that `insn` may touch stay where they are. */
static void drop_overlapping(struct window *win, const struct ir_insn *insn)
{
	for (uint32_t i = win->cnt; i--;)
		if (fold_may_overlap(win->f, ir_at(win->f, win->open[i]),
				     insn))
			drop(win, i);
}

/* ---- the value of both ---- */

/* `size` bytes of two values, the lower ones of `low`; 0: not one value. */
static ir_ref join(struct ir_func *f, ir_ref before, ir_ref low, ir_ref high,
		   unsigned int size)
{
	struct fold_bytes a, b;
	struct fold_byte all[8];

	low = ir_value(f, low);
	high = ir_value(f, high);
	if (ir_is(f, low, IR_CONST) && ir_is(f, high, IR_CONST)) {
		unsigned int rest = 64 - size * 8;
		uint64_t part = (uint64_t)ir_at(f, low)->imm << rest >> rest;

		return ir_const(f, part | (uint64_t)ir_at(f, high)->imm <<
				size * 8);
	}
	a = fold_bytes_of(f, low);
	b = fold_bytes_of(f, high);
	for (unsigned int i = 0; i < size; i++) {
		all[i] = a.at[i];
		all[size + i] = b.at[i];
	}
	return fold_piece(f, before, all, size * 2) ?:
	       fold_wide_load(f, before, all, size * 2);
}

/* ---- stores ---- */

static bool neighbours(const struct ir_func *f, const struct ir_insn *a,
		       const struct ir_insn *b)
{
	int64_t apart = a->imm - b->imm;

	return a->size == b->size && a->size < 8 && !a->ordered &&
	       !b->ordered && a->region == b->region && a->map == b->map &&
	       ir_value(f, a->args[0]) == ir_value(f, b->args[0]) &&
	       (apart == a->size || apart == -(int64_t)a->size);
}

/* The earlier store into the later one. */
static bool merge(struct ir_func *f, ir_ref early, ir_ref late)
{
	const struct ir_insn *a = ir_at(f, early), *b = ir_at(f, late);
	bool up = a->imm < b->imm;
	unsigned int size = a->size;
	int64_t imm = MIN(a->imm, b->imm);
	ir_ref value;

	if (!neighbours(f, a, b))
		return false;
	value = join(f, late, up ? a->args[1] : b->args[1],
		     up ? b->args[1] : a->args[1], size);
	if (!value || f->failed)
		return false;
	ir_remove(f, early);
	ir_at(f, late)->args[1] = value;
	ir_at(f, late)->imm = imm;
	ir_at(f, late)->size = (uint8_t)(size * 2);
	return true;
}

static bool merge_any(struct window *win, ir_ref ref)
{
	for (uint32_t i = win->cnt; i--;)
		if (merge(win->f, win->open[i], ref)) {
			drop(win, i);
			return true;
		}
	return false;
}

static bool see(struct window *win, ir_ref ref)
{
	const struct ir_insn *insn = ir_at(win->f, ref);
	bool any = false;

	if (insn->op == IR_LOAD && !insn->ordered) {
		drop_overlapping(win, insn);
	} else if (insn->op == IR_STORE && !insn->ordered) {
		drop_overlapping(win, insn);
		while (merge_any(win, ref))
			any = true;
		if (win->cnt == OPEN_MAX)
			drop(win, 0);
		win->open[win->cnt++] = ref;
	} else if (!ir_has(insn, IR_F_PURE)) {
		win->cnt = 0;
	}
	return any;
}

bool fold_combine_stores(struct ir_func *f)
{
	bool any = false;

	for (size_t i = 0; i < f->order.len; i++) {
		struct window win = { .f = f };
		ir_ref next;

		for (ir_ref ref = ir_block(f, f->order.data[i])->first;
		     ref && !f->failed; ref = next) {
			next = ir_at(f, ref)->next;
			any |= see(&win, ref);
		}
	}
	if (any)
		ir_clean(f);
	return any;
}
