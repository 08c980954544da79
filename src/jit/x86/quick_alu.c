/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic. What the machine does otherwise than RFC 9669 is made up for
 * here: division by zero and the quotient that does not fit, which would trap;
 * shift counts and division, which want rcx, rax and rdx, places of r3, r0 and
 * r2. 32-bit results are zero-extended by the machine itself.
 */
#include "jit/x86/quick.h"

/* By the operation: dst op= src, dst op= a number. */
static const struct {
	enum x86_op reg, imm;
} operations[] = {
	[BPF_ADD >> 4]  = { X86_ADD, X86_ADD_I },
	[BPF_SUB >> 4]  = { X86_SUB, X86_SUB_I },
	[BPF_OR >> 4]   = { X86_OR, X86_OR_I },
	[BPF_AND >> 4]  = { X86_AND, X86_AND_I },
	[BPF_XOR >> 4]  = { X86_XOR, X86_XOR_I },
	[BPF_MUL >> 4]  = { X86_IMUL, X86_IMUL_I },
	[BPF_MOV >> 4]  = { X86_MOV, X86_MOV_I },
	[BPF_LSH >> 4]  = { X86_SHL_CL, X86_SHL_I },
	[BPF_RSH >> 4]  = { X86_SHR_CL, X86_SHR_I },
	[BPF_ARSH >> 4] = { X86_SAR_CL, X86_SAR_I },
};

QUICK_EMIT(alu_reg)
{
	x86_rr(&q->code, operations[rule->op >> 4].reg, rule->wide, DST, SRC);
}

QUICK_EMIT(alu_imm)
{
	/* a mask without upper bits clears the upper half by itself */
	bool wide = rule->wide && !(rule->op == BPF_AND && insn->imm >= 0);

	x86_ri(&q->code, operations[rule->op >> 4].imm, wide, DST, insn->imm);
}

QUICK_EMIT(negate)
{
	x86_r(&q->code, X86_NEG, rule->wide, DST);
}

QUICK_EMIT(extend)
{
	x86_rr(&q->code, rule->size == 1 ? X86_MOVSX8 : rule->size == 2 ?
	       X86_MOVSX16 : X86_MOVSXD, rule->wide, DST, SRC);
}

QUICK_EMIT(cut)
{
	enum x86_reg dst = DST;

	if (rule->size == 2)
		x86_rr(&q->code, X86_MOVZX16, false, dst, dst);
	if (rule->size == 4)
		x86_rr(&q->code, X86_MOV, false, dst, dst);
}

QUICK_EMIT(swap)
{
	enum x86_reg dst = DST;

	if (rule->size != 2) {
		x86_bswap(&q->code, rule->size == 8, dst);
		return;
	}
	x86_ri(&q->code, X86_ROL16_I, false, dst, 8);
	x86_rr(&q->code, X86_MOVZX16, false, dst, dst);
}

/* ---- shifts ---- */

QUICK_EMIT(shift_imm)
{
	enum x86_reg dst = DST;
	int32_t cnt = insn->imm & (rule->wide ? 63 : 31);

	if (cnt)
		x86_ri(&q->code, operations[rule->op >> 4].imm, rule->wide,
		       dst, cnt);
	else if (!rule->wide)
		x86_rr(&q->code, X86_MOV, false, dst, dst);
}

/* The machine takes the low bits of the count, as RFC 9669 does. */
QUICK_EMIT(shift_reg)
{
	static const enum x86_vex bmi2[] = {
		[BPF_LSH >> 4] = X86_SHLX, [BPF_RSH >> 4] = X86_SHRX,
		[BPF_ARSH >> 4] = X86_SARX,
	};
	enum x86_op op = operations[rule->op >> 4].reg;
	enum x86_reg dst = DST, src = SRC, work = dst;

	if (q->features & JIT_BMI2) {
		x86_vex(&q->code, bmi2[rule->op >> 4], rule->wide, dst, dst,
			src);
		return;
	}
	if (src == X86_RCX) {
		x86_r(&q->code, op, rule->wide, dst);
		return;
	}
	x86_rr(&q->code, X86_MOV, true, QUICK_T1, X86_RCX);
	if (dst == X86_RCX)
		work = QUICK_T1;
	x86_rr(&q->code, X86_MOV, false, X86_RCX, src);
	x86_r(&q->code, op, rule->wide, work);
	x86_rr(&q->code, X86_MOV, true, X86_RCX, QUICK_T1);
}

/* ---- division ---- */

/* What a division gives when the divisor is 0 or, if signed, -1. */
static void by_zero(struct quick *q, enum x86_reg dst, bool mod, bool wide)
{
	if (!mod)
		x86_number(&q->code, dst, 0);
	else if (!wide)
		x86_rr(&q->code, X86_MOV, false, dst, dst);
}

static void by_minus_one(struct quick *q, enum x86_reg dst, bool mod,
			 bool wide)
{
	if (mod)
		x86_number(&q->code, dst, 0);
	else
		x86_r(&q->code, X86_NEG, wide, dst);
}

/* dst by T0, which is neither 0 nor -1; only dst is changed. */
static void divide(struct quick *q, enum x86_reg dst,
		   const struct quick_rule *rule)
{
	bool mod = rule->op == BPF_MOD, wide = rule->wide;

	if (dst != X86_RAX)
		x86_rr(&q->code, X86_MOV, true, QUICK_T1, X86_RAX);
	if (dst != X86_RDX)
		x86_rr(&q->code, X86_MOV, true, QUICK_T2, X86_RDX);
	if (dst != X86_RAX)
		x86_rr(&q->code, X86_MOV, true, X86_RAX, dst);
	if (rule->sign)
		x86_sign(&q->code, wide);
	else
		x86_number(&q->code, X86_RDX, 0);
	x86_r(&q->code, rule->sign ? X86_IDIV : X86_DIV, wide, QUICK_T0);
	if (dst != (mod ? X86_RDX : X86_RAX))
		x86_rr(&q->code, X86_MOV, true, dst,
		       mod ? X86_RDX : X86_RAX);
	if (dst != X86_RAX)
		x86_rr(&q->code, X86_MOV, true, X86_RAX, QUICK_T1);
	if (dst != X86_RDX)
		x86_rr(&q->code, X86_MOV, true, X86_RDX, QUICK_T2);
}

/* Does the verifier know that the divisor is not 0? */
static bool not_zero(const struct quick *q, const struct bpf_insn *insn,
		     bool wide)
{
	const struct verify_operand *src =
		&quick_fact(q, quick_slot(q, insn))->src;

	if (src->type != REG_SCALAR)
		return false;
	return wide ? !scalar_has(&src->num, 0) :
		      scalar_umin32(&src->num) > 0;
}

QUICK_EMIT(divide_reg)
{
	bool mod = rule->op == BPF_MOD, wide = rule->wide;
	bool sure = not_zero(q, insn, wide);
	enum x86_reg dst = DST;
	uint32_t zero = 0, minus = 0, done = 0, done_too = 0;

	x86_rr(&q->code, X86_MOV, wide, QUICK_T0, SRC);
	if (!sure) {
		x86_rr(&q->code, X86_TEST, wide, QUICK_T0, QUICK_T0);
		zero = x86_jcc_short(&q->code, X86_E);
	}
	if (rule->sign) {
		x86_ri(&q->code, X86_CMP_I, wide, QUICK_T0, -1);
		minus = x86_jcc_short(&q->code, X86_E);
	}
	divide(q, dst, rule);
	if (zero) {
		done = x86_jmp_short(&q->code);
		x86_bind_short(&q->code, zero);
		by_zero(q, dst, mod, wide);
	}
	if (minus) {
		done_too = x86_jmp_short(&q->code);
		x86_bind_short(&q->code, minus);
		by_minus_one(q, dst, mod, wide);
		x86_bind_short(&q->code, done_too);
	}
	if (done)
		x86_bind_short(&q->code, done);
}

/* By a power of two, unsigned: a shift or a mask. */
static bool divide_by_shift(struct quick *q, enum x86_reg dst,
			    uint64_t by, const struct quick_rule *rule)
{
	bool mod = rule->op == BPF_MOD;

	if (!quick_by_shift(rule, by))
		return false;
	if (mod)
		x86_ri(&q->code, X86_AND_I, false, dst, (int32_t)by - 1);
	else if (by > 1)
		x86_ri(&q->code, X86_SHR_I, rule->wide, dst,
		       __builtin_ctzll(by));
	else if (!rule->wide)
		x86_rr(&q->code, X86_MOV, false, dst, dst);
	return true;
}

QUICK_EMIT(divide_imm)
{
	uint64_t by = quick_imm(insn, rule);
	bool mod = rule->op == BPF_MOD;
	enum x86_reg dst = DST;

	if (!by) {
		by_zero(q, dst, mod, rule->wide);
	} else if (rule->sign && insn->imm == -1) {
		by_minus_one(q, dst, mod, rule->wide);
	} else if (!divide_by_shift(q, dst, by, rule)) {
		x86_number(&q->code, QUICK_T0, by);
		divide(q, dst, rule);
	}
}
