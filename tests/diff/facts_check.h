/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier's facts against a run of the program: what the registers hold
 * before each instruction is looked up in the facts of that instruction.
 */
#ifndef SKEP_TESTS_FACTS_CHECK_H
#define SKEP_TESTS_FACTS_CHECK_H

#include "prog/run.h"
#include "verify/verify.h"

struct facts_run {
	const struct prog *prog;
	const struct verify_facts *facts;
	struct run *run;
	void (*once)(void *arg);	/* runs run->prog from its start */
	void *arg;
	uint64_t insns_max;		/* further than that is not run */
	uint64_t checked, insns;	/* operands, instructions: counted up */
	uint32_t from;			/* the instruction before */
	bool fails;
};

/*
 * A register of the run's frame `up` calls above the one that it is in;
 * false when there is none.
 */
bool stopped_reg(const struct run *run, uint32_t up, unsigned int reg,
		 uint64_t *value);

/*
 * One run. False with a line on stdout when a register is not what its fact
 * says, or the run ends with a fault.
 */
bool facts_check(struct facts_run *fr);

#endif
