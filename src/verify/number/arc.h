/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arcs: wrapped intervals. {base, size} is the words base, base + 1, ... base
 * + size modulo 2^w, size + 1 of them; so one arc says what an unsigned and a
 * signed interval would. base is 0 when all words are in it. An arc is never
 * empty: what may become empty returns false instead.
 *
 * Widths and soundness as in tnum.h. Reference: Navas et al., "Signedness-
 * Agnostic Program Analysis: Precise Integer Bounds for Low-Level Code".
 */
#ifndef SKEP_VERIFY_NUMBER_ARC_H
#define SKEP_VERIFY_NUMBER_ARC_H

#include "verify/number/tnum.h"

struct arc {
	uint64_t base, size;
};

static inline struct arc arc_const(uint64_t value)
{
	return (struct arc){ value, 0 };
}

static inline struct arc arc_full(unsigned int w)
{
	return (struct arc){ 0, word_mask(w) };
}

static inline bool arc_is_full(unsigned int w, struct arc a)
{
	return a.size == word_mask(w);
}

static inline bool arc_has(unsigned int w, struct arc a, uint64_t x)
{
	return ((x - a.base) & word_mask(w)) <= a.size;
}

/* size + 1 words from `base` on, any of either given. */
static inline struct arc arc_make(unsigned int w, uint64_t base, uint64_t size)
{
	return size < word_mask(w) ?
		(struct arc){ base & word_mask(w), size } : arc_full(w);
}

/* The last word. */
static inline uint64_t arc_end(unsigned int w, struct arc a)
{
	return (a.base + a.size) & word_mask(w);
}

/* Of min <= x <= max, unsigned or signed (both given as words). */
struct arc arc_range(unsigned int w, uint64_t min, uint64_t max);

/* The least and greatest word, unsigned, and signed (sign-extended). */
uint64_t arc_umin(unsigned int w, struct arc a);
uint64_t arc_umax(unsigned int w, struct arc a);
int64_t arc_smin(unsigned int w, struct arc a);
int64_t arc_smax(unsigned int w, struct arc a);

/* Every word of `b` is one of `a`. */
bool arc_holds(unsigned int w, struct arc a, struct arc b);

/*
 * The words of both; where that is two pieces, a least arc around them. False
 * and *out unchanged when there is none.
 */
bool arc_intersect(unsigned int w, struct arc a, struct arc b,
		   struct arc *out);
struct arc arc_join(unsigned int w, struct arc a, struct arc b);

struct arc arc_add(unsigned int w, struct arc a, struct arc b);
struct arc arc_sub(unsigned int w, struct arc a, struct arc b);
struct arc arc_mul(unsigned int w, struct arc a, struct arc b);

/* By a constant count below w. */
struct arc arc_lsh(unsigned int w, struct arc a, unsigned int by);
struct arc arc_rsh(unsigned int w, struct arc a, unsigned int by);
struct arc arc_arsh(unsigned int w, struct arc a, unsigned int by);

/* Of unsigned or signed words; x / 0 = 0, x % 0 = x, see scalar.h. */
struct arc arc_udiv(unsigned int w, struct arc a, struct arc b);
struct arc arc_sdiv(unsigned int w, struct arc a, struct arc b);
struct arc arc_umod(unsigned int w, struct arc a, struct arc b);
struct arc arc_smod(unsigned int w, struct arc a, struct arc b);

/*
 * The low `to` bits, as an arc of that width; and an arc of `from` bits,
 * zero- or sign-extended to w.
 */
struct arc arc_low(struct arc a, unsigned int to);
struct arc arc_zext(unsigned int w, struct arc a, unsigned int from);
struct arc arc_sext(unsigned int w, struct arc a, unsigned int from);

/*
 * Moves both ends inwards to the first word that `bits` has too. False and
 * *a unchanged when there is none.
 */
bool arc_tighten(unsigned int w, struct arc *a, struct tnum bits);

/* The known bits of all words of an arc. */
struct tnum arc_bits(unsigned int w, struct arc a);

#endif
