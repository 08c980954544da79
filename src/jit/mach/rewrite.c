/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The function with places: operands get theirs, moves are put in between.
 * Moves between pieces are known already; here come those of single
 * instructions, to fixed registers, to results that take another value's
 * register, from fixed results, and to parameters.
 */
#include "jit/mach/alloc.h"

struct rewrite {
	struct mach_alloc *a;
	struct mach_order order;
	struct mach_operand *op;
	unsigned int cnt;
	uint32_t gap;
};

static struct mach_place in_reg(uint8_t reg)
{
	return (struct mach_place){ .reg = reg };
}

/* The piece of a value at a point; points are mostly asked for upward. */
static struct mach_piece *piece_at(struct rewrite *w, mach_value value,
				   uint32_t at)
{
	struct mach_life *life = &w->a->lives[value];

	if (!life->at || life->at->from > at)
		life->at = life->pieces;
	while (life->at && life->at->next && life->at->next->from <= at)
		life->at = life->at->next;
	return life->at && life->at->from <= at && at < life->at->to ?
	       life->at : NULL;
}

/* From where a value is at a point, or made, to a place. */
static void bring(struct rewrite *w, mach_value value, uint32_t at,
		  mach_value as, struct mach_place to)
{
	const struct mach_piece *piece = piece_at(w, value, at);
	struct mach_move move = {
		.value = as, .from_value = value, .to = to,
	};

	if (mach_made(w->a, value) && (!piece || mach_in_memory(piece)))
		move.make = true;
	else if (piece)
		move.from = mach_place_of(w->a, piece);
	else
		return;
	mach_order_add(&w->order, &move);
}

static void add_moves(struct rewrite *w, uint32_t index, unsigned int phase)
{
	for (const struct mach_move *move = w->a->moves[index * PHASES + phase];
	     move; move = move->next)
		mach_order_add(&w->order, move);
}

/* The place that a result is in when it is written. */
static struct mach_place result_place(struct rewrite *w, unsigned int i)
{
	uint8_t reg = mach_fixed_result(w->op, i);

	if (reg != MACH_NO_REG)
		return in_reg(reg);
	return mach_place_of(w->a, piece_at(w, w->op[i].value,
					    w->gap + AT_WRITE));
}

/* What is brought in the gap; results that take a register say where to. */
static void place_in_gap(struct rewrite *w)
{
	for (unsigned int i = 0; i < w->cnt; i++) {
		struct mach_operand *op = &w->op[i];

		if (op->role == MACH_DEF && op->tied != MACH_NOT_TIED) {
			op->place = result_place(w, i);
			w->op[op->tied].place = op->place;
			bring(w, w->op[op->tied].value, w->gap - 1, op->value,
			      op->place);
		} else if (op->role != MACH_DEF && op->fixed != MACH_NO_REG &&
			   !mach_gives_way(w->op, w->cnt, i)) {
			op->place = in_reg(op->fixed);
			bring(w, op->value, w->gap - 1, op->value, op->place);
		}
	}
}

static struct mach_place result_of(const struct rewrite *w, mach_value value)
{
	unsigned int i = 0;

	while (w->op[i].role != MACH_DEF || w->op[i].tied == MACH_NOT_TIED ||
	       w->op[w->op[i].tied].value != value)
		i++;
	return w->op[i].place;
}

static void place_others(struct rewrite *w)
{
	for (unsigned int i = 0; i < w->cnt; i++) {
		struct mach_operand *op = &w->op[i];
		bool late = op->role == MACH_USE_LATE;

		if (op->role == MACH_DEF) {
			op->place = result_place(w, i);
			continue;
		}
		if (op->fixed != MACH_NO_REG ||
		    mach_gives_way(w->op, w->cnt, i))
			continue;
		if (mach_read_from_result(w->op, w->cnt, i))
			op->place = result_of(w, op->value);
		else
			op->place = mach_place_of(w->a, piece_at(w, op->value,
				w->gap + (late ? AT_WRITE : AT_READ)));
	}
}

static void move_results(struct rewrite *w)
{
	for (unsigned int i = 0; i < w->cnt; i++) {
		struct mach_move move = { .value = w->op[i].value,
					  .from_value = w->op[i].value,
					  .from = w->op[i].place };
		const struct mach_piece *piece;

		if (w->op[i].role != MACH_DEF ||
		    mach_fixed_result(w->op, i) == MACH_NO_REG)
			continue;
		piece = piece_at(w, w->op[i].value, w->gap + AT_AFTER);
		if (!piece)
			continue;
		move.to = mach_place_of(w->a, piece);
		mach_order_add(&w->order, &move);
	}
}

static void write_insn(struct rewrite *w, const struct mach_insn *insn)
{
	struct mach_insn *copy = vec_push(&w->order.insns);

	if (copy)
		*copy = *insn;
	else
		w->a->failed = true;
}

static void pass_arguments(struct rewrite *w, const struct mach_block *blk,
			   uint32_t end)
{
	const struct mach_block *to = &w->a->f->blocks.data[blk->succs[0]];
	uint32_t start = mach_start(w->a, blk->succs[0]);

	for (uint32_t i = 0; i < blk->args_cnt; i++) {
		const struct mach_piece *piece = mach_piece_at(
			w->a->lives[to->params[i]].pieces, start);

		if (piece)
			bring(w, blk->args[i], end - 1, to->params[i],
			      mach_place_of(w->a, piece));
	}
}

static void rewrite_insn(struct rewrite *w, const struct mach_insn *insn)
{
	w->op = &w->a->f->operands.data[insn->operands];
	w->cnt = insn->operands_cnt;
	place_in_gap(w);
	place_others(w);
	add_moves(w, w->gap / POINTS, PHASE_GAP);
	mach_order_write(&w->order, 0);
}

static void rewrite_block(struct rewrite *w, uint32_t id)
{
	struct mach_alloc *a = w->a;
	const struct mach_func *f = a->f;
	struct mach_block *blk = &a->f->blocks.data[id];
	uint32_t first = w->order.insns.len, end = mach_start(a, id + 1);
	uint32_t dear = f->dear & ~f->used;

	add_moves(w, a->starts[id], PHASE_GAP);
	mach_order_write(&w->order, 0);
	add_moves(w, a->starts[id], PHASE_LATER);
	mach_order_write(&w->order, 0);
	for (uint32_t i = 0; i < blk->cnt; i++) {
		const struct mach_insn *insn = &f->insns.data[blk->first + i];
		bool jump = i + 1 == blk->cnt && blk->succs_cnt == 1;

		w->gap = mach_start(a, id) + (i + 1) * POINTS;
		rewrite_insn(w, insn);
		if (!jump)
			write_insn(w, insn);
		else
			pass_arguments(w, blk, end);
		if (!jump) {
			w->op = &f->operands.data[insn->operands];
			move_results(w);
		}
		add_moves(w, w->gap / POINTS, PHASE_LATER);
		mach_order_write(&w->order, jump ? f->regs & ~a->busy[id] &
				 ~dear : 0);
		if (jump)
			write_insn(w, insn);
	}
	blk->first = first;
	blk->cnt = w->order.insns.len - first;
}

void mach_rewrite(struct mach_alloc *a)
{
	struct rewrite w = { .a = a };
	struct mach_func *f = a->f;

	mach_order_init(&w.order, a);
	for (uint32_t id = 0; id < f->blocks.len && !a->failed; id++)
		rewrite_block(&w, id);
	for (uint32_t id = 0; id < f->blocks.len; id++) {
		f->blocks.data[id].params_cnt = 0;
		f->blocks.data[id].args_cnt = 0;
	}
	f->slots += w.order.extra;
	vec_free(&w.order.moves);
	vec_free(&w.order.ready);
	vec_free(&f->insns);
	f->insns.data = w.order.insns.data;
	f->insns.len = w.order.insns.len;
	f->insns.cap = w.order.insns.cap;
}
