/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The optimiser's intermediate form: functions of blocks of instructions in
 * SSA. An instruction is its result; ir.def has the operations.
 *
 *	values		all have 64 bits. What works on 32 (`wide` is not
 *			set) reads low halves and zero-extends its result, as
 *			BPF and the machines do.
 *	places		FLOATS operations lie in no block and are there
 *			always; all others are linked into one, PHIs first,
 *			one that ENDS last.
 *	memory		order in the block is order in time. `region` says
 *			what an address may point to.
 *	names		an ir_ref; they stay when instructions move. 0 is none.
 *
 * Pointers into a function move when instructions or blocks are added: hold
 * refs. Errors stay in the function: after memory was out, `failed` is set and
 * whatever is built is of no use; whoever finishes looks. One thread.
 */
#ifndef SKEP_JIT_IR_IR_H
#define SKEP_JIT_IR_IR_H

#include "base/arena.h"
#include "base/vec.h"

struct prog;
struct strbuf;

typedef uint32_t ir_ref;
typedef uint32_t ir_block_id;

#define IR_NOWHERE	UINT32_MAX	/* block of what floats, or is gone */

enum ir_op {
#define IR(name, ...) IR_##name,
#include "jit/ir/ir.def"
#undef IR
	IR_OPS,
	IR_COPY = IR_OPS,	/* replaced by operand 0; see ir_value() */
	IR_GONE,		/* removed */
};

enum ir_flags {
	IR_F_VALUE	= 1 << 0,
	IR_F_PURE	= 1 << 1,
	IR_F_FLOATS	= 1 << 2,
	IR_F_COMMUTES	= 1 << 3,
	IR_F_READS	= 1 << 4,
	IR_F_WRITES	= 1 << 5,
	IR_F_STAYS	= 1 << 6,
	IR_F_ENDS	= 1 << 7,
};

#define IR_MANY		0xff		/* args of a row: a list */

struct ir_row {
	const char *text;
	uint8_t args;
	uint8_t flags;
};

extern const struct ir_row ir_rows[IR_OPS];

/* As the machine's; ANY: some bit is in both. The inverse of c is c ^ 1. */
enum ir_cond {
	IR_EQ, IR_NE,
	IR_ULT, IR_UGE,
	IR_ULE, IR_UGT,
	IR_SLT, IR_SGE,
	IR_SLE, IR_SGT,
	IR_NONE, IR_ANY,
	IR_CONDS
};

/* a < b is b > a: conditions with their operands exchanged. */
extern const uint8_t ir_exchanged[IR_CONDS];

enum ir_atomic {
	IR_ATOMIC_ADD, IR_ATOMIC_OR, IR_ATOMIC_AND, IR_ATOMIC_XOR,
	IR_ATOMIC_XCHG,
	IR_ATOMIC_FETCH = 8,	/* with one of them: the old value counts */
};

/* Where an address points: regions of different kinds never overlap. */
enum ir_region {
	IR_REGION_ANY,		/* not known */
	IR_REGION_STACK,	/* any frame */
	IR_REGION_CTX,		/* the native context */
	IR_REGION_PACKET,	/* data and metadata */
	IR_REGION_VALUE,	/* values of map `map` */
	IR_REGION_MEM,		/* records, what helpers return */
	IR_REGION_RUN,		/* the thread's and the run's own */
};

struct ir_insn {
	uint8_t op;		/* enum ir_op */
	bool wide;
	uint8_t size;		/* bytes of memory, of an extension */
	bool sign;
	uint8_t cond;		/* enum ir_cond; ir_atomic of ATOMIC */
	uint8_t region;		/* enum ir_region of memory operations */
	bool ordered;		/* LOAD acquires, STORE releases */
	bool sure;		/* the divisor, or a sum, is not zero; the
				 * branch's arm succs[1] is the likely one */
	uint32_t map;		/* REGION_VALUE: index in prog->maps, or
				 * UINT32_MAX: one of them */
	uint32_t slot;		/* of prog->insns, which it comes from */
	ir_block_id block;
	ir_ref prev, next;	/* in the block */
	uint32_t cnt;		/* operands */
	uint32_t bytes;		/* CLEAR: how many; calls: a frame */
	int64_t imm;
	union {
		ir_ref args[4];
		ir_ref *list;	/* of MANY, from the arena */
	};
};

struct ir_block {
	ir_ref first, last;
	ir_block_id succs[2];	/* of JUMP the first; of BRANCH both */
	uint8_t succs_cnt;
	bool reached;		/* by ir_order() */
	VEC(ir_block_id) preds;	/* in the order of PHI operands */
	/* from ir_order(): valid until the flow changes */
	ir_block_id idom;	/* of the first block itself */
	uint32_t order;		/* position in func->order */
	uint32_t depth;		/* loops around it */
};

struct ir_func {
	const struct prog *prog;
	struct arena *arena;	/* borrowed: lists and tables */
	uint32_t start;		/* slot where it begins */
	uint32_t frames;	/* BPF frames that it has, inlined ones too */
	bool entry;		/* the program's first function */
	bool failed;
	VEC(struct ir_insn) insns;	/* [0] is none */
	VEC(struct ir_block) blocks;	/* [0] is where it begins */
	VEC(ir_block_id) order;		/* reverse postorder, of the reached */
	ir_ref consts[64];		/* hash of CONSTs, chained by `next` */
};

/* A function with its first block. Free with ir_fini; failed if no memory. */
void ir_init(struct ir_func *f, const struct prog *prog, struct arena *arena);
void ir_fini(struct ir_func *f);

static inline struct ir_insn *ir_at(const struct ir_func *f, ir_ref ref)
{
	return &f->insns.data[ref];
}

static inline struct ir_block *ir_block(const struct ir_func *f,
					ir_block_id id)
{
	return &f->blocks.data[id];
}

static inline bool ir_is(const struct ir_func *f, ir_ref ref, enum ir_op op)
{
	return ir_at(f, ref)->op == op;
}

static inline bool ir_has(const struct ir_insn *insn, enum ir_flags flag)
{
	return insn->op < IR_OPS && ir_rows[insn->op].flags & flag;
}

static inline ir_ref *ir_args(struct ir_insn *insn)
{
	return insn->op < IR_OPS && ir_rows[insn->op].args == IR_MANY ?
	       insn->list : insn->args;
}

/* ---- building ---- */

/* A block without instructions or predecessors. */
ir_block_id ir_new_block(struct ir_func *f);

/*
 * A new instruction with these contents (links and cnt aside): at the end of
 * a block, or before another one. Its operands are those of its row. 0 when
 * memory is out.
 */
ir_ref ir_append(struct ir_func *f, ir_block_id block,
		 const struct ir_insn *insn);
ir_ref ir_insert(struct ir_func *f, ir_ref before,
		 const struct ir_insn *insn);
/* The same at the start of a block, for PHIs; `cnt` operands, all 0. */
ir_ref ir_phi(struct ir_func *f, ir_block_id block, uint32_t cnt);
/* A list of operands from the arena, for MANY; NULL when memory is out. */
ir_ref *ir_list(struct ir_func *f, uint32_t cnt);

/* What floats; equal ones are one. */
ir_ref ir_const(struct ir_func *f, uint64_t value);
ir_ref ir_float(struct ir_func *f, enum ir_op op, int64_t imm);

/* Ends a block: the instruction and the edges, at both of their ends. */
void ir_jump(struct ir_func *f, ir_block_id from, ir_block_id to,
	     uint32_t slot);
void ir_branch(struct ir_func *f, ir_block_id from,
	       const struct ir_insn *branch, ir_block_id then,
	       ir_block_id otherwise);

/* ---- changing ---- */

/*
 * What uses `old` uses `with` from now on, and `old` is gone. Operands still
 * name it; ir_value() of an operand is what it stands for, and ir_clean()
 * writes that into all operands.
 */
void ir_replace(struct ir_func *f, ir_ref old, ir_ref with);
ir_ref ir_value(const struct ir_func *f, ir_ref ref);
void ir_remove(struct ir_func *f, ir_ref ref);

/* Takes an edge away: the PHIs of `to` lose the operand. */
void ir_cut_edge(struct ir_func *f, ir_block_id from, ir_block_id to);

/*
 * An edge from `from` leads to `with`, not to `to` any more. PHIs of `with`,
 * as of a block that ir_jump() leads to, lack an operand then: the caller adds
 * it at their end.
 */
void ir_turn_edge(struct ir_func *f, ir_block_id from, ir_block_id to,
		  ir_block_id with);

void ir_add_operand(struct ir_func *f, ir_ref phi, ir_ref value);

/*
 * A new block takes what its block has from `ref` on, and its successors; the
 * old one has no end then.
 */
ir_block_id ir_split(struct ir_func *f, ir_ref ref);

/* The BRANCH that ends a block becomes a JUMP to succs[which]. */
void ir_decide(struct ir_func *f, ir_block_id block, unsigned int which);

/* ---- whole functions ---- */

/*
 * Finds reached blocks, their order, dominators and loops; drops edges from
 * blocks that are not reached.
 */
void ir_order(struct ir_func *f);
bool ir_dominates(const struct ir_func *f, ir_block_id a, ir_block_id b);

/*
 * Resolves replaced operands, drops PHIs of one value and results that
 * nothing uses.
 */
void ir_clean(struct ir_func *f);

/* How many operands name each instruction; from the arena, or NULL. */
uint32_t *ir_count_uses(struct ir_func *f);

/*
 * Is the form what this page says? true, or false with a line in *why (which
 * may be NULL): links, operands that dominate, PHIs and their predecessors,
 * ends. Needs ir_order().
 */
bool ir_check(struct ir_func *f, struct strbuf *why);

/* Text, one line an instruction, for people and tests. */
void ir_print(struct strbuf *out, const struct ir_func *f);

#define ir_each_insn(f, ref, blk) \
	for (ir_ref ref = ir_block(f, blk)->first; ref; \
	     ref = ir_at(f, ref)->next)

#endif
