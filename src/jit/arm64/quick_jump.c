/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jumps. One that leads backward first asks whether the run shall end: the
 * one place where code can be stopped from outside, besides callbacks.
 */
#include "jit/arm64/quick.h"

static const enum a64_cond conditions[] = {
	[BPF_JEQ >> 4]  = A64_EQ, [BPF_JNE >> 4]  = A64_NE,
	[BPF_JGT >> 4]  = A64_HI, [BPF_JGE >> 4]  = A64_HS,
	[BPF_JLT >> 4]  = A64_LO, [BPF_JLE >> 4]  = A64_LS,
	[BPF_JSGT >> 4] = A64_GT, [BPF_JSGE >> 4] = A64_GE,
	[BPF_JSLT >> 4] = A64_LT, [BPF_JSLE >> 4] = A64_LE,
	[BPF_JSET >> 4] = A64_NE,
};

static void ask_stop(struct quick *q, const struct bpf_insn *insn)
{
	if (!quick_is_backward(q, insn))
		return;
	a64_rm(&q->code, A64_LDR32, QUICK_T0, QUICK_MEMBER(stop));
	quick_a64_trap_if(q, a64_if_not_zero(false, QUICK_T0), insn,
			  RUN_FAULT_STOPPED, 0);
}

static void jump(struct quick *q, const struct bpf_insn *insn, uint32_t branch)
{
	quick_jump_to(q, branch, quick_target(q, insn), false);
}

static void jump_if(struct quick *q, const struct bpf_insn *insn,
		    uint32_t test)
{
	jump(q, insn, a64_branch(&q->code, test, q->far));
}

QUICK_EMIT(goto)
{
	ask_stop(q, insn);
	if (quick_target(q, insn) != quick_slot(q, insn) + 1)
		jump(q, insn, a64_b(&q->code));
}

QUICK_EMIT(may_goto)
{
	struct a64_mem left = a64_at(R10, 0);

	static_assert(offsetof(struct jit_frame, may_goto) == RUN_STACK_SIZE,
		      "r10 points to it");
	ask_stop(q, insn);
	a64_rm(&q->code, A64_LDR32, QUICK_T0, left);
	jump_if(q, insn, a64_if_zero(false, QUICK_T0));
	a64_add(&q->code, false, QUICK_T0, QUICK_T0, -1);
	a64_rm(&q->code, A64_STR32, QUICK_T0, left);
}

QUICK_EMIT(branch_reg)
{
	ask_stop(q, insn);
	a64_rrr(&q->code, rule->op == BPF_JSET ? A64_ANDS : A64_SUBS,
		rule->wide, A64_ZR, DST, SRC);
	jump_if(q, insn, a64_if(conditions[rule->op >> 4]));
}

QUICK_EMIT(branch_imm)
{
	bool zero = insn->imm == 0;
	enum a64_reg dst = DST;

	ask_stop(q, insn);
	if (zero && rule->op == BPF_JEQ) {
		jump_if(q, insn, a64_if_zero(rule->wide, dst));
		return;
	}
	if (zero && rule->op == BPF_JNE) {
		jump_if(q, insn, a64_if_not_zero(rule->wide, dst));
		return;
	}
	if (rule->op == BPF_JSET)
		a64_mask(&q->code, A64_ANDS, rule->wide, A64_ZR, dst,
			 insn->imm);
	else
		a64_compare(&q->code, rule->wide, dst, insn->imm);
	jump_if(q, insn, a64_if(conditions[rule->op >> 4]));
}
