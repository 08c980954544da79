/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quick tier's pass, but for the machine: each BPF instruction becomes
 * machine instructions on its own, in order; branches to what does not exist
 * yet are noted and bound at the end. A machine (x86/, arm64/) is a struct
 * quick_machine: how each kind of instruction is emitted, how functions begin,
 * how branches are bound. Here are the parts that know no machine: where
 * functions begin and what they need, which blocks are counted, what an access
 * reaches, which calls there are.
 */
#ifndef SKEP_JIT_QUICK_QUICK_H
#define SKEP_JIT_QUICK_QUICK_H

#include "base/arena.h"
#include "base/bits.h"
#include "base/vec.h"
#include "helper/helper.h"
#include "isa/insn.h"
#include "jit/audit.h"
#include "jit/buf.h"
#include "jit/code.h"
#include "jit/place.h"
#include "verify/state/state.h"

/* r6 to r9, as bits of a set of BPF registers. */
#define QUICK_KEPT	0x3c0u

/* The function that is being translated. */
struct quick_func {
	uint32_t start, end;	/* slots */
	bool entry;		/* of the program: it saves no registers */
	bool calls;		/* C or other functions */
	bool may_goto;
	uint16_t saves;		/* registers of QUICK_KEPT */
	uint32_t stack;		/* bytes below r10 that it may touch */
};

/* A branch to a BPF instruction, or to the function that begins there. */
struct quick_jump {
	uint32_t branch, slot;
	bool function;
};

/* A branch to where a run ends badly, for the machine to emit. */
struct quick_trap {
	uint32_t branch, slot;
	enum run_stop stop;
	uint32_t size;
};

enum quick_mark {
	QUICK_TARGET	= 1 << 0,	/* a jump leads here */
	QUICK_FUNC	= 1 << 1,	/* a function begins */
};

struct quick {
	const struct quick_machine *machine;
	struct jit_buf code;
	const struct prog *prog;
	const struct verify_facts *facts;
	const struct ctx_layout *layout;
	uint32_t features;	/* enum jit_features that code may use */
	bool counts, audit;
	bool far;		/* branches have to reach any distance */
	bool unreached;		/* one did not */
	bool refused;		/* something that is not compiled */
	bool failed;		/* memory was out */
	bool exact_stack;	/* facts tell how deep each frame is used */
	struct arena arena;
	uint8_t *ops;		/* enum op of each slot */
	uint8_t *marks;		/* enum quick_mark of each slot */
	uint32_t *at;		/* of each slot: its code */
	uint32_t *func_at;	/* of functions: their prologue */
	uint32_t leave;		/* the end of what enters from C, for machines
				 * that go there by a branch */
	struct quick_func func;
	VEC(struct quick_jump) jumps;
	VEC(struct jit_call) calls;
	VEC(struct quick_trap) traps;
	struct jit_origins origins;
};

enum quick_kind {
	QUICK_NONE,
#define KIND(name, emitter) QUICK_##name,
#include "jit/quick/kinds.def"
#undef KIND
	QUICK_KINDS
};

/* How one operation is translated: a row of rules.c. */
struct quick_rule {
	enum quick_kind kind;
	uint8_t op;		/* BPF_ADD ..., BPF_JEQ ...: as in opcodes */
	bool wide;		/* 64 bits */
	bool sign;
	uint8_t size;		/* of memory, or of the part that counts */
};

extern const struct quick_rule quick_rules[OP_CNT];

typedef void (*quick_emit_fn)(struct quick *q, const struct bpf_insn *insn,
			      const struct quick_rule *rule);

/*
 * A machine. A branch is named by what its emitter returned; the distance is
 * set when both ends are there.
 */
struct quick_machine {
	quick_emit_fn emit[QUICK_KINDS];
	/* the way in from C (jit_enter_fn), which may set q->leave */
	void (*enter)(struct quick *q);
	/* what the function q->func begins with */
	void (*prologue)(struct quick *q);
	/* run->insns += cnt, or the budget ends at `slot` */
	void (*count)(struct quick *q, uint32_t slot, uint32_t cnt);
	/* asserts what `claim` says of a register; see jit/audit.h */
	void (*audit)(struct quick *q, uint32_t slot,
		      const struct jit_audited *claim);
	/* where q->traps lead to: there is at least one. The machine notes
	 * the origin of each */
	void (*traps)(struct quick *q);
	/* false, with nothing done, when the branch does not reach so far */
	bool (*bind)(struct jit_buf *code, uint32_t branch, uint32_t target);
	const struct jit_linker *linker;
};

extern const struct quick_machine quick_x86, quick_arm64;

/*
 * Compiles for the machine with `features` of it. 0 with *out, to be given to
 * jit_release; else as jit_prepare.
 */
int quick_compile(const struct quick_machine *machine, uint32_t features,
		  const struct prog *prog, const struct jit_options *options,
		  struct jit_code *out);

/* ---- for the machines ---- */

static inline uint32_t quick_slot(const struct quick *q,
				  const struct bpf_insn *insn)
{
	return (uint32_t)(insn - q->prog->insns);
}

/* The verifier's facts of an instruction. */
static inline const struct verify_fact *quick_fact(const struct quick *q,
						   uint32_t slot)
{
	return &q->facts->insns[prog_origin(q->prog, slot)];
}

/* The slot that a jump leads to. Is it one that exists already? */
uint32_t quick_target(const struct quick *q, const struct bpf_insn *insn);
bool quick_is_backward(const struct quick *q, const struct bpf_insn *insn);

/* Notes where the branch just emitted leads. */
void quick_jump_to(struct quick *q, uint32_t branch, uint32_t slot,
		   bool function);
void quick_call_to(struct quick *q, uint32_t branch, uint64_t target);
void quick_trap_at(struct quick *q, uint32_t branch, uint32_t slot,
		   enum run_stop stop, uint32_t size);

/* Sets where a branch goes, to code that is there. */
void quick_bind(struct quick *q, uint32_t branch, uint32_t target);

/* access.c: what an instruction reaches in memory. */
enum quick_reach {
	QUICK_THERE,		/* memory that is there */
	QUICK_LIMITED,		/* when it ends at or below st->ctx_end */
	QUICK_NEVER,		/* it can only fail */
	QUICK_ZERO,		/* a load of what is always 0 */
	QUICK_REFUSED,
};

struct quick_access {
	enum quick_reach reach;
	uint8_t base;		/* BPF register */
	int32_t off;		/* from it */
	uint32_t size;
	bool sign;		/* the load extends the sign to 64 bits */
	bool queue;		/* values of 65535 and above are not stored */
	enum run_stop stop;	/* when it fails */
};

struct quick_access quick_access(struct quick *q, const struct bpf_insn *insn,
				 const struct quick_rule *rule);

/* Is the number too large for the queue that the access stores? */
static inline bool quick_drops(const struct quick_access *acc,
			       const struct bpf_insn *insn)
{
	return acc->queue && (uint64_t)(int64_t)insn->imm >= UINT16_MAX;
}

/* call.c: numbers and calls. */

/* What the instruction loads; false: it is refused. */
bool quick_number(struct quick *q, const struct bpf_insn *insn,
		  const struct quick_rule *rule, uint64_t *value);

struct quick_helper {
	helper_fn fn;		/* NULL: refused, or a tail call */
	bool tail_call;
	bool calls_back;	/* the run may have ended meanwhile */
};

struct quick_helper quick_helper(struct quick *q, const struct bpf_insn *insn);

/* The slot of the function that a LOCAL or FUNCTION names. */
uint32_t quick_callee(struct quick *q, const struct bpf_insn *insn);

/* An immediate as the number that the operation works with. */
static inline uint64_t quick_imm(const struct bpf_insn *insn,
				 const struct quick_rule *rule)
{
	return rule->wide ? (uint64_t)(int64_t)insn->imm : (uint32_t)insn->imm;
}

/* Is a division by the number a shift, or a mask of it less one? */
static inline bool quick_by_shift(const struct quick_rule *rule, uint64_t by)
{
	return !rule->sign && is_pow2(by) && by <= INT32_MAX;
}

/* scan.c: what functions need. */
void quick_find_functions(struct quick *q);
void quick_scan_function(struct quick *q, uint32_t start);

#endif
