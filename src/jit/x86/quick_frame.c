/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions: where they are, what they need, how they begin and end; the way
 * in from C and the way out of runs that end badly.
 *
 * The machine's stack holds return addresses and the caller's r6 to r9; BPF
 * frames lie in struct jit_thread, one behind the other, and a call moves rbp
 * to the next. A frame is cleared as deep as its function can see, so nothing
 * of an earlier run shows.
 */
#include "jit/x86/quick.h"

#include "base/bits.h"
#include "helper/helper.h"

/* ---- how much of its frame a function uses ---- */

static uint32_t depth_of(const struct verify_operand *operand, int32_t off)
{
	int64_t low;

	if (operand->type != REG_STACK)
		return 0;
	low = scalar_smin(&operand->num);
	if (low < -RUN_STACK_SIZE || low + off < -RUN_STACK_SIZE)
		return RUN_STACK_SIZE;
	return low + off < 0 ? (uint32_t)-(low + off) : 0;
}

static uint32_t arguments_depth(const struct quick *q,
				const struct verify_fact *fact)
{
	uint32_t most = 0;

	for (uint32_t i = 0; fact->args && i < 5; i++)
		most = MAX(most, depth_of(&q->facts->args[fact->args][i], 0));
	return most;
}

static bool is_memory(const struct bpf_insn *insn)
{
	uint8_t class = BPF_CLASS(insn->code);

	return class == BPF_LDX || class == BPF_ST || class == BPF_STX;
}

/* By facts, when all pointers to frames are of the frame that runs. */
static uint32_t exact_depth(const struct quick *q, uint32_t slot)
{
	const struct bpf_insn *insn = &q->prog->insns[slot];
	const struct verify_fact *fact = quick_fact(q, slot);

	if (q->ops[slot] == OP_CALL_HELPER)
		return arguments_depth(q, fact);
	if (!is_memory(insn))
		return 0;
	return depth_of(insn_base_is_dst(insn) ? &fact->dst : &fact->src,
			insn->off);
}

/* Without them: all of it, once r10 is more than a base. */
static uint32_t plain_depth(const struct quick *q, uint32_t slot)
{
	const struct bpf_insn *insn = &q->prog->insns[slot];
	bool dst_is_base = is_memory(insn) && insn_base_is_dst(insn);
	bool src_is_base = is_memory(insn) && !insn_base_is_dst(insn);
	uint32_t most = 0;

	if (insn->dst_reg == BPF_REG_10)
		most = dst_is_base ? (uint32_t)-insn->off : RUN_STACK_SIZE;
	if (insn->src_reg == BPF_REG_10)
		most = MAX(most, src_is_base ? (uint32_t)-insn->off :
					       (uint32_t)RUN_STACK_SIZE);
	return MIN(most, (uint32_t)RUN_STACK_SIZE);
}

static bool of_other_frame(const struct verify_operand *operand)
{
	return operand->type == REG_STACK && operand->frame;
}

static bool is_vague(const struct verify_operand *operand)
{
	return operand->type == REG_UNSET || of_other_frame(operand);
}

static bool vague_arguments(const struct quick *q, uint32_t slot)
{
	const struct helper_row *row =
		helper_row((uint32_t)q->prog->insns[slot].imm);
	uint32_t args = quick_fact(q, slot)->args;

	for (uint32_t i = 0; row && i < 5 && row->args[i]; i++)
		if (!args || is_vague(&q->facts->args[args][i]))
			return true;
	return false;
}

/* May what is pointed to be a frame without the facts' saying which? */
static bool vague_at(const struct quick *q, uint32_t slot)
{
	const struct bpf_insn *insn = &q->prog->insns[slot];
	const struct verify_fact *fact = quick_fact(q, slot);

	if (q->ops[slot] == OP_CALL_HELPER)
		return vague_arguments(q, slot);
	if (!is_memory(insn))
		return false;
	return is_vague(insn_base_is_dst(insn) ? &fact->dst : &fact->src);
}

static bool has_exact_stack(const struct quick *q)
{
	for (uint32_t slot = 0; slot < q->prog->insns_cnt;
	     slot += op_slots(q->ops[slot]))
		if (vague_at(q, slot))
			return false;
	return true;
}

/* ---- the scan before a function ---- */

static bool names_function(enum op op)
{
	return op == OP_CALL_LOCAL || op == OP_LD_FUNC;
}

void quick_find_functions(struct quick *q)
{
	const struct prog *prog = q->prog;
	int64_t distance;

	q->marks[0] |= QUICK_FUNC;
	for (uint32_t slot = 0; slot < prog->insns_cnt;
	     slot += op_slots(q->ops[slot])) {
		enum op op = q->ops[slot];

		if (insn_target(&prog->insns[slot], &distance))
			q->marks[slot + 1 + distance] |= names_function(op) ?
				QUICK_FUNC : QUICK_TARGET;
	}
	q->exact_stack = has_exact_stack(q);
}

static uint16_t mentions(const struct bpf_insn *insn)
{
	return (uint16_t)((1u << insn->dst_reg | 1u << insn->src_reg) &
			  QUICK_KEPT);
}

static bool is_legacy(enum op op)
{
	return op >= OP_LD_ABS8 && op <= OP_LD_IND32;
}

static void scan_insn(struct quick *q, uint32_t slot)
{
	const struct bpf_insn *insn = &q->prog->insns[slot];
	struct quick_func *func = &q->func;
	enum op op = q->ops[slot];
	uint32_t depth = q->exact_stack ? exact_depth(q, slot) :
					  plain_depth(q, slot);

	func->stack = MAX(func->stack, depth);
	func->may_goto |= op == OP_MAY_GOTO;
	func->saves |= op_slots(op) == 1 ? mentions(insn) :
		       (uint16_t)(1u << insn->dst_reg & QUICK_KEPT);
	if (op == OP_CALL_HELPER || op == OP_CALL_LOCAL || is_legacy(op))
		func->calls = true;
	if (op == OP_CALL_HELPER && insn->imm == HELPER_tail_call)
		func->saves |= QUICK_KEPT;
}

void quick_scan_function(struct quick *q, uint32_t start)
{
	struct quick_func *func = &q->func;

	*func = (struct quick_func){ .start = start, .end = start,
				     .entry = start == 0 };
	do {
		scan_insn(q, func->end);
		func->end += op_slots(q->ops[func->end]);
	} while (func->end < q->prog->insns_cnt &&
		 !(q->marks[func->end] & QUICK_FUNC));
	func->stack = (uint32_t)align_up(func->stack, 8);
	if (func->entry)
		func->saves = 0;
}

/* ---- beginnings and ends ---- */

static const uint8_t kept[] = { BPF_REG_6, BPF_REG_7, BPF_REG_8, BPF_REG_9 };

/* Bytes that rsp is moved on by, to be a multiple of 16. */
static int32_t padding(const struct quick_func *func)
{
	return func->calls && __builtin_popcount(func->saves) % 2 == 0 ? 8 : 0;
}

static void clear_stack(struct quick *q, uint32_t bytes)
{
	if (bytes >= 16)
		x86_zero_xmm(&q->code);
	for (; bytes >= 16; bytes -= 16)
		x86_store_xmm(&q->code, x86_at(X86_RBP, -(int32_t)bytes));
	if (bytes)
		x86_mi(&q->code, X86_MOV_I, true, x86_at(X86_RBP, -8), 0);
}

void quick_prologue(struct quick *q)
{
	const struct quick_func *func = &q->func;

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (func->saves >> kept[i] & 1)
			x86_push(&q->code, quick_reg(kept[i]));
	if (padding(func))
		x86_ri(&q->code, X86_SUB_I, true, X86_RSP, padding(func));
	clear_stack(q, func->stack);
	if (func->may_goto)
		x86_mi(&q->code, X86_MOV_I, false, x86_at(X86_RBP, 0),
		       JIT_MAY_GOTO_ROUNDS);
}

void quick_epilogue(struct quick *q)
{
	const struct quick_func *func = &q->func;

	if (padding(func))
		x86_ri(&q->code, X86_ADD_I, true, X86_RSP, padding(func));
	for (size_t i = ARRAY_SIZE(kept); i-- > 0;)
		if (func->saves >> kept[i] & 1)
			x86_pop(&q->code, quick_reg(kept[i]));
	x86_ret(&q->code);
}

/* ---- in and out ---- */

static const uint8_t saved[] = {
	X86_RBX, X86_RBP, X86_R12, X86_R13, X86_R14, X86_R15,
};

/*
 * jit_enter_fn: the thread in rdi, r1 to r4 in their places, the function in
 * r9. Entries nest through callbacks, so each keeps where the last one was.
 */
void quick_enter(struct quick *q)
{
	struct jit_buf *code = &q->code;

	for (size_t i = 0; i < ARRAY_SIZE(saved); i++)
		x86_push(code, saved[i]);
	x86_rr(code, X86_MOV, true, QUICK_THREAD, X86_RDI);
	x86_ri(code, X86_SUB_I, true, X86_RSP, 8);
	x86_rm(code, X86_MOV, true, X86_RSP, QUICK_MEMBER(rsp));
	x86_rm(code, X86_LOAD, true, X86_RBP, QUICK_MEMBER(fp));
	x86_r(code, X86_CALL_REG, true, X86_R9);
	q->leave = code->len;
	x86_ri(code, X86_ADD_I, true, X86_RSP, 8);
	for (size_t i = ARRAY_SIZE(saved); i-- > 0;)
		x86_pop(code, saved[i]);
	x86_ret(code);
}

/* What they share, then each trap's own part. */
void quick_traps(struct quick *q)
{
	struct jit_buf *code = &q->code;
	uint32_t shared;

	if (!q->traps.len)
		return;
	shared = code->len;
	x86_rm(code, X86_LOAD, true, X86_RSP, QUICK_MEMBER(rsp));
	x86_rr(code, X86_MOV, true, X86_RDI, QUICK_THREAD);
	quick_call_c(q, (uintptr_t)jit_fault);
	x86_number(code, X86_RAX, 0);
	x86_jmp_to(code, q->leave);
	for (size_t i = 0; i < q->traps.len; i++) {
		const struct quick_trap *trap = &q->traps.data[i];

		x86_bind(code, trap->end, code->len);
		x86_rr(code, X86_MOV, true, X86_RCX, QUICK_T0);
		x86_number(code, X86_RSI, trap->slot);
		x86_number(code, X86_RDX, trap->stop);
		x86_number(code, X86_R8, trap->size);
		x86_jmp_to(code, shared);
	}
}
