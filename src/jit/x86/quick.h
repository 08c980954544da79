/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quick tier for x86-64. BPF registers have fixed places:
 *
 *	r0 rax   r1 rsi  r2 rdx  r3 rcx  r4 r8  r5 r9     as helpers take them
 *	r6 rbx   r7 r13  r8 r14  r9 r15  r10 rbp          kept by calls
 *	struct jit_thread: r12     scratch: rdi, r10, r11
 *
 * Flags are never alive between BPF instructions. rsp is a multiple of 16 in
 * functions that call, behind their prologue.
 */
#ifndef SKEP_JIT_X86_QUICK_H
#define SKEP_JIT_X86_QUICK_H

#include "jit/quick/quick.h"
#include "jit/x86/encode.h"

#define QUICK_THREAD	X86_R12		/* struct jit_thread */
#define QUICK_T0	X86_RDI		/* at traps: the end of the access */
#define QUICK_T1	X86_R10
#define QUICK_T2	X86_R11

#define QUICK_EMIT(name) \
	void quick_x86_##name(struct quick *q, const struct bpf_insn *insn, \
			      const struct quick_rule *rule)

#define KIND(name, emitter) QUICK_EMIT(emitter);
#include "jit/quick/kinds.def"
#undef KIND

/* The machine's register of a BPF register. */
static inline enum x86_reg quick_reg(uint8_t reg)
{
	static const uint8_t places[INSN_REGS] = {
		X86_RAX, X86_RSI, X86_RDX, X86_RCX, X86_R8, X86_R9,
		X86_RBX, X86_R13, X86_R14, X86_R15, X86_RBP,
	};

	return (enum x86_reg)places[reg];
}

#define DST	quick_reg(insn->dst_reg)
#define SRC	quick_reg(insn->src_reg)

/* A member of struct jit_thread. */
#define QUICK_MEMBER(member) \
	x86_at(QUICK_THREAD, (int32_t)offsetof(struct jit_thread, member))

/* Calls a function of ours; arguments are where C wants them. */
void quick_x86_call(struct quick *q, uint64_t target);

void quick_x86_audit(struct quick *q, uint32_t slot,
		     const struct jit_audited *claim);

/* quick_frame.c */
void quick_x86_enter(struct quick *q);
void quick_x86_prologue(struct quick *q);
void quick_x86_epilogue(struct quick *q);
/* Bytes that the function has on the machine's stack. */
uint32_t quick_x86_pushed(const struct quick_func *func);
void quick_x86_traps(struct quick *q);

#endif
