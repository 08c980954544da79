/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls: helpers, functions of the program, tail calls, and what else is done
 * in C. r1 to r5 are where C has its second to sixth argument, so that a call
 * of a helper only adds the run. What a caller keeps (r6 to r10) C keeps, too.
 */
#include "jit/x86/quick.h"

#include "helper/helper.h"
#include "map/map.h"

#define DST	quick_reg(insn->dst_reg)
#define SRC	quick_reg(insn->src_reg)

void quick_call_c(struct quick *q, uint64_t target)
{
	struct quick_call *call = vec_push(&q->calls);
	uint32_t end = x86_call(&q->code);

	if (call)
		*call = (struct quick_call){ end, target };
	else
		q->failed = true;
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
		x86_r(&q->code, X86_JMP_REG, true, X86_RAX);
		return;
	}
	x86_r(&q->code, X86_CALL_REG, true, X86_RAX);
	x86_rm(&q->code, X86_LOAD, true, QUICK_T0, QUICK_MEMBER(run));
	x86_number(&q->code, QUICK_T1, (uintptr_t)q->prog);
	x86_rm(&q->code, X86_MOV, true, QUICK_T1,
	       x86_at(QUICK_T0, offsetof(struct run, prog)));
	quick_epilogue(q);
}

static void tail_call(struct quick *q)
{
	uint32_t fails;

	x86_rr(&q->code, X86_MOV, true, X86_RDI, QUICK_THREAD);
	x86_rr(&q->code, X86_MOV, true, X86_RSI, X86_RDX);
	x86_rr(&q->code, X86_MOV, true, X86_RDX, X86_RCX);
	quick_call_c(q, (uintptr_t)jit_tail_call);
	x86_rr(&q->code, X86_TEST, true, X86_RAX, X86_RAX);
	fails = x86_jcc_short(&q->code, X86_E);
	enter_program(q);
	x86_bind_short(&q->code, fails);
}

/* ---- helpers ---- */

static bool takes(const struct helper_row *row, uint32_t index,
		  enum arg_kind kind)
{
	return row->args[index] == kind;
}

static bool calls_back(const struct helper_row *row)
{
	for (uint32_t i = 0; i < 5; i++)
		if (takes(row, i, ARG_FUNC))
			return true;
	return false;
}

/* A context in the place of memory: its length is checked nowhere. */
static bool hands_context(const struct quick *q, uint32_t slot,
			  const struct helper_row *row)
{
	const struct verify_fact *fact = quick_fact(q, slot);
	const struct verify_operand *args = q->facts->args[fact->args];

	for (uint32_t i = 0; q->layout->memory && i < 5; i++)
		if (fact->args && args[i].type == REG_CTX &&
		    !takes(row, i, ARG_CTX) && !takes(row, i, ARG_ANY) &&
		    !takes(row, i, ARG_CTX_OR_NULL))
			return true;
	return false;
}

static void call_helper(struct quick *q, uint32_t slot, helper_fn fn,
			bool back)
{
	x86_rm(&q->code, X86_LOAD, true, X86_RDI, QUICK_MEMBER(run));
	x86_rm(&q->code, X86_MOV, true, X86_RBP, QUICK_MEMBER(fp));
	if (back)
		x86_mi(&q->code, X86_MOV_I, false, QUICK_MEMBER(calling),
		       (int32_t)slot);
	quick_call_c(q, (uintptr_t)fn);
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
	const struct helper_row *row = helper_row((uint32_t)insn->imm);
	uint32_t slot = quick_slot(q, insn);
	helper_fn fn;

	if (!row || !(row->progs >> q->prog->type & 1)) {
		q->refused = true;
		return;
	}
	if (row->id == HELPER_tail_call) {
		tail_call(q);
		return;
	}
	fn = helper_function(row->id);
	if (!fn || hands_context(q, slot, row))
		q->refused = true;
	else
		call_helper(q, slot, fn, calls_back(row));
}

/* ---- functions of the program ---- */

QUICK_EMIT(local)
{
	uint32_t slot = quick_slot(q, insn);
	uint32_t target = slot + 1 + (uint32_t)insn->imm;

	if (!target)
		q->refused = true;
	x86_ri(&q->code, X86_ADD_I, true, X86_RBP, JIT_FRAME_STRIDE);
	x86_rm(&q->code, X86_CMP_MEM, true, X86_RBP, QUICK_MEMBER(fp_max));
	quick_trap_at(q, x86_jcc(&q->code, X86_A), slot, RUN_FAULT_DEPTH, 0);
	quick_jump_to(q, x86_call(&q->code), target, true);
	x86_ri(&q->code, X86_SUB_I, true, X86_RBP, JIT_FRAME_STRIDE);
}

QUICK_EMIT(return)
{
	quick_epilogue(q);
}

/* ---- addresses ---- */

QUICK_EMIT(number)
{
	x86_number(&q->code, DST, insn_imm64(insn));
}

QUICK_EMIT(function)
{
	uint32_t target = quick_slot(q, insn) + 1 + (uint32_t)insn->imm;

	quick_jump_to(q, x86_lea_code(&q->code, DST), target, true);
}

/* A map, or an address in its first value (`sign`). */
QUICK_EMIT(map)
{
	uint32_t index = (uint32_t)insn->imm, key = 0;
	uint32_t off = (uint32_t)insn[1].imm;
	const struct prog *prog = q->prog;
	struct map *map = NULL;
	uint8_t *value;

	if (index < prog->maps_cnt && prog->maps)
		map = prog->maps[index];
	if (!map || (rule->sign && (map->def.type != MAP_TYPE_ARRAY ||
				    off >= map->def.value_size))) {
		q->refused = true;
		return;
	}
	value = rule->sign ? map->ops->lookup(map, &key, 0) : NULL;
	x86_number(&q->code, DST, rule->sign ? (uintptr_t)(value + off) :
					       (uintptr_t)map);
}

/* ---- legacy packet loads ---- */

/* By the offset in the instruction, or on top of src (`sign`). */
QUICK_EMIT(legacy)
{
	uint32_t inside;

	x86_number(&q->code, X86_RDI, (uint32_t)insn->imm);
	if (rule->sign)
		x86_rr(&q->code, X86_ADD, false, X86_RDI, SRC);
	x86_rr(&q->code, X86_MOV, false, X86_RSI, X86_RDI);
	x86_number(&q->code, X86_RDX, rule->size);
	x86_rr(&q->code, X86_MOV, true, X86_RDI, QUICK_THREAD);
	quick_call_c(q, (uintptr_t)jit_packet_load);
	x86_rr(&q->code, X86_TEST, true, X86_RAX, X86_RAX);
	inside = x86_jcc_short(&q->code, X86_NS);
	x86_number(&q->code, X86_RAX, 0);
	quick_epilogue(q);
	x86_bind_short(&q->code, inside);
}
