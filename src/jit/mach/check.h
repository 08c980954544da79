/* SPDX-License-Identifier: Apache-2.0 */
/* What both halves of the checker share. */
#ifndef SKEP_JIT_MACH_CHECK_H
#define SKEP_JIT_MACH_CHECK_H

#include "jit/mach/mach.h"

#define NOT_PAIRED	UINT32_MAX

struct need {
	uint32_t place;
	mach_value value;
};

struct needs {			/* at the start of a block */
	struct need *list;
	uint32_t cnt;
	bool known;		/* found out at least once */
	bool again;		/* a successor has more now */
};

struct param {			/* of a value: which it is, if it is one */
	bool there;
	uint32_t block, index;
};

struct mach_check {
	const struct mach_func *before, *after;
	struct strbuf *why;
	struct arena arena;
	uint32_t *pair;		/* of after's instructions: before's */
	uint32_t places;
	/* the needs of the point: a set by place */
	struct need *now;
	uint32_t now_cnt;
	uint32_t *index;	/* by place: in `now`, if that is its place */
	uint32_t *times;	/* by value: needs */
	struct needs *starts;
	struct param *params;	/* by value */
	uint32_t *preds;
	uint32_t *preds_first;	/* by block, and one behind the last */
	uint32_t block, insn;
};

/* False, with a line in check->why. */
bool mach_bad(struct mach_check *c, const char *fmt, ...) printf_like(2, 3);

/*
 * Has a block the instructions that it had, in places that will do, with
 * moves in between? Pairs them.
 */
bool mach_check_shape(struct mach_check *c, uint32_t id);

static inline uint32_t mach_place_index(const struct mach_place *place)
{
	return place->reg != MACH_NO_REG ? place->reg :
					   MACH_REGS + place->slot;
}

#endif
