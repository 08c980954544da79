/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The x86-64 encoder: bytes of one instruction after the other into a buffer
 * that grows. Rows of x86.def tell what there is; `wide` chooses 64-bit
 * operands, else they are of 32 bits, whose results are zero-extended.
 *
 * Memory is [base + index * scale + disp].
 */
#ifndef SKEP_JIT_X86_ENCODE_H
#define SKEP_JIT_X86_ENCODE_H

#include "jit/buf.h"

enum x86_reg {
	X86_RAX, X86_RCX, X86_RDX, X86_RBX, X86_RSP, X86_RBP, X86_RSI, X86_RDI,
	X86_R8, X86_R9, X86_R10, X86_R11, X86_R12, X86_R13, X86_R14, X86_R15,
	X86_REGS,
	X86_NO_REG = X86_REGS	/* as the base of memory: there is none */
};

/* Conditions, as the low four bits of jcc's opcode. */
enum x86_cond {
	X86_B = 2, X86_AE, X86_E, X86_NE, X86_BE, X86_A, X86_S, X86_NS,
	X86_L = 12, X86_GE, X86_LE, X86_G,
	X86_CONDS
};

enum x86_op {
#define X86(name, ...) X86_##name,
#include "jit/x86/x86.def"
#undef X86
	X86_OPS
};

enum x86_vex {
#define X86_VEX(name, ...) X86_##name,
#include "jit/x86/x86.def"
#undef X86_VEX
	X86_VEX_OPS
};

enum x86_form {
	X86_MR, X86_RM, X86_M, X86_MI, X86_MI8, X86_MI16, X86_MI32, X86_RMI,
	X86_RMV, X86_RVM, X86_RMI8, X86_VM,	/* of enum x86_vex */
};

enum x86_flags {
	X86_F_MAP = 1 << 0,
	X86_F_P66 = 1 << 1,
	X86_F_R8  = 1 << 2,
	X86_F_M8  = 1 << 3,
	X86_F_M16 = 1 << 4,
	X86_F_M32 = 1 << 5,
	X86_F_W0  = 1 << 6,
	X86_F_MEM = 1 << 7,
	X86_F_REG = 1 << 8,
	X86_F_MAP38 = 1 << 9,
};

struct x86_row {
	const char *text;
	enum x86_form form;
	uint16_t flags;
	uint8_t opcode, digit;
};

extern const struct x86_row x86_rows[X86_OPS];

struct x86_vex_row {
	const char *text;
	enum x86_form form;
	uint8_t prefix, map, opcode, digit;
};

extern const struct x86_vex_row x86_vex_rows[X86_VEX_OPS];

/* Any register may be the base, any but rsp the index. */
struct x86_mem {
	enum x86_reg base;	/* or X86_NO_REG */
	int32_t disp;
	enum x86_reg index;
	uint8_t scale;		/* 1, 2, 4, 8; 0: no index */
};

static inline struct x86_mem x86_at(enum x86_reg base, int32_t disp)
{
	return (struct x86_mem){ .base = base, .disp = disp };
}

/* Rows of the forms MR and RM: dst is the left operand. */
void x86_rr(struct jit_buf *code, enum x86_op op, bool wide,
	    enum x86_reg dst, enum x86_reg src);
/* The same with memory in the place of m. */
void x86_rm(struct jit_buf *code, enum x86_op op, bool wide,
	    enum x86_reg reg, struct x86_mem mem);

/* Rows of the form M. */
void x86_r(struct jit_buf *code, enum x86_op op, bool wide,
	   enum x86_reg reg);
void x86_m(struct jit_buf *code, enum x86_op op, bool wide,
	   struct x86_mem mem);

/* Rows of the forms MI to MI32; of RMI with dst for both registers. */
void x86_ri(struct jit_buf *code, enum x86_op op, bool wide,
	    enum x86_reg dst, int32_t imm);
void x86_mi(struct jit_buf *code, enum x86_op op, bool wide,
	    struct x86_mem mem, int32_t imm);

/* Rows of the form RMI with two registers, or with memory. */
void x86_rri(struct jit_buf *code, enum x86_op op, bool wide,
	     enum x86_reg dst, enum x86_reg src, int32_t imm);
void x86_rmi(struct jit_buf *code, enum x86_op op, bool wide,
	     enum x86_reg dst, struct x86_mem mem, int32_t imm);

/* The shortest instruction that loads the number; flags are lost. */
void x86_number(struct jit_buf *code, enum x86_reg dst, uint64_t value);
/* The same with flags kept. */
void x86_number_plain(struct jit_buf *code, enum x86_reg dst, uint64_t value);

void x86_push(struct jit_buf *code, enum x86_reg reg);
void x86_pop(struct jit_buf *code, enum x86_reg reg);
void x86_bswap(struct jit_buf *code, bool wide, enum x86_reg reg);
void x86_lock(struct jit_buf *code);		/* the next one */
void x86_ret(struct jit_buf *code);
/* rdx (edx) = the sign of rax (eax). */
void x86_sign(struct jit_buf *code, bool wide);

/* The low byte of dst = the condition; dst = src if the condition holds. */
void x86_setcc(struct jit_buf *code, enum x86_cond cond, enum x86_reg dst);
void x86_cmov(struct jit_buf *code, enum x86_cond cond, bool wide,
	      enum x86_reg dst, enum x86_reg src);
void x86_cmov_mem(struct jit_buf *code, enum x86_cond cond, bool wide,
		  enum x86_reg dst, struct x86_mem mem);

/*
 * Three operands, which leave flags alone (shifts, rotation) or set them
 * (the others): rm is the one that may be memory, `other` a register or, of
 * RMI8, a number; of VM nothing.
 */
void x86_vex(struct jit_buf *code, enum x86_vex op, bool wide,
	     enum x86_reg dst, enum x86_reg rm, uint8_t other);
void x86_vex_mem(struct jit_buf *code, enum x86_vex op, bool wide,
		 enum x86_reg dst, struct x86_mem mem, uint8_t other);

/* xmm0 = 0; 16 bytes of memory = xmm0, at any alignment. */
void x86_zero_xmm(struct jit_buf *code);
void x86_store_xmm(struct jit_buf *code, struct x86_mem mem);

/*
 * Branches. The distance, from the end of the instruction, is 0 for now and
 * 32 bits wide; what is returned is where it ends, for x86_bind().
 */
uint32_t x86_jmp(struct jit_buf *code);
uint32_t x86_jcc(struct jit_buf *code, enum x86_cond cond);
uint32_t x86_call(struct jit_buf *code);
uint32_t x86_lea_code(struct jit_buf *code, enum x86_reg dst);

/* To code that is there already, as short as can be. */
void x86_jmp_to(struct jit_buf *code, uint32_t target);
void x86_jcc_to(struct jit_buf *code, enum x86_cond cond, uint32_t target);

/* Short branches over a few instructions, closed by x86_bind_short(). */
uint32_t x86_jmp_short(struct jit_buf *code);
uint32_t x86_jcc_short(struct jit_buf *code, enum x86_cond cond);

/* Sets the distance of the branch that ended at `end`. */
void x86_bind(struct jit_buf *code, uint32_t end, uint32_t target);
void x86_bind_short(struct jit_buf *code, uint32_t end);	/* to here */

#endif
