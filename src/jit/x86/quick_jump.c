/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jumps. One that leads backward first asks whether the run shall end: the
 * one place where code can be stopped from outside, besides callbacks.
 */
#include "jit/x86/quick.h"

static const enum x86_cond conditions[] = {
	[BPF_JEQ >> 4]  = X86_E,  [BPF_JNE >> 4]  = X86_NE,
	[BPF_JGT >> 4]  = X86_A,  [BPF_JGE >> 4]  = X86_AE,
	[BPF_JLT >> 4]  = X86_B,  [BPF_JLE >> 4]  = X86_BE,
	[BPF_JSGT >> 4] = X86_G,  [BPF_JSGE >> 4] = X86_GE,
	[BPF_JSLT >> 4] = X86_L,  [BPF_JSLE >> 4] = X86_LE,
	[BPF_JSET >> 4] = X86_NE,
};

static void ask_stop(struct quick *q, const struct bpf_insn *insn)
{
	if (!quick_is_backward(q, insn))
		return;
	x86_mi(&q->code, X86_CMP_I, false, QUICK_MEMBER(stop), 0);
	quick_trap_at(q, x86_jcc(&q->code, X86_NE), quick_slot(q, insn),
		      RUN_FAULT_STOPPED, 0);
}

static void jump_if(struct quick *q, enum x86_cond cond,
		    const struct bpf_insn *insn)
{
	uint32_t target = quick_target(q, insn);

	if (quick_is_backward(q, insn))
		x86_jcc_to(&q->code, cond, q->at[target]);
	else
		quick_jump_to(q, x86_jcc(&q->code, cond), target, false);
}

QUICK_EMIT(goto)
{
	uint32_t target = quick_target(q, insn);

	if (quick_is_backward(q, insn)) {
		ask_stop(q, insn);
		x86_jmp_to(&q->code, q->at[target]);
	} else if (target != quick_slot(q, insn) + 1) {
		quick_jump_to(q, x86_jmp(&q->code), target, false);
	}
}

QUICK_EMIT(may_goto)
{
	struct x86_mem left = x86_at(X86_RBP, 0);

	static_assert(offsetof(struct jit_frame, may_goto) == RUN_STACK_SIZE,
		      "r10 points to it");
	ask_stop(q, insn);
	x86_mi(&q->code, X86_CMP_I, false, left, 0);
	jump_if(q, X86_E, insn);
	x86_mi(&q->code, X86_SUB_I, false, left, 1);
}

QUICK_EMIT(branch_reg)
{
	ask_stop(q, insn);
	x86_rr(&q->code, rule->op == BPF_JSET ? X86_TEST : X86_CMP,
	       rule->wide, DST, SRC);
	jump_if(q, conditions[rule->op >> 4], insn);
}

QUICK_EMIT(branch_imm)
{
	enum x86_reg dst = DST;

	ask_stop(q, insn);
	if (rule->op == BPF_JSET)
		x86_ri(&q->code, X86_TEST_I, rule->wide && insn->imm < 0, dst,
		       insn->imm);
	else if (insn->imm == 0)
		x86_rr(&q->code, X86_TEST, rule->wide, dst, dst);
	else
		x86_ri(&q->code, X86_CMP_I, rule->wide, dst, insn->imm);
	jump_if(q, conditions[rule->op >> 4], insn);
}
