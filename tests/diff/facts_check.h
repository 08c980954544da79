/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier's facts against what runs: a program is run again and again,
 * each time one instruction further, and what the registers hold where it
 * stops is looked up in the facts of that instruction.
 */
#ifndef SKEP_TESTS_FACTS_CHECK_H
#define SKEP_TESTS_FACTS_CHECK_H

#include "prog/run.h"
#include "verify/verify.h"

struct facts_run {
	const struct prog *prog;
	const struct verify_facts *facts;
	struct run *run;
	/* One run; its memory may differ from that of the run before. */
	void (*once)(void *arg);
	void *arg;
	uint64_t insns_max;		/* further than that is not looked */
	uint64_t checked;		/* operands, counted up */
};

/*
 * A register of the run's frame `up` calls above the one that it has stopped
 * in; false when there is none.
 */
bool stopped_reg(const struct run *run, uint32_t up, unsigned int reg,
		 uint64_t *value);

/* False with a line on stdout when a register is not what its fact says. */
bool facts_check(struct facts_run *fr);

#endif
