/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the steps of register allocation share.
 *
 * Points of the program are numbers. Each block has one index for its start
 * and one for each instruction; an index has four points:
 *
 *	GAP	before an instruction; moves are put here, all at once
 *	READ	operands are read
 *	WRITE	results are written, `lost` registers get lost
 *	AFTER	moves out of fixed results, stores of what was defined
 *
 * A value is live in ranges of points [from, to). An operand that is asked for
 * in a fixed register, and one whose register a result takes, is read in the
 * gap, by the move that brings it there: that is a use of the point before,
 * and any place will do. Argument moves are behind all others of the jump.
 *
 * A piece is a stretch of a value's life in one place. Pieces of a value are
 * in the order of points and do not overlap. Where one ends and the next one
 * begins, or on edges between blocks, moves are added (resolve.c). A value has
 * one slot for all its pieces in memory; one that can be made has none, and is
 * nowhere then.
 */
#ifndef SKEP_JIT_MACH_ALLOC_H
#define SKEP_JIT_MACH_ALLOC_H

#include "jit/mach/mach.h"

enum { AT_GAP, AT_READ, AT_WRITE, AT_AFTER, POINTS };

#define NOWHERE		UINT32_MAX	/* no point, no index */

enum mach_need { NEED_ANY, NEED_MEMORY, NEED_REG };

struct mach_use {
	uint32_t at;
	uint8_t need;		/* enum mach_need; of NEED_MEMORY a slot does,
				 * but costs a little */
	uint8_t reg;		/* that it is moved to, or MACH_NO_REG */
};

struct mach_range {
	uint32_t from, to;
};

/* A register is taken: by a fixed operand, or lost (value 0). */
struct mach_taken {
	uint32_t from, to;
	mach_value value;
};

struct mach_piece {
	mach_value value;
	uint32_t from, to;
	uint32_t range;		/* index of the first that `from` is in */
	uint32_t use;		/* index of the first at or behind `from` */
	uint8_t reg;		/* or MACH_NO_REG: in memory */
	struct mach_piece *next;	/* of the value */
	struct mach_piece *link;	/* in the queue, or asleep */
	struct mach_piece *other;	/* asleep */
	uint32_t wakes;
};

struct mach_life {		/* of a value */
	uint32_t uses, uses_cnt;	/* in alloc->uses, by point */
	uint32_t ranges, ranges_cnt;	/* in alloc->ranges, by point */
	struct mach_piece *pieces;	/* by point */
	struct mach_piece *at;		/* where mach_rewrite() is */
	uint32_t def;			/* NOWHERE: it is made */
	mach_value from, to;		/* it would save a move to be where
					 * these are */
	uint8_t reg;			/* that a piece of it had last */
	uint8_t wish;			/* a register of its neighbours */
	uint8_t fixed;			/* where it is defined */
	bool param;
	bool stored;			/* some piece is in memory */
	bool store_early;		/* right behind its definition */
	uint16_t slot;
};

struct mach_entry {		/* of a block: points */
	uint32_t start;
	uint32_t low, high;	/* where predecessors end, the first and the
				 * last of them */
};

struct mach_loop {		/* blocks between a jump back and its target */
	uint32_t first, last;
	uint32_t parent;	/* 0: none */
};

enum { PHASE_GAP, PHASE_LATER, PHASES };	/* LATER: behind the
						 * instruction; of a jump
						 * edge moves, before it */

struct mach_move {
	mach_value value, from_value;
	struct mach_place to, from;
	bool make;
	struct mach_move *next;
};

struct mach_alloc {
	struct mach_func *f;
	struct arena arena;
	bool failed;		/* memory was out */

	uint32_t cnt;		/* indices */
	uint32_t *block_at;	/* by index */
	uint32_t *starts;	/* by block, and one more: index */
	uint32_t *preds, *preds_first;
	struct mach_entry *entries;	/* by block */
	float *freq;		/* by block */
	uint32_t *loop_of;	/* by block */
	VEC(struct mach_loop) loops;	/* [0] is none */

	struct mach_life *lives;	/* by value */
	struct mach_use *uses;
	VEC(struct mach_range) ranges;
	VEC(struct mach_taken) taken[MACH_REGS];	/* by point */

	struct mach_piece **queue;	/* by point */
	uint32_t *busy;		/* by block: registers at its end */
	struct mach_move **moves;	/* by index and phase */
};

static inline uint32_t mach_gap(uint32_t at)
{
	return at & ~(uint32_t)(POINTS - 1);
}

static inline uint32_t mach_block_of(const struct mach_alloc *a, uint32_t at)
{
	return a->block_at[at / POINTS];
}

/* Of a block; its end is the next one's start. */
static inline uint32_t mach_start(const struct mach_alloc *a, uint32_t block)
{
	return a->starts[block] * POINTS;
}

static inline bool mach_made(const struct mach_alloc *a, mach_value value)
{
	return a->f->values.data[value].make != MACH_KEEP;
}

static inline bool mach_in_memory(const struct mach_piece *piece)
{
	return piece->reg == MACH_NO_REG;
}

/* ---- flow.c: indices, predecessors, frequencies, loops ---- */
void mach_find_flow(struct mach_alloc *a);

/* ---- use.c: uses, registers that are taken, neighbours ---- */
void mach_find_uses(struct mach_alloc *a);

/* Does another operand of the instruction take the register of this one? */
bool mach_gives_way(const struct mach_operand *all, unsigned int cnt,
		    unsigned int i);
/* The operand is read from the result that takes its value's register. */
bool mach_read_from_result(const struct mach_operand *all, unsigned int cnt,
			   unsigned int i);
/* The register a result has to be written to, or MACH_NO_REG. */
uint8_t mach_fixed_result(const struct mach_operand *all, unsigned int i);

/* ---- live.c: ranges, and pieces as they are at first ---- */
void mach_find_lives(struct mach_alloc *a);

/* ---- piece.c ---- */
/* [from, to) of a value, behind all pieces that it has; queued. */
void mach_new_piece(struct mach_alloc *a, mach_value value, uint32_t range,
		    uint32_t to, struct mach_piece **last);
void mach_queue(struct mach_alloc *a, struct mach_piece *piece);
/* Cuts a piece at a point inside of it; the second part, or NULL: no memory. */
struct mach_piece *mach_split(struct mach_alloc *a, struct mach_piece *piece,
			      uint32_t at);
/* The first use of a piece at or behind a point, or NULL. */
const struct mach_use *mach_next_use(const struct mach_alloc *a,
				     const struct mach_piece *piece,
				     uint32_t at);
/* The point of the last use before `at`, or where the piece begins. */
uint32_t mach_last_use(const struct mach_alloc *a,
		       const struct mach_piece *piece, uint32_t at);
/* The piece that has a point, from `piece` on; NULL when there is none. */
struct mach_piece *mach_piece_at(struct mach_piece *piece, uint32_t at);

/* ---- spill.c: what it costs to have a value in memory, from where on ---- */
/* Of what is saved by a register until it is needed again: a price a point. */
float mach_price(const struct mach_alloc *a, const struct mach_piece *piece,
		 uint32_t at);
/* Where to cut a piece that has to be gone at a point. */
uint32_t mach_cut_before(const struct mach_alloc *a,
			 const struct mach_piece *piece, uint32_t at);
/* The piece is in memory until it is worth a register again behind `at`. */
void mach_to_memory(struct mach_alloc *a, struct mach_piece *piece,
		    uint32_t at);

/* ---- wish.c: registers that save a move ---- */
#define MACH_WISHES	5
/* The best is number 0; or MACH_NO_REG. */
uint8_t mach_wish(const struct mach_alloc *a, const struct mach_piece *piece,
		  unsigned int which);
/* All of them, as bits. */
uint32_t mach_wishes(const struct mach_alloc *a,
		     const struct mach_piece *piece);

/* ---- scan.c: registers ---- */
void mach_scan(struct mach_alloc *a);

/* ---- slot.c: spill slots, for values that are stored ---- */
/* 0, or -E2BIG when there would be too many. */
int mach_give_slots(struct mach_alloc *a);

/* ---- resolve.c: moves between pieces ---- */
/* Where each value that has pieces in memory is stored. */
void mach_choose_stores(struct mach_alloc *a);
void mach_resolve(struct mach_alloc *a);
struct mach_place mach_place_of(const struct mach_alloc *a,
				const struct mach_piece *piece);

/* ---- order.c: moves that happen at once, one after the other ---- */
struct mach_order {
	struct mach_alloc *a;
	VEC(struct mach_insn) insns;	/* what is written */
	VEC(struct mach_move) moves;
	VEC(uint32_t) ready;		/* indices of moves */
	uint32_t *readers;	/* by place: moves that still read it */
	uint32_t *writer;	/* by place: the move that writes it, + 1 */
	uint32_t extra;		/* slots to pass through, behind the others */
	uint32_t free;		/* registers to pass through */
};

void mach_order_init(struct mach_order *o, struct mach_alloc *a);
void mach_order_add(struct mach_order *o, const struct mach_move *move);
/* Writes all that was added. `free`: registers that have nothing then. */
void mach_order_write(struct mach_order *o, uint32_t free);

/* ---- rewrite.c: places of operands, and the function with its moves ---- */
void mach_rewrite(struct mach_alloc *a);

#endif
