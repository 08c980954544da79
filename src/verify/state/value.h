/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The value graph: where each value of the walk comes from. A node is made
 * for every value that an instruction of the path writes to a register or a
 * stack slot, and names the values that it was made of; nodes are never
 * changed but for their marks. It serves two ends:
 *
 *  - Precision and liveness. A use that depends on a number (an address, a
 *    size, a branch that is decided) marks its value PRECISE, a read of a
 *    stack slot marks it READ; a mark goes on to all that the value was made
 *    of. When the walk keeps a state for pruning, each of its values gets a
 *    CHECKPOINT node of its own, so that a kept state sees exactly the marks
 *    of uses after it.
 *  - Explanations. Read backwards from a failing value, the nodes are the
 *    instructions that made it.
 *
 * When a path is cut because a kept state covers it, value_follow() ties the
 * cut state's values to the kept one's: marks that the kept one gets, now or
 * later, are the cut one's too. That alone makes loops converge soundly.
 */
#ifndef SKEP_VERIFY_STATE_VALUE_H
#define SKEP_VERIFY_STATE_VALUE_H

#include "base/compiler.h"

enum value_kind {
	VALUE_NONE,		/* node 0: nothing is known, no parents */
	VALUE_ENTRY,		/* an argument of the program or subprogram */
	VALUE_CONST,		/* an immediate, an address */
	VALUE_COPY,		/* mov, spill, fill of `a` */
	VALUE_ALU,		/* of `a` and `b` */
	VALUE_LOAD,		/* from memory; `a` is the address */
	VALUE_REFINED,		/* `a` after a comparison with `b` */
	VALUE_CALL,		/* a helper's or kfunc's result or output */
	VALUE_STORED,		/* bytes of a stack slot, of `a`, over `b` */
	VALUE_WIDENED,		/* unknown from here on, was `a` */
	VALUE_CHECKPOINT,	/* `a`, as a kept state has it */
	VALUE_KIND_CNT
};

enum value_marks {
	VALUE_PRECISE	= 1 << 0,
	VALUE_READ	= 1 << 1,
};

struct value {
	uint32_t insn;		/* that made it */
	uint32_t a, b;		/* nodes; CHECKPOINT: b = its followers */
	uint8_t kind, marks;
};

struct value_follower {
	uint32_t value, next;
};

struct values {
	struct value *nodes;	/* [0] is VALUE_NONE */
	uint32_t cnt, cap;
	struct value_follower *followers;	/* [0] ends a list */
	uint32_t followers_cnt, followers_cap;
	uint32_t *todo;		/* the mark's worklist */
	uint32_t todo_cnt, todo_cap;
	bool failed;		/* memory was out; the walk must end */
};

int values_init(struct values *values);
void values_fini(struct values *values);

/* A new node; 0 with `failed` set when memory is out. */
uint32_t value_new(struct values *values, enum value_kind kind,
		   uint32_t insn, uint32_t a, uint32_t b);

/* Sets marks (enum value_marks) on a node and on all it was made of. */
void value_mark(struct values *values, uint32_t node, uint8_t marks);

/* `cut` gets every mark that `kept`, a CHECKPOINT node, has or will have. */
void value_follow(struct values *values, uint32_t kept, uint32_t cut);

static inline uint8_t value_marks(const struct values *values, uint32_t node)
{
	return values->nodes[node].marks;
}

#endif
