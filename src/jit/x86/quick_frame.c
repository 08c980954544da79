/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How functions begin and end, the way in from C, and the way out of runs that
 * end badly.
 *
 * The machine's stack holds return addresses and the caller's r6 to r9; BPF
 * frames lie in struct jit_thread, one behind the other, and a call moves rbp
 * to the next.
 */
#include "jit/x86/door.h"
#include "jit/x86/quick.h"

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

static void depth(struct quick *q, uint32_t bytes, uint32_t reg)
{
	jit_depth_add(&q->origins, q->code.len, bytes, reg);
}

uint32_t quick_x86_pushed(const struct quick_func *func)
{
	return 8 + 8 * (uint32_t)__builtin_popcount(func->saves) +
	       (uint32_t)padding(func);
}

void quick_x86_prologue(struct quick *q)
{
	const struct quick_func *func = &q->func;
	uint32_t bytes = 8;

	depth(q, bytes, JIT_NO_REG);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		if (!(func->saves >> kept[i] & 1))
			continue;
		x86_push(&q->code, quick_reg(kept[i]));
		depth(q, bytes += 8, quick_reg(kept[i]));
	}
	if (padding(func)) {
		x86_ri(&q->code, X86_SUB_I, true, X86_RSP, padding(func));
		depth(q, quick_x86_pushed(func), JIT_NO_REG);
	}
	clear_stack(q, func->stack);
	if (func->may_goto)
		x86_mi(&q->code, X86_MOV_I, false, x86_at(X86_RBP, 0),
		       JIT_MAY_GOTO_ROUNDS);
}

void quick_x86_epilogue(struct quick *q)
{
	const struct quick_func *func = &q->func;

	uint32_t bytes = quick_x86_pushed(func) - (uint32_t)padding(func);

	if (padding(func))
		x86_ri(&q->code, X86_ADD_I, true, X86_RSP, padding(func));
	depth(q, bytes, JIT_NO_REG);
	for (size_t i = ARRAY_SIZE(kept); i-- > 0;) {
		if (!(func->saves >> kept[i] & 1))
			continue;
		x86_pop(&q->code, quick_reg(kept[i]));
		depth(q, bytes -= 8, JIT_NO_REG);
	}
	x86_ret(&q->code);
	depth(q, quick_x86_pushed(func), JIT_NO_REG);
}

/* ---- in and out ---- */

void quick_x86_enter(struct quick *q)
{
	x86_enter(&q->code, &q->origins);
}

/* What they share, then each trap's own part. */
void quick_x86_traps(struct quick *q)
{
	struct jit_buf *code = &q->code;
	uint32_t shared = code->len;

	x86_end_badly(code, &q->origins);
	quick_x86_call(q, (uintptr_t)jit_fault);
	x86_ended_badly(code, &q->origins);
	for (size_t i = 0; i < q->traps.len; i++) {
		const struct quick_trap *trap = &q->traps.data[i];

		quick_bind(q, trap->branch, code->len);
		depth(q, 0, JIT_NO_REG);
		jit_origin_add(&q->origins, code->len, JIT_PART_TRAP,
			       trap->slot);
		x86_rr(code, X86_MOV, true, X86_RCX, QUICK_T0);
		x86_number(code, X86_RSI, trap->slot);
		x86_number(code, X86_RDX, trap->stop);
		x86_number(code, X86_R8, trap->size);
		x86_jmp_to(code, shared);
	}
}
