/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arm64 encoder: words of one instruction after the other into a buffer
 * that grows. Rows of arm64.def tell what there is; `wide` chooses 64-bit
 * registers, else they are of 32 bits, whose results are zero-extended.
 *
 * Calls that need more than one instruction for what they are asked say so;
 * x16 (A64_TMP) is theirs.
 */
#ifndef SKEP_JIT_ARM64_ENCODE_H
#define SKEP_JIT_ARM64_ENCODE_H

#include "jit/buf.h"

enum a64_reg {
	A64_X0, A64_X1, A64_X2, A64_X3, A64_X4, A64_X5, A64_X6, A64_X7,
	A64_X8, A64_X9, A64_X10, A64_X11, A64_X12, A64_X13, A64_X14, A64_X15,
	A64_X16, A64_X17, A64_X18, A64_X19, A64_X20, A64_X21, A64_X22, A64_X23,
	A64_X24, A64_X25, A64_X26, A64_X27, A64_X28, A64_FP, A64_LR,
	/* by the instruction: zero, or the stack pointer */
	A64_ZR, A64_SP = A64_ZR,
	A64_REGS,
	A64_TMP = A64_X16,
};

/* Conditions, as in the low four bits of b.cond; the last bit inverts. */
enum a64_cond {
	A64_EQ, A64_NE, A64_HS, A64_LO, A64_MI, A64_PL,
	A64_HI = 8, A64_LS, A64_GE, A64_LT, A64_GT, A64_LE,
};

enum a64_op {
#define A64(name, ...) A64_##name,
#include "jit/arm64/arm64.def"
#undef A64
	A64_OPS
};

enum a64_form {
	A64_DNM, A64_DNMZ, A64_DNMD, A64_DN, A64_DNI, A64_DNL, A64_DNB, A64_DH,
	A64_TMEM, A64_PAIR, A64_PRE, A64_POST, A64_TN, A64_STN, A64_N, A64_NONE,
};

enum a64_flags {
	A64_F_W32 = 1 << 0,
	A64_F_W64 = 1 << 1,
	A64_F_X30 = 1 << 2,
	A64_F_S32 = 1 << 3,
};

struct a64_row {
	const char *text;
	enum a64_form form;
	uint8_t flags;
	uint32_t word;
};

extern const struct a64_row a64_rows[A64_OPS];

/* [base + disp] */
struct a64_mem {
	enum a64_reg base;
	int32_t disp;
};

static inline struct a64_mem a64_at(enum a64_reg base, int32_t disp)
{
	return (struct a64_mem){ base, disp };
}

/* Rows of the forms DNM, DNMZ, DNMD, and STN as s, t, n. */
void a64_rrr(struct jit_buf *code, enum a64_op op, bool wide, enum a64_reg d,
	     enum a64_reg n, enum a64_reg m);

/* Rows of the forms DN, and TN as t, n. */
void a64_rr(struct jit_buf *code, enum a64_op op, bool wide, enum a64_reg d,
	    enum a64_reg n);

/* Rows of the forms N (n) and NONE (anything). */
void a64_r(struct jit_buf *code, enum a64_op op, enum a64_reg n);

/* Rows of the form DNI. Has the number a place there? */
bool a64_fits(uint32_t imm);
void a64_rri(struct jit_buf *code, enum a64_op op, bool wide, enum a64_reg d,
	     enum a64_reg n, uint32_t imm);

/*
 * Rows of the form DNL, for numbers that are a pattern: a run of ones, turned,
 * in each 2, 4, 8, 16, 32 or 64 bits. The fields of one, or -1.
 */
int32_t a64_pattern(uint64_t value, bool wide);
void a64_rrl(struct jit_buf *code, enum a64_op op, bool wide, enum a64_reg d,
	     enum a64_reg n, int32_t pattern);

/*
 * Rows of the form DNB, which take bits 0 to `last` of n turned right by
 * `turn`: shifts and extensions.
 */
struct a64_bits {
	uint8_t turn, last;
};

void a64_rrb(struct jit_buf *code, enum a64_op op, bool wide, enum a64_reg d,
	     enum a64_reg n, struct a64_bits bits);

/* Rows of the form DH: 16 bits at bit `place`, of 0, 16, 32, 48. */
void a64_rh(struct jit_buf *code, enum a64_op op, bool wide, enum a64_reg d,
	    uint16_t bits, uint32_t place);

/* Rows of the form TMEM; two or more instructions for far displacements. */
void a64_rm(struct jit_buf *code, enum a64_op op, enum a64_reg t,
	    struct a64_mem mem);
/* The same with a register in the place of the displacement. */
void a64_rmr(struct jit_buf *code, enum a64_op op, enum a64_reg t,
	     enum a64_reg base, enum a64_reg m);

/* Rows of the forms PAIR, PRE and POST: a multiple of 8, -512 to 504. */
void a64_pair(struct jit_buf *code, enum a64_op op, enum a64_reg t,
	      enum a64_reg t2, struct a64_mem mem);

/* As few instructions as do. */
void a64_number(struct jit_buf *code, enum a64_reg d, uint64_t value);
void a64_add(struct jit_buf *code, bool wide, enum a64_reg d, enum a64_reg n,
	     int32_t imm);
void a64_compare(struct jit_buf *code, bool wide, enum a64_reg n, int32_t imm);
/* AND, ORR, EOR, ANDS (as DNM) with a sign-extended number. */
void a64_mask(struct jit_buf *code, enum a64_op op, bool wide, enum a64_reg d,
	      enum a64_reg n, int32_t imm);

static inline void a64_mov(struct jit_buf *code, bool wide, enum a64_reg d,
			   enum a64_reg n)
{
	a64_rrr(code, A64_ORR, wide, d, A64_ZR, n);
}

/*
 * Branches. What is returned is where the branch is, for a64_bind(); until
 * then it leads to itself.
 */
uint32_t a64_b(struct jit_buf *code);
uint32_t a64_bl(struct jit_buf *code);

/* What a conditional branch looks at. */
static inline uint32_t a64_if(enum a64_cond cond)
{
	return 0x54000000 | cond;
}

static inline uint32_t a64_if_zero(bool wide, enum a64_reg reg)
{
	return 0x34000000 | (uint32_t)wide << 31 | reg;
}

static inline uint32_t a64_if_not_zero(bool wide, enum a64_reg reg)
{
	return 0x35000000 | (uint32_t)wide << 31 | reg;
}

/* Within 1 MB; or far, by two instructions: within 128 MB. */
uint32_t a64_branch(struct jit_buf *code, uint32_t test, bool far);

/* d = the address of code; the buffer's start will be on a page. */
uint32_t a64_address(struct jit_buf *code, enum a64_reg d);

/* False, with nothing done, when it does not reach. */
bool a64_bind(struct jit_buf *code, uint32_t branch, uint32_t target);
/* Of a64_b() and a64_bl(): the word that branches so far; 0: none does. */
uint32_t a64_reaching(uint32_t word, int64_t distance);

/* Binds a branch to here, which is near. */
void a64_bind_here(struct jit_buf *code, uint32_t branch);

#endif
