/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Abstract numbers: the three views and how they are kept in step; bounds,
 * joins, extensions. Effects are in scalar_alu.c, comparisons in
 * scalar_branch.c.
 *
 * In step means: both ends of each arc are words that all views allow, bits
 * that an arc knows are known in `bits`, and an arc of the half is within
 * the word's if that says anything of the half. So a full arc goes with bits
 * that are all unknown, and a number that one view knows, all know.
 */
#include "verify/number/scalar.h"

struct scalar scalar_const(uint64_t value)
{
	value &= word_mask(SCALAR_BITS);
	return (struct scalar){
		.bits = tnum_const(value),
		.word = arc_const(value),
		.half = arc_const(value & word_mask(HALF_BITS)),
	};
}

struct scalar scalar_unknown(void)
{
	return (struct scalar){
		.bits = tnum_unknown(SCALAR_BITS),
		.word = arc_full(SCALAR_BITS),
		.half = arc_full(HALF_BITS),
	};
}

struct scalar scalar_urange(uint64_t min, uint64_t max)
{
	struct scalar out = scalar_unknown();

	out.word = arc_range(SCALAR_BITS, min, max);
	scalar_sync(&out);
	return out;
}

struct scalar scalar_srange(int64_t min, int64_t max)
{
	return scalar_urange((uint64_t)min, (uint64_t)max);
}

/* ---- in step ---- */

/* Words from x up (down) to the next whose low half is in `half`. */
static uint64_t half_up(const struct scalar *a, uint64_t x)
{
	return arc_has(HALF_BITS, a->half, x) ? 0 :
		(a->half.base - x) & word_mask(HALF_BITS);
}

static uint64_t half_down(const struct scalar *a, uint64_t x)
{
	return arc_has(HALF_BITS, a->half, x) ? 0 :
		(x - a->half.base - a->half.size) & word_mask(HALF_BITS);
}

/*
 * The first word at or after x, going up and around, that bits and half both
 * allow. When they agree on the low half, three rounds get there; a word
 * before it would be sound, too.
 */
static uint64_t next(const struct scalar *a, uint64_t x)
{
	unsigned int round;
	uint64_t step;

	for (round = 0; round < 4; round++) {
		x = tnum_next(SCALAR_BITS, a->bits, x);
		step = half_up(a, x);
		if (!step)
			break;
		x = (x + step) & word_mask(SCALAR_BITS);
	}
	return x;
}

static uint64_t prev(const struct scalar *a, uint64_t x)
{
	unsigned int round;
	uint64_t step;

	for (round = 0; round < 4; round++) {
		x = tnum_prev(SCALAR_BITS, a->bits, x);
		step = half_down(a, x);
		if (!step)
			break;
		x = (x - step) & word_mask(SCALAR_BITS);
	}
	return x;
}

static bool tighten_word(struct scalar *a)
{
	uint64_t end = arc_end(SCALAR_BITS, a->word);
	uint64_t base = next(a, a->word.base);
	uint64_t up = (base - a->word.base) & word_mask(SCALAR_BITS);
	uint64_t down = (end - prev(a, end)) & word_mask(SCALAR_BITS);

	if (up > a->word.size || down > a->word.size - up)
		return false;
	a->word = arc_make(SCALAR_BITS, base, a->word.size - up - down);
	return true;
}

/*
 * What the word's arc says of its low half, if that is not all. Where they meet
 * in two pieces it has nothing to say in one arc.
 */
static bool tighten_half(struct scalar *a)
{
	struct arc low = arc_low(a->word, HALF_BITS);

	if (!arc_is_full(HALF_BITS, low)) {
		if (!arc_intersect(HALF_BITS, a->half, low, &low))
			return false;
		if (low.size < a->half.size &&
		    arc_holds(HALF_BITS, a->half, low))
			a->half = low;
	}
	return arc_tighten(HALF_BITS, &a->half, tnum_low(a->bits, HALF_BITS));
}

static bool tighten_bits(struct scalar *a)
{
	struct tnum low = arc_bits(HALF_BITS, a->half);

	low.mask |= word_mask(SCALAR_BITS) & ~word_mask(HALF_BITS);
	return tnum_intersect(a->bits, low, &a->bits) &&
		tnum_intersect(a->bits, arc_bits(SCALAR_BITS, a->word),
			       &a->bits);
}

static bool sync_const(struct scalar *a)
{
	if (!scalar_has(a, a->bits.value))
		return false;
	*a = scalar_const(a->bits.value);
	return true;
}

static bool is_full(const struct scalar *a)
{
	return a->bits.mask == word_mask(SCALAR_BITS) &&
		arc_is_full(SCALAR_BITS, a->word) &&
		arc_is_full(HALF_BITS, a->half);
}

/*
 * Each step only removes words that another view rules out. A round that
 * changes neither word nor bits has nothing new for the next one; mostly that
 * is the first or the second. Stopping early would be sound.
 */
bool scalar_sync(struct scalar *a)
{
	struct scalar s;
	uint64_t mask, size;

	if (!a->bits.mask)
		return sync_const(a);
	if (is_full(a))
		return true;
	s = *a;
	do {
		mask = s.bits.mask;
		size = s.word.size;
		if (!tighten_half(&s) || !tighten_word(&s) ||
		    !tighten_bits(&s))
			return false;
		if (!s.bits.mask && !sync_const(&s))
			return false;
	} while (s.bits.mask != mask || s.word.size != size);
	*a = s;
	return true;
}

/* ---- bounds ---- */

/*
 * When the word's arc holds the least word of the order, the least number is
 * the first one from there on, if the arc holds that; else the arc's base.
 */
static uint64_t least_from(const struct scalar *a, uint64_t x)
{
	if (!a->bits.mask)
		return a->bits.value;
	if (arc_has(SCALAR_BITS, a->word, x)) {
		x = next(a, x);
		if (arc_has(SCALAR_BITS, a->word, x))
			return x;
	}
	return a->word.base;
}

static uint64_t most_from(const struct scalar *a, uint64_t x)
{
	if (!a->bits.mask)
		return a->bits.value;
	if (arc_has(SCALAR_BITS, a->word, x)) {
		x = prev(a, x);
		if (arc_has(SCALAR_BITS, a->word, x))
			return x;
	}
	return arc_end(SCALAR_BITS, a->word);
}

uint64_t scalar_umin(const struct scalar *a)
{
	return least_from(a, 0);
}

uint64_t scalar_umax(const struct scalar *a)
{
	return most_from(a, word_mask(SCALAR_BITS));
}

int64_t scalar_smin(const struct scalar *a)
{
	return word_signed(SCALAR_BITS,
			   least_from(a, word_sign(SCALAR_BITS)));
}

int64_t scalar_smax(const struct scalar *a)
{
	return word_signed(SCALAR_BITS,
			   most_from(a, word_sign(SCALAR_BITS) - 1));
}

/* The same for the half, whose bits are those of the word. */
static uint64_t half_least(const struct scalar *a, uint64_t x)
{
	if (arc_has(HALF_BITS, a->half, x)) {
		x = tnum_next(HALF_BITS, tnum_low(a->bits, HALF_BITS), x);
		if (arc_has(HALF_BITS, a->half, x))
			return x;
	}
	return a->half.base;
}

static uint64_t half_most(const struct scalar *a, uint64_t x)
{
	if (arc_has(HALF_BITS, a->half, x)) {
		x = tnum_prev(HALF_BITS, tnum_low(a->bits, HALF_BITS), x);
		if (arc_has(HALF_BITS, a->half, x))
			return x;
	}
	return arc_end(HALF_BITS, a->half);
}

uint32_t scalar_umin32(const struct scalar *a)
{
	return half_least(a, 0);
}

uint32_t scalar_umax32(const struct scalar *a)
{
	return half_most(a, word_mask(HALF_BITS));
}

int32_t scalar_smin32(const struct scalar *a)
{
	return word_signed(HALF_BITS, half_least(a, word_sign(HALF_BITS)));
}

int32_t scalar_smax32(const struct scalar *a)
{
	return word_signed(HALF_BITS, half_most(a, word_sign(HALF_BITS) - 1));
}

/* ---- sets ---- */

bool scalar_has(const struct scalar *a, uint64_t x)
{
	return tnum_has(a->bits, x) && arc_has(SCALAR_BITS, a->word, x) &&
		arc_has(HALF_BITS, a->half, x);
}

bool scalar_equal(const struct scalar *a, const struct scalar *b)
{
	return a->bits.value == b->bits.value &&
		a->bits.mask == b->bits.mask &&
		a->word.base == b->word.base &&
		a->word.size == b->word.size &&
		a->half.base == b->half.base && a->half.size == b->half.size;
}

/*
 * An arc that is wider may still have no words that the other has not: of
 * even numbers, 0 ... 14 and 2 ... 0 are the same. So what is asked is whether
 * `inner` has a number in the gap of `outer`. Ends of a word are numbers.
 */
static bool holds_words(const struct scalar *outer, const struct scalar *inner)
{
	uint64_t end = arc_end(SCALAR_BITS, outer->word);
	struct scalar s = *inner;

	if (arc_holds(SCALAR_BITS, outer->word, inner->word))
		return true;
	if (!arc_has(SCALAR_BITS, outer->word, inner->word.base) ||
	    !arc_has(SCALAR_BITS, outer->word,
		     arc_end(SCALAR_BITS, inner->word)))
		return false;
	s.word = arc_range(SCALAR_BITS, end + 1, outer->word.base - 1);
	return !arc_intersect(SCALAR_BITS, s.word, inner->word, &s.word) ||
		!scalar_sync(&s);
}

static bool holds_halves(const struct scalar *outer,
			 const struct scalar *inner)
{
	uint64_t end = arc_end(HALF_BITS, outer->half);
	struct scalar s = *inner;

	if (arc_holds(HALF_BITS, outer->half, inner->half))
		return true;
	s.half = arc_range(HALF_BITS, end + 1, outer->half.base - 1);
	return !arc_intersect(HALF_BITS, s.half, inner->half, &s.half) ||
		!scalar_sync(&s);
}

bool scalar_holds(const struct scalar *outer, const struct scalar *inner)
{
	if (!inner->bits.mask)
		return scalar_has(outer, inner->bits.value);
	return tnum_holds(outer->bits, inner->bits) &&
		holds_words(outer, inner) && holds_halves(outer, inner);
}

bool scalar_intersect(const struct scalar *a, const struct scalar *b,
		      struct scalar *out)
{
	struct scalar s;

	if (!tnum_intersect(a->bits, b->bits, &s.bits) ||
	    !arc_intersect(SCALAR_BITS, a->word, b->word, &s.word) ||
	    !arc_intersect(HALF_BITS, a->half, b->half, &s.half) ||
	    !scalar_sync(&s))
		return false;
	*out = s;
	return true;
}

struct scalar scalar_join(const struct scalar *a, const struct scalar *b)
{
	struct scalar s;

	if (scalar_holds(a, b))
		return *a;
	if (scalar_holds(b, a))
		return *b;
	s.bits = tnum_join(a->bits, b->bits);
	s.word = arc_join(SCALAR_BITS, a->word, b->word);
	s.half = arc_join(HALF_BITS, a->half, b->half);
	scalar_sync(&s);
	return s;
}

/* ---- widening ---- */

/*
 * The sides on which `now` goes beyond `old` go on to the end of the signed
 * or unsigned order that comes first, so that each side moves at most twice
 * before the arc is full.
 */
static struct arc widen_arc(unsigned int w, struct arc old, struct arc now)
{
	struct arc both = arc_join(w, old, now);
	uint64_t base = both.base, end = arc_end(w, both);
	uint64_t least = word_sign(w), size;

	if (both.size == old.size)
		return old;
	if (base != old.base)
		base = base < least ? 0 : least;
	if (end != arc_end(w, old))
		end = end < least ? least - 1 : word_mask(w);
	/* the ends may have met: then it is all */
	size = (end - base) & word_mask(w);
	return size < both.size ? arc_full(w) : arc_make(w, base, size);
}

/*
 * Bits that became unknown make all above them unknown, but for what the arcs
 * know; then only fewer trailing known bits can follow.
 */
static struct tnum widen_bits(struct tnum old, struct tnum now)
{
	struct tnum both = tnum_join(old, now);
	uint64_t grown = both.mask & ~old.mask;

	if (grown)
		both.mask |= -(grown & -grown) & word_mask(SCALAR_BITS);
	both.value &= ~both.mask;
	return both;
}

struct scalar scalar_widen(const struct scalar *old, const struct scalar *now)
{
	struct scalar s;

	if (scalar_holds(old, now))
		return *old;
	s.bits = widen_bits(old->bits, now->bits);
	s.word = widen_arc(SCALAR_BITS, old->word, now->word);
	s.half = widen_arc(HALF_BITS, old->half, now->half);
	scalar_sync(&s);
	return s;
}

/* ---- parts ---- */

/* The low n bits as an arc of n bits, from the view that knows more of it. */
static struct arc low_arc(const struct scalar *a, unsigned int n)
{
	return arc_low(n <= HALF_BITS ? a->half : a->word, n);
}

struct scalar scalar_zext(const struct scalar *a, unsigned int bytes)
{
	unsigned int n = bytes * SCALAR_BYTE;
	struct scalar s = { .half = a->half };

	if (n >= SCALAR_BITS)
		return *a;
	s.bits = tnum_low(a->bits, n);
	s.word = arc_zext(SCALAR_BITS, low_arc(a, n), n);
	if (n < HALF_BITS)
		s.half = arc_zext(HALF_BITS, low_arc(a, n), n);
	scalar_sync(&s);
	return s;
}

struct scalar scalar_sext(const struct scalar *a, unsigned int bytes)
{
	unsigned int n = bytes * SCALAR_BYTE;
	struct scalar s = { .half = a->half };

	if (n >= SCALAR_BITS)
		return *a;
	s.bits = tnum_sext(SCALAR_BITS, a->bits, n);
	s.word = arc_sext(SCALAR_BITS, low_arc(a, n), n);
	if (n < HALF_BITS)
		s.half = arc_sext(HALF_BITS, low_arc(a, n), n);
	scalar_sync(&s);
	return s;
}

struct scalar scalar_part(const struct scalar *a, unsigned int off,
			  unsigned int bytes)
{
	struct scalar by = scalar_const(off * SCALAR_BYTE);
	struct scalar s = *a;

	if (off)
		s = scalar_alu(BPF_RSH, true, false, a, &by);
	return scalar_zext(&s, bytes);
}

static uint64_t swap_bytes(uint64_t x, unsigned int bits)
{
	uint64_t out = 0;

	for (; bits; bits -= SCALAR_BYTE, x >>= SCALAR_BYTE)
		out = out << SCALAR_BYTE | (x & word_mask(SCALAR_BYTE));
	return out;
}

struct scalar scalar_bswap(const struct scalar *a, unsigned int bits)
{
	struct scalar s = scalar_unknown();

	s.bits.value = swap_bytes(a->bits.value, bits);
	s.bits.mask = swap_bytes(a->bits.mask, bits);
	scalar_sync(&s);
	return s;
}
