/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quick tier's pass for x86-64: each BPF instruction becomes machine
 * instructions on its own, in order; jumps to what does not exist yet are
 * noted and bound at the end. BPF registers have fixed places:
 *
 *	r0 rax   r1 rsi  r2 rdx  r3 rcx  r4 r8  r5 r9     as helpers take them
 *	r6 rbx   r7 r13  r8 r14  r9 r15  r10 rbp          kept by calls
 *	struct jit_thread: r12     scratch: rdi, r10, r11
 *
 * Flags are never alive between BPF instructions. rsp is a multiple of 16 in
 * functions that call, behind their prologue.
 */
#ifndef SKEP_JIT_X86_QUICK_H
#define SKEP_JIT_X86_QUICK_H

#include "base/arena.h"
#include "base/vec.h"
#include "isa/insn.h"
#include "jit/code.h"
#include "jit/x86/encode.h"
#include "verify/state/state.h"

#define QUICK_THREAD	X86_R12		/* struct jit_thread */
#define QUICK_T0	X86_RDI
#define QUICK_T1	X86_R10
#define QUICK_T2	X86_R11

/* r6 to r9, as bits of a set of BPF registers. */
#define QUICK_KEPT	0x3c0u

/* The function that is being translated. */
struct quick_func {
	uint32_t start, end;	/* slots */
	bool entry;		/* of the program: it saves no registers */
	bool calls;		/* so rsp has to be aligned */
	bool may_goto;
	uint16_t saves;		/* registers of QUICK_KEPT */
	uint32_t stack;		/* bytes below r10 that it may touch */
};

/* A branch to a BPF instruction, or to the function that begins there. */
struct quick_jump {
	uint32_t end, slot;
	bool function;
};

struct quick_call {
	uint32_t end;
	uint64_t target;	/* a function of ours */
};

/* A branch to where a run ends badly; rdi is the end of the access. */
struct quick_trap {
	uint32_t end, slot;
	enum run_stop stop;
	uint32_t size;
};

enum quick_mark {
	QUICK_TARGET	= 1 << 0,	/* a jump leads here */
	QUICK_FUNC	= 1 << 1,	/* a function begins */
};

struct quick {
	struct jit_buf code;
	const struct prog *prog;
	const struct verify_facts *facts;
	const struct ctx_layout *layout;
	bool counts, bmi2;
	bool refused;		/* something that is not compiled */
	bool failed;		/* memory was out */
	bool exact_stack;	/* facts tell how deep each frame is used */
	struct arena arena;
	uint8_t *ops;		/* enum op of each slot */
	uint8_t *marks;		/* enum quick_mark of each slot */
	uint32_t *at;		/* of each slot: its code */
	uint32_t *func_at;	/* of functions: their prologue */
	uint32_t leave;		/* the end of what enters from C */
	struct quick_func func;
	VEC(struct quick_jump) jumps;
	VEC(struct quick_call) calls;
	VEC(struct quick_trap) traps;
};

/* How one operation is translated: a row of quick.c's table. */
struct quick_rule {
	void (*emit)(struct quick *q, const struct bpf_insn *insn,
		     const struct quick_rule *rule);
	uint8_t op;		/* enum x86_op, x86_cond, or the emitter's */
	bool wide;
	uint8_t size;		/* of memory */
	bool sign;
};

#define QUICK_EMIT(name) \
	void quick_##name(struct quick *q, const struct bpf_insn *insn, \
			  const struct quick_rule *rule)

QUICK_EMIT(alu_reg);
QUICK_EMIT(alu_imm);
QUICK_EMIT(mov_imm);
QUICK_EMIT(shift_reg);
QUICK_EMIT(shift_imm);
QUICK_EMIT(div_reg);
QUICK_EMIT(div_imm);
QUICK_EMIT(unary);
QUICK_EMIT(extend);
QUICK_EMIT(swap);
QUICK_EMIT(nothing);
QUICK_EMIT(load);
QUICK_EMIT(store_reg);
QUICK_EMIT(store_imm);
QUICK_EMIT(atomic);
QUICK_EMIT(fetch_loop);
QUICK_EMIT(cmpxchg);
QUICK_EMIT(number);
QUICK_EMIT(map);
QUICK_EMIT(function);
QUICK_EMIT(goto);
QUICK_EMIT(may_goto);
QUICK_EMIT(branch_reg);
QUICK_EMIT(branch_imm);
QUICK_EMIT(helper);
QUICK_EMIT(local);
QUICK_EMIT(return);
QUICK_EMIT(legacy);

/* The machine's register of a BPF register. */
static inline enum x86_reg quick_reg(uint8_t reg)
{
	static const uint8_t places[INSN_REGS] = {
		X86_RAX, X86_RSI, X86_RDX, X86_RCX, X86_R8, X86_R9,
		X86_RBX, X86_R13, X86_R14, X86_R15, X86_RBP,
	};

	return (enum x86_reg)places[reg];
}

static inline uint32_t quick_slot(const struct quick *q,
				  const struct bpf_insn *insn)
{
	return (uint32_t)(insn - q->prog->insns);
}

/* A member of struct jit_thread. */
#define QUICK_MEMBER(member) \
	x86_at(QUICK_THREAD, (int32_t)offsetof(struct jit_thread, member))

/* The verifier's facts of an instruction. */
static inline const struct verify_fact *quick_fact(const struct quick *q,
						   uint32_t slot)
{
	return &q->facts->insns[prog_origin(q->prog, slot)];
}

/* Notes that the branch just emitted, which ends at `end`, leads there. */
void quick_jump_to(struct quick *q, uint32_t end, uint32_t slot,
		   bool function);
void quick_trap_at(struct quick *q, uint32_t end, uint32_t slot,
		   enum run_stop stop, uint32_t size);

/* Calls a function of ours; arguments are where C wants them. */
void quick_call_c(struct quick *q, uint64_t target);

/* quick_frame.c: what functions begin and end with. */
void quick_find_functions(struct quick *q);
void quick_scan_function(struct quick *q, uint32_t start);
void quick_prologue(struct quick *q);
void quick_epilogue(struct quick *q);

/* The way in from C, and the end of all runs that end badly. */
void quick_enter(struct quick *q);
void quick_traps(struct quick *q);

/*
 * quick.c: the pass. 0 with *out, to be given to jit_release; else as
 * jit_prepare.
 */
int quick_compile(const struct prog *prog, const struct jit_options *options,
		  struct jit_code *out);

#endif
