/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Emission: allocated functions become bytes. Branches take no room at first:
 * each is a site, a place in the code and a label to go to. When all is there
 * x86_relax() makes every one as short as it can be.
 *
 *	r12	struct jit_thread, always
 *	rbp	r10 of the function's own frame, if it has any use for it
 *	rsp	spill slots, saved registers, the return address; a multiple of
 *		16 in functions that call
 *
 * The program's first function keeps no registers of its caller's but rbp;
 * what enters from C does that, of those that the function uses.
 */
#ifndef SKEP_JIT_X86_EMIT_H
#define SKEP_JIT_X86_EMIT_H

#include "jit/code.h"
#include "jit/x86/door.h"
#include "jit/place.h"
#include "jit/x86/insns.h"

/* C: `label` is the index of a call of C. */
enum emit_site_kind { EMIT_JMP, EMIT_JCC, EMIT_CALL, EMIT_LEA, EMIT_C };

struct emit_site {
	uint32_t at;		/* in the code, which has nothing of it yet */
	uint32_t label;
	uint8_t kind;		/* enum emit_site_kind */
	uint8_t detail;		/* condition, register */
	bool far;		/* 8 bits do not reach */
};

/* A place in the code; `sites` lie before it. */
struct emit_spot {
	uint32_t at, sites;
};

/* Code of an instruction, a trap ... begins; see jit/origins.h. */
struct emit_origin {
	struct emit_spot spot;
	uint32_t slot;
	enum jit_part part;
};

/* See struct jit_depth, whose `at` is not set. */
struct emit_depth_at {
	struct emit_spot spot;
	struct jit_depth depth;
};

/* Where a run ends badly. */
struct emit_trap {
	uint32_t label, slot;
	enum run_stop stop;
	uint32_t size;
	bool access;		/* mem is its end, as registers are then */
	struct x86_mem mem;
};

struct emit {
	struct jit_buf code;
	const struct prog *prog;
	uint32_t *func_labels;		/* where functions begin */
	uint32_t funcs_cnt;
	VEC(struct emit_site) sites;
	VEC(struct emit_spot) labels;
	VEC(struct jit_call) calls;	/* bound by x86_relax() */
	VEC(struct emit_trap) traps;
	VEC(struct emit_origin) origins;
	VEC(struct emit_depth_at) depths;
	struct x86_start start;		/* what the first function needs */
	bool failed;			/* memory was out */

	/* the function at hand */
	const struct mach_func *m;
	bool entry;
	uint32_t blocks;		/* label of its first block */
	uint32_t block, next;		/* being emitted; behind it */
	uint32_t saved;			/* registers, as bits */
	int32_t room;			/* bytes of slots and padding */
};

/* Emits one instruction of the function; a row of insns.def names it. */
#define EMIT(name) \
	void emit_##name(struct emit *e, const struct mach_insn *insn)

EMIT(alu);
EMIT(compare);
EMIT(unary);
EMIT(bswap);
EMIT(rol16);
EMIT(shift);
EMIT(lea);
EMIT(imul);
EMIT(mulhi);
EMIT(mulx);
EMIT(vex);
EMIT(cmov);
EMIT(setcc);
EMIT(load);
EMIT(store);
EMIT(movbe);
EMIT(divide);
EMIT(fetch);
EMIT(cmpxchg);
EMIT(fetch_loop);
EMIT(nothing);
EMIT(thread);
EMIT(clear);
EMIT(helper);
EMIT(ask);
EMIT(local);
EMIT(packet);
EMIT(tail);
EMIT(stop);
EMIT(depth);
EMIT(audit);
EMIT(limit);
EMIT(fault);
EMIT(jcc);
EMIT(jmp);
EMIT(ret);

/* ---- operands ---- */

static inline struct mach_place emit_place(const struct emit *e,
					   const struct mach_insn *insn,
					   uint32_t index)
{
	return e->m->operands.data[insn->operands + index].place;
}

static inline enum x86_reg emit_reg(const struct emit *e,
				    const struct mach_insn *insn,
				    uint32_t index)
{
	struct mach_place place = emit_place(e, insn, index);

	assert(place.reg < X86_REGS);
	return (enum x86_reg)place.reg;
}

static inline struct x86_mem emit_slot(struct mach_place place)
{
	return x86_at(X86_RSP, place.slot * 8);
}

/* The address, whose operands begin with this one. */
struct x86_mem emit_mem(const struct emit *e, const struct mach_insn *insn,
			uint32_t index);

/* A row of the form MR or RM by an operand in a register or a slot. */
void emit_right(struct emit *e, const struct mach_insn *insn, uint32_t index,
		enum x86_reg left);

#define EMIT_THREAD	X86_R12
#define EMIT_MEMBER(member) \
	x86_at(EMIT_THREAD, (int32_t)offsetof(struct jit_thread, member))

/* ---- branches ---- */

uint32_t emit_label(struct emit *e);
void emit_bind(struct emit *e, uint32_t label);
void emit_branch(struct emit *e, enum emit_site_kind kind, uint8_t detail,
		 uint32_t label);

/* From here on code is of that part, and slot. */
void emit_part(struct emit *e, enum jit_part part, uint32_t slot);

/*
 * From here on so much is pushed, return address included, `reg` (or
 * JIT_NO_REG) last; 0: not known. Or what door.c has told of code that has no
 * branches: it ends here.
 */
void emit_pushed(struct emit *e, uint32_t bytes, uint32_t reg);
void emit_door(struct emit *e, struct jit_origins *told);

/* Calls a function of C; arguments are where it wants them. */
void emit_c(struct emit *e, uint64_t target);

/* A label that ends the run; `mem` NULL: it is no access. */
uint32_t emit_trap(struct emit *e, const struct mach_insn *insn,
		   enum run_stop stop, const struct x86_mem *mem);

/* Gives back the frame on the machine's stack: what is before ret or jmp. */
void emit_leave(struct emit *e);
/* Behind that: for what comes next the frame is there. */
void emit_left(struct emit *e);

/* ---- whole functions ---- */

/* One function, made of `f`; its label is bound where it begins. */
void emit_function(struct emit *e, const struct mach_func *m,
		   const struct ir_func *f, uint32_t label);

/* What traps lead to. */
void emit_traps(struct emit *e);

/*
 * Behind all of that: the way in from C for the first function, by a label
 * that is returned. It is that function itself when nothing has to be readied
 * for it.
 */
uint32_t emit_start(struct emit *e);

/*
 * Puts branches into the code, as short as they can be. Labels and calls have
 * their last places then; `sites` of labels say nothing any more.
 */
void x86_relax(struct emit *e);

#endif
