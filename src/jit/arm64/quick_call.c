/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls: helpers, functions of the program, tail calls, and what else is done
 * in C. r1 to r5 are where C has its second to sixth argument, so that a call
 * of a helper only adds the run. What a caller keeps (r6 to r10) C keeps, too.
 */
#include "jit/arm64/quick.h"

void quick_a64_call(struct quick *q, uint64_t target)
{
	quick_call_to(q, a64_bl(&q->code), target);
}

/* ---- tail calls ---- */

/*
 * The program's first function has nothing on the machine's stack but where it
 * returns to: it goes, and the other program comes. A function that was called
 * has registers of its caller there, so it calls the other program and gives
 * back what that returns; BPF frames bound how often that can be.
 */
static void enter_program(struct quick *q)
{
	a64_rm(&q->code, A64_LDR64, A64_X1, QUICK_MEMBER(ctx));
	if (q->func.entry) {
		quick_a64_epilogue(q);
		a64_r(&q->code, A64_BR, A64_X0);
		return;
	}
	a64_r(&q->code, A64_BLR, A64_X0);
	a64_rm(&q->code, A64_LDR64, QUICK_T0, QUICK_MEMBER(run));
	a64_number(&q->code, QUICK_T1, (uintptr_t)q->prog);
	a64_rm(&q->code, A64_STR64, QUICK_T1,
	       a64_at(QUICK_T0, offsetof(struct run, prog)));
	quick_a64_return_now(q);
}

static void tail_call(struct quick *q)
{
	uint32_t fails;

	a64_mov(&q->code, true, A64_X0, QUICK_THREAD);
	a64_mov(&q->code, true, A64_X1, A64_X2);
	a64_mov(&q->code, true, A64_X2, A64_X3);
	quick_a64_call(q, (uintptr_t)jit_tail_call);
	fails = a64_branch(&q->code, a64_if_zero(true, A64_X0), false);
	enter_program(q);
	a64_bind_here(&q->code, fails);
}

/* ---- helpers ---- */

static void call_helper(struct quick *q, const struct bpf_insn *insn,
			const struct quick_helper *helper)
{
	a64_rm(&q->code, A64_LDR64, A64_X0, QUICK_MEMBER(run));
	a64_rm(&q->code, A64_STR64, R10, QUICK_MEMBER(fp));
	if (helper->calls_back) {
		a64_number(&q->code, QUICK_T0, quick_slot(q, insn));
		a64_rm(&q->code, A64_STR32, QUICK_T0, QUICK_MEMBER(calling));
	}
	quick_a64_call(q, (uintptr_t)helper->fn);
	if (!helper->calls_back)
		return;
	static_assert(RUN_EXITED == 0, "compared with zero");
	a64_rm(&q->code, A64_LDR64, QUICK_T0, QUICK_MEMBER(run));
	a64_rm(&q->code, A64_LDR32, QUICK_T0,
	       a64_at(QUICK_T0, offsetof(struct run, fault.stop)));
	quick_a64_trap_if(q, a64_if_not_zero(false, QUICK_T0), insn,
			  RUN_EXITED, 0);
}

QUICK_EMIT(helper)
{
	struct quick_helper helper = quick_helper(q, insn);

	if (helper.tail_call)
		tail_call(q);
	else if (helper.fn)
		call_helper(q, insn, &helper);
}

/* ---- functions of the program ---- */

QUICK_EMIT(local)
{
	a64_add(&q->code, true, R10, R10, JIT_FRAME_STRIDE);
	a64_rm(&q->code, A64_LDR64, QUICK_T0, QUICK_MEMBER(fp_max));
	a64_rrr(&q->code, A64_SUBS, true, A64_ZR, R10, QUICK_T0);
	quick_a64_trap_if(q, a64_if(A64_HI), insn, RUN_FAULT_DEPTH, 0);
	quick_jump_to(q, a64_bl(&q->code), quick_callee(q, insn), true);
	a64_add(&q->code, true, R10, R10, -JIT_FRAME_STRIDE);
}

QUICK_EMIT(return)
{
	quick_a64_return_now(q);
}

/* ---- assertions ---- */

/* r0 to r5 stay, by pairs; what says that it fails is none of them. */
void quick_a64_audit(struct quick *q, uint32_t slot,
		     const struct jit_audited *claim)
{
	for (uint8_t reg = A64_X0; reg <= A64_X4; reg += 2)
		a64_pair(&q->code, A64_STP_PRE, reg, reg + 1,
			 a64_at(A64_SP, -16));
	a64_mov(&q->code, true, A64_X2, quick_reg(claim->reg));
	a64_mov(&q->code, true, A64_X0, QUICK_THREAD);
	a64_mov(&q->code, true, A64_X3, R10);
	a64_number(&q->code, A64_X1, slot);
	a64_number(&q->code, A64_X4, (uintptr_t)claim->claim);
	quick_a64_call(q, (uintptr_t)jit_audit);
	a64_mov(&q->code, true, QUICK_T1, A64_X0);
	for (uint8_t reg = A64_X4 + 2; reg > A64_X0; reg -= 2)
		a64_pair(&q->code, A64_LDP_POST, reg - 2, reg - 1,
			 a64_at(A64_SP, 16));
	quick_a64_trap_if(q, a64_if_not_zero(true, QUICK_T1),
			  &q->prog->insns[slot], RUN_EXITED, 0);
}

/* ---- numbers and addresses ---- */

QUICK_EMIT(number)
{
	uint64_t value;

	if (quick_number(q, insn, rule, &value))
		a64_number(&q->code, DST, value);
}

QUICK_EMIT(function)
{
	quick_jump_to(q, a64_address(&q->code, DST), quick_callee(q, insn),
		      true);
}

/* ---- legacy packet loads ---- */

QUICK_EMIT(legacy)
{
	uint32_t inside;

	a64_number(&q->code, QUICK_T0, (uint32_t)insn->imm);
	a64_rrr(&q->code, A64_ADD, false, A64_X1, QUICK_T0,
		rule->sign ? SRC : A64_ZR);
	a64_number(&q->code, A64_X2, rule->size);
	a64_mov(&q->code, true, A64_X0, QUICK_THREAD);
	quick_a64_call(q, (uintptr_t)jit_packet_load);
	a64_compare(&q->code, true, A64_X0, 0);
	inside = a64_branch(&q->code, a64_if(A64_PL), false);
	a64_number(&q->code, A64_X0, 0);
	quick_a64_return_now(q);
	a64_bind_here(&q->code, inside);
}
