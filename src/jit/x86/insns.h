/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machine instructions before registers, as x86-64 has them: what is in a
 * struct mach_insn beside its operands. Selection writes it, emission reads it.
 *
 * Operands come in order: results, values in registers, then the address:
 * base and index, when these are values. Of two operands the left one is
 * first. The shape says which of them there are:
 *
 *	R	one in a register	RR	two of them
 *	RI	and a number		RM	a register, memory on the right
 *	MR	memory, a register	MI	memory and a number
 *	M	memory			RMI	a register = memory, a number
 *
 * The right one of RR, where it is not an address, may be a spill slot.
 */
#ifndef SKEP_JIT_X86_INSNS_H
#define SKEP_JIT_X86_INSNS_H

#include "jit/ir/ir.h"
#include "jit/jit.h"
#include "jit/mach/mach.h"
#include "jit/x86/encode.h"

struct helper_row;

enum x86_insn {
	X86_INSNS_BEGIN = MACH_OWN - 1,
#define INSN(name, ...) X86_INSN_##name,
#include "jit/x86/insns.def"
#undef INSN
	X86_INSNS_END
};

enum x86_insn_flag {
	X86_INSN_READS = 1 << 0,
	X86_INSN_ENDS  = 1 << 1,
	X86_INSN_CALLS = 1 << 2,
};

struct x86_insn_row {
	const char *text;
	uint8_t flags;
	enum x86_op reg, mem, imm;
};

extern const struct x86_insn_row x86_insn_rows[X86_INSNS_END - MACH_OWN];

static inline const struct x86_insn_row *x86_insn_row(uint16_t op)
{
	return &x86_insn_rows[op - MACH_OWN];
}

enum x86_shape {
	X86_SHAPE_R, X86_SHAPE_RR, X86_SHAPE_RI, X86_SHAPE_RM, X86_SHAPE_MR,
	X86_SHAPE_MI, X86_SHAPE_M, X86_SHAPE_RMI,
};

/* What an address begins with. */
enum x86_base {
	X86_BASE_NONE,
	X86_BASE_VALUE,		/* an operand */
	X86_BASE_FRAME,		/* r10 of the function, in rbp */
	X86_BASE_THREAD,	/* struct jit_thread, in r12 */
};

/*
 * struct mach_insn's `form`: the shape, the base, whether the instruction is
 * locked, whether a load extends the sign (its results have 64 bits then), and
 * whether a division's operands need no look. `scale` 0: no index.
 */
#define X86_SHAPE_MASK	0x07
#define X86_BASE_SHIFT	3
#define X86_BASE_MASK	0x18
#define X86_LOCKED	0x20
#define X86_SIGN	0x40
#define X86_SURE	0x80

static inline enum x86_shape x86_shape_of(const struct mach_insn *insn)
{
	return (enum x86_shape)(insn->form & X86_SHAPE_MASK);
}

static inline enum x86_base x86_base_of(const struct mach_insn *insn)
{
	return (enum x86_base)((insn->form & X86_BASE_MASK) >> X86_BASE_SHIFT);
}

/* Registers with fixed jobs, as bits, and those that functions keep. */
#define X86_BIT(reg)	(UINT32_C(1) << (reg))
#define X86_LOST	(X86_BIT(X86_RAX) | X86_BIT(X86_RCX) | \
			 X86_BIT(X86_RDX) | X86_BIT(X86_RSI) | \
			 X86_BIT(X86_RDI) | X86_BIT(X86_R8) | \
			 X86_BIT(X86_R9) | X86_BIT(X86_R10) | \
			 X86_BIT(X86_R11))
#define X86_KEPT	(X86_BIT(X86_RBX) | X86_BIT(X86_R13) | \
			 X86_BIT(X86_R14) | X86_BIT(X86_R15))

/* r1 to r5, of functions and of helpers behind the run. */
extern const uint8_t x86_arguments[5];

/* How often a block is reached, as far as it shows. */
enum x86_rank {
	X86_LIKELY,
	X86_LATE,		/* leaves the function where others go on */
	X86_SELDOM,		/* faults, arms that are known to be unlikely */
};

/*
 * The order in which blocks are emitted, from the arena: reverse postorder,
 * loops together and with their test at the end, and the likely ones first.
 * `ranks` is by ir_block_id. NULL when memory is out.
 */
ir_block_id *x86_layout(struct ir_func *f, uint8_t *ranks);

/* Is there nothing in the block but PHIs and a return? */
bool x86_is_return(const struct ir_func *f, ir_block_id id);

/*
 * Selects instructions for a function that is in order (ir_order), with
 * enum jit_features of the machine. `frame` tells whether rbp has to be the
 * function's frame. 0; -ENOMEM; -EOPNOTSUPP for what is not compiled.
 */
int x86_select(struct mach_func *m, struct ir_func *f, uint32_t features);

/* Has rbp to be the function's frame, or is it a register as others? */
bool x86_needs_frame(struct ir_func *f);

/* Could the helper look at frames, or call a function that has one? */
bool x86_looks_at_frames(const struct helper_row *row);

#endif
