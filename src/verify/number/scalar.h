/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The abstract number: what is known of a 64-bit register. Three views of one
 * set, kept in step by every function here: known bits, an arc of the whole
 * word, an arc of its low half. A scalar is never empty.
 *
 * Effects are pure functions from scalars to scalars; each is sound (the
 * result holds every concrete result), which tests/exhaustive shows for all
 * operand pairs at small widths: scalar.c is compiled for other widths there,
 * with SCALAR_BITS set to 4 ... 8 and the half at SCALAR_BITS / 2.
 */
#ifndef SKEP_VERIFY_NUMBER_SCALAR_H
#define SKEP_VERIFY_NUMBER_SCALAR_H

#include <linux/bpf.h>

#include "verify/number/arc.h"

#ifndef SCALAR_BITS
#define SCALAR_BITS	64
#endif
#define HALF_BITS	(SCALAR_BITS / 2)
#define SCALAR_BYTE	((SCALAR_BITS + 7) / 8)	/* bits; narrow words have */
						/* narrow bytes */

struct scalar {
	struct tnum bits;
	struct arc word, half;
};

struct scalar scalar_const(uint64_t value);
struct scalar scalar_unknown(void);
struct scalar scalar_urange(uint64_t min, uint64_t max);
struct scalar scalar_srange(int64_t min, int64_t max);

static inline bool scalar_is_const(const struct scalar *a)
{
	return !a->bits.mask;
}

static inline bool scalar_is(const struct scalar *a, uint64_t value)
{
	return !a->bits.mask && a->bits.value == value;
}

uint64_t scalar_umin(const struct scalar *a);
uint64_t scalar_umax(const struct scalar *a);
int64_t scalar_smin(const struct scalar *a);
int64_t scalar_smax(const struct scalar *a);
uint32_t scalar_umin32(const struct scalar *a);
uint32_t scalar_umax32(const struct scalar *a);
int32_t scalar_smin32(const struct scalar *a);
int32_t scalar_smax32(const struct scalar *a);

bool scalar_has(const struct scalar *a, uint64_t x);
bool scalar_equal(const struct scalar *a, const struct scalar *b);

/*
 * Brings the three views in step: each loses what another rules out. For
 * those who write views themselves; all functions here give scalars that are
 * in step. False and *a unchanged when nothing is left.
 */
bool scalar_sync(struct scalar *a);

/* Every number of `inner` is one of `outer`. */
bool scalar_holds(const struct scalar *outer, const struct scalar *inner);

/* What both sides allow; false and *out unchanged when nothing is. */
bool scalar_intersect(const struct scalar *a, const struct scalar *b,
		      struct scalar *out);
struct scalar scalar_join(const struct scalar *a, const struct scalar *b);

/* The low `bytes` bytes, zero- or sign-extended. */
struct scalar scalar_zext(const struct scalar *a, unsigned int bytes);
struct scalar scalar_sext(const struct scalar *a, unsigned int bytes);

/* Bytes [off, off + bytes) of the little-endian word, zero-extended. */
struct scalar scalar_part(const struct scalar *a, unsigned int off,
			  unsigned int bytes);

/*
 * `op` is BPF_ADD ... BPF_ARSH, BPF_MOV, BPF_NEG (b unused); `is_signed` the
 * signed forms of BPF_DIV and BPF_MOD; `wide` 64-bit arithmetic, else 32-bit
 * with the result zero-extended. Division and shifts as RFC 9669 has them:
 * x / 0 = 0, x % 0 = x, INT_MIN / -1 = INT_MIN, counts are taken modulo the
 * width.
 */
struct scalar scalar_alu(uint8_t op, bool wide, bool is_signed,
			 const struct scalar *a, const struct scalar *b);

/* Byte swap of the low `bits` (16, 32, 64), zero-extended. */
struct scalar scalar_bswap(const struct scalar *a, unsigned int bits);

/*
 * What a conditional jump (`op` BPF_JEQ ... BPF_JSLE, BPF_JSET) does for
 * every pair of numbers: 1 jumps, 0 does not, -1 depends.
 */
int scalar_decides(uint8_t op, bool wide, const struct scalar *a,
		   const struct scalar *b);

/*
 * Narrows both operands to what the jump's outcome leaves of them. False when
 * no pair has that outcome; *a and *b are then unchanged.
 */
bool scalar_refine(uint8_t op, bool wide, bool taken, struct scalar *a,
		   struct scalar *b);

/*
 * An upper bound for loops that do not settle: holds both; sides that grew
 * go to the ends of their view, so that chains of widenings are short.
 */
struct scalar scalar_widen(const struct scalar *old,
			   const struct scalar *now);

#endif
