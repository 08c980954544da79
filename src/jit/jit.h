/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Native code for proven programs. It does bit for bit what the reference
 * interpreter does; docs/jit.md tells how. Nothing is checked at run time that
 * the verifier has proven, so only programs with a proof are compiled; bare
 * instructions are the interpreter's.
 *
 * The quick tier translates in one pass, for x86-64 and arm64; the optimising
 * one (opt/) through functions in SSA (ir/) and machine instructions without
 * registers (mach/), for x86-64. On other machines nothing is compiled:
 * jit_prepare() says -EOPNOTSUPP.
 */
#ifndef SKEP_JIT_JIT_H
#define SKEP_JIT_JIT_H

#include "prog/run.h"
#include "verify/verify.h"

/* Instructions of the machine that not all of its kind have. */
enum jit_features {
	/* x86-64 */
	JIT_BMI2	= 1 << 0,
	JIT_BMI1	= 1 << 1,
	JIT_MOVBE	= 1 << 2,
	/* arm64 */
	JIT_LSE		= 1 << 3,	/* atomics of one instruction */
};

/* How much work is put into code. */
enum jit_tier {
	JIT_QUICK,		/* one pass */
	JIT_OPT,		/* what it cannot do, the quick tier does */
};

struct jit_tools;

struct jit_options {
	enum jit_tier tier;
	bool check;		/* of the optimiser's own work, by assertion */
	bool audit;		/* of what is taken from `facts`, in code; a
				 * run ends with RUN_FAULT_FACT, and `facts`
				 * are there as long as the code */
	/* of the program, or of prog->linked; for as long as it is compiled */
	const struct verify_facts *facts;
	/* code that counts, for runs with a budget; others do not look at it */
	bool counts;
	/* enum jit_features that are not to be used though they are there */
	uint32_t without;
	struct jit_tools *tools;	/* to be told of the code; or NULL */
};

/* Is there code for this machine? And by which tier at the most? */
bool jit_usable(void);
enum jit_tier jit_best_tier(void);

/*
 * Compiles prog->insns to native code (prog->engine). 0; -EOPNOTSUPP, without
 * a diagnostic, for what the interpreter has to run or to refuse: another
 * machine, no facts, instructions or helpers that skep lacks, memory that may
 * not be made executable; -ENOMEM.
 */
int jit_prepare(struct prog *prog, const struct jit_options *options);
void jit_release(struct prog *prog);

/* The tier that compiled a prepared program. */
enum jit_tier jit_tier_of(const struct prog *prog);

/* Bytes of native code of a prepared program. */
uint32_t jit_code_size(const struct prog *prog);

/* Scratch of one thread (stacks) in run->engine. 0 or -ENOMEM. */
int jit_attach(struct run *run);
void jit_detach(struct run *run);

/*
 * As interp_run(): runs run->prog with r1 = run->ctx; where the context has
 * fields, run->packet is that context. 0 and run->r0, or a negative errno with
 * run->fault: too many frames, the budget, stopped.
 */
int jit_run(struct run *run);

/* As interp_stop(): the run ends at its next loop or callback. */
void jit_stop(struct run *run);

#endif
