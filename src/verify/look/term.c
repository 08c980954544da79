/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To prove that a term stays inside of its bounds, it is assumed to leave
 * them, and everything that is connected with it (terms that share a free
 * one, branches between those) becomes clauses. No assignment: proven.
 *
 * Whatever is left out only allows more: products and quotients of unknowns
 * are free, and so is what nothing is said of.
 */
#include "verify/look/term.h"

#include <errno.h>

#include "verify/look/bits.h"

#define SOLVE_MAX	(1u << 20)	/* looks at clauses, of one proof */
#define TERM_WORK	BITS		/* what a term costs, about */

int terms_init(struct terms *terms)
{
	*terms = (struct terms){ 0 };
	return vec_push(&terms->list) ? 0 : -ENOMEM;
}

void terms_fini(struct terms *terms)
{
	vec_free(&terms->list);
	vec_free(&terms->relations);
}

/* ---- which belong together ---- */

static uint32_t set_of(struct terms *terms, uint32_t i)
{
	struct term *list = terms->list.data;

	while (list[i].set != i) {
		list[i].set = list[list[i].set].set;
		i = list[i].set;
	}
	return i;
}

static void join(struct terms *terms, uint32_t a, uint32_t b)
{
	struct term *list = terms->list.data;

	if (list[a].kind == TERM_CONST || list[b].kind == TERM_CONST)
		return;
	list[set_of(terms, a)].set = set_of(terms, b);
}

uint32_t term_add(struct terms *terms, const struct term *term)
{
	struct term *place = vec_push(&terms->list);
	uint32_t i = (uint32_t)terms->list.len - 1;

	if (!place) {
		terms->failed = true;
		return 0;
	}
	*place = *term;
	place->set = i;
	if (term->kind == TERM_ALU || term->kind == TERM_EXTEND)
		join(terms, i, term->a);
	if (term->kind == TERM_ALU)
		join(terms, i, term->b);
	return i;
}

uint32_t term_const(struct terms *terms, uint64_t value)
{
	return term_add(terms, &(struct term){
		.kind = TERM_CONST, .known = scalar_const(value),
	});
}

uint32_t term_alu(struct terms *terms, uint8_t op, bool wide, uint32_t a,
		  uint32_t b)
{
	return term_add(terms, &(struct term){
		.kind = TERM_ALU, .op = op, .wide = wide, .a = a, .b = b,
		.known = scalar_unknown(),
	});
}

void term_relate(struct terms *terms, const struct relation *relation)
{
	struct relation *place = vec_push(&terms->relations);

	if (!place) {
		terms->failed = true;
		return;
	}
	*place = *relation;
	join(terms, relation->a, relation->b);
}

/* ---- what a proof needs ---- */

static bool is_const(const struct terms *terms, uint32_t i)
{
	return terms->list.data[i].kind == TERM_CONST;
}

static bool connected(struct terms *terms, const struct relation *relation,
		      uint32_t set)
{
	uint32_t a = relation->a, b = relation->b;

	return (!is_const(terms, a) && set_of(terms, a) == set) ||
	       (!is_const(terms, b) && set_of(terms, b) == set);
}

/* All else that leads to these. Their count. */
static uint64_t need(struct terms *terms, uint32_t goal)
{
	struct term *list = terms->list.data;
	uint32_t set = set_of(terms, goal);
	uint64_t cnt = 0;

	for (size_t i = 0; i < terms->list.len; i++)
		list[i].needed = i == goal;
	for (size_t i = 0; i < terms->relations.len; i++) {
		const struct relation *r = &terms->relations.data[i];

		if (connected(terms, r, set))
			list[r->a].needed = list[r->b].needed = true;
	}
	for (size_t i = terms->list.len; i-- > 1;) {
		if (!list[i].needed)
			continue;
		cnt++;
		if (list[i].kind == TERM_ALU || list[i].kind == TERM_EXTEND)
			list[list[i].a].needed = true;
		if (list[i].kind == TERM_ALU)
			list[list[i].b].needed = true;
	}
	return cnt;
}

/* ---- as clauses ---- */

static void hold(struct sat *sat, uint32_t lit)
{
	sat_clause(sat, &lit, 1);
}

/* The bits that are known; for free ones, no more has to be said of those. */
static void say_bits(struct sat *sat, const struct bits *word,
		     const struct tnum *bits)
{
	for (unsigned int i = 0; i < BITS; i++)
		if (!(bits->mask >> i & 1))
			hold(sat, word->lit[i] ^ !(bits->value >> i & 1));
}

/* An arc says something that the bits do not. */
static bool says_more(uint64_t base, uint64_t size, const struct tnum *bits,
		      uint64_t mask)
{
	return size != mask && ((bits->value & mask) < base ||
				((bits->value | bits->mask) & mask) - base >
				size);
}

static void say_known(struct sat *sat, const struct bits *word,
		      const struct scalar *num)
{
	struct bits low = bits_extend(word, 4, false);

	say_bits(sat, word, &num->bits);
	if (says_more(num->word.base, num->word.size, &num->bits, UINT64_MAX))
		hold(sat, bits_within(sat, word, num->word.base,
				      num->word.size));
	/* the low half, less its base, as a low half again */
	if (says_more(num->half.base, num->half.size, &num->bits,
		      UINT32_MAX)) {
		struct bits base = bits_const(num->half.base), way;

		if (bits_alu(sat, BPF_SUB, false, &low, &base, &way))
			hold(sat, bits_within(sat, &way, 0, num->half.size));
	}
}

static struct bits free_word(struct sat *sat, const struct scalar *num)
{
	return bits_free(sat, num->bits.value, num->bits.mask);
}

static void say_term(struct sat *sat, const struct term *term,
		     struct bits *words, uint32_t i)
{
	struct bits *out = &words[i];

	if (term->kind == TERM_CONST) {
		*out = bits_const(term->known.bits.value);
		return;
	}
	if (term->kind == TERM_EXTEND)
		*out = bits_extend(&words[term->a], term->bytes,
				   term->is_signed);
	else if (term->kind == TERM_FREE ||
		 !bits_alu(sat, term->op, term->wide, &words[term->a],
			   &words[term->b], out))
		*out = free_word(sat, &term->known);
	say_known(sat, out, &term->known);
}

static void say_all(struct terms *terms, struct sat *sat, struct bits *words,
		    uint32_t set)
{
	for (uint32_t i = 1; i < terms->list.len && !sat->failed; i++)
		if (terms->list.data[i].needed)
			say_term(sat, &terms->list.data[i], words, i);
	for (size_t i = 0; i < terms->relations.len && !sat->failed; i++) {
		const struct relation *r = &terms->relations.data[i];

		if (connected(terms, r, set))
			hold(sat, bits_jump(sat, r->op, r->wide, &words[r->a],
					    &words[r->b]) ^ !r->jumps);
	}
}

bool term_prove(struct terms *terms, uint32_t term, int64_t min, int64_t max,
		uint64_t *work)
{
	uint64_t cost = need(terms, term) * TERM_WORK;
	enum sat_answer answer = SAT_UNKNOWN;
	struct bits *words;
	struct sat sat;

	if (terms->failed || !term || cost >= *work)
		return false;
	*work -= cost;
	if (sat_init(&sat, MIN(*work, SOLVE_MAX))) {
		terms->failed = true;
		return false;
	}
	words = calloc(terms->list.len, sizeof(*words));
	if (words) {
		say_all(terms, &sat, words, set_of(terms, term));
		hold(&sat, bits_within(&sat, &words[term], (uint64_t)min,
				       (uint64_t)max - (uint64_t)min) ^ 1);
		answer = sat_solve(&sat);
	}
	terms->failed |= !words || sat.no_memory;
	*work -= MIN(*work, sat.work);
	free(words);
	sat_fini(&sat);
	return answer == SAT_NO;
}
