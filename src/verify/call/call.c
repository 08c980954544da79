/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The call instruction: which of the four kinds it is. Each kind ends with r1
 * to r5 unset and the result in r0; the callee of a subprogram's call gets
 * them first.
 */
#include "verify/walk/walk.h"

#include "verify/call/call_parts.h"

int step_call(struct verify_env *env, const struct bpf_insn *insn)
{
	switch (insn->src_reg) {
	case BPF_PSEUDO_CALL:
		return call_subprog(env, insn);
	case BPF_PSEUDO_KFUNC_CALL:
		return call_kfunc(env, insn);
	default:
		return call_helper(env, insn);
	}
}

void call_clobber(struct verify_env *env)
{
	struct reg *regs = state_frame(env->cur)->regs;

	for (unsigned int i = 0; i <= 5; i++)
		regs[i] = (struct reg){ .type = REG_UNSET };
}
