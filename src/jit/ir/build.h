/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From proven instructions to SSA. Subprograms and callbacks of bpf_loop are
 * built into their callers while there is room; the rest are functions of
 * their own.
 */
#ifndef SKEP_JIT_IR_BUILD_H
#define SKEP_JIT_IR_BUILD_H

#include "isa/insn.h"
#include "jit/ir/vars.h"
#include "jit/jit.h"

/* All functions of a program; [0] is where it begins. */
struct ir_unit {
	const struct prog *prog;
	const struct verify_facts *facts;
	struct arena *arena;
	VEC(struct ir_func *) funcs;	/* from the arena; ir_unit_fini */
};

/*
 * Builds what `options->facts` prove of prog->insns, which insn_check has
 * passed. 0, to be freed with ir_unit_fini; -EOPNOTSUPP for what the
 * interpreter has to run or to refuse, as jit_prepare; -ENOMEM. The unit
 * borrows all that it is given.
 */
int ir_build(struct ir_unit *unit, const struct prog *prog,
	     const struct jit_options *options, struct arena *arena);
void ir_unit_fini(struct ir_unit *unit);

/* ---- between the files that build ---- */

/*
 * Variables: r0 to r9, and what is left of may_goto's rounds in the place of
 * r10, which is a FRAME.
 */
#define BUILD_ROUNDS	10
#define BUILD_VARS	11

/* One subprogram at one place: the function's own, or built into it. */
struct build_place {
	struct build_place *caller;	/* NULL: the function's own */
	uint32_t start, end;		/* slots */
	uint32_t frame;
	ir_ref fp;			/* FRAME */
	ir_block_id *blocks;		/* of each slot: the block that begins
					 * there, or IR_NOWHERE */
	uint32_t *edges;		/* of each slot: jumps to it */
	VEC(ir_ref) results;		/* of a callee: r0 at each EXIT, and */
	VEC(ir_block_id) exits;		/* the block it is in */
};

struct build {
	struct ir_unit *unit;
	const struct prog *prog;
	const struct verify_facts *facts;
	const struct ctx_layout *layout;
	struct arena *arena;
	struct ir_func *f;
	struct build_place *place;
	struct ir_vars vars;
	ir_block_id cur;		/* what is added to; IR_NOWHERE: what
					 * comes is not reached */
	uint32_t slot;
	const struct bpf_insn *insn;	/* at slot */
	bool refused;			/* something that is not compiled */
	bool audit;			/* see jit/audit.h */
	uint8_t *ops;			/* enum op of each slot */
	uint32_t *func_ends;		/* of slots where a function begins */
};

/* How one operation is built: a row of build_insn.c's table. */
struct build_rule {
	void (*make)(struct build *b, const struct build_rule *rule);
	uint8_t op;		/* enum ir_op, ir_cond or ir_atomic */
	bool wide, imm;
	uint8_t size;
	bool sign;
};

/* build.c: registers and BUILD_ROUNDS; BPF_REG_10 is only read. */
ir_ref build_read(struct build *b, uint32_t reg);
void build_write(struct build *b, uint32_t reg, ir_ref value);

/*
 * A block whose predecessors will all be there before it is read from; one
 * whose registers are, where it does not set them, what they are at `from`.
 */
ir_block_id build_sealed_block(struct build *b);
ir_block_id build_inner_block(struct build *b, ir_block_id from);

ir_ref build_add(struct build *b, const struct ir_insn *insn);
/* The block that begins at a slot of the current place. */
ir_block_id build_target(struct build *b, uint32_t slot);
void build_goto(struct build *b, ir_block_id target);
void build_branch(struct build *b, const struct ir_insn *branch,
		  ir_block_id then, ir_block_id otherwise);
/* The index in unit->funcs of the function that begins at a slot. */
uint32_t build_func_index(struct build *b, uint32_t slot);
/* All of a subprogram, from the current block on; then cur is nowhere. */
void build_place_all(struct build *b, struct build_place *place);
/* A callee that is built in here; r1 to r5 are given by `args`. */
ir_ref build_inlined(struct build *b, uint32_t start, const ir_ref args[5]);
bool build_may_inline(const struct build *b, uint32_t start);

static inline const struct verify_fact *build_fact(const struct build *b)
{
	return &b->facts->insns[prog_origin(b->prog, b->slot)];
}

/* build_insn.c */
void build_insn(struct build *b, enum op op);

#define BUILD_MAKE(name) \
	void build_##name(struct build *b, const struct build_rule *rule)

/* build_mem.c */
BUILD_MAKE(load);
BUILD_MAKE(store);
BUILD_MAKE(atomic);
BUILD_MAKE(cmpxchg);

/* build_call.c */
BUILD_MAKE(helper);
BUILD_MAKE(local);
BUILD_MAKE(exit);
BUILD_MAKE(packet);

#endif
