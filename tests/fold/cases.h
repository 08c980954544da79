/* SPDX-License-Identifier: Apache-2.0 */
/* What provoke.py makes: for each rule, trees in which it applies. */
#ifndef SKEP_TESTS_CASES_H
#define SKEP_TESTS_CASES_H

#include "jit/ir/ir.h"

struct case_node {
	uint8_t op;
	bool wide;
	uint8_t size, cond;
	uint32_t args[4];	/* nodes of the case, counted from 1 */
	uint64_t imm;
};

struct fold_case {
	uint32_t rule, first, cnt;	/* the last node is the tree's root */
};

extern const struct case_node case_nodes[];
extern const struct fold_case fold_cases[];
extern const uint32_t fold_cases_cnt;

#endif
