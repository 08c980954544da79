/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier's facts as assertions: code that is compiled with `audit` has
 * what it takes from the proof looked up before each instruction that it is
 * taken for.
 *
 *	memory		the base register: its region, frame and map, and the
 *			range of its offset (fields of a context, indexed bytes
 *			of the stack, depth of frames); that the access lies
 *			inside of the region
 *	division	the divisor's range
 *	helpers		arguments: regions, maps, ranges
 *
 * Not looked at is what the rewriting of a proven program takes from it: dead
 * code and decided branches; tests/diff checks those.
 */
#ifndef SKEP_JIT_AUDIT_H
#define SKEP_JIT_AUDIT_H

#include "jit/code.h"

#define JIT_AUDITED_MAX	5

struct jit_audited {
	uint8_t reg;
	const struct verify_operand *claim;
};

/* The registers that code of `slot` relies on; how many there are. */
uint32_t jit_audited(const struct prog *prog, const struct verify_facts *facts,
		     uint32_t slot, struct jit_audited out[JIT_AUDITED_MAX]);

/*
 * From code, before the instruction at `slot` of run->prog: is a register that
 * holds `value`, in the frame of this r10, what is claimed? 0, or 1 with the
 * run's fault recorded.
 */
uint64_t jit_audit(struct jit_thread *st, uint32_t slot, uint64_t value,
		   uint64_t fp, const struct verify_operand *claim);

#endif
