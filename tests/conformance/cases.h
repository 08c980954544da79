/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs made from the rows of ops.def: one program for each row runs it on
 * every operand, loaded from memory at run time, and leaves the results in
 * memory behind the operands.
 *
 *	words[0..OPERANDS)	the operands
 *	words[OPERANDS..)	results, in the order of `want`
 */
#ifndef SKEP_TESTS_CASES_H
#define SKEP_TESTS_CASES_H

#include "isa/insn.h"

#define OPERANDS	26
#define RESULTS_MAX	3600
#define INSNS_MAX	16384

struct cases {
	struct bpf_insn insns[INSNS_MAX];
	uint32_t insns_cnt;
	uint64_t want[RESULTS_MAX];	/* by the model */
	uint32_t want_cnt;
	uint64_t words[OPERANDS + RESULTS_MAX];
};

extern const uint64_t operands[OPERANDS];

/* The program of a row; false for rows that other tests have. */
bool cases_make(struct cases *cases, enum op op);

#endif
