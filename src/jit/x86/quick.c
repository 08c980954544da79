/* SPDX-License-Identifier: Apache-2.0 */
/* The quick tier's machine: what it emits, counts and binds on x86-64. */
#include "jit/x86/quick.h"

#include "jit/x86/door.h"

/* All of a block at once, while the budget has that many left. */
static void count(struct quick *q, uint32_t slot, uint32_t cnt)
{
	struct x86_mem insns = x86_at(QUICK_T0, offsetof(struct run, insns));
	struct x86_mem budget = x86_at(QUICK_T0, offsetof(struct run, budget));

	x86_rm(&q->code, X86_LOAD, true, QUICK_T0, QUICK_MEMBER(run));
	x86_rm(&q->code, X86_LOAD, true, QUICK_T1, insns);
	x86_ri(&q->code, X86_ADD_I, true, QUICK_T1, (int32_t)cnt);
	x86_rm(&q->code, X86_CMP_MEM, true, QUICK_T1, budget);
	quick_trap_at(q, x86_jcc(&q->code, X86_A), slot, RUN_FAULT_BUDGET, 0);
	x86_rm(&q->code, X86_MOV, true, QUICK_T1, insns);
}

static bool bind(struct jit_buf *code, uint32_t branch, uint32_t target)
{
	x86_bind(code, branch, target);
	return true;
}

const struct quick_machine quick_x86 = {
	.emit = {
#define KIND(name, emitter) [QUICK_##name] = quick_x86_##emitter,
#include "jit/quick/kinds.def"
#undef KIND
	},
	.enter = quick_x86_enter,
	.prologue = quick_x86_prologue,
	.count = count,
	.audit = quick_x86_audit,
	.traps = quick_x86_traps,
	.bind = bind,
	.linker = &x86_linker,
};
