/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the optimiser knows of the frames of a function: which bytes are only
 * reached at offsets that are known, and how they are cut into variables.
 */
#ifndef SKEP_JIT_OPT_STACK_H
#define SKEP_JIT_OPT_STACK_H

#include "jit/ir/vars.h"
#include "jit/opt/opt.h"

#define STACK_BYTES	512		/* of a frame */
#define STACK_FRAMES	8
#define STACK_NONE	UINT16_MAX	/* a byte that is in no variable */

/* Where a value points, if into a frame. */
enum stack_where {
	STACK_UNSEEN,		/* not looked at yet */
	STACK_ELSEWHERE,	/* it is no address of a frame */
	STACK_AT,		/* `off` from the end of `frame` */
	STACK_SOMEWHERE,	/* in `frame` */
	STACK_LOST,		/* perhaps in a frame that is lost */
};

struct stack_address {
	uint16_t where;		/* enum stack_where */
	uint16_t frame;
	int32_t off;
};

/* A piece of a frame: bytes counted from its lowest, which is r10 - 512. */
struct stack_range {
	uint32_t frame;
	uint32_t from, to;
	bool reads, writes;
};

/* At most 8 bytes, all in one aligned word, never touched in parts. */
struct stack_var {
	uint8_t frame;
	uint16_t from, size;
};

struct stack {
	struct ir_func *f;
	const struct verify_facts *facts;
	struct stack_address *at;	/* of each value */
	uint64_t pinned[STACK_FRAMES][STACK_BYTES / 64]; /* in memory */
	uint64_t cuts[STACK_FRAMES][STACK_BYTES / 64];	/* a piece begins */
	uint64_t used[STACK_FRAMES][STACK_BYTES / 64];	/* in some piece */
	uint16_t var_of[STACK_FRAMES][STACK_BYTES];
	VEC(struct stack_var) vars;
};

/*
 * Fills in the addresses, what is pinned, and the variables. 0 or -ENOMEM;
 * `at` and `vars` are the caller's to free.
 */
int stack_find(struct stack *st, struct ir_func *f,
	       const struct verify_facts *facts);

/*
 * What instruction `ref` does to a frame by its operand `arg`: true and the
 * range, when that is a known one.
 */
bool stack_range(const struct stack *st, ir_ref ref, uint32_t arg,
		 struct stack_range *range);

static inline bool stack_has(const uint64_t bits[STACK_BYTES / 64],
			     uint32_t byte)
{
	return bits[byte / 64] >> byte % 64 & 1;
}

static inline void stack_set(uint64_t bits[STACK_BYTES / 64], uint32_t byte)
{
	bits[byte / 64] |= 1ull << byte % 64;
}

#endif
