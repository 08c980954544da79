/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic on abstract numbers, one row per operation. A row's functions
 * work on one word of w bits, of which they are handed two views (bits and
 * arc); scalar_alu() uses them for the whole word, and for the low half where
 * that depends on the operands' low halves alone, and brings the results in
 * step. What the views bound separately is not repeated: known leading and
 * trailing bits of a result bound its arc, and the other way round.
 */
#include <linux/bpf.h>

#include "verify/number/scalar.h"

/* A word of w bits. */
struct view {
	struct tnum bits;
	struct arc arc;
};

struct effect {
	/* of one pair of words */
	uint64_t (*fold)(unsigned int w, uint64_t x, uint64_t y);
	struct tnum (*bits)(unsigned int w, const struct view *a,
			    const struct view *b);
	struct arc (*arc)(unsigned int w, const struct view *a,
			  const struct view *b);
	bool low;	/* the low half is the halves' result */
};

static uint64_t possible(const struct view *a)
{
	return a->bits.value | a->bits.mask;
}

static struct tnum bits_unknown(unsigned int w, const struct view *a,
				const struct view *b)
{
	return tnum_unknown(w);
}

/* ---- sums and products ---- */

static uint64_t fold_add(unsigned int w, uint64_t x, uint64_t y)
{
	return x + y;
}

static struct tnum bits_add(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return tnum_add(w, a->bits, b->bits);
}

static struct arc range_add(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return arc_add(w, a->arc, b->arc);
}

static uint64_t fold_sub(unsigned int w, uint64_t x, uint64_t y)
{
	return x - y;
}

static struct tnum bits_sub(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return tnum_sub(w, a->bits, b->bits);
}

static struct arc range_sub(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return arc_sub(w, a->arc, b->arc);
}

static uint64_t fold_neg(unsigned int w, uint64_t x, uint64_t y)
{
	return -x;
}

static struct tnum bits_neg(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return tnum_neg(w, a->bits);
}

static struct arc range_neg(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return arc_sub(w, arc_const(0), a->arc);
}

static uint64_t fold_mul(unsigned int w, uint64_t x, uint64_t y)
{
	return x * y;
}

static struct tnum bits_mul(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return tnum_mul(w, a->bits, b->bits);
}

static struct arc range_mul(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return arc_mul(w, a->arc, b->arc);
}

/* ---- division ---- */

static bool is_power(const struct view *a)
{
	return tnum_is_const(a->bits) && a->bits.value &&
		!(a->bits.value & (a->bits.value - 1));
}

static uint64_t fold_div(unsigned int w, uint64_t x, uint64_t y)
{
	return y ? x / y : 0;
}

static struct tnum bits_div(unsigned int w, const struct view *a,
			    const struct view *b)
{
	if (is_power(b))
		return tnum_rsh(w, a->bits, __builtin_ctzll(b->bits.value));
	return tnum_unknown(w);
}

static struct arc range_div(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return arc_udiv(w, a->arc, b->arc);
}

static uint64_t fold_sdiv(unsigned int w, uint64_t x, uint64_t y)
{
	int64_t a = word_signed(w, x), b = word_signed(w, y);

	if (b == -1)
		return -x;
	return b ? a / b : 0;
}

static struct arc range_sdiv(unsigned int w, const struct view *a,
			     const struct view *b)
{
	return arc_sdiv(w, a->arc, b->arc);
}

static uint64_t fold_mod(unsigned int w, uint64_t x, uint64_t y)
{
	return y ? x % y : x;
}

/* Bits below the divisor's lowest stay: x - q * y changes none of them. */
static struct tnum bits_kept(unsigned int w, const struct view *a,
			     const struct view *b)
{
	uint64_t low = possible(b) ? possible(b) & -possible(b) : 0;
	struct tnum out = a->bits;

	out.value &= low - 1;
	out.mask |= word_mask(w) & ~(low - 1);
	return out;
}

static struct tnum bits_mod(unsigned int w, const struct view *a,
			    const struct view *b)
{
	if (arc_umax(w, a->arc) < arc_umin(w, b->arc))
		return a->bits;
	return bits_kept(w, a, b);
}

static struct arc range_mod(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return arc_umod(w, a->arc, b->arc);
}

static uint64_t fold_smod(unsigned int w, uint64_t x, uint64_t y)
{
	int64_t a = word_signed(w, x), b = word_signed(w, y);

	if (b == -1)
		return 0;
	return b ? a % b : a;
}

static struct arc range_smod(unsigned int w, const struct view *a,
			     const struct view *b)
{
	return arc_smod(w, a->arc, b->arc);
}

/* ---- bitwise ---- */

static uint64_t fold_and(unsigned int w, uint64_t x, uint64_t y)
{
	return x & y;
}

static struct tnum bits_and(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return tnum_and(a->bits, b->bits);
}

/* By a mask of low bits: those, as an arc of their own. */
static struct arc mask_low(unsigned int w, struct arc a, uint64_t mask)
{
	unsigned int n = 64 - __builtin_clzll(mask);

	return arc_zext(w, arc_low(a, n), n);
}

/*
 * By a mask of high bits, in steps of ~mask + 1: rounding down keeps the order
 * of words around the circle, so ends stay ends, unless the arc meets itself.
 */
static struct arc mask_high(unsigned int w, struct arc a, uint64_t mask)
{
	uint64_t off = a.base & ~mask;

	if (a.size > word_mask(w) - off)
		return arc_full(w);
	return arc_make(w, a.base & mask, (off + a.size) & mask);
}

static struct arc range_mask(unsigned int w, struct arc a, uint64_t mask)
{
	uint64_t not = ~mask & word_mask(w);

	if (!(not & (not + 1)))
		return mask_high(w, a, mask);
	if (!(mask & (mask + 1)))
		return mask_low(w, a, mask);
	return arc_full(w);
}

/* At most the lesser operand. */
static struct arc range_and(unsigned int w, const struct view *a,
			    const struct view *b)
{
	uint64_t most = MIN(arc_umax(w, a->arc), arc_umax(w, b->arc));
	struct arc out = arc_range(w, 0, most);

	if (tnum_is_const(b->bits))
		arc_intersect(w, range_mask(w, a->arc, b->bits.value), out,
			      &out);
	return out;
}

/* x | y and x ^ y are at most x + y, which is the word when bits part. */
static struct arc below_sum(unsigned int w, const struct view *a,
			    const struct view *b, uint64_t least)
{
	uint64_t x = arc_umax(w, a->arc), y = arc_umax(w, b->arc);

	if (!(possible(a) & possible(b)))
		return arc_add(w, a->arc, b->arc);
	return arc_range(w, least, x > word_mask(w) - y ? word_mask(w) : x + y);
}

static uint64_t fold_or(unsigned int w, uint64_t x, uint64_t y)
{
	return x | y;
}

static struct tnum bits_or(unsigned int w, const struct view *a,
			   const struct view *b)
{
	return tnum_or(a->bits, b->bits);
}

/* At least the greater operand. */
static struct arc range_or(unsigned int w, const struct view *a,
			   const struct view *b)
{
	uint64_t x = arc_umin(w, a->arc), y = arc_umin(w, b->arc);

	return below_sum(w, a, b, MAX(x, y));
}

static uint64_t fold_xor(unsigned int w, uint64_t x, uint64_t y)
{
	return x ^ y;
}

static struct tnum bits_xor(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return tnum_xor(a->bits, b->bits);
}

/* Nothing is borrowed where all bits of the one are set in the other. */
static struct arc range_xor(unsigned int w, const struct view *a,
			    const struct view *b)
{
	if (!(possible(a) & ~b->bits.value))
		return arc_sub(w, b->arc, a->arc);
	if (!(possible(b) & ~a->bits.value))
		return arc_sub(w, a->arc, b->arc);
	return below_sum(w, a, b, 0);
}

/* ---- shifts ---- */

/*
 * Counts are taken modulo the width, a power of two: their low bits alone. A
 * count that is not known gives the join over all that may be, at most w.
 */
#define COUNT_BITS(w)	((unsigned int)__builtin_ctz(w))

static bool may_shift(unsigned int w, const struct view *by, unsigned int n)
{
	struct tnum bits = tnum_low(by->bits, COUNT_BITS(w));
	struct arc arc = arc_low(by->arc, COUNT_BITS(w));

	return tnum_has(bits, n) && arc_has(COUNT_BITS(w), arc, n);
}

static struct tnum shift_bits(unsigned int w, struct tnum a,
			      const struct view *by,
			      struct tnum (*shift)(unsigned int w,
						   struct tnum a,
						   unsigned int by))
{
	struct tnum out = a;
	bool any = false;
	unsigned int n;

	if (tnum_is_const(by->bits))
		return shift(w, a, by->bits.value & (w - 1));
	if (a.mask == word_mask(w) && may_shift(w, by, 0))
		return a;
	for (n = 0; n < w; n++) {
		if (!may_shift(w, by, n))
			continue;
		out = any ? tnum_join(out, shift(w, a, n)) : shift(w, a, n);
		any = true;
	}
	return out;
}

static struct arc shift_arc(unsigned int w, struct arc a,
			    const struct view *by,
			    struct arc (*shift)(unsigned int w, struct arc a,
						unsigned int by))
{
	struct arc out = a;
	bool any = false;
	unsigned int n;

	if (tnum_is_const(by->bits))
		return shift(w, a, by->bits.value & (w - 1));
	if (arc_is_full(w, a) && may_shift(w, by, 0))
		return a;
	for (n = 0; n < w; n++) {
		if (!may_shift(w, by, n))
			continue;
		out = any ? arc_join(w, out, shift(w, a, n)) : shift(w, a, n);
		any = true;
	}
	return out;
}

static uint64_t fold_lsh(unsigned int w, uint64_t x, uint64_t y)
{
	return x << (y & (w - 1));
}

static struct tnum bits_lsh(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return shift_bits(w, a->bits, b, tnum_lsh);
}

static struct arc range_lsh(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return shift_arc(w, a->arc, b, arc_lsh);
}

static uint64_t fold_rsh(unsigned int w, uint64_t x, uint64_t y)
{
	return x >> (y & (w - 1));
}

static struct tnum bits_rsh(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return shift_bits(w, a->bits, b, tnum_rsh);
}

static struct arc range_rsh(unsigned int w, const struct view *a,
			    const struct view *b)
{
	return shift_arc(w, a->arc, b, arc_rsh);
}

static uint64_t fold_arsh(unsigned int w, uint64_t x, uint64_t y)
{
	return word_signed(w, x) >> (y & (w - 1));
}

static struct tnum bits_arsh(unsigned int w, const struct view *a,
			     const struct view *b)
{
	return shift_bits(w, a->bits, b, tnum_arsh);
}

static struct arc range_arsh(unsigned int w, const struct view *a,
			     const struct view *b)
{
	return shift_arc(w, a->arc, b, arc_arsh);
}

/* ---- all of it ---- */

#define ROW(op)	((op) >> 4)

static const struct effect effects[] = {
	[ROW(BPF_ADD)]	= { fold_add, bits_add, range_add, true },
	[ROW(BPF_SUB)]	= { fold_sub, bits_sub, range_sub, true },
	[ROW(BPF_MUL)]	= { fold_mul, bits_mul, range_mul, true },
	[ROW(BPF_DIV)]	= { fold_div, bits_div, range_div, false },
	[ROW(BPF_OR)]	= { fold_or, bits_or, range_or, true },
	[ROW(BPF_AND)]	= { fold_and, bits_and, range_and, true },
	[ROW(BPF_LSH)]	= { fold_lsh, bits_lsh, range_lsh, false },
	[ROW(BPF_RSH)]	= { fold_rsh, bits_rsh, range_rsh, false },
	[ROW(BPF_NEG)]	= { fold_neg, bits_neg, range_neg, true },
	[ROW(BPF_MOD)]	= { fold_mod, bits_mod, range_mod, false },
	[ROW(BPF_XOR)]	= { fold_xor, bits_xor, range_xor, true },
	[ROW(BPF_ARSH)]	= { fold_arsh, bits_arsh, range_arsh, false },
};

static const struct effect signed_div = {
	fold_sdiv, bits_unknown, range_sdiv, false
};

static const struct effect signed_mod = {
	fold_smod, bits_kept, range_smod, false
};

static const struct effect *effect_of(uint8_t op, bool is_signed)
{
	if (is_signed && op == BPF_DIV)
		return &signed_div;
	if (is_signed && op == BPF_MOD)
		return &signed_mod;
	return &effects[ROW(op)];
}

static struct view word_view(const struct scalar *a)
{
	return (struct view){ a->bits, a->word };
}

static struct view half_view(const struct scalar *a)
{
	return (struct view){ tnum_low(a->bits, HALF_BITS), a->half };
}

/*
 * Adding a constant turns both arcs, and their ends stay words of all views;
 * only bits may learn from the arcs. A full arc of the word does not turn, so
 * that its ends have to be looked for, unless nothing is known at all.
 */
static struct scalar add_const(const struct scalar *a, uint64_t by)
{
	struct scalar s = *a;
	struct tnum low;

	s.bits = tnum_add(SCALAR_BITS, a->bits, tnum_const(by));
	s.word = arc_make(SCALAR_BITS, a->word.base + by, a->word.size);
	s.half = arc_make(HALF_BITS, a->half.base + by, a->half.size);
	low = arc_bits(HALF_BITS, s.half);
	low.mask |= word_mask(SCALAR_BITS) & ~word_mask(HALF_BITS);
	tnum_intersect(s.bits, low, &s.bits);
	tnum_intersect(s.bits, arc_bits(SCALAR_BITS, s.word), &s.bits);
	if (arc_is_full(SCALAR_BITS, s.word) && !arc_is_full(HALF_BITS, s.half))
		scalar_sync(&s);
	return s;
}

static struct scalar alu_word(const struct effect *effect,
			      const struct scalar *a, const struct scalar *b)
{
	struct view x = word_view(a), y = word_view(b);
	struct scalar s = {
		.bits = effect->bits(SCALAR_BITS, &x, &y),
		.word = effect->arc(SCALAR_BITS, &x, &y),
		.half = arc_full(HALF_BITS),
	};

	if (effect->low) {
		x = half_view(a);
		y = half_view(b);
		s.half = effect->arc(HALF_BITS, &x, &y);
	}
	return s;
}

static struct scalar alu_half(const struct effect *effect,
			      const struct scalar *a, const struct scalar *b)
{
	struct view x = half_view(a), y = half_view(b);
	struct scalar s = {
		.bits = effect->bits(HALF_BITS, &x, &y),
		.half = effect->arc(HALF_BITS, &x, &y),
	};

	s.word = arc_zext(SCALAR_BITS, s.half, HALF_BITS);
	return s;
}

struct scalar scalar_alu(uint8_t op, bool wide, bool is_signed,
			 const struct scalar *a, const struct scalar *b)
{
	const struct effect *effect = effect_of(op, is_signed);
	unsigned int w = wide ? SCALAR_BITS : HALF_BITS;
	uint64_t m = word_mask(w);
	struct scalar s;

	if (op == BPF_MOV)
		return wide ? *b : scalar_zext(b, HALF_BITS / SCALAR_BYTE);
	if (scalar_is_const(a) && scalar_is_const(b))
		return scalar_const(effect->fold(w, a->bits.value & m,
						 b->bits.value & m) & m);
	if (wide && scalar_is_const(b)) {
		if (op == BPF_ADD)
			return add_const(a, b->bits.value);
		if (op == BPF_SUB)
			return add_const(a, -b->bits.value);
	}
	s = wide ? alu_word(effect, a, b) : alu_half(effect, a, b);
	if (!scalar_sync(&s))
		s = scalar_unknown();
	return s;
}
