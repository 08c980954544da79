/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quick tier for arm64. BPF registers have fixed places:
 *
 *	r0 x0   r1 to r5 x1 to x5             as helpers take them
 *	r6 to r9 x19 to x22   r10 x23         kept by calls
 *	struct jit_thread: x24     scratch: x9, x10, x11; the encoder's: x16
 *
 * Flags are never alive between BPF instructions. sp is always a multiple of
 * 16. Functions that call keep x29 and x30 as C does, so that a debugger finds
 * its way through them.
 */
#ifndef SKEP_JIT_ARM64_QUICK_H
#define SKEP_JIT_ARM64_QUICK_H

#include "jit/arm64/encode.h"
#include "jit/quick/quick.h"

#define QUICK_THREAD	A64_X24		/* struct jit_thread */
#define QUICK_T0	A64_X9		/* at traps: the end of the access */
#define QUICK_T1	A64_X10
#define QUICK_T2	A64_X11

#define QUICK_EMIT(name) \
	void quick_a64_##name(struct quick *q, const struct bpf_insn *insn, \
			      const struct quick_rule *rule)

#define KIND(name, emitter) QUICK_EMIT(emitter);
#include "jit/quick/kinds.def"
#undef KIND

/* The machine's register of a BPF register. */
static inline enum a64_reg quick_reg(uint8_t reg)
{
	static const uint8_t places[INSN_REGS] = {
		A64_X0, A64_X1, A64_X2, A64_X3, A64_X4, A64_X5,
		A64_X19, A64_X20, A64_X21, A64_X22, A64_X23,
	};

	return (enum a64_reg)places[reg];
}

#define DST	quick_reg(insn->dst_reg)
#define SRC	quick_reg(insn->src_reg)
#define R10	quick_reg(BPF_REG_10)

/* A member of struct jit_thread. */
#define QUICK_MEMBER(member) \
	a64_at(QUICK_THREAD, (int32_t)offsetof(struct jit_thread, member))

/* A branch to a trap: when the test (encode.h) holds. */
void quick_a64_trap_if(struct quick *q, uint32_t test,
		       const struct bpf_insn *insn, enum run_stop stop,
		       uint32_t size);

/* Calls a function of ours; arguments are where C wants them. */
void quick_a64_call(struct quick *q, uint64_t target);

void quick_a64_audit(struct quick *q, uint32_t slot,
		     const struct jit_audited *claim);

/* quick_frame.c */
void quick_a64_enter(struct quick *q);
void quick_a64_prologue(struct quick *q);
/* All but the return. */
void quick_a64_epilogue(struct quick *q);
void quick_a64_return_now(struct quick *q);
void quick_a64_traps(struct quick *q);

#endif
