/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalars of 4 bits with halves of 2: all there are, in all pairs, through
 * every operation, against the tests' own model. A scalar stands for a set of
 * at most 16 words, which is a 16-bit number here, so that "sound" is one
 * AND, and images of sets are looked up. Every eighth pair by default, all of
 * them with --all.
 *
 * The words in all results are counted, too, against those that had to be
 * there and against what the same run gave before: precision that is lost
 * fails. (Where it is gained, the ceiling is to be lowered.)
 *
 * Usage: test_scalar_pairs [--all] [sets | alu | jumps]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "concrete.h"
#include "verify/number/scalar.h"

#define WORDS	(1 << SCALAR_BITS)
#define HALVES	(1 << HALF_BITS)
#define MOST	4096
#define SETS_MOST	12091659
#define HOLDS_MOST	305
#define PARTS_MOST	146404
#define HALVES_MOST	86
#define CHAIN_MOST	4

static_assert(SCALAR_BITS == 4, "sets are 16-bit numbers");

static struct scalar all[MOST];
static uint16_t sets[MOST];
static unsigned int all_cnt;
static unsigned int failures;
static unsigned int stride;

static uint16_t bit_set[WORDS][WORDS];		/* [value][mask] */
static uint16_t word_set[WORDS][WORDS];		/* [base][size] */
static uint16_t half_set[HALVES][HALVES];

/* The words that all three views allow. */
static uint16_t set_of(const struct scalar *a)
{
	return bit_set[a->bits.value][a->bits.mask] &
		word_set[a->word.base][a->word.size] &
		half_set[a->half.base][a->half.size];
}

static void fill_sets(void)
{
	unsigned int p, q, x;

	for (p = 0; p < WORDS; p++) {
		for (q = 0; q < WORDS; q++) {
			for (x = 0; x < WORDS; x++) {
				unsigned int turn = (x - p) % WORDS;

				bit_set[p][q] |= ((x & ~q) == p) << x;
				word_set[p][q] |= (turn <= q) << x;
				turn = (x - p) % HALVES;
				if (p < HALVES && q < HALVES)
					half_set[p][q] |= (turn <= q) << x;
			}
		}
	}
}

static void show(const char *name, const struct scalar *a)
{
	printf("  %s: bits %llx/%llx word %llx+%llx half %llx+%llx set %04x\n",
	       name, (unsigned long long)a->bits.value,
	       (unsigned long long)a->bits.mask,
	       (unsigned long long)a->word.base,
	       (unsigned long long)a->word.size,
	       (unsigned long long)a->half.base,
	       (unsigned long long)a->half.size, set_of(a));
}

static void fail(const char *op, bool wide, const char *what,
		 const struct scalar *a, const struct scalar *b,
		 const struct scalar *out)
{
	if (failures++ > 20)
		exit(1);
	printf("%s%s: %s\n", op, wide ? "" : "32", what);
	show("a", a);
	show("b", b);
	if (out)
		show("got", out);
}

static bool in_step(const struct scalar *a)
{
	struct scalar s = *a;

	return scalar_sync(&s) && scalar_equal(&s, a);
}

/* Every triple of views; sync() must be exact, and done after one call. */
static void add_views(struct tnum bits, struct arc word, struct arc half)
{
	struct scalar s = { bits, word, half }, before = s;
	uint16_t want = set_of(&s);
	bool some = scalar_sync(&s);
	unsigned int i;

	if (some != (want != 0))
		fail("sync", true, "emptiness", &before, &before, &s);
	if (!some && !scalar_equal(&s, &before))
		fail("sync", true, "changed", &before, &before, &s);
	if (!some)
		return;
	if (set_of(&s) != want || !in_step(&s))
		fail("sync", true, "set", &before, &before, &s);
	for (i = 0; i < all_cnt; i++)
		if (scalar_equal(&all[i], &s))
			return;
	sets[all_cnt] = want;
	all[all_cnt++] = s;
}

static void add_bits(struct tnum bits)
{
	unsigned int i, j;

	for (i = 0; i < WORDS * WORDS; i++) {
		struct arc word = arc_make(SCALAR_BITS, i / WORDS, i % WORDS);

		for (j = 0; j < HALVES * HALVES; j++)
			add_views(bits, word, arc_make(HALF_BITS, j / HALVES,
						       j % HALVES));
	}
}

static void enumerate(void)
{
	uint64_t v, m;

	for (v = 0; v < WORDS; v++)
		for (m = 0; m < WORDS; m++)
			if (!(v & m))
				add_bits((struct tnum){ v, m });
	printf("%u scalars\n", all_cnt);
}

/* ---- arithmetic ---- */

static uint16_t image[WORDS][MOST];	/* of one word with each scalar */

static uint16_t image_of(uint16_t set, unsigned int j)
{
	uint16_t out = 0;

	for (; set; set &= set - 1)
		out |= image[__builtin_ctz(set)][j];
	return out;
}

static void fill_image(const struct alu_op *op, unsigned int w)
{
	unsigned int x, y, j;

	memset(image, 0, sizeof(image));
	for (x = 0; x < WORDS; x++)
		for (j = 0; j < all_cnt; j++)
			for (y = 0; y < WORDS; y++)
				if (sets[j] >> y & 1)
					image[x][j] |= 1 << concrete_alu(
							op, w, x, y);
}

/* Words given by the run of every eighth pair: [op][half, whole]. */
static const unsigned long alu_most[ALU_OPS][2] = {
	{ 1604391, 5994946 },	/* add */
	{ 1604391, 5994850 },	/* sub */
	{ 1408811, 5598762 },	/* mul */
	{ 1486358, 4671959 },	/* div */
	{ 1395429, 5351378 },	/* mod */
	{ 1504555, 5721112 },	/* sdiv */
	{ 1296890, 5056060 },	/* smod */
	{ 1304290, 3466776 },	/* and */
	{ 1302430, 3456992 },	/* or */
	{ 1622716, 5954812 },	/* xor */
	{ 1387807, 5496903 },	/* lsh */
	{ 1321321, 4486170 },	/* rsh */
	{ 1300421, 4017647 },	/* arsh */
	{ 1151578, 2888691 },	/* neg */
	{ 1151578, 2308727 },	/* mov */
};

static const unsigned long jump_most[JUMP_OPS][2] = {
	{ 8551651, 7217502 },	/* jeq */
	{ 8551651, 7217502 },	/* jne */
	{ 8350558, 8834424 },	/* jset */
	{ 8113358, 8422553 },	/* jgt */
	{ 8113358, 8422553 },	/* jge */
	{ 8113358, 8422553 },	/* jlt */
	{ 8113358, 8422553 },	/* jle */
	{ 8104168, 8423033 },	/* jsgt */
	{ 8104168, 8423033 },	/* jsge */
	{ 8104168, 8423033 },	/* jslt */
	{ 8104168, 8423033 },	/* jsle */
};

static void check_most(const char *op, bool wide, unsigned long words,
		       unsigned long best, unsigned long most)
{
	printf("%4s%s: %9lu words for %9lu: %.3f\n", op, wide ? "  " : "32",
	       words, best, (double)words / best);
	if (stride == 8 && most && words > most) {
		printf("%s: precision is lost: at most %lu before\n", op,
		       most);
		exit(1);
	}
}

static void check_alu(const struct alu_op *op, bool wide)
{
	unsigned long words = 0, best = 0;
	unsigned int i, j;

	fill_image(op, wide ? SCALAR_BITS : HALF_BITS);
	for (i = 0; i < all_cnt; i++) {
		for (j = i % stride; j < all_cnt; j += stride) {
			struct scalar s = scalar_alu(op->op, wide,
						     op->is_signed, &all[i],
						     &all[j]);
			uint16_t want = image_of(sets[i], j);
			uint16_t got = set_of(&s);

			if (want & ~got)
				fail(op->name, wide, "unsound", &all[i],
				     &all[j], &s);
			if (!in_step(&s))
				fail(op->name, wide, "out of step", &all[i],
				     &all[j], &s);
			words += __builtin_popcount(got);
			best += __builtin_popcount(want);
		}
	}
	check_most(op->name, wide, words, best, alu_most[op - alu_ops][wide]);
}

/* ---- comparisons ---- */

/* The words of sets[i] that have a partner in sets[j] with that outcome. */
static uint16_t partners[2][2][WORDS];	/* [taken][side][word] */

static void fill_partners(const struct jump_op *op, unsigned int w)
{
	unsigned int x, y;

	memset(partners, 0, sizeof(partners));
	for (x = 0; x < WORDS; x++) {
		for (y = 0; y < WORDS; y++) {
			bool taken = concrete_jump(op, w, x, y);

			partners[taken][0][x] |= 1 << y;
			partners[taken][1][y] |= 1 << x;
		}
	}
}

static uint16_t left(bool taken, unsigned int side, uint16_t set,
		     uint16_t other)
{
	uint16_t out = 0;
	unsigned int x;

	for (x = 0; x < WORDS; x++)
		if (set >> x & 1 && partners[taken][side][x] & other)
			out |= 1 << x;
	return out;
}

static unsigned long words_left, words_best, undecided;

/*
 * Where an arc and what is left of it would be two pieces, the lesser arc is
 * given, which may have words that the other had not: how many is for the
 * ceilings to say.
 */
static void check_refine(const struct jump_op *op, bool wide, bool taken,
			 unsigned int i, unsigned int j)
{
	struct scalar a = all[i], b = all[j];
	uint16_t want_a = left(taken, 0, sets[i], sets[j]);
	uint16_t want_b = left(taken, 1, sets[j], sets[i]);
	bool some = scalar_refine(op->op, wide, taken, &a, &b);
	int decides = scalar_decides(op->op, wide, &all[i], &all[j]);

	if (want_a && (!some || decides == !taken))
		fail(op->name, wide, "called impossible", &all[i], &all[j],
		     NULL);
	if (!some && (!scalar_equal(&a, &all[i]) ||
		      !scalar_equal(&b, &all[j])))
		fail(op->name, wide, "changed on failure", &a, &b, NULL);
	if (decides < -1 || decides > 1)
		fail(op->name, wide, "no outcome", &all[i], &all[j], NULL);
	undecided += decides < 0;
	if (!some) {
		if (decides == taken)
			fail(op->name, wide, "decided, yet impossible",
			     &all[i], &all[j], NULL);
		return;
	}
	if (want_a & ~set_of(&a) || want_b & ~set_of(&b))
		fail(op->name, wide, "lost a pair", &all[i], &all[j], &a);
	if (!in_step(&a) || !in_step(&b))
		fail(op->name, wide, "out of step", &all[i], &all[j], &a);
	words_left += __builtin_popcount(set_of(&a)) +
		__builtin_popcount(set_of(&b));
	words_best += __builtin_popcount(want_a) + __builtin_popcount(want_b);
}

static void check_jump(const struct jump_op *op, bool wide)
{
	unsigned int i, j;

	words_left = words_best = undecided = 0;
	fill_partners(op, wide ? SCALAR_BITS : HALF_BITS);
	for (i = 0; i < all_cnt; i++) {
		for (j = i % stride; j < all_cnt; j += stride) {
			check_refine(op, wide, true, i, j);
			check_refine(op, wide, false, i, j);
		}
	}
	/* an outcome that is not decided counts as a word */
	check_most(op->name, wide, words_left + undecided, words_best,
		   jump_most[op - jump_ops][wide]);
}

/* ---- sets ---- */

static unsigned long set_words, set_best, holds_missed;

static void check_widen(const struct scalar *a, const struct scalar *b)
{
	struct scalar s = scalar_widen(a, b);

	if (!scalar_holds(&s, a) || !scalar_holds(&s, b))
		fail("widen", true, "does not hold both", a, b, &s);
	if (scalar_holds(a, b) && !scalar_equal(&s, a))
		fail("widen", true, "moved without need", a, b, &s);
	if (!in_step(&s))
		fail("widen", true, "out of step", a, b, &s);
	set_words += __builtin_popcount(set_of(&s));
}

static void check_join(unsigned int i, unsigned int j)
{
	const struct scalar *a = &all[i], *b = &all[j];
	struct scalar s = scalar_join(a, b);

	if (!scalar_holds(&s, a) || !scalar_holds(&s, b) || !in_step(&s))
		fail("join", true, "does not hold both", a, b, &s);
	if (scalar_holds(a, b) && !scalar_equal(&s, a))
		fail("join", true, "moved without need", a, b, &s);
	set_words += __builtin_popcount(set_of(&s));
	set_best += __builtin_popcount(sets[i] | sets[j]);
}

static void check_meet(unsigned int i, unsigned int j)
{
	const struct scalar *a = &all[i], *b = &all[j];
	struct scalar s = *a;
	bool some = scalar_intersect(a, b, &s);
	uint16_t want = sets[i] & sets[j];

	if (want && !some)
		fail("intersect", true, "called empty", a, b, &s);
	if (!some && !scalar_equal(&s, a))
		fail("intersect", true, "changed", a, b, &s);
	if (some && (want & ~set_of(&s) || !in_step(&s)))
		fail("intersect", true, "lost a word", a, b, &s);
	set_words += some ? __builtin_popcount(set_of(&s)) : 0;
	set_best += __builtin_popcount(want);
}

static void check_holds(unsigned int i, unsigned int j)
{
	bool holds = scalar_holds(&all[i], &all[j]);

	if (holds && sets[j] & ~sets[i])
		fail("holds", true, "does not", &all[i], &all[j], NULL);
	set_words += !holds;
	set_best += (sets[j] & ~sets[i]) != 0;
	holds_missed += !holds && !(sets[j] & ~sets[i]);
	if (scalar_equal(&all[i], &all[j]) != (i == j))
		fail("equal", true, "wrong", &all[i], &all[j], NULL);
}

static void check_sets(void)
{
	unsigned int i, j;

	set_words = set_best = 0;
	for (i = 0; i < all_cnt; i++) {
		check_holds(i, i);
		for (j = i % stride; j < all_cnt; j += stride) {
			check_join(i, j);
			check_meet(i, j);
			check_widen(&all[i], &all[j]);
			check_holds(i, j);
		}
	}
	check_most("hold", true, holds_missed, all_cnt, HOLDS_MOST);
	check_most("sets", true, set_words, set_best, SETS_MOST);
}

/* Chains of widenings end; here after a few steps from any start. */
static void check_chains(void)
{
	uint64_t seed = 1;
	unsigned int i, most = 0;

	for (i = 0; i < all_cnt; i++) {
		struct scalar s = all[i];
		unsigned int steps = 0, tries;

		for (tries = 0; tries < 400; tries++) {
			struct scalar next = scalar_widen(&s,
				&all[concrete_random(&seed) % all_cnt]);

			steps += !scalar_equal(&s, &next);
			s = next;
		}
		most = steps > most ? steps : most;
	}
	printf("longest chain of widenings: %u\n", most);
	if (most > CHAIN_MOST)
		failures++;
}

/* ---- one operand ---- */

static unsigned long part_words, part_best;

static void check_part(const char *name, const struct scalar *a,
		       struct scalar got, uint16_t want)
{
	if (want & ~set_of(&got))
		fail(name, true, "unsound", a, a, &got);
	if (!in_step(&got))
		fail(name, true, "out of step", a, a, &got);
	part_words += __builtin_popcount(set_of(&got));
	part_best += __builtin_popcount(want);
}

static uint64_t reversed(uint64_t x, unsigned int n)
{
	uint64_t out = 0;
	unsigned int i;

	for (i = 0; i < n; i++)
		if (x >> i & 1)
			out |= 1ull << (n - 1 - i);
	return out;
}

/* A byte has one bit here. */
static void check_parts(unsigned int i, unsigned int n)
{
	uint16_t zext = 0, sext = 0, swap = 0, part[SCALAR_BITS] = { 0 };
	const struct scalar *a = &all[i];
	unsigned int off;
	uint64_t x;

	for (x = 0; x < WORDS; x++) {
		if (!(sets[i] >> x & 1))
			continue;
		zext |= 1 << (x & concrete_mask(n));
		sext |= 1 << (concrete_signed(n, x & concrete_mask(n)) &
			      (WORDS - 1));
		swap |= 1 << reversed(x, n);
		for (off = 0; off + n <= SCALAR_BITS; off++)
			part[off] |= 1 << (x >> off & concrete_mask(n));
	}
	check_part("zext", a, scalar_zext(a, n), zext);
	check_part("sext", a, scalar_sext(a, n), sext);
	check_part("bswap", a, scalar_bswap(a, n), swap);
	for (off = 0; off + n <= SCALAR_BITS; off++)
		check_part("part", a, scalar_part(a, off, n), part[off]);
}

/*
 * The word's bounds are those of the three views together, exactly. The half's
 * leave the word's arc out where that meets it in two pieces: rarely.
 */
static unsigned long inexact;

static void check_bounds(unsigned int i)
{
	const struct scalar *a = &all[i];
	uint64_t umin = WORDS, umax = 0, umin32 = HALVES, umax32 = 0, x;
	int64_t smin = WORDS, smax = -WORDS, smin32 = WORDS, smax32 = -WORDS;

	for (x = 0; x < WORDS; x++) {
		int64_t s = concrete_signed(SCALAR_BITS, x);
		uint64_t h = x % HALVES;
		int64_t sh = concrete_signed(HALF_BITS, h);

		if (scalar_has(a, x) != (sets[i] >> x & 1))
			fail("has", true, "wrong", a, a, NULL);
		if (!(sets[i] >> x & 1))
			continue;
		umin = x < umin ? x : umin;
		umax = x > umax ? x : umax;
		smin = s < smin ? s : smin;
		smax = s > smax ? s : smax;
		umin32 = h < umin32 ? h : umin32;
		umax32 = h > umax32 ? h : umax32;
		smin32 = sh < smin32 ? sh : smin32;
		smax32 = sh > smax32 ? sh : smax32;
	}
	if (scalar_umin(a) != umin || scalar_umax(a) != umax ||
	    scalar_smin(a) != smin || scalar_smax(a) != smax)
		fail("bounds", true, "not exact", a, a, NULL);
	if (scalar_umin32(a) > umin32 || scalar_umax32(a) < umax32 ||
	    scalar_smin32(a) > smin32 || scalar_smax32(a) < smax32)
		fail("bounds", false, "not sound", a, a, NULL);
	inexact += scalar_umin32(a) != umin32 || scalar_umax32(a) != umax32 ||
		scalar_smin32(a) != smin32 || scalar_smax32(a) != smax32;
}

static void check_ranges(void)
{
	int64_t lo, hi;

	for (lo = -WORDS / 2; lo < WORDS; lo++) {
		for (hi = lo; hi < lo + WORDS && hi < WORDS; hi++) {
			struct scalar s = hi < WORDS / 2 ?
				scalar_srange(lo, hi) : scalar_urange(lo, hi);
			uint16_t want = 0;
			int64_t x;

			if (lo < 0 && hi >= WORDS / 2)
				continue;
			for (x = lo; x <= hi; x++)
				want |= 1 << (x & (WORDS - 1));
			if (set_of(&s) != want || !in_step(&s))
				fail("range", true, "wrong", &s, &s, NULL);
		}
	}
}

static void check_all_sets(void)
{
	unsigned int i, n;

	check_ranges();
	for (i = 0; i < all_cnt; i++) {
		check_bounds(i);
		for (n = 1; n <= SCALAR_BITS; n++)
			check_parts(i, n);
	}
	check_most("half", false, inexact, all_cnt, HALVES_MOST);
	check_most("part", true, part_words, part_best, PARTS_MOST);
	check_sets();
	check_chains();
}

static void check_all_alu(void)
{
	for (unsigned int i = 0; i < ALU_OPS; i++) {
		check_alu(&alu_ops[i], true);
		check_alu(&alu_ops[i], false);
	}
}

/* Out of all words, only the ends of the two orders are taken. */
static void check_hole(uint64_t x)
{
	struct scalar a = scalar_unknown(), b = scalar_const(x), all_of = a;
	bool end = x == 0 || x == WORDS / 2 - 1 || x == WORDS / 2 ||
		x == WORDS - 1;

	if (!scalar_refine(BPF_JNE, true, true, &a, &b) ||
	    scalar_equal(&a, &all_of) != !end)
		fail("jne", true, "a hole", &all_of, &b, &a);
}

static void check_all_jumps(void)
{
	for (uint64_t x = 0; x < WORDS; x++)
		check_hole(x);
	for (unsigned int i = 0; i < JUMP_OPS; i++) {
		check_jump(&jump_ops[i], true);
		check_jump(&jump_ops[i], false);
	}
}

static const struct {
	const char *name;
	void (*check)(void);
} parts[] = {
	{ "sets", check_all_sets },
	{ "alu", check_all_alu },
	{ "jumps", check_all_jumps },
};

int main(int argc, char **argv)
{
	bool every = argc > 1 && !strcmp(argv[1], "--all");
	const char *only = argc > 1 + every ? argv[1 + every] : NULL;

	stride = every ? 1 : 8;
	fill_sets();
	enumerate();
	for (unsigned int i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!only || !strcmp(only, parts[i].name))
			parts[i].check();
	if (failures)
		printf("%u failures\n", failures);
	return failures != 0;
}
