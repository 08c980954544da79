/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Known bits: a set of words written as {value, mask}. A bit of mask is
 * unknown; where it is clear, the bit of value holds. value & mask == 0.
 * Every function takes the width `w` of the word in bits (1 to 64), works
 * modulo 2^w, and expects and gives words without bits above it; the verifier
 * uses 64 and 32, the tests 4 to 8.
 *
 * Each function is sound: the result holds op(x, y) for every x of `a` and
 * y of `b`. Reference: Vishwanathan et al., "Sound, Precise, and Fast
 * Abstract Interpretation with Tristate Numbers", CGO 2022.
 */
#ifndef SKEP_VERIFY_NUMBER_TNUM_H
#define SKEP_VERIFY_NUMBER_TNUM_H

#include "base/compiler.h"

struct tnum {
	uint64_t value, mask;
};

static inline uint64_t word_mask(unsigned int w)
{
	return w < 64 ? (1ull << w) - 1 : UINT64_MAX;
}

/* The word `x` of `w` bits as a signed number. */
static inline int64_t word_signed(unsigned int w, uint64_t x)
{
	return (int64_t)(x << (64 - w)) >> (64 - w);
}

/* The word with the sign bit alone: the least signed number. */
static inline uint64_t word_sign(unsigned int w)
{
	return 1ull << (w - 1);
}

static inline struct tnum tnum_const(uint64_t value)
{
	return (struct tnum){ value, 0 };
}

static inline struct tnum tnum_unknown(unsigned int w)
{
	return (struct tnum){ 0, word_mask(w) };
}

static inline bool tnum_is_const(struct tnum a)
{
	return !a.mask;
}

static inline bool tnum_has(struct tnum a, uint64_t x)
{
	return (x & ~a.mask) == a.value;
}

/* Every word of `b` is one of `a`. */
static inline bool tnum_holds(struct tnum a, struct tnum b)
{
	return !(b.mask & ~a.mask) && tnum_has(a, b.value & ~a.mask);
}

struct tnum tnum_add(unsigned int w, struct tnum a, struct tnum b);
struct tnum tnum_sub(unsigned int w, struct tnum a, struct tnum b);
struct tnum tnum_neg(unsigned int w, struct tnum a);
struct tnum tnum_mul(unsigned int w, struct tnum a, struct tnum b);
struct tnum tnum_and(struct tnum a, struct tnum b);
struct tnum tnum_or(struct tnum a, struct tnum b);
struct tnum tnum_xor(struct tnum a, struct tnum b);
struct tnum tnum_lsh(unsigned int w, struct tnum a, unsigned int by);
struct tnum tnum_rsh(unsigned int w, struct tnum a, unsigned int by);
struct tnum tnum_arsh(unsigned int w, struct tnum a, unsigned int by);
struct tnum tnum_sext(unsigned int w, struct tnum a, unsigned int from);

/* The low `to` bits alone. */
static inline struct tnum tnum_low(struct tnum a, unsigned int to)
{
	return (struct tnum){ a.value & word_mask(to), a.mask & word_mask(to) };
}

/*
 * The first word of `a` at or after x, going up and around; and the first at
 * or before x, going down and around.
 */
uint64_t tnum_next(unsigned int w, struct tnum a, uint64_t x);
uint64_t tnum_prev(unsigned int w, struct tnum a, uint64_t x);

/* The words of both; false and *out unchanged when there is none. */
bool tnum_intersect(struct tnum a, struct tnum b, struct tnum *out);

/* The least tnum that holds both; the least for min <= x <= max. */
struct tnum tnum_join(struct tnum a, struct tnum b);
struct tnum tnum_range(uint64_t min, uint64_t max);

#endif
