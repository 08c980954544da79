/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls, ways out, ends of blocks. Arguments are r1 to r5 where functions and
 * helpers take them; what C does not keep is lost.
 */
#include "jit/x86/select.h"

#include "helper/helper.h"
#include "spec/spec.h"

/* ---- calls ---- */

/* A call of something with this result, if anybody wants it. */
static struct mach_insn *put_call(struct select *s,
				  const struct select_match *match)
{
	bool wanted = s->needs[match->ref];
	struct mach_insn *insn =
		select_insn(s, match->row->insn, X86_SHAPE_R, true);

	insn->lost = X86_LOST & ~(wanted ? X86_BIT(X86_RAX) : 0);
	if (wanted)
		select_result_in(s, match->ref, X86_RAX);
	return insn;
}

static void put_arguments(struct select *s, ir_ref ref, const uint8_t *regs)
{
	struct ir_insn *insn = ir_at(s->f, ref);

	for (uint32_t i = 0; i < insn->cnt; i++)
		select_use_in(s, ir_args(insn)[i], regs[i]);
}

/* Of a helper, or a function; the frame that calls is noted. */
static bool put_named(struct select *s, const struct select_match *match)
{
	const struct ir_insn *call = select_at(s, match->ref);
	struct mach_insn *insn;

	if (call->cnt > ARRAY_SIZE(x86_arguments))
		return false;
	insn = put_call(s, match);
	insn->target = (uint32_t)call->imm;
	insn->imm = call->bytes;
	put_arguments(s, match->ref, x86_arguments);
	return true;
}

SELECT_PUT(helper)
{
	uint32_t id = (uint32_t)select_at(s, match->ref)->imm;

	return helper_function(id) && put_named(s, match);
}

SELECT_PUT(local)
{
	return put_named(s, match);
}

/* A function of C, which has its arguments from the first register on. */
SELECT_PUT(ask)
{
	static const uint8_t regs[] = {
		X86_RDI, X86_RSI, X86_RDX, X86_RCX, X86_R8, X86_R9,
	};
	const struct ir_insn *call = select_at(s, match->ref);

	if (call->cnt > ARRAY_SIZE(regs))
		return false;
	put_call(s, match)->imm = call->imm;
	put_arguments(s, match->ref, regs);
	return true;
}

SELECT_PUT(tail)
{
	static const uint8_t regs[] = { X86_RSI, X86_RDX };

	select_insn(s, match->row->insn, X86_SHAPE_R, true)->lost = X86_LOST;
	put_arguments(s, match->ref, regs);
	return true;
}

SELECT_PUT(audit)
{
	static const uint8_t regs[] = { X86_RDX, X86_RCX };

	put_call(s, match)->imm = select_at(s, match->ref)->imm;
	put_arguments(s, match->ref, regs);
	return true;
}

SELECT_PUT(packet)
{
	put_call(s, match)->size = select_at(s, match->ref)->size;
	put_arguments(s, match->ref, x86_arguments);
	return true;
}

/* ---- ways out ---- */

SELECT_PUT(stop)
{
	select_insn(s, match->row->insn, X86_SHAPE_R, true);
	return true;
}

SELECT_PUT(depth)
{
	select_insn(s, match->row->insn, X86_SHAPE_R, true)->imm =
		select_at(s, match->ref)->imm;
	select_scratch(s, MACH_NO_REG);
	return true;
}

/* The end of the access, or just behind it. */
static struct mach_insn *put_access(struct select *s,
				    const struct select_match *match)
{
	const struct ir_insn *insn = select_at(s, match->ref);
	struct mach_insn *made =
		select_insn(s, match->row->insn, X86_SHAPE_M, true);

	made->size = insn->size;
	made->form |= insn->sign ? X86_SIGN : 0;
	return made;
}

SELECT_PUT(limit)
{
	struct select_address mem = select_memory(s, match->ref);

	put_access(s, match);
	select_scratch(s, MACH_NO_REG);
	select_use_address(s, &mem);
	return true;
}

SELECT_PUT(fault)
{
	struct select_address mem = select_memory(s, match->ref);

	put_access(s, match);
	select_use_address(s, &mem);
	return true;
}

/* ---- ends ---- */

SELECT_PUT(branch)
{
	const struct ir_insn *insn = select_at(s, match->ref);
	struct select_compare compare =
		select_compare(s, (enum ir_cond)insn->cond, match->wide,
			       match->left, match->right);

	select_insn(s, match->row->insn, X86_SHAPE_R, false)->cond =
		(uint8_t)compare.cond;
	select_put_compare(s, &compare);
	return true;
}

SELECT_PUT(ret)
{
	select_insn(s, match->row->insn, X86_SHAPE_R, true);
	select_use_in(s, match->left, X86_RAX);
	return true;
}

/* ---- frames ---- */

bool x86_looks_at_frames(const struct helper_row *row)
{
	for (uint32_t i = 0; i < 5; i++)
		if (row->args[i] == ARG_FUNC || row->args[i] == ARG_VARARG)
			return true;
	return row->id == HELPER_snprintf || row->id == HELPER_trace_vprintk ||
	       row->id == HELPER_seq_printf;
}

static bool names_frame(struct ir_func *f, const struct ir_insn *insn)
{
	const ir_ref *args = ir_args((struct ir_insn *)insn);
	const struct helper_row *row;

	if (insn->op == IR_LOCAL || insn->op == IR_TAIL ||
	    insn->op == IR_DEPTH || insn->op == IR_CLEAR)
		return true;
	if (insn->op == IR_CALL) {
		row = helper_row((uint32_t)insn->imm);
		if (row && x86_looks_at_frames(row))
			return true;
	}
	for (uint32_t i = 0; i < insn->cnt; i++)
		if (ir_is(f, args[i], IR_FRAME))
			return true;
	return false;
}

bool x86_needs_frame(struct ir_func *f)
{
	for (size_t i = 0; i < f->order.len; i++)
		ir_each_insn(f, ref, f->order.data[i])
			if (names_frame(f, ir_at(f, ref)))
				return true;
	return false;
}
