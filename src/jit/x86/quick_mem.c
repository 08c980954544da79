/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads, stores, atomics. x86 orders loads and stores as acquire and release
 * do, and its locked instructions order everything.
 */
#include "jit/x86/quick.h"

static struct x86_mem mem_at(const struct quick_access *acc)
{
	return x86_at(quick_reg(acc->base), acc->off);
}

/* Readies an access to memory; false when none is to be made. */
static bool ready(struct quick *q, const struct bpf_insn *insn,
		  const struct quick_access *acc)
{
	uint32_t branch;

	if (likely(acc->reach == QUICK_THERE))
		return true;
	if (acc->reach != QUICK_LIMITED && acc->reach != QUICK_NEVER)
		return false;
	x86_rm(&q->code, X86_LEA, true, QUICK_T0,
	       x86_at(quick_reg(acc->base), acc->off + (int32_t)acc->size));
	if (acc->reach == QUICK_LIMITED) {
		x86_rm(&q->code, X86_CMP_MEM, true, QUICK_T0,
		       QUICK_MEMBER(ctx_end));
		branch = x86_jcc(&q->code, X86_A);
	} else {
		branch = x86_jmp(&q->code);
	}
	quick_trap_at(q, branch, quick_slot(q, insn), acc->stop, acc->size);
	return acc->reach == QUICK_LIMITED;
}

/* ---- loads and stores ---- */

static void load(struct quick *q, enum x86_reg dst, struct x86_mem mem,
		 uint32_t size, bool sign)
{
	switch (size) {
	case 1:
		x86_rm(&q->code, sign ? X86_MOVSX8 : X86_MOVZX8, sign, dst,
		       mem);
		return;
	case 2:
		x86_rm(&q->code, sign ? X86_MOVSX16 : X86_MOVZX16, sign, dst,
		       mem);
		return;
	case 4:
		x86_rm(&q->code, sign ? X86_MOVSXD : X86_LOAD, sign, dst, mem);
		return;
	default:
		x86_rm(&q->code, X86_LOAD, true, dst, mem);
		return;
	}
}

static void store(struct quick *q, enum x86_reg src, struct x86_mem mem,
		  uint32_t size)
{
	x86_rm(&q->code, size == 1 ? X86_MOV8 : size == 2 ? X86_MOV16 :
	       X86_MOV, size == 8, src, mem);
}

static void store_number(struct quick *q, int32_t value, struct x86_mem mem,
			 uint32_t size)
{
	x86_mi(&q->code, size == 1 ? X86_MOV8_I : size == 2 ? X86_MOV16_I :
	       X86_MOV_I, size == 8, mem, value);
}

QUICK_EMIT(load)
{
	struct quick_access acc = quick_access(q, insn, rule);

	if (acc.reach == QUICK_ZERO)
		x86_number(&q->code, DST, 0);
	else if (ready(q, insn, &acc))
		load(q, DST, mem_at(&acc), acc.size, acc.sign);
}

QUICK_EMIT(load_acquire)
{
	quick_x86_load(q, insn, rule);
}

QUICK_EMIT(store_reg)
{
	struct quick_access acc = quick_access(q, insn, rule);
	uint32_t skip = 0;

	if (!ready(q, insn, &acc))
		return;
	if (acc.queue) {
		x86_ri(&q->code, X86_CMP_I, true, SRC, UINT16_MAX);
		skip = x86_jcc_short(&q->code, X86_AE);
	}
	store(q, SRC, mem_at(&acc), acc.size);
	if (skip)
		x86_bind_short(&q->code, skip);
}

QUICK_EMIT(store_release)
{
	quick_x86_store_reg(q, insn, rule);
}

QUICK_EMIT(store_imm)
{
	struct quick_access acc = quick_access(q, insn, rule);

	if (ready(q, insn, &acc) && !quick_drops(&acc, insn))
		store_number(q, insn->imm, mem_at(&acc), acc.size);
}

/* ---- atomics ---- */

/* One locked instruction, which leaves the old value in src, if at all. */
static void locked(struct quick *q, const struct bpf_insn *insn,
		   const struct quick_rule *rule, enum x86_op op)
{
	struct quick_access acc = quick_access(q, insn, rule);

	if (!ready(q, insn, &acc))
		return;
	if (op != X86_XCHG)
		x86_lock(&q->code);
	x86_rm(&q->code, op, rule->wide, SRC, mem_at(&acc));
}

static const enum x86_op atomics[] = {
	[BPF_ADD >> 4] = X86_ADD, [BPF_OR >> 4] = X86_OR,
	[BPF_AND >> 4] = X86_AND, [BPF_XOR >> 4] = X86_XOR,
};

QUICK_EMIT(atomic)
{
	locked(q, insn, rule, atomics[rule->op >> 4]);
}

QUICK_EMIT(exchange)
{
	locked(q, insn, rule, X86_XCHG);
}

/* A compared word that was equal leaves the upper half of rax alone. */
QUICK_EMIT(compare_exchange)
{
	locked(q, insn, rule, X86_CMPXCHG);
	if (!rule->wide)
		x86_rr(&q->code, X86_MOV, false, X86_RAX, X86_RAX);
}

/*
 * The old value of what the machine does not fetch: again and again until no
 * one came between. rax is the machine's choice for the old value; what r0
 * holds waits in r10.
 *
 *	again:	r11 = rax; r11 op= src; if ([rdi] == rax) [rdi] = r11
 */
static void fetch_loop(struct quick *q, const struct bpf_insn *insn,
		       const struct quick_rule *rule)
{
	struct quick_access acc = quick_access(q, insn, rule);
	enum x86_reg src = SRC, with = src == X86_RAX ? QUICK_T1 : src;
	struct x86_mem mem = x86_at(QUICK_T0, acc.off);
	uint32_t again;

	if (!ready(q, insn, &acc))
		return;
	x86_rr(&q->code, X86_MOV, true, QUICK_T0, quick_reg(acc.base));
	x86_rr(&q->code, X86_MOV, true, QUICK_T1, X86_RAX);
	x86_rm(&q->code, X86_LOAD, rule->wide, X86_RAX, mem);
	again = q->code.len;
	x86_rr(&q->code, X86_MOV, true, QUICK_T2, X86_RAX);
	x86_rr(&q->code, atomics[rule->op >> 4], rule->wide, QUICK_T2, with);
	x86_lock(&q->code);
	x86_rm(&q->code, X86_CMPXCHG, rule->wide, QUICK_T2, mem);
	x86_jcc_to(&q->code, X86_NE, again);
	x86_rr(&q->code, X86_MOV, rule->wide, src, X86_RAX);
	if (src != X86_RAX)
		x86_rr(&q->code, X86_MOV, true, X86_RAX, QUICK_T1);
}

QUICK_EMIT(fetch)
{
	if (rule->op == BPF_ADD)
		locked(q, insn, rule, X86_XADD);
	else
		fetch_loop(q, insn, rule);
}
