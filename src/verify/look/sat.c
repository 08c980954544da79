/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conflict-driven clause learning, in its plainest form: two watched literals
 * a clause, the first unique implication point, decisions in the order of the
 * last conflicts (move to front), restarts. Learnt clauses are all kept, as
 * the bound on work comes first.
 *
 * A clause lies at `at` of clauses[]: its count of literals, the next clause
 * that watches its first literal, the same for the second, the literals. At
 * 0 there is none.
 *
 * Reference: Een, Sorensson, "An Extensible SAT-solver", 2003.
 */
#include "verify/look/sat.h"

#include <errno.h>
#include <stdlib.h>

#define VARS_LEAST	1024
#define CLAUSES_LEAST	16384
#define CLAUSES_MAX	(1u << 24)	/* words */
#define CLAUSE_MAX	8		/* of sat_clause */
#define HEAD		3		/* words before a clause's literals */
#define RESTART		64		/* conflicts before the first one */

static int8_t value_of(const struct sat *sat, uint32_t lit)
{
	int8_t value = sat->vars[lit >> 1].value;

	return lit & 1 ? (int8_t)-value : value;
}

bool sat_value(const struct sat *sat, uint32_t lit)
{
	return value_of(sat, lit) > 0;
}

static bool grow(void *data, uint32_t cnt, size_t size)
{
	void **place = data;
	void *grown = reallocarray(*place, cnt, size);

	if (grown)
		*place = grown;
	return grown;
}

static bool vars_grow(struct sat *sat)
{
	uint32_t cap = sat->vars_cap ? sat->vars_cap * 2 : VARS_LEAST;

	if (!grow(&sat->vars, cap, sizeof(*sat->vars)) ||
	    !grow(&sat->heads, cap * 2, sizeof(*sat->heads)) ||
	    !grow(&sat->trail, cap, sizeof(*sat->trail)) ||
	    !grow(&sat->levels, cap + 1, sizeof(*sat->levels)) ||
	    !grow(&sat->learnt, cap, sizeof(*sat->learnt)))
		return false;
	sat->vars_cap = cap;
	return true;
}

/* ---- the order of decisions ---- */

static void order_remove(struct sat *sat, uint32_t var)
{
	struct sat_var *v = &sat->vars[var];

	if (v->prev)
		sat->vars[v->prev].next = v->next;
	else
		sat->first = v->next;
	if (v->next)
		sat->vars[v->next].prev = v->prev;
	else
		sat->best = v->prev;
}

static void order_append(struct sat *sat, uint32_t var)
{
	struct sat_var *v = &sat->vars[var];

	v->prev = sat->best;
	v->next = 0;
	v->stamp = ++sat->stamp;
	if (sat->best)
		sat->vars[sat->best].next = var;
	else
		sat->first = var;
	sat->best = var;
	if (!v->value)
		sat->search = var;
}

/* ---- assignments ---- */

static void assign(struct sat *sat, uint32_t lit, uint32_t reason)
{
	struct sat_var *v = &sat->vars[lit >> 1];

	v->value = lit & 1 ? -1 : 1;
	v->reason = reason;
	v->level = sat->level;
	sat->trail[sat->trail_cnt++] = lit;
}

static void undo_to(struct sat *sat, uint32_t level)
{
	while (sat->level > level) {
		uint32_t start = sat->levels[sat->level--];

		while (sat->trail_cnt > start) {
			uint32_t var = sat->trail[--sat->trail_cnt] >> 1;
			struct sat_var *v = &sat->vars[var];

			v->last = v->value > 0;
			v->value = 0;
			if (v->stamp > sat->vars[sat->search].stamp)
				sat->search = var;
		}
	}
	sat->head = sat->trail_cnt;
}

/* The watch that is false becomes the second one. Its list's next link. */
static uint32_t *turn_clause(uint32_t *clause, uint32_t lit)
{
	uint32_t *lits = clause + HEAD, next = clause[1];

	if (lits[0] == lit) {
		lits[0] = lits[1];
		lits[1] = lit;
		clause[1] = clause[2];
		clause[2] = next;
	}
	return &clause[2];
}

/* Another literal to watch than the second, which is false; 0: there is none */
static uint32_t find_watch(const struct sat *sat, const uint32_t *clause)
{
	for (uint32_t k = 2; k < clause[0]; k++)
		if (value_of(sat, clause[HEAD + k]) >= 0)
			return k;
	return 0;
}

/* All clauses that watch `lit`, which is false: 0, or the one in conflict. */
static uint32_t visit_watchers(struct sat *sat, uint32_t lit)
{
	uint32_t *link = &sat->heads[lit];

	while (*link) {
		uint32_t at = *link, k;
		uint32_t *clause = sat->clauses + at;
		uint32_t *lits = clause + HEAD;
		uint32_t *next = turn_clause(clause, lit);

		sat->work++;
		if (value_of(sat, lits[0]) > 0) {
			link = next;
			continue;
		}
		k = find_watch(sat, clause);
		if (k) {
			*link = *next;
			lits[1] = lits[k];
			lits[k] = lit;
			*next = sat->heads[lits[1]];
			sat->heads[lits[1]] = at;
			continue;
		}
		if (value_of(sat, lits[0]) < 0)
			return at;
		assign(sat, lits[0], at);
		link = next;
	}
	return 0;
}

static uint32_t propagate(struct sat *sat)
{
	uint32_t conflict = 0;

	while (!conflict && sat->head < sat->trail_cnt)
		conflict = visit_watchers(sat, sat->trail[sat->head++] ^ 1);
	return conflict;
}

/* ---- clauses ---- */

static void watch(struct sat *sat, uint32_t at, uint32_t i)
{
	uint32_t lit = sat->clauses[at + HEAD + i];

	sat->clauses[at + 1 + i] = sat->heads[lit];
	sat->heads[lit] = at;
}

/* Two literals or more. Where it lies, or 0. */
static uint32_t clause_add(struct sat *sat, const uint32_t *lits,
			   uint32_t cnt)
{
	uint32_t at = sat->clauses_cnt, cap = sat->clauses_cap;

	while (at + HEAD + cnt > cap)
		cap *= 2;
	if (cap > CLAUSES_MAX) {
		sat->failed = true;
		return 0;
	}
	if (cap > sat->clauses_cap &&
	    !grow(&sat->clauses, cap, sizeof(*sat->clauses))) {
		sat->failed = sat->no_memory = true;
		return 0;
	}
	sat->clauses_cap = cap;
	sat->clauses[at] = cnt;
	for (uint32_t i = 0; i < cnt; i++)
		sat->clauses[at + HEAD + i] = lits[i];
	sat->clauses_cnt = at + HEAD + cnt;
	watch(sat, at, 0);
	watch(sat, at, 1);
	return at;
}

static bool has(const uint32_t *lits, uint32_t cnt, uint32_t lit)
{
	while (cnt--)
		if (lits[cnt] == lit)
			return true;
	return false;
}

void sat_clause(struct sat *sat, const uint32_t *lits, uint32_t cnt)
{
	uint32_t left[CLAUSE_MAX], left_cnt = 0;

	for (uint32_t i = 0; i < cnt && !sat->failed; i++) {
		if (value_of(sat, lits[i]) > 0 ||
		    has(left, left_cnt, lits[i] ^ 1))
			return;
		if (!value_of(sat, lits[i]) && !has(left, left_cnt, lits[i]))
			left[left_cnt++] = lits[i];
	}
	if (sat->failed)
		return;
	if (!left_cnt)
		sat->contradiction = true;
	else if (left_cnt == 1)
		assign(sat, left[0], 0);
	else
		clause_add(sat, left, left_cnt);
}

/* ---- conflicts ---- */

/*
 * A literal of a clause in conflict, or of a reason: those of older levels
 * are of the learnt clause, those of this one are resolved. Their count.
 */
static uint32_t meet(struct sat *sat, uint32_t lit, uint32_t *cnt)
{
	struct sat_var *v = &sat->vars[lit >> 1];

	if (v->seen || !v->level)
		return 0;
	v->seen = true;
	order_remove(sat, lit >> 1);
	order_append(sat, lit >> 1);
	if (v->level == sat->level)
		return 1;
	sat->learnt[(*cnt)++] = lit;
	return 0;
}

/* To the first literal of this level that all of the conflict hangs on. */
static uint32_t analyse(struct sat *sat, uint32_t conflict)
{
	uint32_t cnt = 1, open = 0, pos = sat->trail_cnt, lit = SAT_TRUE;

	do {
		const uint32_t *clause = sat->clauses + conflict;

		for (uint32_t i = 0; i < clause[0]; i++)
			if (clause[HEAD + i] != lit)
				open += meet(sat, clause[HEAD + i], &cnt);
		do
			lit = sat->trail[--pos];
		while (!sat->vars[lit >> 1].seen);
		sat->vars[lit >> 1].seen = false;
		conflict = sat->vars[lit >> 1].reason;
	} while (--open);
	sat->learnt[0] = lit ^ 1;
	return cnt;
}

/* The literal of the second-highest level comes second, to be watched. */
static uint32_t back_level(struct sat *sat, uint32_t cnt)
{
	uint32_t *lits = sat->learnt, best = 1, level, first;

	if (cnt == 1)
		return 0;
	for (uint32_t i = 1; i < cnt; i++) {
		sat->vars[lits[i] >> 1].seen = false;
		if (sat->vars[lits[i] >> 1].level >
		    sat->vars[lits[best] >> 1].level)
			best = i;
	}
	level = sat->vars[lits[best] >> 1].level;
	first = lits[1];
	lits[1] = lits[best];
	lits[best] = first;
	return level;
}

static void learn(struct sat *sat, uint32_t conflict)
{
	uint32_t cnt = analyse(sat, conflict), at = 0;

	undo_to(sat, back_level(sat, cnt));
	if (cnt > 1) {
		at = clause_add(sat, sat->learnt, cnt);
		if (!at)
			return;
	}
	assign(sat, sat->learnt[0], at);
}

static bool decide(struct sat *sat)
{
	uint32_t var = sat->search;

	while (var && sat->vars[var].value)
		var = sat->vars[var].prev;
	sat->search = var;
	if (!var)
		return false;
	sat->levels[++sat->level] = sat->trail_cnt;
	assign(sat, var * 2 + !sat->vars[var].last, 0);
	return true;
}

enum sat_answer sat_solve(struct sat *sat)
{
	uint32_t conflicts = 0, limit = RESTART;

	if (sat->contradiction && !sat->failed)
		return SAT_NO;
	while (!sat->failed && sat->work < sat->work_max) {
		uint32_t conflict = propagate(sat);

		if (conflict && !sat->level)
			return SAT_NO;
		if (conflict) {
			learn(sat, conflict);
			conflicts++;
		} else if (conflicts >= limit) {
			limit += limit / 2;
			conflicts = 0;
			undo_to(sat, 0);
		} else if (!decide(sat)) {
			return SAT_YES;
		}
	}
	return SAT_UNKNOWN;
}

/* ---- beginning, end ---- */

uint32_t sat_new(struct sat *sat)
{
	uint32_t var = sat->vars_cnt;

	if (sat->failed)
		return SAT_FALSE;
	if (var == sat->vars_cap && !vars_grow(sat)) {
		sat->failed = sat->no_memory = true;
		return SAT_FALSE;
	}
	sat->vars_cnt++;
	sat->vars[var] = (struct sat_var){ 0 };
	sat->heads[var * 2] = sat->heads[var * 2 + 1] = 0;
	if (var)
		order_append(sat, var);
	return var * 2;
}

int sat_init(struct sat *sat, uint64_t work_max)
{
	*sat = (struct sat){
		.work_max = work_max, .clauses_cnt = 1,
		.clauses_cap = CLAUSES_LEAST,
	};
	sat->clauses = calloc(CLAUSES_LEAST, sizeof(*sat->clauses));
	if (!sat->clauses || sat_new(sat) != SAT_TRUE) {
		sat_fini(sat);
		return -ENOMEM;
	}
	assign(sat, SAT_TRUE, 0);
	return 0;
}

void sat_fini(struct sat *sat)
{
	free(sat->vars);
	free(sat->heads);
	free(sat->trail);
	free(sat->levels);
	free(sat->clauses);
	free(sat->learnt);
	*sat = (struct sat){ 0 };
}
