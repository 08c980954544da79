/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls and traps, as the quick tier has them: functions of both tiers, and C,
 * call each other.
 */
#include "jit/x86/emit.h"

#include "helper/helper.h"
#include "jit/audit.h"
#include "jit/x86/door.h"
#include "spec/spec.h"

#define RUN_MEMBER(member) \
	x86_at(X86_RDI, (int32_t)offsetof(struct run, member))

/* ---- traps ---- */

uint32_t emit_trap(struct emit *e, const struct mach_insn *insn,
		   enum run_stop stop, const struct x86_mem *mem)
{
	struct emit_trap *trap = vec_push(&e->traps);
	uint32_t label = emit_label(e);

	if (!trap) {
		e->failed = true;
		return label;
	}
	*trap = (struct emit_trap){
		.label = label, .slot = insn->slot, .stop = stop,
		.size = insn->size, .access = mem != NULL,
	};
	if (mem)
		trap->mem = *mem;
	return label;
}

/* One trap's own part, which what they share follows. */
static void put_trap(struct emit *e, const struct emit_trap *trap)
{
	struct jit_buf *code = &e->code;

	emit_bind(e, trap->label);
	emit_part(e, JIT_PART_TRAP, trap->slot);
	if (trap->access)
		x86_rm(code, X86_LEA, true, X86_RCX, trap->mem);
	x86_number(code, X86_RSI, trap->slot);
	x86_number(code, X86_RDX, trap->stop);
	x86_number(code, X86_R8, trap->size);
}

void emit_traps(struct emit *e)
{
	struct jit_origins told = { 0 };
	uint32_t shared = emit_label(e);

	if (!e->traps.len)
		return;
	emit_pushed(e, 0, JIT_NO_REG);
	for (size_t i = 0; i < e->traps.len; i++) {
		if (i)
			emit_branch(e, EMIT_JMP, 0, shared);
		put_trap(e, &e->traps.data[i]);
	}
	emit_bind(e, shared);
	emit_part(e, JIT_PART_LEAVE, 0);
	x86_end_badly(&e->code, &told);
	emit_door(e, &told);
	emit_c(e, (uintptr_t)jit_fault);
	x86_ended_badly(&e->code, &told);
	emit_door(e, &told);
}

/* ---- calls ---- */

/* st->fp = r10 of the frame that calls. */
static void note_frame(struct emit *e, int64_t frame)
{
	enum x86_reg reg = X86_RBP;

	if (frame) {
		reg = X86_RDI;
		x86_rm(&e->code, X86_LEA, true, reg,
		       x86_at(X86_RBP, (int32_t)frame * JIT_FRAME_STRIDE));
	}
	x86_rm(&e->code, X86_MOV, true, reg, EMIT_MEMBER(fp));
}

static bool calls_back(const struct helper_row *row)
{
	for (uint32_t i = 0; i < 5; i++)
		if (row->args[i] == ARG_FUNC)
			return true;
	return false;
}

/* rax if it counts, arguments; the frame that calls in its number */
EMIT(helper)
{
	const struct helper_row *row = helper_row(insn->target);
	bool back = calls_back(row);

	if (x86_looks_at_frames(row))
		note_frame(e, insn->imm);
	x86_rm(&e->code, X86_LOAD, true, X86_RDI, EMIT_MEMBER(run));
	if (back)
		x86_mi(&e->code, X86_MOV_I, false, EMIT_MEMBER(calling),
		       (int32_t)insn->slot);
	emit_c(e, (uintptr_t)helper_function(insn->target));
	if (!back)
		return;
	x86_rm(&e->code, X86_LOAD, true, X86_RDI, EMIT_MEMBER(run));
	x86_mi(&e->code, X86_CMP_I, false, RUN_MEMBER(fault.stop),
	       RUN_EXITED);
	emit_branch(e, EMIT_JCC, X86_NE,
		    emit_trap(e, insn, RUN_EXITED, NULL));
}

/* rax if it counts, arguments; the function's address in its number */
EMIT(ask)
{
	emit_c(e, (uint64_t)insn->imm);
}

/* rax if it counts, arguments; the frame that calls in its number */
EMIT(local)
{
	int32_t by = ((int32_t)insn->imm + 1) * JIT_FRAME_STRIDE;

	assert(insn->target < e->funcs_cnt);
	x86_ri(&e->code, X86_ADD_I, true, X86_RBP, by);
	x86_rm(&e->code, X86_CMP_MEM, true, X86_RBP, EMIT_MEMBER(fp_max));
	emit_branch(e, EMIT_JCC, X86_A,
		    emit_trap(e, insn, RUN_FAULT_DEPTH, NULL));
	emit_branch(e, EMIT_CALL, 0, e->func_labels[insn->target]);
	x86_ri(&e->code, X86_SUB_I, true, X86_RBP, by);
}

/* rax if it counts, the offset in rsi */
EMIT(packet)
{
	x86_number(&e->code, X86_RDX, insn->size);
	x86_rr(&e->code, X86_MOV, true, X86_RDI, EMIT_THREAD);
	emit_c(e, (uintptr_t)jit_packet_load);
}

/*
 * The program's first function goes, and the other program comes in its
 * place. A function that was called has registers of its caller to give back,
 * so it calls the other program and gives back what that returns.
 */
static void enter_program(struct emit *e)
{
	x86_rm(&e->code, X86_LOAD, true, X86_RSI, EMIT_MEMBER(ctx));
	if (e->entry) {
		emit_leave(e);
		x86_r(&e->code, X86_JMP_REG, true, X86_RAX);
		emit_left(e);
		return;
	}
	x86_r(&e->code, X86_CALL_REG, true, X86_RAX);
	x86_rm(&e->code, X86_LOAD, true, X86_RDI, EMIT_MEMBER(run));
	x86_number(&e->code, X86_R10, (uintptr_t)e->prog);
	x86_rm(&e->code, X86_MOV, true, X86_R10, RUN_MEMBER(prog));
	emit_leave(e);
	x86_ret(&e->code);
	emit_left(e);
}

/* the prog array in rsi, the index in rdx */
EMIT(tail)
{
	uint32_t fails;

	x86_rr(&e->code, X86_MOV, true, X86_RDI, EMIT_THREAD);
	emit_c(e, (uintptr_t)jit_tail_call);
	x86_rr(&e->code, X86_TEST, true, X86_RAX, X86_RAX);
	fails = x86_jcc_short(&e->code, X86_E);
	enter_program(e);
	x86_bind_short(&e->code, fails);
}

/* dst */
EMIT(thread)
{
	x86_rr(&e->code, X86_MOV, true, emit_reg(e, insn, 0), EMIT_THREAD);
}

/* ---- ways out ---- */

EMIT(stop)
{
	x86_mi(&e->code, X86_CMP_I, false, EMIT_MEMBER(stop), 0);
	emit_branch(e, EMIT_JCC, X86_NE,
		    emit_trap(e, insn, RUN_FAULT_STOPPED, NULL));
}

/* scratch; frames in its number */
EMIT(depth)
{
	enum x86_reg scratch = emit_reg(e, insn, 0);

	x86_rm(&e->code, X86_LEA, true, scratch,
	       x86_at(X86_RBP, (int32_t)insn->imm * JIT_FRAME_STRIDE));
	x86_rm(&e->code, X86_CMP_MEM, true, scratch, EMIT_MEMBER(fp_max));
	emit_branch(e, EMIT_JCC, X86_A,
		    emit_trap(e, insn, RUN_FAULT_DEPTH, NULL));
}

/* the value in rdx, r10 in rcx; the claim in its number */
EMIT(audit)
{
	x86_number(&e->code, X86_RSI, insn->slot);
	x86_number(&e->code, X86_R8, (uint64_t)insn->imm);
	x86_rr(&e->code, X86_MOV, true, X86_RDI, EMIT_THREAD);
	emit_c(e, (uintptr_t)jit_audit);
	x86_rr(&e->code, X86_TEST, true, X86_RAX, X86_RAX);
	emit_branch(e, EMIT_JCC, X86_NE,
		    emit_trap(e, insn, RUN_EXITED, NULL));
}

static enum run_stop access_stop(const struct mach_insn *insn)
{
	return insn->form & X86_SIGN ? RUN_FAULT_STORE : RUN_FAULT_LOAD;
}

/* scratch, address */
EMIT(limit)
{
	struct x86_mem mem = emit_mem(e, insn, 1), end;

	mem.disp += insn->size;
	end = x86_at(emit_reg(e, insn, 0), 0);
	x86_rm(&e->code, X86_LEA, true, end.base, mem);
	x86_rm(&e->code, X86_CMP_MEM, true, end.base, EMIT_MEMBER(ctx_end));
	emit_branch(e, EMIT_JCC, X86_A,
		    emit_trap(e, insn, access_stop(insn), &end));
}

/* address */
EMIT(fault)
{
	struct x86_mem mem = emit_mem(e, insn, 0);

	mem.disp += insn->size;
	emit_branch(e, EMIT_JMP, 0,
		    emit_trap(e, insn, access_stop(insn), &mem));
}
