/* SPDX-License-Identifier: Apache-2.0 */
/* The quick tier's machine: what it emits, counts and binds on arm64. */
#include "jit/arm64/quick.h"

void quick_a64_trap_if(struct quick *q, uint32_t test,
		       const struct bpf_insn *insn, enum run_stop stop,
		       uint32_t size)
{
	quick_trap_at(q, a64_branch(&q->code, test, q->far),
		      quick_slot(q, insn), stop, size);
}

/* All of a block at once, while the budget has that many left. */
static void count(struct quick *q, uint32_t slot, uint32_t cnt)
{
	struct a64_mem insns = a64_at(QUICK_T0, offsetof(struct run, insns));
	struct a64_mem budget = a64_at(QUICK_T0, offsetof(struct run, budget));

	a64_rm(&q->code, A64_LDR64, QUICK_T0, QUICK_MEMBER(run));
	a64_rm(&q->code, A64_LDR64, QUICK_T1, insns);
	a64_rm(&q->code, A64_LDR64, QUICK_T2, budget);
	a64_add(&q->code, true, QUICK_T1, QUICK_T1, (int32_t)cnt);
	a64_rrr(&q->code, A64_SUBS, true, A64_ZR, QUICK_T1, QUICK_T2);
	quick_a64_trap_if(q, a64_if(A64_HI), &q->prog->insns[slot],
			  RUN_FAULT_BUDGET, 0);
	a64_rm(&q->code, A64_STR64, QUICK_T1, insns);
}

/* Calls of 26 bits reach what is within 128 MB. */
static bool bind_call(uint8_t *base, uint32_t branch, uint64_t target)
{
	uint64_t from = (uintptr_t)base + branch;
	uint32_t word;

	memcpy(&word, base + branch, sizeof(word));
	word = a64_reaching(word, (int64_t)(target - from));
	if (word)
		memcpy(base + branch, &word, sizeof(word));
	return word;
}

/* ldr x16, address; br x16; address */
static void put_far(uint8_t *at, uint64_t target)
{
	static const uint32_t jump[] = { 0x58000050, 0xd61f0200 };

	memcpy(at, jump, sizeof(jump));
	memcpy(at + sizeof(jump), &target, sizeof(target));
}

static const struct jit_linker linker = {
	.bind_call = bind_call, .put_far = put_far, .far_size = 16,
	.filler = 0,
};

const struct quick_machine quick_arm64 = {
	.emit = {
#define KIND(name, emitter) [QUICK_##name] = quick_a64_##emitter,
#include "jit/quick/kinds.def"
#undef KIND
	},
	.enter = quick_a64_enter,
	.prologue = quick_a64_prologue,
	.count = count,
	.audit = quick_a64_audit,
	.traps = quick_a64_traps,
	.bind = a64_bind,
	.linker = &linker,
};
