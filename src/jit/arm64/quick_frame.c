/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How functions begin and end, the way in from C, and the way out of runs that
 * end badly.
 *
 * The machine's stack holds return addresses and the caller's r6 to r9; BPF
 * frames lie in struct jit_thread, one behind the other, and a call moves x23
 * to the next.
 */
#include "jit/arm64/quick.h"

/* ---- beginnings and ends ---- */

/* The registers that the function saves: x29 and x30 first, if it calls. */
struct saved {
	uint8_t regs[6];
	uint32_t cnt;
};

static struct saved saved_by(const struct quick_func *func)
{
	struct saved saved = { .cnt = 0 };

	if (func->calls) {
		saved.regs[saved.cnt++] = A64_FP;
		saved.regs[saved.cnt++] = A64_LR;
	}
	for (uint8_t reg = BPF_REG_6; reg <= BPF_REG_9; reg++)
		if (func->saves >> reg & 1)
			saved.regs[saved.cnt++] = (uint8_t)quick_reg(reg);
	return saved;
}

static int32_t room_for(const struct saved *saved)
{
	return (int32_t)align_up(saved->cnt * 8, 16);
}

/* The first pair moves sp; one that has no partner shares with zero. */
static void each_pair(struct quick *q, const struct saved *saved, bool save)
{
	for (uint32_t i = 2; i < saved->cnt; i += 2) {
		enum a64_reg a = saved->regs[i];
		struct a64_mem at = a64_at(A64_SP, (int32_t)i * 8);

		if (i + 1 < saved->cnt)
			a64_pair(&q->code, save ? A64_STP : A64_LDP, a,
				 saved->regs[i + 1], at);
		else
			a64_rm(&q->code, save ? A64_STR64 : A64_LDR64, a, at);
	}
}

static void clear_stack(struct quick *q, uint32_t bytes)
{
	for (; bytes >= 16; bytes -= 16)
		a64_pair(&q->code, A64_STP, A64_ZR, A64_ZR,
			 a64_at(R10, -(int32_t)bytes));
	if (bytes)
		a64_rm(&q->code, A64_STR64, A64_ZR, a64_at(R10, -8));
}

void quick_a64_prologue(struct quick *q)
{
	const struct quick_func *func = &q->func;
	struct saved saved = saved_by(func);

	if (saved.cnt)
		a64_pair(&q->code, A64_STP_PRE, saved.regs[0],
			 saved.cnt > 1 ? saved.regs[1] : A64_ZR,
			 a64_at(A64_SP, -room_for(&saved)));
	each_pair(q, &saved, true);
	if (func->calls)
		a64_add(&q->code, true, A64_FP, A64_SP, 0);
	clear_stack(q, func->stack);
	if (func->may_goto) {
		a64_number(&q->code, QUICK_T0, JIT_MAY_GOTO_ROUNDS);
		a64_rm(&q->code, A64_STR32, QUICK_T0, a64_at(R10, 0));
	}
}

void quick_a64_epilogue(struct quick *q)
{
	struct saved saved = saved_by(&q->func);

	each_pair(q, &saved, false);
	if (saved.cnt)
		a64_pair(&q->code, A64_LDP_POST, saved.regs[0],
			 saved.cnt > 1 ? saved.regs[1] : A64_ZR,
			 a64_at(A64_SP, room_for(&saved)));
}

void quick_a64_return_now(struct quick *q)
{
	quick_a64_epilogue(q);
	a64_r(&q->code, A64_RET, A64_LR);
}

/* ---- in and out ---- */

#define ENTRY_ROOM	64

static void entry_registers(struct jit_buf *code, enum a64_op op)
{
	a64_pair(code, op, A64_X19, A64_X20, a64_at(A64_SP, 16));
	a64_pair(code, op, A64_X21, A64_X22, a64_at(A64_SP, 32));
	a64_pair(code, op, A64_X23, A64_X24, a64_at(A64_SP, 48));
}

/*
 * jit_enter_fn: the thread in x0, r1 to r4 in their places, the function in
 * x5. Entries nest through callbacks; jit_callback() keeps the sp of the last.
 */
void quick_a64_enter(struct quick *q)
{
	struct jit_buf *code = &q->code;

	a64_pair(code, A64_STP_PRE, A64_FP, A64_LR,
		 a64_at(A64_SP, -ENTRY_ROOM));
	a64_add(code, true, A64_FP, A64_SP, 0);
	entry_registers(code, A64_STP);
	a64_mov(code, true, QUICK_THREAD, A64_X0);
	a64_rm(code, A64_STR64, A64_FP, QUICK_MEMBER(sp));
	a64_rm(code, A64_LDR64, R10, QUICK_MEMBER(fp));
	a64_r(code, A64_BLR, A64_X5);
	q->leave = code->len;
	entry_registers(code, A64_LDP);
	a64_pair(code, A64_LDP_POST, A64_FP, A64_LR,
		 a64_at(A64_SP, ENTRY_ROOM));
	a64_r(code, A64_RET, A64_LR);
}

/* What they share, then each trap's own part. */
void quick_a64_traps(struct quick *q)
{
	struct jit_buf *code = &q->code;
	uint32_t shared = code->len;

	a64_rm(code, A64_LDR64, QUICK_T1, QUICK_MEMBER(sp));
	a64_add(code, true, A64_SP, QUICK_T1, 0);
	a64_mov(code, true, A64_X0, QUICK_THREAD);
	quick_a64_call(q, (uintptr_t)jit_fault);
	a64_number(code, A64_X0, 0);
	quick_bind(q, a64_b(code), q->leave);
	for (size_t i = 0; i < q->traps.len; i++) {
		const struct quick_trap *trap = &q->traps.data[i];

		quick_bind(q, trap->branch, code->len);
		jit_origin_add(&q->origins, code->len, JIT_PART_TRAP,
			       trap->slot);
		a64_mov(code, true, A64_X3, QUICK_T0);
		a64_number(code, A64_X1, trap->slot);
		a64_number(code, A64_X2, trap->stop);
		a64_number(code, A64_X4, trap->size);
		quick_bind(q, a64_b(code), shared);
	}
}
