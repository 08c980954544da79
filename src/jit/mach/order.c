/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves that happen at once, written as a sequence. A move whose target no
 * other one still reads goes first; when there is none, what is left are
 * cycles: of registers, which SWAPs turn, or with slots, of which one place is
 * kept in a slot behind all others meanwhile. Between slots a value goes
 * through a free register; if there is none, one is put aside.
 */
#include "jit/mach/alloc.h"

static uint32_t index_of(struct mach_place place)
{
	return place.reg != MACH_NO_REG ? place.reg : MACH_REGS + place.slot;
}

static bool is_slot(struct mach_place place)
{
	return place.reg == MACH_NO_REG;
}

void mach_order_init(struct mach_order *o, struct mach_alloc *a)
{
	uint32_t places = MACH_REGS + a->f->slots + 2;

	*o = (struct mach_order){ .a = a };
	o->readers = arena_array(&a->arena, places, sizeof(*o->readers));
	o->writer = arena_array(&a->arena, places, sizeof(*o->writer));
	if (!o->readers || !o->writer)
		a->failed = true;
}

void mach_order_add(struct mach_order *o, const struct mach_move *move)
{
	uint32_t to = index_of(move->to), from = index_of(move->from);
	struct mach_move *copy;

	if (o->writer[to] || (!move->make && to == from))
		return;
	copy = vec_push(&o->moves);
	if (!copy) {
		o->a->failed = true;
		return;
	}
	*copy = *move;
	o->writer[to] = o->moves.len;
	if (!move->make)
		o->readers[from]++;
}

/* ---- single moves ---- */

static void write(struct mach_order *o, enum mach_op op, mach_value value,
		  struct mach_place to, mach_value from_value,
		  struct mach_place from)
{
	struct mach_func *f = o->a->f;
	struct mach_insn *insn = vec_push(&o->insns);
	unsigned int cnt = op == MACH_MAKE ? 1 : 2;

	if (!insn) {
		o->a->failed = true;
		return;
	}
	insn->op = op;
	insn->operands = f->operands.len;
	insn->operands_cnt = cnt;
	for (unsigned int i = 0; i < cnt; i++) {
		struct mach_operand *operand = vec_push(&f->operands);

		if (!operand) {
			o->a->failed = true;
			return;
		}
		*operand = (struct mach_operand){
			.value = i ? from_value : value,
			.role = i && op == MACH_MOVE ? MACH_USE : MACH_DEF,
			.fixed = MACH_NO_REG, .tied = MACH_NOT_TIED,
			.place = i ? from : to,
		};
	}
	if (!is_slot(to))
		f->used |= UINT32_C(1) << to.reg;
}

static struct mach_place extra_slot(struct mach_order *o, unsigned int which)
{
	o->extra = MAX(o->extra, which + 1);
	return (struct mach_place){ MACH_NO_REG, o->a->f->slots + which };
}

/* Into a slot what is in no register. */
static void write_through(struct mach_order *o, const struct mach_move *move)
{
	struct mach_place by = { .reg = 0 }, aside = extra_slot(o, 0);
	uint32_t from = o->free ? o->free : o->a->f->regs;

	by.reg = __builtin_ctz(from);
	if (!o->free)
		write(o, MACH_MOVE, move->value, aside, move->value, by);
	write(o, move->make ? MACH_MAKE : MACH_MOVE, move->from_value, by,
	      move->from_value, move->from);
	write(o, MACH_MOVE, move->value, move->to, move->from_value, by);
	if (!o->free)
		write(o, MACH_MOVE, move->value, by, move->value, aside);
}

static void write_move(struct mach_order *o, const struct mach_move *move)
{
	if (is_slot(move->to) && (move->make || is_slot(move->from)))
		write_through(o, move);
	else
		write(o, move->make ? MACH_MAKE : MACH_MOVE,
		      move->make ? move->from_value : move->value, move->to,
		      move->from_value, move->from);
}

/* ---- all of them ---- */

static void push_ready(struct mach_order *o, uint32_t move)
{
	uint32_t *slot = vec_push(&o->ready);

	if (slot)
		*slot = move;
	else
		o->a->failed = true;
}

static void write_ready(struct mach_order *o)
{
	for (uint32_t i = 0; i < o->moves.len; i++)
		if (!o->readers[index_of(o->moves.data[i].to)])
			push_ready(o, i);
	while (o->ready.len) {
		const struct mach_move *move =
			&o->moves.data[o->ready.data[--o->ready.len]];
		uint32_t from = index_of(move->from);

		write_move(o, move);
		o->writer[index_of(move->to)] = 0;
		if (!move->make && !--o->readers[from] && o->writer[from])
			push_ready(o, o->writer[from] - 1);
	}
}

/* The move that writes what this one reads. */
static const struct mach_move *next_of(const struct mach_order *o,
				       const struct mach_move *move)
{
	return &o->moves.data[o->writer[index_of(move->from)] - 1];
}

static bool same_place(struct mach_place a, struct mach_place b)
{
	return index_of(a) == index_of(b);
}

static void forget(struct mach_order *o, const struct mach_move *move)
{
	o->readers[index_of(move->from)] = 0;
	o->writer[index_of(move->to)] = 0;
}

static void write_cycle(struct mach_order *o, const struct mach_move *move)
{
	const struct mach_move *m = move, *next, *first = move;
	struct mach_move last;
	bool slots = false;

	do {
		slots |= is_slot(m->to);
		if (!is_slot(m->to))
			move = m;
		m = next_of(o, m);
	} while (m != first);
	last = (struct mach_move){
		.value = move->value, .from_value = move->value,
		.to = extra_slot(o, 1), .from = move->to,
	};
	if (slots)
		write_move(o, &last);
	for (m = move; !same_place(m->from, move->to); m = next) {
		next = next_of(o, m);
		if (slots)
			write_move(o, m);
		else
			write(o, MACH_SWAP, m->value, m->to, next->value,
			      m->from);
		forget(o, m);
	}
	forget(o, m);
	last.from = last.to;
	last.to = m->to;
	if (slots)
		write_move(o, &last);
}

void mach_order_write(struct mach_order *o, uint32_t free)
{
	for (size_t i = 0; i < o->moves.len; i++) {
		const struct mach_move *move = &o->moves.data[i];

		if (!is_slot(move->to))
			free &= ~(UINT32_C(1) << move->to.reg);
		if (!move->make && !is_slot(move->from))
			free &= ~(UINT32_C(1) << move->from.reg);
	}
	o->free = free;
	write_ready(o);
	for (size_t i = 0; i < o->moves.len && !o->a->failed; i++)
		if (o->writer[index_of(o->moves.data[i].to)])
			write_cycle(o, &o->moves.data[i]);
	o->moves.len = 0;
}
