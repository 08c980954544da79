/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparisons of abstract numbers. A jump that is taken, or not, is one of
 * eight relations between its operands, as they stand or swapped. Each
 * relation says whether any pair can have it, and narrows both sides to what
 * pairs that have it leave.
 */
#include "verify/number/scalar.h"

enum relation {
	REL_EQ, REL_NE, REL_LT, REL_LE, REL_SLT, REL_SLE, REL_SET, REL_CLEAR,
	REL_CNT
};

struct outcome {
	uint8_t relation;
	bool swapped;		/* b is the relation's left side */
};

#define ROW(op)	((op) >> 4)

/* [not taken, taken] */
static const struct outcome outcomes[][2] = {
	[ROW(BPF_JEQ)]	= { { REL_NE },		{ REL_EQ } },
	[ROW(BPF_JNE)]	= { { REL_EQ },		{ REL_NE } },
	[ROW(BPF_JSET)]	= { { REL_CLEAR },	{ REL_SET } },
	[ROW(BPF_JLT)]	= { { REL_LE, true },	{ REL_LT } },
	[ROW(BPF_JLE)]	= { { REL_LT, true },	{ REL_LE } },
	[ROW(BPF_JGT)]	= { { REL_LE },		{ REL_LT, true } },
	[ROW(BPF_JGE)]	= { { REL_LT },		{ REL_LE, true } },
	[ROW(BPF_JSLT)]	= { { REL_SLE, true },	{ REL_SLT } },
	[ROW(BPF_JSLE)]	= { { REL_SLT, true },	{ REL_SLE } },
	[ROW(BPF_JSGT)]	= { { REL_SLE },	{ REL_SLT, true } },
	[ROW(BPF_JSGE)]	= { { REL_SLT },	{ REL_SLE, true } },
};

/* ---- a word or its half ---- */

static unsigned int width(bool wide)
{
	return wide ? SCALAR_BITS : HALF_BITS;
}

static struct tnum bits(bool wide, const struct scalar *a)
{
	return tnum_low(a->bits, width(wide));
}

static struct arc *arc(bool wide, struct scalar *a)
{
	return wide ? &a->word : &a->half;
}

static uint64_t umin(bool wide, const struct scalar *a)
{
	return wide ? scalar_umin(a) : scalar_umin32(a);
}

static uint64_t umax(bool wide, const struct scalar *a)
{
	return wide ? scalar_umax(a) : scalar_umax32(a);
}

static int64_t smin(bool wide, const struct scalar *a)
{
	return wide ? scalar_smin(a) : scalar_smin32(a);
}

static int64_t smax(bool wide, const struct scalar *a)
{
	return wide ? scalar_smax(a) : scalar_smax32(a);
}

/* Only words (halves) of `known`, of which higher bits are not asked. */
static bool limit_bits(bool wide, struct scalar *a, struct tnum known)
{
	known.mask |= word_mask(SCALAR_BITS) & ~word_mask(width(wide));
	return tnum_intersect(a->bits, known, &a->bits);
}

/* Only min ... max, of either order. */
static bool limit(bool wide, struct scalar *a, uint64_t min, uint64_t max)
{
	return arc_intersect(width(wide), *arc(wide, a),
			     arc_range(width(wide), min, max), arc(wide, a));
}

/* ---- can any pair have the relation? ---- */

static bool same_const(bool wide, const struct scalar *a,
		       const struct scalar *b)
{
	struct tnum x = bits(wide, a), y = bits(wide, b);

	return tnum_is_const(x) && tnum_is_const(y) && x.value == y.value;
}

static bool meet(bool wide, const struct scalar *a, const struct scalar *b)
{
	struct scalar x = *a, y = *b;

	if (wide && scalar_is_const(b))
		return scalar_has(a, b->bits.value);
	return scalar_refine(BPF_JEQ, wide, true, &x, &y);
}

static bool can(uint8_t relation, bool wide, const struct scalar *a,
		const struct scalar *b)
{
	struct tnum x = bits(wide, a), y = bits(wide, b);

	switch (relation) {
	case REL_EQ:
		return meet(wide, a, b);
	case REL_NE:
		return !same_const(wide, a, b);
	case REL_LT:
		return umin(wide, a) < umax(wide, b);
	case REL_LE:
		return umin(wide, a) <= umax(wide, b);
	case REL_SLT:
		return smin(wide, a) < smax(wide, b);
	case REL_SLE:
		return smin(wide, a) <= smax(wide, b);
	case REL_SET:
		return (x.value | x.mask) & (y.value | y.mask);
	default:
		return !(x.value & y.value);
	}
}

int scalar_decides(uint8_t op, bool wide, const struct scalar *a,
		   const struct scalar *b)
{
	const struct outcome *row = outcomes[ROW(op)];
	unsigned int taken;

	for (taken = 0; taken < 2; taken++) {
		bool swapped = row[taken].swapped;

		if (!can(row[taken].relation, wide, swapped ? b : a,
			 swapped ? a : b))
			return !taken;
	}
	return -1;
}

/* ---- narrowing ---- */

static bool narrow_eq(bool wide, struct scalar *a, struct scalar *b)
{
	struct arc *x = arc(wide, a), *y = arc(wide, b);
	struct tnum known = bits(wide, a);

	if (!limit_bits(wide, a, bits(wide, b)) ||
	    !limit_bits(wide, b, known) ||
	    !arc_intersect(width(wide), *x, *y, x))
		return false;
	*y = *x;
	return true;
}

/*
 * A word is taken out of an arc where it is an end. Out of the full one, only
 * the ends of the two orders are: other holes say little, and would keep
 * states apart that are alike. It is not the only word: can() has said so.
 */
static void trim(bool wide, struct scalar *a, uint64_t x)
{
	unsigned int w = width(wide);
	uint64_t sign = word_sign(w);
	struct arc *arc_a = arc(wide, a);

	if (arc_is_full(w, *arc_a)) {
		if (x == 0 || x == word_mask(w) || x == sign || x == sign - 1)
			*arc_a = arc_make(w, x + 1, word_mask(w) - 1);
	} else if (x == arc_a->base) {
		*arc_a = arc_make(w, x + 1, arc_a->size - 1);
	} else if (x == arc_end(w, *arc_a)) {
		arc_a->size--;
	}
}

static bool narrow_ne(bool wide, struct scalar *a, struct scalar *b)
{
	struct tnum x = bits(wide, a), y = bits(wide, b);

	if (tnum_is_const(y))
		trim(wide, a, y.value);
	else if (tnum_is_const(x))
		trim(wide, b, x.value);
	return true;
}

/* a < b, or a <= b where `open` is 0; the orders' ends bound the rest. */
static bool narrow_order(bool wide, struct scalar *a, struct scalar *b,
			 unsigned int open)
{
	uint64_t least = umin(wide, a), most = umax(wide, b);

	return limit(wide, a, 0, most - open) &&
		limit(wide, b, least + open, word_mask(width(wide)));
}

static bool narrow_signed(bool wide, struct scalar *a, struct scalar *b,
			  unsigned int open)
{
	int64_t least = smin(wide, a), most = smax(wide, b);
	uint64_t sign = word_sign(width(wide));

	return limit(wide, a, sign, (uint64_t)most - open) &&
		limit(wide, b, (uint64_t)least + open, sign - 1);
}

/*
 * Some bit is set in both, one of those that may be: if there is but one, it
 * is set, and each side is at least the lowest.
 */
static bool narrow_set(bool wide, struct scalar *a, struct scalar *b)
{
	struct tnum x = bits(wide, a), y = bits(wide, b);
	uint64_t both = (x.value | x.mask) & (y.value | y.mask);
	uint64_t low = both & -both, all = word_mask(width(wide));
	struct tnum set = { low, all & ~low };

	if (both == low) {
		(void)limit_bits(wide, a, set);
		(void)limit_bits(wide, b, set);
	}
	return limit(wide, a, low, all) && limit(wide, b, low, all);
}

/* What is known set in one is clear in the other. */
static bool narrow_clear(bool wide, struct scalar *a, struct scalar *b)
{
	struct tnum x = bits(wide, a), y = bits(wide, b);
	uint64_t all = word_mask(width(wide));

	return limit_bits(wide, a, (struct tnum){ 0, all & ~y.value }) &&
		limit_bits(wide, b, (struct tnum){ 0, all & ~x.value });
}

static bool narrow(uint8_t relation, bool wide, struct scalar *a,
		   struct scalar *b)
{
	switch (relation) {
	case REL_EQ:
		return narrow_eq(wide, a, b);
	case REL_NE:
		return narrow_ne(wide, a, b);
	case REL_LT:
	case REL_LE:
		return narrow_order(wide, a, b, relation == REL_LT);
	case REL_SLT:
	case REL_SLE:
		return narrow_signed(wide, a, b, relation == REL_SLT);
	case REL_SET:
		return narrow_set(wide, a, b);
	default:
		return narrow_clear(wide, a, b);
	}
}

bool scalar_refine(uint8_t op, bool wide, bool taken, struct scalar *a,
		   struct scalar *b)
{
	struct outcome row = outcomes[ROW(op)][taken];
	struct scalar x = *a, y = *b;
	struct scalar *left = row.swapped ? &y : &x;
	struct scalar *right = row.swapped ? &x : &y;

	/* equality finds out while it narrows */
	if (row.relation != REL_EQ && !can(row.relation, wide, left, right))
		return false;
	if (!narrow(row.relation, wide, left, right) ||
	    (!scalar_equal(a, &x) && !scalar_sync(&x)) ||
	    (!scalar_equal(b, &y) && !scalar_sync(&y)))
		return false;
	*a = x;
	*b = y;
	return true;
}
