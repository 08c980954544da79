/* SPDX-License-Identifier: Apache-2.0 */
/* The notes under way: facts.c writes them, facts_leak.c follows leaks. */
#ifndef SKEP_VERIFY_FACTS_FACTS_NOTES_H
#define SKEP_VERIFY_FACTS_FACTS_NOTES_H

#include "verify/facts/facts.h"

#define FACTS_SLOTS	64		/* of a frame, as bits of a word */

enum facts_shape {
	SHAPE_DST	= 1 << 0,	/* reads its dst register */
	SHAPE_SRC	= 1 << 1,
	SHAPE_CALL	= 1 << 2,	/* reads arguments */
	SHAPE_BRANCH	= 1 << 3,	/* narrows what it compares */
};

/*
 * What a frame at an instruction has that was not noted, as bits: registers
 * and stack slots. Of a comparison's links (what it has narrowed along with
 * its operands on some path), LEAK_CALLERS tells that frames of callers have
 * some, too.
 */
#define LEAK_CALLERS	((uint16_t)(1u << 15))

struct leak {
	uint16_t regs;
	uint64_t slots;
};

struct facts {
	struct verify_fact *insns;
	struct verify_operand (*args)[5];
	uint32_t args_cnt;
	uint8_t *shapes;		/* enum facts_shape of each slot */
	uint8_t *ops;			/* enum op of each slot */
	uint32_t calls;			/* slots with SHAPE_CALL */
	bool borrows;			/* shapes and ops */
	struct leak *leaks, *links;	/* of each slot */
	bool leaked;			/* some leak was told of */
};

/* facts_leak.c */
int facts_follow_leaks(struct verify_env *env);

#endif
