/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is there an assignment of truth values that makes a set of clauses true?
 * A literal is 2 * variable, plus 1 for its negation; variable 0 is true.
 * Work is bounded by a count, not by time, so that answers are reproducible.
 */
#ifndef SKEP_VERIFY_LOOK_SAT_H
#define SKEP_VERIFY_LOOK_SAT_H

#include "base/compiler.h"

#define SAT_TRUE	0u		/* literals */
#define SAT_FALSE	1u

enum sat_answer {
	SAT_NO,				/* no assignment does */
	SAT_YES,
	SAT_UNKNOWN,			/* the bound was met, or no memory */
};

struct sat_var {
	uint32_t reason, level;
	uint32_t prev, next;		/* order of decisions, best last */
	uint64_t stamp;			/* of its last move in that order */
	int8_t value;			/* 1 true, -1 false, 0 not assigned */
	bool last;			/* what it was before */
	bool seen;
};

struct sat {
	struct sat_var *vars;
	uint32_t *heads;		/* by literal: clauses that watch it */
	uint32_t *trail;		/* literals, as they became true */
	uint32_t vars_cnt, vars_cap;
	uint32_t trail_cnt, head;
	uint32_t *levels;		/* where each begins on the trail */
	uint32_t level;
	uint32_t *clauses;		/* one after the other: sat.c */
	uint32_t clauses_cnt, clauses_cap;
	uint32_t *learnt;		/* the clause under way */
	uint32_t first, best, search;	/* of the order of decisions */
	uint64_t stamp;
	uint64_t work, work_max;
	bool contradiction, failed;
	bool no_memory;			/* ... that is why it failed */
};

/* `work_max`: of looks at clauses. 0 or -ENOMEM. */
int sat_init(struct sat *sat, uint64_t work_max) must_check;
void sat_fini(struct sat *sat);

/* A new variable's positive literal. */
uint32_t sat_new(struct sat *sat);

/* At least one of the literals is true; at most 8 of them. */
void sat_clause(struct sat *sat, const uint32_t *lits, uint32_t cnt);

/* Once, after all clauses. */
enum sat_answer sat_solve(struct sat *sat);

/* After SAT_YES. */
bool sat_value(const struct sat *sat, uint32_t lit);

#endif
