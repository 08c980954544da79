/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The solver against brute force on random formulas, words of literals
 * against arithmetic, and terms that can or cannot leave their bounds.
 */
#include <linux/bpf.h>

#include "cmocka_all.h"
#include "verify/look/bits.h"
#include "verify/look/term.h"

#define WORK	(1u << 22)

static uint64_t seed = 88172645463325252u;

static uint64_t draw(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x9e3779b97f4a7c15u;
}

static uint32_t draw_below(uint32_t below)
{
	return (uint32_t)(draw() >> 33) % below;
}

/* ---- formulas ---- */

#define VARS		12
#define CLAUSES_MAX	80

struct formula {
	uint32_t lits[CLAUSES_MAX][4], sizes[CLAUSES_MAX], cnt;
};

/* Bit v - 1 of `bits` is variable v. */
static bool satisfies(const struct formula *f, uint32_t bits)
{
	for (uint32_t i = 0; i < f->cnt; i++) {
		bool any = false;

		for (uint32_t k = 0; k < f->sizes[i]; k++) {
			uint32_t lit = f->lits[i][k];

			any |= (bits >> ((lit >> 1) - 1) & 1) != (lit & 1);
		}
		if (!any)
			return false;
	}
	return true;
}

static bool by_force(const struct formula *f)
{
	for (uint32_t bits = 0; bits < 1u << VARS; bits++)
		if (satisfies(f, bits))
			return true;
	return false;
}

static void random_formula(struct formula *f)
{
	f->cnt = 10 + draw_below(CLAUSES_MAX - 10);
	for (uint32_t i = 0; i < f->cnt; i++) {
		f->sizes[i] = draw_below(12) ? 2 + draw_below(3) : 1;
		for (uint32_t k = 0; k < f->sizes[i]; k++)
			f->lits[i][k] = 2 + draw_below(VARS * 2);
	}
}

static void test_random(void **state maybe_unused)
{
	uint32_t answers[2] = { 0 };

	for (int round = 0; round < 4000; round++) {
		enum sat_answer answer;
		struct formula f;
		uint32_t bits = 0;
		struct sat sat;

		random_formula(&f);
		assert_int_equal(sat_init(&sat, WORK), 0);
		for (uint32_t v = 0; v < VARS; v++)
			sat_new(&sat);
		for (uint32_t i = 0; i < f.cnt; i++)
			sat_clause(&sat, f.lits[i], f.sizes[i]);
		answer = sat_solve(&sat);
		assert_int_equal(answer, by_force(&f) ? SAT_YES : SAT_NO);
		answers[answer]++;
		for (uint32_t v = 0; v < VARS; v++)
			bits |= (uint32_t)sat_value(&sat, 2 * v + 2) << v;
		if (answer == SAT_YES)
			assert_true(satisfies(&f, bits));
		sat_fini(&sat);
	}
	assert_true(answers[SAT_YES] > 200 && answers[SAT_NO] > 200);
}

/* n + 1 pigeons do not fit into n holes; with `less`, they do. */
static enum sat_answer pigeons(uint32_t holes, uint32_t pigeons_cnt,
			       uint64_t work)
{
	enum sat_answer answer;
	struct sat sat;

	assert_int_equal(sat_init(&sat, work), 0);
	for (uint32_t i = 0; i < holes * pigeons_cnt; i++)
		sat_new(&sat);
	for (uint32_t p = 0; p < pigeons_cnt; p++) {
		uint32_t lits[8];

		for (uint32_t h = 0; h < holes; h++)
			lits[h] = 2 * (1 + p * holes + h);
		sat_clause(&sat, lits, holes);
		for (uint32_t q = 0; q < p; q++)
			for (uint32_t h = 0; h < holes; h++)
				sat_clause(&sat, (uint32_t[]){
					lits[h] ^ 1,
					2 * (1 + q * holes + h) + 1 }, 2);
	}
	answer = sat_solve(&sat);
	sat_fini(&sat);
	return answer;
}

static void test_pigeons(void **state maybe_unused)
{
	assert_int_equal(pigeons(6, 7, WORK), SAT_NO);
	assert_int_equal(pigeons(7, 7, WORK), SAT_YES);
	assert_int_equal(pigeons(8, 9, 50), SAT_UNKNOWN);
}

/* ---- words ---- */

static uint64_t draw_word(void)
{
	static const uint64_t odd[] = {
		0, 1, 2, 31, 63, 0x7f, 0x80, 0xff, 0x8000, 0x7fffffff,
		0x80000000, 0xffffffff, 0x100000000, INT64_MAX,
		1ull << 63, UINT64_MAX,
	};

	switch (draw_below(3)) {
	case 0: return odd[draw_below(ARRAY_SIZE(odd))];
	case 1: return draw() >> draw_below(64);
	default: return draw();
	}
}

static const uint8_t ops[] = {
	BPF_ADD, BPF_SUB, BPF_AND, BPF_OR, BPF_XOR, BPF_MOV, BPF_LSH,
	BPF_RSH, BPF_ARSH, BPF_NEG, BPF_MUL,
};

static const uint8_t jumps[] = {
	BPF_JEQ, BPF_JNE, BPF_JGT, BPF_JGE, BPF_JLT, BPF_JLE, BPF_JSGT,
	BPF_JSGE, BPF_JSLT, BPF_JSLE, BPF_JSET,
};

static void equal(struct sat *sat, const struct bits *word, uint64_t value)
{
	for (unsigned int i = 0; i < BITS; i++)
		sat_clause(sat, (uint32_t[]){
			word->lit[i] ^ !(value >> i & 1) }, 1);
}

/* Some bits of an operand are known at once, the others are told later. */
static struct bits half_known(struct sat *sat, uint64_t value)
{
	return bits_free(sat, value, draw_below(2) ? UINT64_MAX : draw());
}

/* The result is what it should be, and can be nothing else. */
static void word_is(struct sat *sat, const struct bits *out, uint64_t value,
		    bool same)
{
	uint64_t other = same ? value : value ^ 1ull << draw_below(64);

	equal(sat, out, other);
	assert_int_equal(sat_solve(sat), same ? SAT_YES : SAT_NO);
}

static void test_alu(void **state maybe_unused)
{
	for (int round = 0; round < 6000; round++) {
		uint64_t a = draw_word(), b = draw_word();
		uint8_t op = ops[draw_below(ARRAY_SIZE(ops))];
		struct scalar x = scalar_const(a), y;
		bool wide = draw_below(2);
		struct bits p, q, out;
		struct scalar result;
		struct sat sat;

		if (op == BPF_MUL)
			b &= 0xfff;
		y = scalar_const(b);
		assert_int_equal(sat_init(&sat, WORK), 0);
		p = half_known(&sat, a);
		q = op == BPF_MUL ? bits_free(&sat, b, b & 0xff) :
				    half_known(&sat, b);
		assert_true(bits_alu(&sat, op, wide, &p, &q, &out));
		equal(&sat, &p, a);
		equal(&sat, &q, b);
		result = scalar_alu(op, wide, false, &x, &y);
		word_is(&sat, &out, result.bits.value, draw_below(2));
		sat_fini(&sat);
	}
}

static void test_jumps(void **state maybe_unused)
{
	for (int round = 0; round < 6000; round++) {
		uint64_t a = draw_word(), b = draw_below(4) ? draw_word() : a;
		uint8_t op = jumps[draw_below(ARRAY_SIZE(jumps))];
		struct scalar x = scalar_const(a), y = scalar_const(b);
		bool wide = draw_below(2), jumping;
		struct bits p, q;
		struct sat sat;
		uint32_t lit;

		assert_int_equal(sat_init(&sat, WORK), 0);
		p = half_known(&sat, a);
		q = half_known(&sat, b);
		lit = bits_jump(&sat, op, wide, &p, &q);
		equal(&sat, &p, a);
		equal(&sat, &q, b);
		jumping = draw_below(2);
		sat_clause(&sat, (uint32_t[]){ lit ^ !jumping }, 1);
		assert_int_equal(sat_solve(&sat),
				 scalar_decides(op, wide, &x, &y) == jumping ?
				 SAT_YES : SAT_NO);
		sat_fini(&sat);
	}
}

static void test_within(void **state maybe_unused)
{
	for (int round = 0; round < 2000; round++) {
		uint64_t a = draw_word(), base = draw_word();
		uint64_t size = draw_word();
		struct bits p;
		struct sat sat;
		uint32_t lit;

		assert_int_equal(sat_init(&sat, WORK), 0);
		p = half_known(&sat, a);
		lit = bits_within(&sat, &p, base, size);
		equal(&sat, &p, a);
		sat_clause(&sat, &lit, 1);
		assert_int_equal(sat_solve(&sat), a - base <= size ? SAT_YES :
								     SAT_NO);
		sat_fini(&sat);
	}
}

static void test_extend(void **state maybe_unused)
{
	static const unsigned int bytes[] = { 1, 2, 4 };

	for (int round = 0; round < 1000; round++) {
		unsigned int n = bytes[draw_below(3)];
		uint64_t a = draw_word();
		struct scalar x = scalar_const(a), y;
		bool is_signed = draw_below(2);
		struct bits p = bits_const(a), out;
		struct sat sat;

		assert_int_equal(sat_init(&sat, WORK), 0);
		out = bits_extend(&p, n, is_signed);
		y = is_signed ? scalar_sext(&x, n) : scalar_zext(&x, n);
		word_is(&sat, &out, y.bits.value, draw_below(2));
		sat_fini(&sat);
	}
}

/* ---- terms ---- */

static uint32_t ranged(struct terms *terms, uint64_t min, uint64_t max)
{
	return term_add(terms, &(struct term){
		.kind = TERM_FREE, .known = scalar_urange(min, max),
	});
}

static bool proves(struct terms *terms, uint32_t term, int64_t max)
{
	uint64_t work = WORK;

	return term_prove(terms, term, 0, max, &work);
}

/* a <= b, both of any size: b - a is at most what b is. */
static void test_difference(void **state maybe_unused)
{
	struct terms terms;
	uint32_t a, b, diff;

	assert_int_equal(terms_init(&terms), 0);
	a = ranged(&terms, 0, UINT64_MAX);
	b = ranged(&terms, 0, 100);
	diff = term_alu(&terms, BPF_SUB, true, b, a);
	assert_false(proves(&terms, diff, 100));
	term_relate(&terms, &(struct relation){ BPF_JGT, true, false, a, b });
	assert_true(proves(&terms, diff, 100));
	assert_false(proves(&terms, diff, 99));
	terms_fini(&terms);
}

/* a + b < 16 in 32 bits bounds each when neither can wrap the sum. */
static void test_sum(void **state maybe_unused)
{
	struct terms terms;
	uint32_t a, b, sum;

	assert_int_equal(terms_init(&terms), 0);
	a = ranged(&terms, 0, 1000);
	b = ranged(&terms, 0, UINT32_MAX);
	sum = term_alu(&terms, BPF_ADD, false, a, b);
	term_relate(&terms, &(struct relation){
		BPF_JLT, true, true, sum, term_const(&terms, 16) });
	assert_true(proves(&terms, sum, 15));
	assert_false(proves(&terms, a, 15));
	term_relate(&terms, &(struct relation){
		BPF_JLT, true, true, b, term_const(&terms, 5000) });
	assert_true(proves(&terms, a, 15));
	terms_fini(&terms);
}

/* What does not hang together with the question is not looked at. */
static void test_apart(void **state maybe_unused)
{
	struct terms terms;
	uint32_t a, b;

	assert_int_equal(terms_init(&terms), 0);
	a = ranged(&terms, 0, 10);
	b = term_alu(&terms, BPF_MUL, true, ranged(&terms, 0, UINT64_MAX),
		     term_const(&terms, 3));
	assert_true(proves(&terms, a, 10));
	assert_true(terms.list.data[a].needed);
	assert_false(terms.list.data[b].needed);
	terms_fini(&terms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_pigeons),
		cmocka_unit_test(test_alu),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_extend),
		cmocka_unit_test(test_difference),
		cmocka_unit_test(test_sum),
		cmocka_unit_test(test_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
