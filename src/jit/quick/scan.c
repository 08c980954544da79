/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions: where they are and what they need, by one look at their text
 * before it is translated. The verifier's facts tell how deep each of them
 * uses its frame, which it clears so that nothing of an earlier run shows.
 */
#include "jit/quick/quick.h"

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
	if (op == OP_CALL_HELPER || op == OP_CALL_LOCAL || is_legacy(op) ||
	    q->audit)
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
