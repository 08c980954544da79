/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jumps. One that leads backward first asks whether the run shall end: the
 * one place where code can be stopped from outside, besides callbacks.
 */
#include "jit/x86/quick.h"

#define DST	quick_reg(insn->dst_reg)
#define SRC	quick_reg(insn->src_reg)

static uint32_t target_of(const struct quick *q, const struct bpf_insn *insn)
{
	int64_t distance = 0;

	insn_target(insn, &distance);
	return (uint32_t)(quick_slot(q, insn) + 1 + distance);
}

static bool is_backward(const struct quick *q, const struct bpf_insn *insn)
{
	return target_of(q, insn) <= quick_slot(q, insn);
}

static void ask_stop(struct quick *q, const struct bpf_insn *insn)
{
	if (!is_backward(q, insn))
		return;
	x86_mi(&q->code, X86_CMP_I, false, QUICK_MEMBER(stop), 0);
	quick_trap_at(q, x86_jcc(&q->code, X86_NE), quick_slot(q, insn),
		      RUN_FAULT_STOPPED, 0);
}

static void jump_if(struct quick *q, enum x86_cond cond,
		    const struct bpf_insn *insn)
{
	uint32_t target = target_of(q, insn);

	if (is_backward(q, insn))
		x86_jcc_to(&q->code, cond, q->at[target]);
	else
		quick_jump_to(q, x86_jcc(&q->code, cond), target, false);
}

QUICK_EMIT(goto)
{
	uint32_t target = target_of(q, insn);

	if (is_backward(q, insn)) {
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
	x86_rr(&q->code, rule->sign ? X86_TEST : X86_CMP, rule->wide, DST,
	       SRC);
	jump_if(q, rule->op, insn);
}

/* `sign` of these rules: the operands are anded, not compared. */
QUICK_EMIT(branch_imm)
{
	enum x86_reg dst = DST;

	ask_stop(q, insn);
	if (rule->sign)
		x86_ri(&q->code, X86_TEST_I, rule->wide && insn->imm < 0, dst,
		       insn->imm);
	else if (insn->imm == 0)
		x86_rr(&q->code, X86_TEST, rule->wide, dst, dst);
	else
		x86_ri(&q->code, X86_CMP_I, rule->wide, dst, insn->imm);
	jump_if(q, rule->op, insn);
}
