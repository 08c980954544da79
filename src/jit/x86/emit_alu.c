/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic, loads, stores, atomics: from operands in registers and slots to
 * rows of the encoder. What operands an emitter wants stands above it, results
 * first (see insns.h).
 */
#include "jit/x86/emit.h"

#define ROW	x86_insn_row(insn->op)

/* Arithmetic on bytes and words in memory. */
static const struct {
	uint8_t reg8, reg16, imm8, imm16;
} sized[] = {
	[X86_INSN_ADD]	= { X86_ADD8, X86_ADD16, X86_ADD8_I, X86_ADD16_I },
	[X86_INSN_OR]	= { X86_OR8, X86_OR16, X86_OR8_I, X86_OR16_I },
	[X86_INSN_AND]	= { X86_AND8, X86_AND16, X86_AND8_I, X86_AND16_I },
	[X86_INSN_SUB]	= { X86_SUB8, X86_SUB16, X86_SUB8_I, X86_SUB16_I },
	[X86_INSN_XOR]	= { X86_XOR8, X86_XOR16, X86_XOR8_I, X86_XOR16_I },
	[X86_INSN_CMP]	= { X86_CMP8, X86_CMP16, X86_CMP8_I, X86_CMP16_I },
	[X86_INSN_TEST] = { 0, 0, X86_TEST8_I, 0 },
};

static enum x86_op with_reg(const struct mach_insn *insn)
{
	return insn->size == 1 ? (enum x86_op)sized[insn->op].reg8 :
	       insn->size == 2 ? (enum x86_op)sized[insn->op].reg16 :
				 ROW->reg;
}

static enum x86_op with_imm(const struct mach_insn *insn)
{
	return insn->size == 1 ? (enum x86_op)sized[insn->op].imm8 :
	       insn->size == 2 ? (enum x86_op)sized[insn->op].imm16 :
				 ROW->imm;
}

/* The number as the instruction's size has it. */
static int32_t number(const struct mach_insn *insn)
{
	return insn->size == 1 ? (int8_t)insn->imm :
	       insn->size == 2 ? (int16_t)insn->imm : (int32_t)insn->imm;
}

void emit_right(struct emit *e, const struct mach_insn *insn, uint32_t index,
		enum x86_reg left)
{
	struct mach_place right = emit_place(e, insn, index);

	if (right.reg == MACH_NO_REG)
		x86_rm(&e->code, ROW->mem, insn->wide, left,
		       emit_slot(right));
	else
		x86_rr(&e->code, ROW->reg, insn->wide, left,
		       (enum x86_reg)right.reg);
}

/* Of memory, whose operands begin with `index`, and what is before. */
static void on_memory(struct emit *e, const struct mach_insn *insn)
{
	if (insn->form & X86_LOCKED)
		x86_lock(&e->code);
	if (x86_shape_of(insn) == X86_SHAPE_MI)
		x86_mi(&e->code, with_imm(insn), insn->wide,
		       emit_mem(e, insn, 0), number(insn));
	else
		x86_rm(&e->code, with_reg(insn), insn->wide,
		       emit_reg(e, insn, 0), emit_mem(e, insn, 1));
}

/* dst (tied to left), left, right | number | address; or memory on the left */
EMIT(alu)
{
	switch (x86_shape_of(insn)) {
	case X86_SHAPE_RR:
		emit_right(e, insn, 2, emit_reg(e, insn, 0));
		return;
	case X86_SHAPE_RI:
		x86_ri(&e->code, ROW->imm, insn->wide, emit_reg(e, insn, 0),
		       (int32_t)insn->imm);
		return;
	case X86_SHAPE_RM:
		x86_rm(&e->code, ROW->mem, insn->wide, emit_reg(e, insn, 0),
		       emit_mem(e, insn, 2));
		return;
	default:
		on_memory(e, insn);
		return;
	}
}

/* left, right | number | address; or memory on the left */
EMIT(compare)
{
	switch (x86_shape_of(insn)) {
	case X86_SHAPE_RR:
		emit_right(e, insn, 1, emit_reg(e, insn, 0));
		return;
	case X86_SHAPE_RI:
		x86_ri(&e->code, with_imm(insn), insn->wide,
		       emit_reg(e, insn, 0), number(insn));
		return;
	case X86_SHAPE_RM:
		x86_rm(&e->code, ROW->mem, insn->wide, emit_reg(e, insn, 0),
		       emit_mem(e, insn, 1));
		return;
	default:
		on_memory(e, insn);
		return;
	}
}

/* dst (tied) */
EMIT(unary)
{
	x86_r(&e->code, ROW->reg, insn->wide, emit_reg(e, insn, 0));
}

EMIT(bswap)
{
	x86_bswap(&e->code, insn->wide, emit_reg(e, insn, 0));
}

/* dst (tied); a number that is not 0: upper bits have to go */
EMIT(rol16)
{
	enum x86_reg dst = emit_reg(e, insn, 0);

	x86_ri(&e->code, X86_ROL16_I, false, dst, 8);
	if (insn->imm)
		x86_rr(&e->code, X86_MOVZX16, false, dst, dst);
}

/* dst (tied) and a number; or dst, src, count in rcx */
EMIT(shift)
{
	enum x86_reg dst = emit_reg(e, insn, 0);

	if (x86_shape_of(insn) == X86_SHAPE_RI)
		x86_ri(&e->code, ROW->imm, insn->wide, dst,
		       (int32_t)insn->imm);
	else
		x86_r(&e->code, ROW->reg, insn->wide, dst);
}

/* dst, address */
EMIT(lea)
{
	x86_rm(&e->code, X86_LEA, insn->wide, emit_reg(e, insn, 0),
	       emit_mem(e, insn, 1));
}

/* dst (tied), left, right | address; or dst, src | address, number */
EMIT(imul)
{
	enum x86_reg dst = emit_reg(e, insn, 0);
	struct mach_place src;

	switch (x86_shape_of(insn)) {
	case X86_SHAPE_RR:
		emit_right(e, insn, 2, dst);
		return;
	case X86_SHAPE_RM:
		x86_rm(&e->code, X86_IMUL, insn->wide, dst,
		       emit_mem(e, insn, 2));
		return;
	case X86_SHAPE_RMI:
		x86_rmi(&e->code, X86_IMUL_I, insn->wide, dst,
			emit_mem(e, insn, 1), (int32_t)insn->imm);
		return;
	default:
		break;
	}
	src = emit_place(e, insn, 1);
	if (src.reg == MACH_NO_REG)
		x86_rmi(&e->code, X86_IMUL_I, insn->wide, dst, emit_slot(src),
			(int32_t)insn->imm);
	else
		x86_rri(&e->code, X86_IMUL_I, insn->wide, dst,
			(enum x86_reg)src.reg, (int32_t)insn->imm);
}

/* rdx, rax, rax, right */
EMIT(mulhi)
{
	struct mach_place right = emit_place(e, insn, 3);

	if (right.reg == MACH_NO_REG)
		x86_m(&e->code, X86_MUL, true, emit_slot(right));
	else
		x86_r(&e->code, X86_MUL, true, (enum x86_reg)right.reg);
}

/* dst, rdx, right | address; without a lower half, when that is dst, too */
EMIT(mulx)
{
	enum x86_reg dst = emit_reg(e, insn, 0);
	struct mach_place right;

	if (x86_shape_of(insn) == X86_SHAPE_RM) {
		x86_vex_mem(&e->code, X86_MULX, true, dst,
			    emit_mem(e, insn, 2), (uint8_t)dst);
		return;
	}
	right = emit_place(e, insn, 2);
	if (right.reg == MACH_NO_REG)
		x86_vex_mem(&e->code, X86_MULX, true, dst, emit_slot(right),
			    (uint8_t)dst);
	else
		x86_vex(&e->code, X86_MULX, true, dst,
			(enum x86_reg)right.reg, (uint8_t)dst);
}

static const uint8_t vex[] = {
	[X86_INSN_SHLX] = X86_SHLX, [X86_INSN_SHRX] = X86_SHRX,
	[X86_INSN_SARX] = X86_SARX, [X86_INSN_RORX] = X86_RORX,
	[X86_INSN_ANDN] = X86_ANDN, [X86_INSN_BLSR] = X86_BLSR,
	[X86_INSN_BLSMSK] = X86_BLSMSK, [X86_INSN_BLSI] = X86_BLSI,
};

/* dst, the other one if there is one or a number, what may be memory */
EMIT(vex)
{
	enum x86_vex op = (enum x86_vex)vex[insn->op];
	enum x86_shape shape = x86_shape_of(insn);
	enum x86_reg dst = emit_reg(e, insn, 0);
	bool three = x86_vex_rows[op].form == X86_RMV ||
		     x86_vex_rows[op].form == X86_RVM;
	uint32_t at = three ? 2 : 1;
	uint8_t other = three ? (uint8_t)emit_reg(e, insn, 1) :
				(uint8_t)insn->imm;
	struct mach_place src;

	if (shape == X86_SHAPE_RM || shape == X86_SHAPE_RMI) {
		x86_vex_mem(&e->code, op, insn->wide, dst,
			    emit_mem(e, insn, at), other);
		return;
	}
	src = emit_place(e, insn, at);
	if (src.reg == MACH_NO_REG)
		x86_vex_mem(&e->code, op, insn->wide, dst, emit_slot(src),
			    other);
	else
		x86_vex(&e->code, op, insn->wide, dst, (enum x86_reg)src.reg,
			other);
}

/* dst (tied), what stays otherwise, what it becomes if the condition holds */
EMIT(cmov)
{
	enum x86_cond cond = (enum x86_cond)insn->cond;
	enum x86_reg dst = emit_reg(e, insn, 0);
	struct mach_place src = emit_place(e, insn, 2);

	if (src.reg == MACH_NO_REG)
		x86_cmov_mem(&e->code, cond, insn->wide, dst, emit_slot(src));
	else
		x86_cmov(&e->code, cond, insn->wide, dst,
			 (enum x86_reg)src.reg);
}

/* dst */
EMIT(setcc)
{
	enum x86_reg dst = emit_reg(e, insn, 0);

	x86_setcc(&e->code, (enum x86_cond)insn->cond, dst);
	x86_rr(&e->code, X86_MOVZX8, false, dst, dst);
}

/* ---- memory ---- */

struct extension {
	enum x86_op reg, mem;
	bool wide;
};

static struct extension extension_of(const struct mach_insn *insn)
{
	bool sign = insn->form & X86_SIGN, wide = insn->wide;

	switch (insn->size) {
	case 1:
		return sign ? (struct extension){ X86_MOVSX8, X86_MOVSX8,
						  wide } :
			      (struct extension){ X86_MOVZX8, X86_MOVZX8 };
	case 2:
		return sign ? (struct extension){ X86_MOVSX16, X86_MOVSX16,
						  wide } :
			      (struct extension){ X86_MOVZX16, X86_MOVZX16 };
	case 4:
		return sign && wide ?
		       (struct extension){ X86_MOVSXD, X86_MOVSXD, true } :
		       (struct extension){ X86_MOV, X86_LOAD };
	default:
		return (struct extension){ X86_MOV, X86_LOAD, true };
	}
}

/* dst, src | address */
EMIT(load)
{
	struct extension ext = extension_of(insn);
	enum x86_reg dst = emit_reg(e, insn, 0);
	struct mach_place src;

	if (x86_shape_of(insn) == X86_SHAPE_RM) {
		x86_rm(&e->code, ext.mem, ext.wide, dst,
		       emit_mem(e, insn, 1));
		return;
	}
	src = emit_place(e, insn, 1);
	if (src.reg == MACH_NO_REG)
		x86_rm(&e->code, ext.mem, ext.wide, dst, emit_slot(src));
	else
		x86_rr(&e->code, ext.reg, ext.wide, dst,
		       (enum x86_reg)src.reg);
}

/* src if it is no number, address */
EMIT(store)
{
	uint8_t size = insn->size;

	if (x86_shape_of(insn) == X86_SHAPE_MI)
		x86_mi(&e->code, size == 1 ? X86_MOV8_I : size == 2 ?
		       X86_MOV16_I : X86_MOV_I, size == 8,
		       emit_mem(e, insn, 0), number(insn));
	else
		x86_rm(&e->code, size == 1 ? X86_MOV8 : size == 2 ?
		       X86_MOV16 : X86_MOV, size == 8, emit_reg(e, insn, 0),
		       emit_mem(e, insn, 1));
}

/* dst | src, address */
EMIT(movbe)
{
	enum x86_op op = x86_shape_of(insn) == X86_SHAPE_RM ? X86_MOVBE :
			 insn->size == 2 ? X86_MOVBE16_ST : X86_MOVBE_ST;

	x86_rm(&e->code, op, insn->wide, emit_reg(e, insn, 0),
	       emit_mem(e, insn, 1));
}

/* address; bytes in its number */
EMIT(clear)
{
	struct x86_mem mem = emit_mem(e, insn, 0);
	int64_t left = insn->imm;

	if (left >= 16)
		x86_zero_xmm(&e->code);
	for (; left >= 16; left -= 16, mem.disp += 16)
		x86_store_xmm(&e->code, mem);
	for (; left >= 8; left -= 8, mem.disp += 8)
		x86_mi(&e->code, X86_MOV_I, true, mem, 0);
	for (; left >= 4; left -= 4, mem.disp += 4)
		x86_mi(&e->code, X86_MOV_I, false, mem, 0);
	for (; left > 0; left--, mem.disp++)
		x86_mi(&e->code, X86_MOV8_I, false, mem, 0);
}

/* ---- division ---- */

/* What a division gives when the divisor is 0, or -1. */
static void by_zero(struct emit *e, bool mod, bool wide)
{
	if (mod)
		x86_rr(&e->code, X86_MOV, wide, X86_RDX, X86_RAX);
	else
		x86_number(&e->code, X86_RAX, 0);
}

static void by_minus_one(struct emit *e, bool mod, bool wide)
{
	if (mod)
		x86_number(&e->code, X86_RDX, 0);
	else
		x86_r(&e->code, X86_NEG, wide, X86_RAX);
}

/*
 * rax and rdx, the result first; rax; the divisor. A number that is not 0:
 * the divisor may be -1, whose quotient of the least number traps.
 */
EMIT(divide)
{
	bool mod = insn->op == X86_INSN_MOD || insn->op == X86_INSN_SMOD;
	bool sign = ROW->reg == X86_IDIV, wide = insn->wide;
	enum x86_reg by = emit_reg(e, insn, 3);
	uint32_t zero = 0, minus = 0, done = 0, done_too = 0;

	if (!(insn->form & X86_SURE)) {
		x86_rr(&e->code, X86_TEST, wide, by, by);
		zero = x86_jcc_short(&e->code, X86_E);
	}
	if (insn->imm) {
		x86_ri(&e->code, X86_CMP_I, wide, by, -1);
		minus = x86_jcc_short(&e->code, X86_E);
	}
	if (sign)
		x86_sign(&e->code, wide);
	else
		x86_number(&e->code, X86_RDX, 0);
	x86_r(&e->code, ROW->reg, wide, by);
	if (zero) {
		done = x86_jmp_short(&e->code);
		x86_bind_short(&e->code, zero);
		by_zero(e, mod, wide);
	}
	if (minus) {
		done_too = x86_jmp_short(&e->code);
		x86_bind_short(&e->code, minus);
		by_minus_one(e, mod, wide);
		x86_bind_short(&e->code, done_too);
	}
	if (done)
		x86_bind_short(&e->code, done);
}

/* ---- atomics ---- */

/* dst (tied), src, address */
EMIT(fetch)
{
	if (insn->op == X86_INSN_XADD)
		x86_lock(&e->code);
	x86_rm(&e->code, ROW->reg, insn->wide, emit_reg(e, insn, 0),
	       emit_mem(e, insn, 2));
}

/* rax (tied), rax, new, address; who was equal has upper bits of its own */
EMIT(cmpxchg)
{
	x86_lock(&e->code);
	x86_rm(&e->code, X86_CMPXCHG, insn->wide, emit_reg(e, insn, 2),
	       emit_mem(e, insn, 3));
	if (!insn->wide)
		x86_rr(&e->code, X86_MOV, false, X86_RAX, X86_RAX);
}

/*
 * rax, scratch, src, address:
 *
 *	again:	scratch = rax; scratch op= src; if ([mem] == rax)
 *		[mem] = scratch
 */
EMIT(fetch_loop)
{
	enum x86_reg scratch = emit_reg(e, insn, 1);
	struct x86_mem mem = emit_mem(e, insn, 3);
	uint32_t again;

	x86_rm(&e->code, X86_LOAD, insn->wide, X86_RAX, mem);
	again = e->code.len;
	x86_rr(&e->code, X86_MOV, insn->wide, scratch, X86_RAX);
	x86_rr(&e->code, ROW->reg, insn->wide, scratch, emit_reg(e, insn, 2));
	x86_lock(&e->code);
	x86_rm(&e->code, X86_CMPXCHG, insn->wide, scratch, mem);
	x86_jcc_to(&e->code, X86_NE, again);
}
