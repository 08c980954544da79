/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wrapped intervals; see arc.h. An arc of w bits can be read as an interval of
 * integers in more than one way (base ... base + size, or 2^w less): any
 * reading whose result is an interval of fewer than 2^w integers gives an arc
 * again, which is how products and quotients are bounded.
 */
#include "verify/number/arc.h"

struct arc arc_range(unsigned int w, uint64_t min, uint64_t max)
{
	return arc_make(w, min, (max - min) & word_mask(w));
}

/*
 * An arc without the word `least` of an order never steps down in that order,
 * so that its ends are its least and greatest words there.
 */
uint64_t arc_umin(unsigned int w, struct arc a)
{
	return arc_has(w, a, 0) ? 0 : a.base;
}

uint64_t arc_umax(unsigned int w, struct arc a)
{
	return arc_has(w, a, word_mask(w)) ? word_mask(w) : arc_end(w, a);
}

int64_t arc_smin(unsigned int w, struct arc a)
{
	uint64_t least = word_sign(w);

	return word_signed(w, arc_has(w, a, least) ? least : a.base);
}

int64_t arc_smax(unsigned int w, struct arc a)
{
	uint64_t most = word_sign(w) - 1;

	return word_signed(w, arc_has(w, a, most) ? most : arc_end(w, a));
}

bool arc_holds(unsigned int w, struct arc a, struct arc b)
{
	uint64_t from = (b.base - a.base) & word_mask(w);

	return arc_is_full(w, a) ||
		(from <= a.size && b.size <= a.size - from);
}

/*
 * Seen from a.base, b begins at `from`. When b goes on past a.base again, its
 * tail is a second piece; then a and b together go all the way round, and the
 * only arcs around both pieces are a and b.
 */
bool arc_intersect(unsigned int w, struct arc a, struct arc b, struct arc *out)
{
	uint64_t from = (b.base - a.base) & word_mask(w);
	uint64_t to_start = word_mask(w) - from;	/* of words of b */
	bool head = from <= a.size, tail = b.size > to_start;

	if (head && tail) {
		*out = b.size < a.size ? b : a;
	} else if (head) {
		*out = arc_make(w, b.base, MIN(b.size, a.size - from));
	} else if (tail) {
		*out = arc_make(w, a.base,
				MIN(b.size - to_start - 1, a.size));
	} else {
		return false;
	}
	return true;
}

/* From a's begin to b's end, if that covers both. */
static bool cover(unsigned int w, struct arc a, struct arc b, struct arc *out)
{
	*out = arc_range(w, a.base, arc_end(w, b));
	return arc_holds(w, *out, a) && arc_holds(w, *out, b);
}

struct arc arc_join(unsigned int w, struct arc a, struct arc b)
{
	struct arc up, down;
	bool is_up, is_down;

	if (arc_holds(w, a, b))
		return a;
	if (arc_holds(w, b, a))
		return b;
	is_up = cover(w, a, b, &up);
	is_down = cover(w, b, a, &down);
	if (is_up && is_down) {
		/* of two alike, the one that does not wrap */
		if (up.size == down.size)
			return up.base < down.base ? up : down;
		return up.size < down.size ? up : down;
	}
	if (is_up || is_down)
		return is_up ? up : down;
	return arc_full(w);
}

struct arc arc_add(unsigned int w, struct arc a, struct arc b)
{
	if (a.size > word_mask(w) - b.size)
		return arc_full(w);
	return arc_make(w, a.base + b.base, a.size + b.size);
}

struct arc arc_sub(unsigned int w, struct arc a, struct arc b)
{
	if (a.size > word_mask(w) - b.size)
		return arc_full(w);
	return arc_make(w, a.base - b.base - b.size, a.size + b.size);
}

/* An interval of integers, of which an arc is the words modulo 2^w. */
struct span {
	__int128 lo, hi;
};

static struct arc span_arc(unsigned int w, struct span s)
{
	if (s.hi - s.lo >= word_mask(w))
		return arc_full(w);
	return arc_make(w, (uint64_t)s.lo, (uint64_t)(s.hi - s.lo));
}

static void span_put(struct span *s, __int128 x)
{
	s->lo = MIN(s->lo, x);
	s->hi = MAX(s->hi, x);
}

/* Bits that the greater end needs. */
static unsigned int span_bits(struct span s)
{
	__int128 most = MAX(s.hi, -s.lo);

	return most >> 64 ? 65 : most ? 64 - __builtin_clzll(most) : 0;
}

/* The extremes of a product of two intervals are at their ends. */
static struct arc span_mul(unsigned int w, struct span a, struct span b)
{
	struct span s;

	if (span_bits(a) + span_bits(b) > 126)
		return arc_full(w);
	s.lo = s.hi = a.lo * b.lo;
	span_put(&s, a.lo * b.hi);
	span_put(&s, a.hi * b.lo);
	span_put(&s, a.hi * b.hi);
	return span_arc(w, s);
}

/* The one or two readings of an arc near 0; how many. */
static unsigned int spans(unsigned int w, struct arc a, struct span out[2])
{
	__int128 lo = a.base, hi = lo + a.size, turn = (__int128)1 << w;
	unsigned int n = 0;

	if (hi < turn)
		out[n++] = (struct span){ lo, hi };
	if (hi >= turn || a.base >= word_sign(w))
		out[n++] = (struct span){ lo - turn, hi - turn };
	return n;
}

struct arc arc_mul(unsigned int w, struct arc a, struct arc b)
{
	struct span as[2], bs[2];
	unsigned int an = spans(w, a, as), bn = spans(w, b, bs), i, j;
	struct arc out = arc_full(w), arc;

	for (i = 0; i < an; i++) {
		for (j = 0; j < bn; j++) {
			arc = span_mul(w, as[i], bs[j]);
			if (arc.size < out.size)
				out = arc;
		}
	}
	return out;
}

/* Modulo 2^w, shifting left stretches the arc, whatever falls off. */
struct arc arc_lsh(unsigned int w, struct arc a, unsigned int by)
{
	if (a.size > word_mask(w) >> by)
		return arc_full(w);
	return arc_make(w, a.base << by, a.size << by);
}

struct arc arc_rsh(unsigned int w, struct arc a, unsigned int by)
{
	if (!by)
		return a;
	return arc_range(w, arc_umin(w, a) >> by, arc_umax(w, a) >> by);
}

struct arc arc_arsh(unsigned int w, struct arc a, unsigned int by)
{
	if (!by)
		return a;
	return arc_range(w, arc_smin(w, a) >> by, arc_smax(w, a) >> by);
}

/* Quotients grow with the dividend and fall with the divisor; x / 0 is 0. */
struct arc arc_udiv(unsigned int w, struct arc a, struct arc b)
{
	uint64_t most = arc_umax(w, b), least = arc_umin(w, b);
	uint64_t hi;

	if (!most)
		return arc_const(0);
	hi = arc_umax(w, a) / MAX(least, 1);
	return arc_range(w, least ? arc_umin(w, a) / most : 0, hi);
}

/* As an integer: of SMIN / -1 it is 2^(w - 1), the same word as SMIN. */
static __int128 quotient(int64_t x, int64_t y)
{
	return y == -1 ? -(__int128)x : x / y;
}

/* For divisors lo ... hi of one sign, extremes are at the ends, as above. */
static void span_div(struct span *s, const int64_t *a, int64_t lo, int64_t hi)
{
	unsigned int i;

	if (lo > hi)
		return;
	for (i = 0; i < 2; i++) {
		span_put(s, quotient(a[i], lo));
		span_put(s, quotient(a[i], hi));
	}
}

struct arc arc_sdiv(unsigned int w, struct arc a, struct arc b)
{
	int64_t lo = arc_smin(w, b), hi = arc_smax(w, b);
	int64_t ends[] = { arc_smin(w, a), arc_smax(w, a) };
	struct span s;

	if (!lo && !hi)
		return arc_const(0);
	s.lo = s.hi = lo && hi ? quotient(ends[0], lo) : 0;
	if (arc_has(w, b, 0))
		span_put(&s, 0);
	span_div(&s, ends, lo, MIN(hi, -1));
	span_div(&s, ends, MAX(lo, 1), hi);
	return span_arc(w, s);
}

/*
 * The remainder is less than the divisor and at most the dividend. Where one
 * quotient q holds for all of them it is x - q * y; q == 0 leaves x. Zero
 * divisors leave x, too.
 */
struct arc arc_umod(unsigned int w, struct arc a, struct arc b)
{
	uint64_t least = arc_umin(w, b), most = arc_umax(w, b);
	uint64_t lo = arc_umin(w, a), hi = arc_umax(w, a);
	struct arc out;

	if (!most || hi < least)
		return a;
	if (least == most && lo / most == hi / most)
		return arc_range(w, lo % most, hi % most);
	out = arc_range(w, 0, MIN(hi, most - 1));
	return least ? out : arc_join(w, out, a);
}

static uint64_t magnitude(int64_t x)
{
	return x < 0 ? -(uint64_t)x : (uint64_t)x;
}

/* The same for magnitudes; the sign is the dividend's. */
struct arc arc_smod(unsigned int w, struct arc a, struct arc b)
{
	int64_t least = arc_smin(w, b), most = arc_smax(w, b);
	int64_t lo = arc_smin(w, a), hi = arc_smax(w, a);
	uint64_t limit = MAX(magnitude(least), magnitude(most)) - 1;
	struct arc out;

	if (!least && !most)
		return a;
	if (least == most && quotient(lo, most) == quotient(hi, most))
		return arc_sub(w, a, arc_const(quotient(lo, most) * most));
	out = arc_range(w, lo < 0 ? -MIN(magnitude(lo), limit) : 0,
			hi > 0 ? MIN(magnitude(hi), limit) : 0);
	if (arc_has(w, b, 0))
		out = arc_join(w, out, a);
	else if ((least > 0 || most < 0) &&
		 MAX(magnitude(lo), magnitude(hi)) <
		 MIN(magnitude(least), magnitude(most)))
		out = a;
	return out;
}

struct arc arc_low(struct arc a, unsigned int to)
{
	return arc_make(to, a.base, a.size);
}

struct arc arc_zext(unsigned int w, struct arc a, unsigned int from)
{
	return arc_range(w, arc_umin(from, a), arc_umax(from, a));
}

struct arc arc_sext(unsigned int w, struct arc a, unsigned int from)
{
	return arc_range(w, arc_smin(from, a), arc_smax(from, a));
}

bool arc_tighten(unsigned int w, struct arc *a, struct tnum bits)
{
	uint64_t base = tnum_next(w, bits, a->base);
	uint64_t end = arc_end(w, *a);
	uint64_t up = (base - a->base) & word_mask(w);
	uint64_t down = (end - tnum_prev(w, bits, end)) & word_mask(w);

	if (up > a->size || down > a->size)
		return false;
	*a = arc_make(w, base, a->size - up - down);
	return true;
}

/* An arc past 0 has words with all bits set and clear. */
struct tnum arc_bits(unsigned int w, struct arc a)
{
	if (a.base + a.size > word_mask(w) || a.base + a.size < a.base)
		return tnum_unknown(w);
	return tnum_range(a.base, a.base + a.size);
}
