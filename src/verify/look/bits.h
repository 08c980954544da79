/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic of BPF on words of literals: each bit of a result is a literal
 * that the solver's clauses tie to those of the operands. What is known is
 * folded, so that constants cost nothing.
 */
#ifndef SKEP_VERIFY_LOOK_BITS_H
#define SKEP_VERIFY_LOOK_BITS_H

#include "verify/look/sat.h"

#define BITS	64

struct bits {
	uint32_t lit[BITS];		/* the lowest bit first */
};

struct bits bits_const(uint64_t value);

/* Those of `mask` are free, the others those of `value`. */
struct bits bits_free(struct sat *sat, uint64_t value, uint64_t mask);

/*
 * As scalar_alu() does it. False, and nothing said, where that would take too
 * many clauses: quotients, products and remainders of two unknowns.
 */
bool bits_alu(struct sat *sat, uint8_t op, bool wide, const struct bits *a,
	      const struct bits *b, struct bits *out);

/* The low `bytes` bytes, zero- or sign-extended. */
struct bits bits_extend(const struct bits *a, unsigned int bytes,
			bool is_signed);

/* A literal: does a jump (BPF_JEQ ... BPF_JSET) of these jump? */
uint32_t bits_jump(struct sat *sat, uint8_t op, bool wide,
		   const struct bits *a, const struct bits *b);

/* A literal: a - base <= size, as unsigned words. */
uint32_t bits_within(struct sat *sat, const struct bits *a, uint64_t base,
		     uint64_t size);

#endif
