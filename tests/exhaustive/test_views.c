/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Known bits of 4 to 6 bits and arcs of 4 and 5 (--all: 6): every pair of them
 * through every operation, against the tests' own model. A set of words is a
 * 64-bit number. Each row says whether its results must be the best that the
 * view can say; the others count how much larger they are, against a ceiling.
 */
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "concrete.h"
#include "verify/number/arc.h"

#define WORDS	64
#define TNUMS	729		/* 3^6 */
#define ARCS	4033		/* 64 * 63 + 1 */

static unsigned int failures;

static void fail(unsigned int w, const char *name, const char *what,
		 uint64_t a, uint64_t b, uint64_t got, uint64_t want)
{
	if (failures++ > 20)
		exit(1);
	printf("%u bits: %s: %s: %llx, %llx: got %llx, want %llx\n",
	       w, name, what, (unsigned long long)a, (unsigned long long)b,
	       (unsigned long long)got, (unsigned long long)want);
}

static void expect(unsigned int w, const char *name, uint64_t a, uint64_t b,
		   uint64_t got, uint64_t want)
{
	if (got != want)
		fail(w, name, "differs", a, b, got, want);
}

/* ---- sets ---- */

static uint64_t tnum_set(unsigned int w, struct tnum a)
{
	uint64_t set = 0, x;

	for (x = 0; x < 1u << w; x++)
		set |= (uint64_t)((x & ~a.mask) == a.value) << x;
	return set;
}

static uint64_t arc_set(unsigned int w, struct arc a)
{
	uint64_t set = 0, i;

	for (i = 0; i <= a.size; i++)
		set |= (uint64_t)1 << ((a.base + i) & concrete_mask(w));
	return set;
}

static struct tnum best_tnum(uint64_t set)
{
	uint64_t ones = 0, all = UINT64_MAX;

	for (; set; set &= set - 1) {
		ones |= __builtin_ctzll(set);
		all &= __builtin_ctzll(set);
	}
	return (struct tnum){ all, ones & ~all };
}

/* Size of a least arc around the set: all but the longest gap. */
static uint64_t best_size(unsigned int w, uint64_t set)
{
	uint64_t words = 1u << w, m = concrete_mask(words);
	uint64_t holes = ~set & m;
	unsigned int gap = 0;

	for (; holes && gap < words; gap++)
		holes &= holes << 1 | holes >> (words - 1);
	return words - 1 - gap;
}

/* ---- operations ---- */

struct op {
	const char *name;
	const char *model;	/* row of alu_ops */
	struct tnum (*tnum)(unsigned int w, struct tnum a, struct tnum b);
	struct arc (*arc)(unsigned int w, struct arc a, struct arc b);
	bool tnum_best, arc_best;
	/* words in all results at 4 and 5 bits, at most */
	unsigned long tnum_most[2], arc_most[2];
};

static struct tnum t_neg(unsigned int w, struct tnum a, struct tnum b)
{
	return tnum_neg(w, a);
}

static struct tnum t_and(unsigned int w, struct tnum a, struct tnum b)
{
	return tnum_and(a, b);
}

static struct tnum t_or(unsigned int w, struct tnum a, struct tnum b)
{
	return tnum_or(a, b);
}

static struct tnum t_xor(unsigned int w, struct tnum a, struct tnum b)
{
	return tnum_xor(a, b);
}

static const struct op ops[] = {
	{ "add", "add", tnum_add, arc_add, true, true },
	{ "sub", "sub", tnum_sub, arc_sub, true, true },
	{ "neg", "neg", t_neg, NULL, true, false },
	{ "and", "and", t_and, NULL, true, false },
	{ "or", "or", t_or, NULL, true, false },
	{ "xor", "xor", t_xor, NULL, true, false },
	{ "mul", "mul", tnum_mul, arc_mul, false, false,
	  { 48923, 862416 }, { 891236, 31131603 } },
	{ "udiv", "div", NULL, arc_udiv, false, false,
	  { 0 }, { 507604, 15750692 } },
	{ "sdiv", "sdiv", NULL, arc_sdiv, false, false,
	  { 0 }, { 642260, 21216212 } },
	{ "umod", "mod", NULL, arc_umod, false, false,
	  { 0 }, { 637001, 21985639 } },
	{ "smod", "smod", NULL, arc_smod, false, false,
	  { 0 }, { 575401, 19987621 } },
};

static const struct alu_op *model(const char *name)
{
	unsigned int i = 0;

	while (strcmp(alu_ops[i].name, name))
		i++;
	return &alu_ops[i];
}

static uint8_t result[WORDS][WORDS];
static uint64_t image[WORDS][ARCS];

static void fill_image(unsigned int w, const char *name, const uint64_t *sets,
		       unsigned int cnt)
{
	const struct alu_op *op = model(name);
	unsigned int x, y, j;
	uint64_t set;

	for (x = 0; x < 1u << w; x++)
		for (y = 0; y < 1u << w; y++)
			result[x][y] = concrete_alu(op, w, x, y);
	for (x = 0; x < 1u << w; x++) {
		for (j = 0; j < cnt; j++) {
			image[x][j] = 0;
			for (set = sets[j]; set; set &= set - 1) {
				y = __builtin_ctzll(set);
				image[x][j] |= (uint64_t)1 << result[x][y];
			}
		}
	}
}

static uint64_t image_of(uint64_t set, unsigned int j)
{
	uint64_t out = 0;

	for (; set; set &= set - 1)
		out |= image[__builtin_ctzll(set)][j];
	return out;
}

/* ---- known bits ---- */

static struct tnum tnums[TNUMS];
static uint64_t tnum_sets[TNUMS];
static unsigned int tnum_cnt;

static void fill_tnums(unsigned int w)
{
	uint64_t v, m;

	tnum_cnt = 0;
	for (m = 0; m < 1u << w; m++) {
		for (v = 0; v < 1u << w; v++) {
			if (v & m)
				continue;
			tnums[tnum_cnt] = (struct tnum){ v, m };
			tnum_sets[tnum_cnt] = tnum_set(w, tnums[tnum_cnt]);
			tnum_cnt++;
		}
	}
}

static void sound(unsigned int w, const char *name, uint64_t a, uint64_t b,
		  uint64_t got, uint64_t want)
{
	if (want & ~got)
		fail(w, name, "unsound", a, b, got, want);
}

static void check_tnum_op(unsigned int w, const struct op *op)
{
	unsigned long words = 0, least = 0;
	unsigned int i, j;

	fill_image(w, op->model, tnum_sets, tnum_cnt);
	for (i = 0; i < tnum_cnt; i++) {
		for (j = 0; j < tnum_cnt; j++) {
			struct tnum t = op->tnum(w, tnums[i], tnums[j]);
			uint64_t want = image_of(tnum_sets[i], j);
			struct tnum best = best_tnum(want);

			sound(w, op->name, tnum_sets[i], tnum_sets[j],
			      tnum_set(w, t), want);
			if ((t.value & t.mask) ||
			    (t.value | t.mask) > concrete_mask(w))
				fail(w, op->name, "malformed", i, j, t.value,
				     t.mask);
			if (op->tnum_best)
				expect(w, op->name, tnum_sets[i],
				       tnum_sets[j], t.mask, best.mask);
			words += 1ul << __builtin_popcountll(t.mask);
			least += 1ul << __builtin_popcountll(best.mask);
		}
	}
	printf("%u bits: tnum %s: %lu words, best %lu\n", w, op->name, words,
	       least);
	if (w < 6 && op->tnum_most[w - 4] && words > op->tnum_most[w - 4])
		fail(w, op->name, "less precise", 0, 0, words,
		     op->tnum_most[w - 4]);
}

static void check_tnum_sets(unsigned int w)
{
	unsigned int i, j;

	for (i = 0; i < tnum_cnt; i++) {
		for (j = 0; j < tnum_cnt; j++) {
			uint64_t a = tnum_sets[i], b = tnum_sets[j];
			struct tnum t = { 7, 7 };	/* no tnum */
			bool some = tnum_intersect(tnums[i], tnums[j], &t);

			expect(w, "meet?", a, b, some, (a & b) != 0);
			expect(w, "meet", a, b, t.value & t.mask ? 0 :
			       tnum_set(w, t), a & b);
			t = tnum_join(tnums[i], tnums[j]);
			expect(w, "join", a, b, tnum_set(w, t),
			       tnum_set(w, best_tnum(a | b)));
			expect(w, "holds", a, b,
			       tnum_holds(tnums[i], tnums[j]), !(b & ~a));
		}
	}
}

static void check_tnum_shifts(unsigned int w, struct tnum a, uint64_t set)
{
	struct alu_op lsh = { "", BPF_LSH }, rsh = { "", BPF_RSH };
	struct alu_op arsh = { "", BPF_ARSH };
	unsigned int n;

	for (n = 0; n < w; n++) {
		uint64_t want[4] = { 0 }, left, x;

		for (left = set; left; left &= left - 1) {
			x = __builtin_ctzll(left);
			/* w need not be a power of two: n is below it */
			want[0] |= 1ull << concrete_alu(&lsh, w, x, n);
			want[1] |= 1ull << concrete_alu(&rsh, w, x, n);
			want[2] |= 1ull << concrete_alu(&arsh, w, x, n);
			x = concrete_signed(n + 1, x & concrete_mask(n + 1));
			want[3] |= 1ull << (x & concrete_mask(w));
		}
		expect(w, "lsh", set, n, tnum_set(w, tnum_lsh(w, a, n)),
		       tnum_set(w, best_tnum(want[0])));
		expect(w, "rsh", set, n, tnum_set(w, tnum_rsh(w, a, n)),
		       tnum_set(w, best_tnum(want[1])));
		expect(w, "arsh", set, n, tnum_set(w, tnum_arsh(w, a, n)),
		       tnum_set(w, best_tnum(want[2])));
		expect(w, "sext", set, n, tnum_set(w, tnum_sext(w, a, n + 1)),
		       tnum_set(w, best_tnum(want[3])));
	}
}

static void check_tnum_steps(unsigned int w, struct tnum a, uint64_t set)
{
	uint64_t m = concrete_mask(w), x, up, down;

	for (x = 0; x <= m; x++) {
		for (up = x; !(set >> up & 1);)
			up = (up + 1) & m;
		for (down = x; !(set >> down & 1);)
			down = (down - 1) & m;
		expect(w, "next", set, x, tnum_next(w, a, x), up);
		expect(w, "prev", set, x, tnum_prev(w, a, x), down);
	}
}

static void check_tnums(unsigned int w)
{
	unsigned int i, lo, hi;
	struct tnum t;

	fill_tnums(w);
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (ops[i].tnum)
			check_tnum_op(w, &ops[i]);
	check_tnum_sets(w);
	for (i = 0; i < tnum_cnt; i++) {
		check_tnum_shifts(w, tnums[i], tnum_sets[i]);
		check_tnum_steps(w, tnums[i], tnum_sets[i]);
	}
	for (lo = 0; lo < 1u << w; lo++) {
		for (hi = lo; hi < 1u << w; hi++) {
			t = tnum_range(lo, hi);
			expect(w, "range", lo, hi, tnum_set(w, t),
			       tnum_set(w, best_tnum(arc_set(w,
				(struct arc){ lo, hi - lo }))));
		}
	}
}

/* ---- arcs ---- */

static struct arc arcs[ARCS];
static uint64_t arc_sets[ARCS];
static unsigned int arc_cnt;

static void fill_arcs(unsigned int w)
{
	uint64_t base, size, m = concrete_mask(w);

	arc_cnt = 0;
	for (base = 0; base <= m; base++) {
		for (size = 0; size <= m; size++) {
			if (size == m && base)
				continue;
			arcs[arc_cnt] = (struct arc){ base, size };
			arc_sets[arc_cnt] = arc_set(w, arcs[arc_cnt]);
			arc_cnt++;
		}
	}
}

static void well_formed(unsigned int w, const char *name, struct arc a)
{
	uint64_t m = concrete_mask(w);

	if (a.base > m || a.size > m || (a.size == m && a.base))
		fail(w, name, "malformed", a.base, a.size, 0, 0);
}

static void check_arc_op(unsigned int w, const struct op *op)
{
	unsigned long words = 0, least = 0;
	unsigned int i, j;

	fill_image(w, op->model, arc_sets, arc_cnt);
	for (i = 0; i < arc_cnt; i++) {
		for (j = 0; j < arc_cnt; j++) {
			struct arc a = op->arc(w, arcs[i], arcs[j]);
			uint64_t want = image_of(arc_sets[i], j);
			uint64_t size = best_size(w, want);

			well_formed(w, op->name, a);
			sound(w, op->name, arc_sets[i], arc_sets[j],
			      arc_set(w, a), want);
			if (op->arc_best)
				expect(w, op->name, arc_sets[i], arc_sets[j],
				       a.size, size);
			words += a.size + 1;
			least += size + 1;
		}
	}
	printf("%u bits: arc %s: %lu words, best %lu\n", w, op->name, words,
	       least);
	if (w < 6 && op->arc_most[w - 4] && words > op->arc_most[w - 4])
		fail(w, op->name, "less precise", 0, 0, words,
		     op->arc_most[w - 4]);
}

static void check_arc_sets(unsigned int w)
{
	unsigned int i, j;

	for (i = 0; i < arc_cnt; i++) {
		for (j = 0; j < arc_cnt; j++) {
			uint64_t a = arc_sets[i], b = arc_sets[j];
			struct arc out = { 5, 1 };
			bool some = arc_intersect(w, arcs[i], arcs[j], &out);

			expect(w, "meet?", a, b, some, (a & b) != 0);
			well_formed(w, "meet", out);
			if (some) {
				sound(w, "meet", a, b, arc_set(w, out), a & b);
				expect(w, "meet", a, b, out.size,
				       best_size(w, a & b));
			} else {
				expect(w, "meet", a, b, out.base, 5);
			}
			out = arc_join(w, arcs[i], arcs[j]);
			well_formed(w, "join", out);
			sound(w, "join", a, b, arc_set(w, out), a | b);
			expect(w, "join", a, b, out.size,
			       best_size(w, a | b));
			expect(w, "holds", a, b,
			       arc_holds(w, arcs[i], arcs[j]), !(b & ~a));
		}
	}
}

/* Bounds; each must be in the set and none beyond it. */
static void check_arc_bounds(unsigned int w, struct arc a, uint64_t set)
{
	uint64_t m = concrete_mask(w), umin = m, umax = 0, x;
	int64_t smin = m, smax = -(int64_t)m;

	for (x = 0; x <= m; x++) {
		int64_t s = concrete_signed(w, x);

		if (!(set >> x & 1))
			continue;
		umin = x < umin ? x : umin;
		umax = x > umax ? x : umax;
		smin = s < smin ? s : smin;
		smax = s > smax ? s : smax;
	}
	expect(w, "umin", set, 0, arc_umin(w, a), umin);
	expect(w, "umax", set, 0, arc_umax(w, a), umax);
	expect(w, "smin", set, 0, arc_smin(w, a), smin);
	expect(w, "smax", set, 0, arc_smax(w, a), smax);
	expect(w, "bits", set, 0, arc_bits(w, a).mask > m, false);
	expect(w, "bits", set, 0, tnum_set(w, arc_bits(w, a)),
	       tnum_set(w, best_tnum(set)));
}

static void best_arc(unsigned int w, const char *name, uint64_t set,
		     unsigned int n, struct arc got, uint64_t want)
{
	well_formed(w, name, got);
	sound(w, name, set, n, arc_set(w, got), want);
	expect(w, name, set, n, got.size, best_size(w, want));
}

static void check_arc_shifts(unsigned int w, struct arc a, uint64_t set)
{
	struct alu_op lsh = { "", BPF_LSH }, rsh = { "", BPF_RSH };
	struct alu_op arsh = { "", BPF_ARSH };
	unsigned int n;

	for (n = 0; n < w; n++) {
		uint64_t want[3] = { 0 }, left, x;
		uint64_t span = a.size << n;

		for (left = set; left; left &= left - 1) {
			x = __builtin_ctzll(left);
			want[0] |= 1ull << concrete_alu(&lsh, w, x, n);
			want[1] |= 1ull << concrete_alu(&rsh, w, x, n);
			want[2] |= 1ull << concrete_alu(&arsh, w, x, n);
		}
		/* trailing zeros are for the known bits to say */
		sound(w, "lsh", set, n, arc_set(w, arc_lsh(w, a, n)), want[0]);
		expect(w, "lsh", set, n, arc_lsh(w, a, n).size,
		       span < concrete_mask(w) ? span : concrete_mask(w));
		best_arc(w, "rsh", set, n, arc_rsh(w, a, n), want[1]);
		best_arc(w, "arsh", set, n, arc_arsh(w, a, n), want[2]);
	}
}

static void check_arc_parts(unsigned int w, struct arc a, uint64_t set)
{
	uint64_t low, zext, sext, left, x;
	unsigned int n, to;

	for (n = 1; n <= w; n++) {
		for (low = 0, left = set; left; left &= left - 1)
			low |= 1ull << (__builtin_ctzll(left) &
					concrete_mask(n));
		best_arc(n, "low", set, n, arc_low(a, n), low);
	}
	for (to = w; to <= 6; to++) {
		for (zext = sext = 0, left = set; left; left &= left - 1) {
			x = __builtin_ctzll(left);
			zext |= 1ull << x;
			sext |= 1ull << ((uint64_t)concrete_signed(w, x) &
					 concrete_mask(to));
		}
		if (to == w)
			continue;
		best_arc(to, "zext", set, w, arc_zext(to, a, w), zext);
		best_arc(to, "sext", set, w, arc_sext(to, a, w), sext);
	}
}

static void check_tighten(unsigned int w, struct arc a, uint64_t set)
{
	unsigned int i;

	for (i = 0; i < tnum_cnt; i++) {
		uint64_t want = set & tnum_sets[i];
		struct arc out = a;
		bool some = arc_tighten(w, &out, tnums[i]);
		uint64_t end = (out.base + out.size) & concrete_mask(w);

		expect(w, "tighten?", set, i, some, want != 0);
		if (!some) {
			expect(w, "tighten", set, i, out.size, a.size);
			continue;
		}
		well_formed(w, "tighten", out);
		sound(w, "tighten", set, i, arc_set(w, out), want);
		expect(w, "ends", set, i, want >> out.base & want >> end & 1,
		       1);
	}
}

static void check_arcs(unsigned int w)
{
	unsigned int i, lo, hi;

	fill_arcs(w);
	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (ops[i].arc)
			check_arc_op(w, &ops[i]);
	check_arc_sets(w);
	for (i = 0; i < arc_cnt; i++) {
		check_arc_bounds(w, arcs[i], arc_sets[i]);
		check_arc_shifts(w, arcs[i], arc_sets[i]);
		check_arc_parts(w, arcs[i], arc_sets[i]);
		check_tighten(w, arcs[i], arc_sets[i]);
	}
	for (lo = 0; lo < 1u << w; lo++) {
		for (hi = 0; hi < 1u << w; hi++) {
			struct arc a = arc_range(w, lo, hi);

			well_formed(w, "range", a);
			expect(w, "range", lo, hi, arc_set(w, a),
			       arc_set(w, (struct arc){ lo, (hi - lo) &
				       concrete_mask(w) }));
		}
	}
}

int main(int argc, char **argv)
{
	unsigned int w, arcs_last = argc > 1 && !strcmp(argv[1], "--all") ?
		6 : 5;

	for (w = 4; w <= 6; w++) {
		check_tnums(w);
		if (w <= arcs_last)
			check_arcs(w);
	}
	if (failures)
		printf("%u failures\n", failures);
	return failures != 0;
}
