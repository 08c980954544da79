/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls and exits. A subprogram is built into its caller while it is small;
 * so is the callback of bpf_loop, whose loop is built around it then.
 */
#include "jit/ir/build.h"

#include <errno.h>

#include "helper/helper.h"
#include "prog/ctx.h"
#include "verify/state/state.h"

/* bpf_loop's bound, the kernel's. */
#define LOOPS_MAX	(8u << 20)

static uint32_t args_cnt(const struct helper_row *row)
{
	uint32_t cnt = 0;

	while (cnt < 5 && row->args[cnt] != ARG_NONE)
		cnt++;
	return cnt;
}

/* A context in the place of memory: its length is checked nowhere. */
static bool hands_context(const struct build *b, const struct helper_row *row)
{
	const struct verify_fact *fact = build_fact(b);
	const struct verify_operand *args = b->facts->args[fact->args];

	for (uint32_t i = 0; b->layout->memory && i < 5; i++)
		if (fact->args && args[i].type == REG_CTX &&
		    row->args[i] != ARG_CTX && row->args[i] != ARG_ANY &&
		    row->args[i] != ARG_CTX_OR_NULL)
			return true;
	return false;
}

static void call_function(struct build *b, const struct helper_row *row)
{
	struct ir_insn call = { .op = IR_CALL, .imm = row->id,
				.cnt = args_cnt(row),
				.bytes = b->place->frame,
				.list = ir_list(b->f, 5) };

	for (uint32_t i = 0; call.list && i < call.cnt; i++)
		call.list[i] = build_read(b, BPF_REG_1 + i);
	if (call.list)
		build_write(b, BPF_REG_0, build_add(b, &call));
}

static void tail_call(struct build *b)
{
	ir_ref map = build_read(b, BPF_REG_2);
	ir_ref index = build_read(b, BPF_REG_3);

	build_add(b, &(struct ir_insn){ .op = IR_TAIL,
					.args = { map, index } });
	build_write(b, BPF_REG_0, ir_const(b->f, 0));
}

/* ---- bpf_loop ---- */

/* The slot of the callback that this call can be built around; 0: none. */
static uint32_t loop_callback(struct build *b)
{
	const struct ir_insn *fn, *flags;
	uint32_t start;

	fn = ir_at(b->f, build_read(b, BPF_REG_2));
	if (fn->op != IR_FUNC)
		return 0;
	start = b->unit->funcs.data[fn->imm]->start;
	flags = ir_at(b->f, build_read(b, BPF_REG_4));
	return flags->op == IR_CONST && !flags->imm &&
	       build_may_inline(b, start) ? start : 0;
}

/* A loop as it is built: how it ends, and with what. */
struct loop {
	ir_block_id before, head, done;
	ir_ref results[3];
	ir_block_id ends[3];
	uint32_t ends_cnt;
};

static void leave(struct build *b, struct loop *loop, ir_ref result)
{
	loop->results[loop->ends_cnt] = result;
	loop->ends[loop->ends_cnt++] = b->cur;
}

/* To `done` if the condition holds, else to a block that is current then. */
static void leave_if(struct build *b, struct loop *loop, enum ir_cond cond,
		     ir_ref left, ir_ref right, ir_ref result)
{
	ir_block_id on = build_inner_block(b, loop->before);

	leave(b, loop, result);
	build_branch(b, &(struct ir_insn){
		.op = IR_BRANCH, .wide = true, .cond = (uint8_t)cond,
		.sure = true, .args = { left, right } }, loop->done, on);
	b->cur = on;
}

static void finish_loop(struct build *b, struct loop *loop)
{
	ir_ref phi = ir_phi(b->f, loop->done, loop->ends_cnt);

	b->cur = loop->done;
	for (uint32_t i = 0; phi && i < loop->ends_cnt; i++)
		ir_at(b->f, phi)->list[i] = loop->results[i];
	build_write(b, BPF_REG_0, phi);
}

/*
 *	before:	n = (u32)r1; if n > LOOPS_MAX goto done (-E2BIG)
 *	head:	i = phi 0, next; if i >= n goto done (n)
 *		stop?; r = callback(i, r3); next = i + 1
 *		if r goto done (next); goto head
 */
static void build_loop(struct build *b, uint32_t callback)
{
	ir_ref zero = ir_const(b->f, 0), one = ir_const(b->f, 1);
	ir_ref most = ir_const(b->f, LOOPS_MAX);
	ir_ref too_many = ir_const(b->f, (uint64_t)-E2BIG);
	ir_ref arg = build_read(b, BPF_REG_3), r1 = build_read(b, BPF_REG_1);
	ir_ref n, i, next, stop;
	struct loop loop = { 0 };

	n = build_add(b, &(struct ir_insn){ .op = IR_ZEXT, .size = 4,
					    .args = { r1 } });
	loop.before = b->cur;
	loop.done = build_inner_block(b, loop.before);
	loop.head = build_inner_block(b, loop.before);
	leave_if(b, &loop, IR_UGT, n, most, too_many);
	build_goto(b, loop.head);
	i = ir_phi(b->f, loop.head, 2);
	if (b->f->failed)
		return;
	b->cur = loop.head;
	leave_if(b, &loop, IR_UGE, i, n, n);
	build_add(b, &(struct ir_insn){ .op = IR_STOP });
	stop = build_inlined(b, callback,
			     (ir_ref[5]){ i, arg, zero, zero, zero });
	next = build_add(b, &(struct ir_insn){ .op = IR_ADD, .wide = true,
					       .args = { i, one } });
	leave_if(b, &loop, IR_NE, stop, zero, next);
	if (b->f->failed)
		return;
	build_goto(b, loop.head);
	ir_at(b->f, i)->list[0] = zero;
	ir_at(b->f, i)->list[1] = next;
	finish_loop(b, &loop);
}

/* ---- instructions ---- */

BUILD_MAKE(helper)
{
	const struct helper_row *row = helper_row((uint32_t)b->insn->imm);
	uint32_t callback;

	if (!row || !(row->progs >> b->prog->type & 1)) {
		b->refused = true;
	} else if (row->id == HELPER_tail_call) {
		tail_call(b);
	} else if (!helper_function(row->id) || hands_context(b, row)) {
		b->refused = true;
	} else {
		callback = row->id == HELPER_loop ? loop_callback(b) : 0;
		if (callback)
			build_loop(b, callback);
		else
			call_function(b, row);
	}
}

BUILD_MAKE(local)
{
	uint32_t target = b->slot + 1 + (uint32_t)b->insn->imm;
	struct ir_insn call = { .op = IR_LOCAL, .cnt = 5,
				.bytes = b->place->frame };
	ir_ref args[5];

	for (uint32_t i = 0; i < 5; i++)
		args[i] = build_read(b, BPF_REG_1 + i);
	if (!target) {
		b->refused = true;
		return;
	}
	if (build_may_inline(b, target)) {
		build_write(b, BPF_REG_0, build_inlined(b, target, args));
		return;
	}
	call.imm = build_func_index(b, target);
	call.list = ir_list(b->f, 5);
	for (uint32_t i = 0; call.list && i < 5; i++)
		call.list[i] = args[i];
	if (call.list)
		build_write(b, BPF_REG_0, build_add(b, &call));
}

/* The end of the function, or of what is built into another one. */
static void leave_with(struct build *b, ir_ref value)
{
	struct build_place *place = b->place;
	ir_block_id *exit;
	ir_ref *result;

	if (!place->caller) {
		build_add(b, &(struct ir_insn){ .op = IR_RET,
						.args = { value } });
		b->cur = IR_NOWHERE;
		return;
	}
	exit = vec_push(&place->exits);
	result = vec_push(&place->results);
	if (exit && result) {
		*exit = b->cur;
		*result = value;
	} else {
		b->f->failed = true;
	}
	b->cur = IR_NOWHERE;
}

BUILD_MAKE(exit)
{
	leave_with(b, build_read(b, BPF_REG_0));
}

/* By the offset in the instruction, or (not `imm`) on top of src. */
BUILD_MAKE(packet)
{
	ir_ref off = ir_const(b->f, (uint32_t)b->insn->imm);
	ir_ref zero = ir_const(b->f, 0), src, value;
	ir_block_id on = build_sealed_block(b), out = build_sealed_block(b);

	if (!rule->imm) {
		src = build_read(b, b->insn->src_reg);
		off = build_add(b, &(struct ir_insn){ .op = IR_ADD,
						      .args = { src, off } });
	}
	value = build_add(b, &(struct ir_insn){
		.op = IR_PACKET, .size = rule->size, .args = { off } });
	if (b->f->failed)
		return;
	build_branch(b, &(struct ir_insn){
		.op = IR_BRANCH, .wide = true, .cond = IR_SLT, .sure = true,
		.args = { value, zero } }, out, on);
	b->cur = out;
	leave_with(b, zero);
	b->cur = on;
	build_write(b, BPF_REG_0, value);
}
