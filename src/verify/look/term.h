/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of one path as terms of what is not known, and what the path's
 * branches say of them: enough to ask whether a number can leave its bounds.
 */
#ifndef SKEP_VERIFY_LOOK_TERM_H
#define SKEP_VERIFY_LOOK_TERM_H

#include "base/vec.h"
#include "verify/number/scalar.h"

enum term_kind {
	TERM_FREE,			/* anything that `known` allows */
	TERM_CONST,			/* known.bits.value */
	TERM_ALU,			/* a op b */
	TERM_EXTEND,			/* the low `bytes` of a */
};

struct term {
	uint8_t kind, op, bytes;
	bool wide, is_signed;
	bool needed;			/* by the last proof that was tried */
	bool pointer;			/* an address: from its start */
	uint32_t a, b;
	uint32_t set;			/* union-find: of those that hang on */
					/* each other */
	uint32_t node;			/* of the value graph, 0 none */
	struct scalar known;		/* holds besides */
};

/* A branch that the path took (or not): a op b jumps. */
struct relation {
	uint8_t op;
	bool wide, jumps;
	uint32_t a, b;
};

struct terms {
	VEC(struct term) list;		/* operands come first; [0] is none */
	VEC(struct relation) relations;
	bool failed;			/* memory is out */
};

int terms_init(struct terms *terms);
void terms_fini(struct terms *terms);

/* A copy of `term`, whose operands exist. Its index. */
uint32_t term_add(struct terms *terms, const struct term *term);
uint32_t term_const(struct terms *terms, uint64_t value);
uint32_t term_alu(struct terms *terms, uint8_t op, bool wide, uint32_t a,
		  uint32_t b);

void term_relate(struct terms *terms, const struct relation *relation);

/*
 * True when the term lies between `min` and `max`, as signed numbers, in
 * every case that all that is known allows. Terms that the proof used are
 * marked `needed`. *work is what it may cost at most, and what is left. False
 * with terms->failed when memory is out.
 */
bool term_prove(struct terms *terms, uint32_t term, int64_t min, int64_t max,
		uint64_t *work);

#endif
