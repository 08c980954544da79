/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls: helpers, functions of the program, tail calls, and what else is done
 * in C. r1 to r5 are where C has its second to sixth argument, so that a call
 * of a helper only adds the run. What a caller keeps (r6 to r10) C keeps, too.
 */
#include "jit/x86/quick.h"

void quick_x86_call(struct quick *q, uint64_t target)
{
	quick_call_to(q, x86_call(&q->code), target);
}

static void depth(struct quick *q, uint32_t bytes)
{
	jit_depth_add(&q->origins, q->code.len, bytes, JIT_NO_REG);
}

/* ---- tail calls ---- */

/*
 * The program's first function has no frame of its own on the machine's stack:
 * it goes, and the other program comes. A function that was called has
 * registers of its caller there, so it calls the other program and gives back
 * what that returns; BPF frames bound how often that can be.
 */
static void enter_program(struct quick *q)
{
	x86_rm(&q->code, X86_LOAD, true, X86_RSI, QUICK_MEMBER(ctx));
	if (q->func.entry) {
		x86_ri(&q->code, X86_ADD_I, true, X86_RSP, 8);
		depth(q, 8);
		x86_r(&q->code, X86_JMP_REG, true, X86_RAX);
		depth(q, 16);
		return;
	}
	x86_r(&q->code, X86_CALL_REG, true, X86_RAX);
	x86_rm(&q->code, X86_LOAD, true, QUICK_T0, QUICK_MEMBER(run));
	x86_number(&q->code, QUICK_T1, (uintptr_t)q->prog);
	x86_rm(&q->code, X86_MOV, true, QUICK_T1,
	       x86_at(QUICK_T0, offsetof(struct run, prog)));
	quick_x86_epilogue(q);
}

static void tail_call(struct quick *q)
{
	uint32_t fails;

	x86_rr(&q->code, X86_MOV, true, X86_RDI, QUICK_THREAD);
	x86_rr(&q->code, X86_MOV, true, X86_RSI, X86_RDX);
	x86_rr(&q->code, X86_MOV, true, X86_RDX, X86_RCX);
	quick_x86_call(q, (uintptr_t)jit_tail_call);
	x86_rr(&q->code, X86_TEST, true, X86_RAX, X86_RAX);
	fails = x86_jcc_short(&q->code, X86_E);
	enter_program(q);
	x86_bind_short(&q->code, fails);
}

/* ---- helpers ---- */

static void call_helper(struct quick *q, uint32_t slot, helper_fn fn,
			bool back)
{
	x86_rm(&q->code, X86_LOAD, true, X86_RDI, QUICK_MEMBER(run));
	x86_rm(&q->code, X86_MOV, true, X86_RBP, QUICK_MEMBER(fp));
	if (back)
		x86_mi(&q->code, X86_MOV_I, false, QUICK_MEMBER(calling),
		       (int32_t)slot);
	quick_x86_call(q, (uintptr_t)fn);
	if (!back)
		return;
	x86_rm(&q->code, X86_LOAD, true, QUICK_T0, QUICK_MEMBER(run));
	x86_mi(&q->code, X86_CMP_I, false,
	       x86_at(QUICK_T0, offsetof(struct run, fault.stop)),
	       RUN_EXITED);
	quick_trap_at(q, x86_jcc(&q->code, X86_NE), slot, RUN_EXITED, 0);
}

QUICK_EMIT(helper)
{
	struct quick_helper helper = quick_helper(q, insn);

	if (helper.tail_call)
		tail_call(q);
	else if (helper.fn)
		call_helper(q, quick_slot(q, insn), helper.fn,
			    helper.calls_back);
}

/* ---- functions of the program ---- */

QUICK_EMIT(local)
{
	x86_ri(&q->code, X86_ADD_I, true, X86_RBP, JIT_FRAME_STRIDE);
	x86_rm(&q->code, X86_CMP_MEM, true, X86_RBP, QUICK_MEMBER(fp_max));
	quick_trap_at(q, x86_jcc(&q->code, X86_A), quick_slot(q, insn),
		      RUN_FAULT_DEPTH, 0);
	quick_jump_to(q, x86_call(&q->code), quick_callee(q, insn), true);
	x86_ri(&q->code, X86_SUB_I, true, X86_RBP, JIT_FRAME_STRIDE);
}

QUICK_EMIT(return)
{
	quick_x86_epilogue(q);
}

/* ---- assertions ---- */

static const uint8_t kept[] = {
	X86_RAX, X86_RSI, X86_RDX, X86_RCX, X86_R8, X86_R9,
};

/* An even number: the stack stays aligned. All of r0 to r5 stay. */
void quick_x86_audit(struct quick *q, uint32_t slot,
		     const struct jit_audited *claim)
{
	uint32_t bytes = quick_x86_pushed(&q->func);

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		x86_push(&q->code, kept[i]);
		depth(q, bytes += 8);
	}
	x86_rr(&q->code, X86_MOV, true, X86_RDX, quick_reg(claim->reg));
	x86_rr(&q->code, X86_MOV, true, X86_RDI, QUICK_THREAD);
	x86_rr(&q->code, X86_MOV, true, X86_RCX, X86_RBP);
	x86_number(&q->code, X86_RSI, slot);
	x86_number(&q->code, X86_R8, (uintptr_t)claim->claim);
	quick_x86_call(q, (uintptr_t)jit_audit);
	x86_rr(&q->code, X86_TEST, true, X86_RAX, X86_RAX);
	for (size_t i = ARRAY_SIZE(kept); i-- > 0;) {
		x86_pop(&q->code, kept[i]);
		depth(q, bytes -= 8);
	}
	quick_trap_at(q, x86_jcc(&q->code, X86_NE), slot, RUN_EXITED, 0);
}

/* ---- addresses ---- */

QUICK_EMIT(number)
{
	uint64_t value;

	if (quick_number(q, insn, rule, &value))
		x86_number(&q->code, DST, value);
}

QUICK_EMIT(function)
{
	quick_jump_to(q, x86_lea_code(&q->code, DST), quick_callee(q, insn),
		      true);
}

/* ---- legacy packet loads ---- */

QUICK_EMIT(legacy)
{
	uint32_t inside;

	x86_number(&q->code, X86_RDI, (uint32_t)insn->imm);
	if (rule->sign)
		x86_rr(&q->code, X86_ADD, false, X86_RDI, SRC);
	x86_rr(&q->code, X86_MOV, false, X86_RSI, X86_RDI);
	x86_number(&q->code, X86_RDX, rule->size);
	x86_rr(&q->code, X86_MOV, true, X86_RDI, QUICK_THREAD);
	quick_x86_call(q, (uintptr_t)jit_packet_load);
	x86_rr(&q->code, X86_TEST, true, X86_RAX, X86_RAX);
	inside = x86_jcc_short(&q->code, X86_NS);
	x86_number(&q->code, X86_RAX, 0);
	quick_x86_epilogue(q);
	x86_bind_short(&q->code, inside);
}
