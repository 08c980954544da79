/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machine instructions whose operands are values, not yet registers: what
 * instruction selection makes and register allocation reads. It is SSA still:
 * each value is defined once, by an instruction or as a parameter of a block
 * (a PHI); a block names the arguments that it gives to its successor.
 *
 * What an instruction does is the machine's business (`op` and what follows
 * it). Allocation knows operands alone: which values are read and written,
 * when, and which registers they must be in.
 *
 * Blocks lie in the order in which they will be emitted; the first is where
 * the function begins, and no edge leads there. An edge to a block with
 * parameters, or with several predecessors, comes from a block with one
 * successor, so that moves have a place: before its last instruction, which
 * has no operands then. The last instruction of a block with successors
 * defines nothing.
 */
#ifndef SKEP_JIT_MACH_MACH_H
#define SKEP_JIT_MACH_MACH_H

#include "base/arena.h"
#include "base/vec.h"

typedef uint32_t mach_value;		/* 0 is none */

#define MACH_REGS	32		/* of a machine, at most */
#define MACH_NO_REG	0xff
#define MACH_NOT_TIED	0xff

enum mach_role {
	MACH_USE,		/* read before anything is written */
	MACH_USE_LATE,		/* needed until results are there: it shares
				 * no register with them */
	MACH_DEF,
};

/* Where a value is, after allocation. */
struct mach_place {
	uint8_t reg;		/* or MACH_NO_REG: in a spill slot */
	uint16_t slot;		/* of 8 bytes, counted from 0 */
};

struct mach_operand {
	mach_value value;
	uint8_t role;		/* enum mach_role */
	uint8_t fixed;		/* the register it must be in; MACH_NO_REG:
				 * any */
	uint8_t tied;		/* of a DEF: the operand (an index in this
				 * instruction) whose register it takes, and
				 * so destroys; MACH_NOT_TIED */
	bool memory;		/* a spill slot will do, no register needed */
	struct mach_place place;
};

/* What allocation adds; the machine's own operations begin at MACH_OWN. */
enum mach_op {
	MACH_MOVE,		/* operand 0 (DEF) = operand 1, one of which
				 * may be in a slot; selection may use it, too.
				 * Nothing when both places are the same */
	MACH_MAKE,		/* operand 0 (DEF), a register = its value's
				 * constant again */
	MACH_SWAP,		/* of two registers, in cycles of moves: both
				 * operands are DEFs */
	MACH_OWN
};

struct mach_insn {
	uint16_t op;		/* enum mach_op, or the machine's */
	uint8_t operands_cnt;
	uint8_t cond;		/* from here: the machine's */
	uint8_t size;
	bool wide;
	uint8_t scale;
	uint8_t form;
	uint32_t operands;	/* index of the first, in func->operands */
	uint32_t lost;		/* registers, as bits, that it destroys beside
				 * its DEFs: those a call does not keep */
	uint32_t slot;		/* of prog->insns */
	uint32_t target;	/* block, function, helper */
	int32_t disp;
	int64_t imm;
};

struct mach_block {
	uint32_t first, cnt;		/* in func->insns */
	uint32_t succs[2];
	uint8_t succs_cnt;
	uint32_t depth;			/* loops around it */
	bool seldom;			/* errors, unlikely arms */
	mach_value *params;
	uint32_t params_cnt;
	mach_value *args;		/* for the params of succs[0] */
	uint32_t args_cnt;
};

/* How a value can be made again instead of being kept. */
enum mach_make {
	MACH_KEEP,		/* it cannot */
	MACH_NUMBER,		/* a constant */
	MACH_ADDRESS,		/* the machine's frame register + number */
	MACH_CODE,		/* the address of function `number` */
};

struct mach_value_info {
	uint8_t make;		/* enum mach_make: needs no instruction that
				 * defines it then; allocation makes it where
				 * it is used */
	int64_t number;
	uint8_t hint;		/* a register that would be good, or
				 * MACH_NO_REG */
};

struct mach_func {
	struct arena *arena;
	VEC(struct mach_insn) insns;
	VEC(struct mach_operand) operands;
	VEC(struct mach_block) blocks;
	VEC(struct mach_value_info) values;	/* [0] is none */
	bool failed;

	/* what allocation is given of the machine */
	uint32_t regs;		/* those it may use, as bits */
	uint32_t dear;		/* of these, such that cost something to use:
				 * a function has to save them */
	/* what it says */
	uint32_t used;		/* registers that are written */
	uint32_t slots;		/* spill slots */
};

/*
 * Register allocation: linear scan over live intervals, which it splits;
 * constants are made again, moves coalesced, uses in loops count more. After
 * it each operand has its place, tied and fixed ones as asked; MOVE, MAKE and
 * SWAP instructions have been put in between (also for block parameters, which
 * are gone: params_cnt and args_cnt are 0), and the instructions of a block
 * are consecutive still. Values that are nowhere defined and are not made are
 * errors of ours. 0, -ENOMEM, or -E2BIG when there would be too many slots;
 * after an error the function is of no use but for mach_fini().
 */
int mach_allocate(struct mach_func *f);

struct strbuf;

/*
 * Replays an allocated function: does each operand find its value in its
 * place, on every path? `before` is the same function as it was before. True,
 * or false with a line in *why (which may be NULL).
 */
bool mach_check(const struct mach_func *before, const struct mach_func *after,
		struct strbuf *why);

/* A copy that allocation of `from` leaves as it is. 0 or -ENOMEM. */
int mach_copy(struct mach_func *to, const struct mach_func *from);
void mach_fini(struct mach_func *f);

void mach_print(struct strbuf *out, const struct mach_func *f);

#endif
