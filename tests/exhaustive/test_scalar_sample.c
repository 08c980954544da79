/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random scalars of SCALAR_BITS (built for 8 and for 64) through every
 * operation, against the tests' own model. A scalar is made from views drawn
 * around one word, which it thus has; at 8 bits all words of it are tried, at
 * 64 its ends and others near them.
 *
 * Usage: test_scalar_sample [ROUNDS [SEED]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "concrete.h"
#include "verify/number/scalar.h"

#define W	SCALAR_BITS
#define H	HALF_BITS
#define BYTE	(SCALAR_BITS / 8)
#define WORDS	256

static uint64_t seed = 1;
static unsigned int failures;

/* A scalar and words that its views, as drawn, allow. */
struct sample {
	struct scalar num;
	struct tnum bits;
	uint64_t base, size, half_base, half_size;
	uint64_t words[WORDS];
	unsigned int cnt;
};

static uint64_t draw(void)
{
	return concrete_random(&seed);
}

/* Small and large words alike; often next to where something turns over. */
static uint64_t draw_word(unsigned int w)
{
	uint64_t x = draw() >> draw() % 64;

	switch (draw() % 8) {
	case 0:
		x = (uint64_t)1 << draw() % w;
		break;
	case 1:
		x = ((uint64_t)1 << draw() % w) - 1;
		break;
	case 2:
		x = -x;
		break;
	case 3:
		x = draw() % 4 - 2;
		break;
	case 4:
		x = ((uint64_t)1 << H) + draw() % 4 - 2;
		break;
	}
	return x & concrete_mask(w);
}

/* The model of what the views allow, away from the verifier's code. */
static bool allowed(const struct sample *s, uint64_t x)
{
	return (x & ~s->bits.mask) == s->bits.value &&
		((x - s->base) & concrete_mask(W)) <= s->size &&
		((x - s->half_base) & concrete_mask(H)) <= s->half_size;
}

static void try_word(struct sample *s, uint64_t x)
{
	x &= concrete_mask(W);
	if (s->cnt < WORDS && allowed(s, x))
		s->words[s->cnt++] = x;
}

static void find_words(struct sample *s, uint64_t x)
{
	uint64_t end = s->base + s->size, half_end = s->half_base;
	uint64_t high = ~concrete_mask(H);
	unsigned int i;

	if (W <= 8) {
		for (x = 0; x < 1u << (W & 31); x++)
			try_word(s, x);
		return;
	}
	half_end += s->half_size;
	try_word(s, x);
	for (i = 0; i < 24; i++) {
		try_word(s, s->bits.value | (draw() & s->bits.mask));
		try_word(s, s->base + draw() % (s->size | 1));
	}
	for (i = 0; i < 3; i++) {
		try_word(s, s->base + i);
		try_word(s, end - i);
		try_word(s, (x & high) | s->half_base | i);
		try_word(s, (end & high) | (half_end & ~high) | i);
		try_word(s, s->bits.value | i);
		try_word(s, (s->bits.value | s->bits.mask) - i);
		try_word(s, i);
		try_word(s, (uint64_t)0 - i - 1);
		try_word(s, ((uint64_t)1 << (W - 1)) + i - 1);
	}
}

/* An arc around x of one of several magnitudes. */
static void draw_arc(unsigned int w, uint64_t x, uint64_t *base,
		     uint64_t *size)
{
	uint64_t below = draw_word(w), above = draw_word(w);

	*base = 0;
	*size = concrete_mask(w);
	if (!(draw() % 3) || below >= concrete_mask(w) - above)
		return;
	*base = (x - below) & concrete_mask(w);
	*size = below + above;
}

static void draw_sample(struct sample *s)
{
	uint64_t x = draw_word(W), mask = draw_word(W);

	s->cnt = 0;
	if (draw() % 2)
		mask = concrete_mask(W);
	if (!(draw() % 8))
		mask = 0;
	s->bits = (struct tnum){ x & ~mask, mask };
	draw_arc(W, x, &s->base, &s->size);
	draw_arc(H, x & concrete_mask(H), &s->half_base, &s->half_size);
	s->num.bits = s->bits;
	s->num.word = (struct arc){ s->base, s->size };
	s->num.half = (struct arc){ s->half_base, s->half_size };
	if (!scalar_sync(&s->num)) {
		failures++;
		printf("sync: empty, with %llx in it\n",
		       (unsigned long long)x);
	}
	find_words(s, x);
}

/* ---- checks ---- */

static void show(const char *name, const struct scalar *a)
{
	printf("  %s: bits %llx/%llx word %llx+%llx half %llx+%llx\n", name,
	       (unsigned long long)a->bits.value,
	       (unsigned long long)a->bits.mask,
	       (unsigned long long)a->word.base,
	       (unsigned long long)a->word.size,
	       (unsigned long long)a->half.base,
	       (unsigned long long)a->half.size);
}

static void fail(const char *name, bool wide, const struct sample *a,
		 const struct sample *b, const struct scalar *got,
		 uint64_t word)
{
	if (failures++ > 20)
		return;
	printf("%s%s: %llx\n", name, wide ? "" : "32",
	       (unsigned long long)word);
	show("a", &a->num);
	show("b", &b->num);
	if (got)
		show("got", got);
}

static bool in_step(const struct scalar *a)
{
	struct scalar s = *a;

	return scalar_sync(&s) && scalar_equal(&s, a);
}

static void check_alu(const struct sample *a, const struct sample *b,
		      const struct alu_op *op, bool wide)
{
	struct scalar s = scalar_alu(op->op, wide, op->is_signed, &a->num,
				     &b->num);
	unsigned int i, j;

	if (!in_step(&s))
		fail("out of step", wide, a, b, &s, op->op);
	for (i = 0; i < a->cnt; i++) {
		for (j = 0; j < b->cnt; j++) {
			uint64_t x = concrete_alu(op, wide ? W : H,
						  a->words[i], b->words[j]);

			if (!scalar_has(&s, x))
				fail(op->name, wide, a, b, &s, x);
		}
	}
}

static void check_jump(const struct sample *a, const struct sample *b,
		       const struct jump_op *op, bool wide)
{
	struct scalar x[2] = { a->num, a->num }, y[2] = { b->num, b->num };
	int decides = scalar_decides(op->op, wide, &a->num, &b->num);
	bool some[2];
	unsigned int i, j;

	some[0] = scalar_refine(op->op, wide, false, &x[0], &y[0]);
	some[1] = scalar_refine(op->op, wide, true, &x[1], &y[1]);
	if ((some[0] && !in_step(&x[0])) || (some[1] && !in_step(&y[1])))
		fail("out of step", wide, a, b, &x[0], op->op);
	for (i = 0; i < a->cnt; i++) {
		for (j = 0; j < b->cnt; j++) {
			bool taken = concrete_jump(op, wide ? W : H,
						   a->words[i], b->words[j]);

			if (!some[taken] || decides == !taken ||
			    !scalar_has(&x[taken], a->words[i]) ||
			    !scalar_has(&y[taken], b->words[j]))
				fail(op->name, wide, a, b, &x[taken],
				     a->words[i]);
		}
	}
}

static void check_sets(const struct sample *a, const struct sample *b)
{
	struct scalar join = scalar_join(&a->num, &b->num);
	struct scalar wide = scalar_widen(&a->num, &b->num), meet;
	bool some = scalar_intersect(&a->num, &b->num, &meet);
	bool holds = scalar_holds(&a->num, &b->num);
	unsigned int i;

	if (!scalar_holds(&join, &a->num) || !scalar_holds(&wide, &a->num) ||
	    !scalar_holds(&join, &b->num) || !scalar_holds(&wide, &b->num))
		fail("join", true, a, b, &join, 0);
	for (i = 0; i < b->cnt; i++) {
		uint64_t x = b->words[i];

		if (!scalar_has(&join, x) || !scalar_has(&wide, x))
			fail("join", true, a, b, &join, x);
		if (holds && !scalar_has(&a->num, x))
			fail("holds", true, a, b, NULL, x);
		if (allowed(a, x) && (!some || !scalar_has(&meet, x)))
			fail("intersect", true, a, b, NULL, x);
	}
}

static uint64_t reversed(uint64_t x, unsigned int bytes)
{
	uint64_t out = 0;
	unsigned int i;

	for (i = 0; i < bytes; i++)
		out |= (x >> i * BYTE & concrete_mask(BYTE)) <<
			(bytes - 1 - i) * BYTE;
	return out;
}

static void check_parts(const struct sample *a, unsigned int bytes)
{
	uint64_t m = concrete_mask(bytes * BYTE), x;
	struct scalar zext = scalar_zext(&a->num, bytes);
	struct scalar sext = scalar_sext(&a->num, bytes);
	struct scalar swap = scalar_bswap(&a->num, bytes * BYTE);
	unsigned int off = draw() % (9 - bytes), i;
	struct scalar part = scalar_part(&a->num, off, bytes);

	for (i = 0; i < a->cnt; i++) {
		x = a->words[i];
		if (!scalar_has(&zext, x & m))
			fail("zext", true, a, a, &zext, x);
		if (!scalar_has(&sext, (uint64_t)
				concrete_signed(bytes * BYTE, x & m) &
				concrete_mask(W)))
			fail("sext", true, a, a, &sext, x);
		if (!scalar_has(&swap, reversed(x, bytes)))
			fail("bswap", true, a, a, &swap, x);
		if (!scalar_has(&part, x >> off * BYTE & m))
			fail("part", true, a, a, &part, x);
	}
	if (!in_step(&zext) || !in_step(&sext) || !in_step(&swap) ||
	    !in_step(&part))
		fail("out of step", true, a, a, &zext, bytes);
}

static void check_bounds(const struct sample *a)
{
	const struct scalar *s = &a->num;
	unsigned int i;

	if (!in_step(s))
		fail("out of step", true, a, a, s, 0);
	for (i = 0; i < a->cnt; i++) {
		uint64_t x = a->words[i], h = x & concrete_mask(H);
		int64_t sx = concrete_signed(W, x), sh = concrete_signed(H, h);

		if (!scalar_has(s, x) || x < scalar_umin(s) ||
		    x > scalar_umax(s) || sx < scalar_smin(s) ||
		    sx > scalar_smax(s))
			fail("bounds", true, a, a, s, x);
		if (h < scalar_umin32(s) || h > scalar_umax32(s) ||
		    sh < scalar_smin32(s) || sh > scalar_smax32(s))
			fail("bounds", false, a, a, s, x);
	}
}

/* Of known operands the result is known, at every edge. */
static void check_constants(void)
{
	static const int64_t edges[] = { 0, 1, 2, 3, 7, 8, -1, -2, -8 };
	struct sample a = { .cnt = 0 }, b = { .cnt = 0 };
	const unsigned int cnt = sizeof(edges) / sizeof(edges[0]);
	unsigned int i, n;

	for (i = 0; i < 9 * cnt * cnt; i++) {
		uint64_t top[] = { 0, 1ull << (W - 1), 1ull << (H - 1) };
		uint64_t x = edges[i % cnt] + top[i / cnt / cnt % 3];
		uint64_t y = edges[i / cnt % cnt] + top[i / cnt / cnt / 3];

		a.num = scalar_const(x);
		b.num = scalar_const(y);
		for (n = 0; n < ALU_OPS * 2; n++) {
			const struct alu_op *op = &alu_ops[n / 2];
			struct scalar s = scalar_alu(op->op, n % 2,
						     op->is_signed, &a.num,
						     &b.num);

			x = concrete_alu(op, n % 2 ? W : H, a.num.bits.value,
					 b.num.bits.value);
			if (!scalar_is(&s, x))
				fail(op->name, n % 2, &a, &b, &s, x);
		}
	}
}

/* A loop that counts must settle soon, whatever it counts by. */
static void check_chain(const struct sample *a)
{
	struct scalar s = a->num, next;
	struct scalar by = scalar_const(draw_word(W));
	unsigned int steps = 0;

	for (;;) {
		next = scalar_alu(BPF_ADD, true, false, &s, &by);
		next = scalar_widen(&s, &next);
		if (scalar_equal(&s, &next))
			return;
		s = next;
		if (++steps > 12) {
			fail("widen: no end", true, a, a, &s, by.bits.value);
			return;
		}
	}
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 0) :
		W <= 8 ? 1500 : 10000, i;
	static struct sample a, b;
	unsigned int n;

	seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	check_constants();
	for (i = 0; i < rounds && failures < 20; i++) {
		draw_sample(&a);
		draw_sample(&b);
		check_bounds(&a);
		for (n = 0; n < ALU_OPS * 2; n++)
			check_alu(&a, &b, &alu_ops[n / 2], n % 2);
		for (n = 0; n < JUMP_OPS * 2; n++)
			check_jump(&a, &b, &jump_ops[n / 2], n % 2);
		check_sets(&a, &b);
		for (n = 1; n <= 8; n++)
			check_parts(&a, n);
		check_chain(&a);
	}
	printf("%lu pairs of scalars of %d bits, %u failures\n", i, W,
	       failures);
	return failures != 0;
}
