/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads, stores, atomics. The order in which others see them:
 *
 *	loads, stores, atomics without fetch	none
 *	load-acquire, store-release		ldar, stlr
 *	atomics with fetch, cmpxchg, xchg	full
 *
 * Where the machine has atomic instructions (LSE) they are used; the ones that
 * acquire and release are what the kernel takes for full order. Elsewhere a
 * loop of exclusive loads and stores is, whose store releases and behind which
 * a barrier stands: what comes later cannot be seen before, either.
 */
#include "jit/arm64/quick.h"

static struct a64_mem mem_at(const struct quick_access *acc)
{
	return a64_at(quick_reg(acc->base), acc->off);
}

/* Readies an access to memory; false when none is to be made. */
static bool ready(struct quick *q, const struct bpf_insn *insn,
		  const struct quick_access *acc)
{
	if (likely(acc->reach == QUICK_THERE))
		return true;
	if (acc->reach != QUICK_LIMITED && acc->reach != QUICK_NEVER)
		return false;
	a64_add(&q->code, true, QUICK_T0, quick_reg(acc->base),
		acc->off + (int32_t)acc->size);
	if (acc->reach == QUICK_NEVER) {
		quick_trap_at(q, a64_b(&q->code), quick_slot(q, insn),
			      acc->stop, acc->size);
		return false;
	}
	a64_rm(&q->code, A64_LDR64, QUICK_T1, QUICK_MEMBER(ctx_end));
	a64_rrr(&q->code, A64_SUBS, true, A64_ZR, QUICK_T0, QUICK_T1);
	quick_a64_trap_if(q, a64_if(A64_HI), insn, acc->stop, acc->size);
	return true;
}

/* ---- loads and stores ---- */

/* By bytes: 1, 2, 4, 8. */
static const struct {
	enum a64_op load, load_sign, acquire, store, release;
} sized[] = {
	[1] = { A64_LDRB, A64_LDRSB, A64_LDARB, A64_STRB, A64_STLRB },
	[2] = { A64_LDRH, A64_LDRSH, A64_LDARH, A64_STRH, A64_STLRH },
	[4] = { A64_LDR32, A64_LDRSW, A64_LDAR, A64_STR32, A64_STLR },
	[8] = { A64_LDR64, A64_LDR64, A64_LDAR, A64_STR64, A64_STLR },
};

QUICK_EMIT(load)
{
	struct quick_access acc = quick_access(q, insn, rule);

	if (acc.reach == QUICK_ZERO)
		a64_number(&q->code, DST, 0);
	else if (ready(q, insn, &acc))
		a64_rm(&q->code, acc.sign ? sized[acc.size].load_sign :
		       sized[acc.size].load, DST, mem_at(&acc));
}

QUICK_EMIT(store_reg)
{
	struct quick_access acc = quick_access(q, insn, rule);
	uint32_t skip = 0;

	if (!ready(q, insn, &acc))
		return;
	if (acc.queue) {
		a64_compare(&q->code, true, SRC, UINT16_MAX);
		skip = a64_branch(&q->code, a64_if(A64_HS), false);
	}
	a64_rm(&q->code, sized[acc.size].store, SRC, mem_at(&acc));
	if (skip)
		a64_bind_here(&q->code, skip);
}

QUICK_EMIT(store_imm)
{
	struct quick_access acc = quick_access(q, insn, rule);
	enum a64_reg value = insn->imm ? QUICK_T0 : A64_ZR;

	if (!ready(q, insn, &acc) || quick_drops(&acc, insn))
		return;
	if (insn->imm)
		a64_number(&q->code, value, (uint64_t)(int64_t)insn->imm);
	a64_rm(&q->code, sized[acc.size].store, value, mem_at(&acc));
}

/* ---- atomics ---- */

/*
 * Readies an access by an instruction that takes no displacement: the register
 * that points there. False when none is to be made.
 */
static bool point(struct quick *q, const struct bpf_insn *insn,
		  const struct quick_access *acc, enum a64_reg *at)
{
	if (!ready(q, insn, acc))
		return false;
	*at = quick_reg(acc->base);
	if (acc->off) {
		a64_add(&q->code, true, QUICK_T0, *at, acc->off);
		*at = QUICK_T0;
	}
	return true;
}

QUICK_EMIT(load_acquire)
{
	struct quick_access acc = quick_access(q, insn, rule);
	enum a64_reg at;

	if (acc.reach == QUICK_ZERO)
		a64_number(&q->code, DST, 0);
	else if (point(q, insn, &acc, &at))
		a64_rr(&q->code, sized[acc.size].acquire, acc.size == 8, DST,
		       at);
}

QUICK_EMIT(store_release)
{
	struct quick_access acc = quick_access(q, insn, rule);
	enum a64_reg at;

	if (point(q, insn, &acc, &at))
		a64_rr(&q->code, sized[acc.size].release, acc.size == 8, SRC,
		       at);
}

static const struct {
	enum a64_op plain, lse, lse_ordered;
} atomics[] = {
	[BPF_ADD >> 4] = { A64_ADD, A64_LDADD, A64_LDADDAL },
	[BPF_OR >> 4]  = { A64_ORR, A64_LDSET, A64_LDSETAL },
	[BPF_AND >> 4] = { A64_AND, A64_LDCLR, A64_LDCLRAL },
	[BPF_XOR >> 4] = { A64_EOR, A64_LDEOR, A64_LDEORAL },
};

static bool has_lse(const struct quick *q)
{
	return q->features & JIT_LSE;
}

/*
 * One instruction; what it clears are the ones of its operand. The old value
 * goes to src or, unwanted, nowhere.
 */
static void fetch_lse(struct quick *q, const struct bpf_insn *insn,
		      const struct quick_rule *rule, enum a64_reg at)
{
	bool fetch = rule->kind == QUICK_FETCH;
	enum a64_reg with = SRC;

	if (rule->op == BPF_AND) {
		a64_rrr(&q->code, A64_ORN, rule->wide, QUICK_T1, A64_ZR, with);
		with = QUICK_T1;
	}
	a64_rrr(&q->code, fetch ? atomics[rule->op >> 4].lse_ordered :
		atomics[rule->op >> 4].lse, rule->wide, with,
		fetch ? SRC : A64_ZR, at);
}

/* The end of a loop: stores, or goes back to `again` when another did. */
static void store_or_again(struct quick *q, bool wide, bool ordered,
			   enum a64_reg value, enum a64_reg at, uint32_t again)
{
	uint32_t branch;

	a64_rrr(&q->code, ordered ? A64_STLXR : A64_STXR, wide, A64_TMP, value,
		at);
	branch = a64_branch(&q->code, a64_if_not_zero(false, A64_TMP), false);
	a64_bind(&q->code, branch, again);
}

/* again: x10 = [at]; x11 = x10 op src; [at] = x11, or again */
static void fetch_loop(struct quick *q, const struct bpf_insn *insn,
		       const struct quick_rule *rule, enum a64_reg at)
{
	bool fetch = rule->kind == QUICK_FETCH, wide = rule->wide;
	uint32_t again = q->code.len;

	a64_rr(&q->code, A64_LDXR, wide, QUICK_T1, at);
	a64_rrr(&q->code, atomics[rule->op >> 4].plain, wide, QUICK_T2,
		QUICK_T1, SRC);
	store_or_again(q, wide, fetch, QUICK_T2, at, again);
	if (!fetch)
		return;
	a64_r(&q->code, A64_DMB_ISH, A64_ZR);
	a64_mov(&q->code, wide, SRC, QUICK_T1);
}

QUICK_EMIT(atomic)
{
	struct quick_access acc = quick_access(q, insn, rule);
	enum a64_reg at;

	if (!point(q, insn, &acc, &at))
		return;
	if (has_lse(q))
		fetch_lse(q, insn, rule, at);
	else
		fetch_loop(q, insn, rule, at);
}

QUICK_EMIT(fetch)
{
	quick_a64_atomic(q, insn, rule);
}

QUICK_EMIT(exchange)
{
	struct quick_access acc = quick_access(q, insn, rule);
	uint32_t again;
	enum a64_reg at;

	if (!point(q, insn, &acc, &at))
		return;
	if (has_lse(q)) {
		a64_rrr(&q->code, A64_SWPAL, rule->wide, SRC, SRC, at);
		return;
	}
	again = q->code.len;
	a64_rr(&q->code, A64_LDXR, rule->wide, QUICK_T1, at);
	store_or_again(q, rule->wide, true, SRC, at, again);
	a64_r(&q->code, A64_DMB_ISH, A64_ZR);
	a64_mov(&q->code, rule->wide, SRC, QUICK_T1);
}

/* Ordered, too, when nothing was stored. */
QUICK_EMIT(compare_exchange)
{
	struct quick_access acc = quick_access(q, insn, rule);
	uint32_t again, differs;
	enum a64_reg at;

	if (!point(q, insn, &acc, &at))
		return;
	if (has_lse(q)) {
		a64_rrr(&q->code, A64_CASAL, rule->wide, A64_X0, SRC, at);
		return;
	}
	again = q->code.len;
	a64_rr(&q->code, A64_LDXR, rule->wide, QUICK_T1, at);
	a64_rrr(&q->code, A64_SUBS, rule->wide, A64_ZR, QUICK_T1, A64_X0);
	differs = a64_branch(&q->code, a64_if(A64_NE), false);
	store_or_again(q, rule->wide, true, SRC, at, again);
	a64_bind_here(&q->code, differs);
	a64_r(&q->code, A64_DMB_ISH, A64_ZR);
	a64_mov(&q->code, rule->wide, A64_X0, QUICK_T1);
}
