/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instruction selection by patterns: a block is walked from its end; what is
 * needed, and was not made part of a later instruction, is matched against the
 * rows of select.def, of which the largest come first. A pattern takes in the
 * instructions below it that nobody else uses: address arithmetic, loads that
 * nothing comes between, masks. Blocks are walked in postorder, so that all
 * users of a value are known when its turn comes.
 *
 * Instructions are made in reverse: of a sequence the last one first.
 */
#ifndef SKEP_JIT_X86_SELECT_H
#define SKEP_JIT_X86_SELECT_H

#include "jit/code.h"
#include "jit/x86/insns.h"

/* A block in which a value is needed, in a chain. */
struct select_place {
	ir_block_id block;
	uint32_t next;
};

struct select {
	struct ir_func *f;
	struct mach_func *m;
	uint32_t features;	/* enum jit_features to be used */
	bool refused;

	/* by ir_ref */
	mach_value *values;
	uint32_t *uses;		/* operands that name it */
	uint32_t *addresses;	/* of these, such that are only addresses */
	uint32_t *needs;	/* operands of what was selected so far */
	uint32_t *places;	/* in `where`: the blocks of these operands */
	bool *done;		/* selected with a later instruction */
	uint8_t *bits;		/* the low ones that may not be zero */

	ir_ref at;		/* being selected: loads would move here */
	ir_block_id block;	/* it is in */
	uint32_t depth;		/* loops around it */
	bool flags;		/* its flags are wanted */
	VEC(struct mach_insn) insns;	/* of the block, the last one first */
	VEC(struct select_place) where;	/* [0] is none */
	uint32_t *visited;	/* by ir_block_id: the visit that came by */
	uint32_t visit;
	VEC(int64_t) anchors;	/* constants that others are addressed by */
};

/* An address, of which base and index may be values. */
struct select_address {
	enum x86_base kind;
	ir_ref base, index;
	uint8_t scale;		/* 0: no index */
	int32_t disp;
};

/* Operands of patterns. */
enum select_class {
	SELECT_ANY,
	SELECT_NUMBER,		/* a constant that fits into 32 bits */
	SELECT_ZERO,
	SELECT_ONES,		/* all of them */
	SELECT_LOAD,		/* that may be taken in, of the whole width */
};

struct select_row;

struct select_match {
	const struct select_row *row;
	ir_ref ref, left, right;
	bool wide;
	int64_t number;		/* of the right one */
};

/*
 * A pattern. `put` selects, or finds that it does not fit and says false
 * before anything is made.
 */
struct select_row {
	uint8_t op;		/* enum ir_op */
	uint8_t left, right;	/* enum select_class */
	bool flags;		/* the result's zero and sign flag are set */
	uint32_t features;	/* that it needs */
	bool (*put)(struct select *s, const struct select_match *match);
	uint16_t insn;		/* enum x86_insn */
};

/* ---- select.c: making instructions ---- */

/*
 * An instruction before those that the block has already. Its operands are
 * added in their order; the pointer is good until the next one.
 */
struct mach_insn *select_insn(struct select *s, enum x86_insn op,
			      enum x86_shape shape, bool wide);

/* Results: of an instruction, in some register or a given one; of nobody. */
void select_result(struct select *s, ir_ref ref);
void select_result_in(struct select *s, ir_ref ref, uint8_t reg);
void select_scratch(struct select *s, uint8_t reg);
/* A value between instructions of one pattern. */
mach_value select_between(struct select *s);
void select_result_between(struct select *s, mach_value value);
void select_use_between(struct select *s, mach_value value);
/* The result takes the register of operand `tied`. */
void select_result_over(struct select *s, ir_ref ref, uint8_t reg,
			uint8_t tied);

/* What is read; `wide` not set: its low half alone. */
void select_use(struct select *s, ir_ref ref, bool wide);
void select_use_late(struct select *s, ir_ref ref, bool wide);
void select_use_in(struct select *s, ir_ref ref, uint8_t reg);
/* The same where a spill slot does. */
void select_use_right(struct select *s, ir_ref ref, bool wide);
void select_use_address(struct select *s, const struct select_address *mem);
/* Needed until results are there. */
void select_use_address_late(struct select *s,
			     const struct select_address *mem);

/* The machine's value of what the form computes; the same for a use of it. */
mach_value select_value(struct select *s, ir_ref ref);
mach_value select_need(struct select *s, ir_ref ref);

/* All of a block that is needed. */
void select_block(struct select *s, ir_block_id id);

/* Selects an instruction where s->at is; it is done then. */
void select_now(struct select *s, ir_ref ref);

/* ---- select_look.c: what is known of values ---- */

static inline const struct ir_insn *select_at(const struct select *s,
					      ir_ref ref)
{
	return ir_at(s->f, ref);
}

static inline bool select_is_number(const struct select *s, ir_ref ref)
{
	return ir_is(s->f, ref, IR_CONST);
}

/* At most so many low bits are not zero; found once (select_bits.c). */
void select_find_bits(struct select *s);

static inline uint32_t select_bits(const struct select *s, ir_ref ref)
{
	return s->bits[ref];
}

/* What has the same value, and the same low `size` bytes. */
ir_ref select_same(const struct select *s, ir_ref ref);
ir_ref select_low(const struct select *s, ir_ref ref, uint32_t size);

/* Does it fit as the number of an instruction of that width? */
bool select_number(const struct select *s, ir_ref ref, bool wide,
		   int64_t *number);

/* Is the value needed after s->at, too? (select_live.c) */
bool select_lives_on(struct select *s, ir_ref ref);
/* Notes that it is needed in s->block. */
void select_note_need(struct select *s, ir_ref ref);

/* Can the load be made part of what s->at is: `size` of its bytes? */
bool select_takes_load(const struct select *s, ir_ref ref, uint32_t size);

/* Could the instruction, which is before s->at, stand there instead? */
bool select_may_sink(const struct select *s, ir_ref ref);

/* ---- select_address.c ---- */

/* Where ref + disp is. */
struct select_address select_address(struct select *s, ir_ref ref,
				     int64_t disp);
struct select_address select_memory(struct select *s, ir_ref ref);

/*
 * A sum, difference or scaled value as an address to be loaded itself. False
 * when other instructions do as well.
 */
bool select_sum_address(struct select *s, ir_ref ref,
			struct select_address *mem);

/* ---- select_compare.c ---- */

struct select_compare {
	enum x86_cond cond;	/* that holds behind it */
	enum x86_insn insn;
	enum x86_shape shape;
	bool wide;
	bool again;		/* `left` is selected for its flags */
	uint8_t size;		/* 0, or of memory: 1, 2 */
	ir_ref left, right, load;
	int64_t number;
};

struct select_compare select_compare(struct select *s, enum ir_cond cond,
				     bool wide, ir_ref left, ir_ref right);
void select_put_compare(struct select *s, const struct select_compare *c);

/* ---- what patterns do ---- */

#define SELECT_PUT(name) \
	bool select_##name(struct select *s, const struct select_match *match)

/* select_alu.c */
SELECT_PUT(sum);
SELECT_PUT(two);
SELECT_PUT(with_number);
SELECT_PUT(with_memory);
SELECT_PUT(one);
SELECT_PUT(times);
SELECT_PUT(times_number);
SELECT_PUT(times_high);
SELECT_PUT(mask);
SELECT_PUT(and_not);
SELECT_PUT(lowest);
SELECT_PUT(shift);
SELECT_PUT(shift_by_cl);
SELECT_PUT(shift_free);
SELECT_PUT(rotate_free);
SELECT_PUT(divide);
SELECT_PUT(extend);
SELECT_PUT(swap);
SELECT_PUT(swap_loaded);
SELECT_PUT(choose_bit);
SELECT_PUT(choose_number);
SELECT_PUT(choose);

/* select_memory.c */
SELECT_PUT(load);
SELECT_PUT(change);
SELECT_PUT(store_swapped);
SELECT_PUT(store);
SELECT_PUT(atomic);
SELECT_PUT(cmpxchg);
SELECT_PUT(clear);

/* select_call.c */
SELECT_PUT(helper);
SELECT_PUT(ask);
SELECT_PUT(local);
SELECT_PUT(tail);
SELECT_PUT(packet);
SELECT_PUT(stop);
SELECT_PUT(depth);
SELECT_PUT(audit);
SELECT_PUT(limit);
SELECT_PUT(fault);
SELECT_PUT(branch);
SELECT_PUT(ret);

/* select_blocks.c */
SELECT_PUT(jump);

#endif
