/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Known bits; see tnum.h. The arithmetic is that of Vishwanathan et al.: a
 * tnum stands between its least word `value` and its greatest `value + mask`,
 * and a carry is known where both ends carry alike.
 */
#include "verify/number/tnum.h"

static struct tnum make(unsigned int w, uint64_t value, uint64_t mask)
{
	mask &= word_mask(w);
	return (struct tnum){ value & ~mask & word_mask(w), mask };
}

static uint64_t ones(struct tnum a)
{
	return a.value | a.mask;
}

/*
 * The carries into each bit grow with the operands. Where the least sum (all
 * unknown bits 0) and the greatest (all 1) have the same carry in, all sums
 * do; there the result is known if both operands are.
 */
struct tnum tnum_add(unsigned int w, struct tnum a, struct tnum b)
{
	uint64_t least = a.value + b.value;
	uint64_t most = least + a.mask + b.mask;

	return make(w, least, (least ^ most) | a.mask | b.mask);
}

/* As above with borrows: the extremes are a's least with b's most, and back. */
struct tnum tnum_sub(unsigned int w, struct tnum a, struct tnum b)
{
	uint64_t diff = a.value - b.value;
	uint64_t differ = (diff + a.mask) ^ (diff - b.mask);

	return make(w, diff, differ | a.mask | b.mask);
}

struct tnum tnum_neg(unsigned int w, struct tnum a)
{
	return tnum_sub(w, tnum_const(0), a);
}

/*
 * Long multiplication over the bits of `a` that may be 1: each known one adds
 * the shifted b, each unknown one adds it or does not, which is a join.
 */
static struct tnum mul_by_bits(unsigned int w, struct tnum a, struct tnum b)
{
	struct tnum sum = tnum_const(0);
	uint64_t left;

	for (left = ones(a); left; left &= left - 1) {
		unsigned int bit = __builtin_ctzll(left);
		struct tnum more = tnum_add(w, sum, tnum_lsh(w, b, bit));

		sum = a.value >> bit & 1 ? more : tnum_join(sum, more);
	}
	return sum;
}

/*
 * Both orders are sound, and neither is always the better one. The result is
 * not empty, as a product of two words is in both.
 */
struct tnum tnum_mul(unsigned int w, struct tnum a, struct tnum b)
{
	struct tnum out;

	if (a.mask == word_mask(w) && b.mask == word_mask(w))
		return a;
	if (tnum_is_const(a))
		return mul_by_bits(w, a, b);
	out = mul_by_bits(w, b, a);
	if (!tnum_is_const(b))
		tnum_intersect(out, mul_by_bits(w, a, b), &out);
	return out;
}

struct tnum tnum_and(struct tnum a, struct tnum b)
{
	uint64_t value = a.value & b.value;

	return (struct tnum){ value, ones(a) & ones(b) & ~value };
}

struct tnum tnum_or(struct tnum a, struct tnum b)
{
	uint64_t value = a.value | b.value;

	return (struct tnum){ value, (a.mask | b.mask) & ~value };
}

struct tnum tnum_xor(struct tnum a, struct tnum b)
{
	uint64_t mask = a.mask | b.mask;

	return (struct tnum){ (a.value ^ b.value) & ~mask, mask };
}

struct tnum tnum_lsh(unsigned int w, struct tnum a, unsigned int by)
{
	return make(w, a.value << by, a.mask << by);
}

struct tnum tnum_rsh(unsigned int w, struct tnum a, unsigned int by)
{
	return make(w, a.value >> by, a.mask >> by);
}

/* An unknown sign bit fills with unknown bits, a known one with itself. */
struct tnum tnum_arsh(unsigned int w, struct tnum a, unsigned int by)
{
	return make(w, word_signed(w, a.value) >> by,
		    word_signed(w, a.mask) >> by);
}

struct tnum tnum_sext(unsigned int w, struct tnum a, unsigned int from)
{
	return make(w, word_signed(from, a.value), word_signed(from, a.mask));
}

bool tnum_intersect(struct tnum a, struct tnum b, struct tnum *out)
{
	if ((a.value ^ b.value) & ~a.mask & ~b.mask)
		return false;
	*out = (struct tnum){ a.value | b.value, a.mask & b.mask };
	return true;
}

struct tnum tnum_join(struct tnum a, struct tnum b)
{
	uint64_t mask = a.mask | b.mask | (a.value ^ b.value);

	return (struct tnum){ a.value & ~mask, mask };
}

/* All bits from the first that differs between the ends take both values. */
struct tnum tnum_range(uint64_t min, uint64_t max)
{
	uint64_t differ = min ^ max;
	uint64_t mask = differ ? UINT64_MAX >> __builtin_clzll(differ) : 0;

	return (struct tnum){ min & ~mask, mask };
}

/*
 * At the highest bit where x differs from the known bits: if a has 1 there,
 * all words of `a` with x's bits above are greater, and the least of them has
 * no unknown bit below set. If a has 0 there, they are all less, and some
 * higher unknown bit must go from 0 to 1: the lowest such is the least step.
 */
uint64_t tnum_next(unsigned int w, struct tnum a, uint64_t x)
{
	uint64_t differ = (x ^ a.value) & ~a.mask & word_mask(w);
	uint64_t below, step;

	if (!differ)
		return x;
	below = UINT64_MAX >> __builtin_clzll(differ);
	if (!((a.value & below) > (below >> 1))) {
		step = a.mask & ~x & ~below;
		if (!step)
			return a.value;
		step &= -step;
		return (x & ~(step | (step - 1))) | step |
			(a.value & (step - 1));
	}
	return (x & ~below) | (a.value & below);
}

/* Complements of words go down where words go up. */
uint64_t tnum_prev(unsigned int w, struct tnum a, uint64_t x)
{
	struct tnum not = { ~ones(a) & word_mask(w), a.mask };

	return ~tnum_next(w, not, ~x & word_mask(w)) & word_mask(w);
}
