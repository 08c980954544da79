/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the passes of the flow analysis share: the instructions as basic
 * blocks. A block ends with a jump, with exit, or before a slot that is jumped
 * to; calls are inside of blocks, as control comes back from them. Blocks
 * never span subprograms.
 *
 * All passes are loops over worklists (a program may have a million
 * instructions, in one block or in as many) and allocate from the arena of
 * the verification.
 */
#ifndef SKEP_VERIFY_FLOW_FLOW_PASS_H
#define SKEP_VERIFY_FLOW_FLOW_PASS_H

#include "isa/insn.h"
#include "verify/env.h"

#define FLOW_NONE	UINT32_MAX
#define FLOW_SUBPROGS	256

enum flow_way {
	FLOW_FALL,
	FLOW_JUMP,		/* also of unconditional jumps */
	FLOW_WAYS
};

struct flow_block {
	uint32_t start, last;		/* slots of its instructions */
	uint32_t succ[FLOW_WAYS];	/* blocks, FLOW_NONE */
	uint32_t rank;			/* its place in pass->rpo */
	bool seen;			/* by the pass under way */
};

/* A call that takes a callback, and which; FLOW_NONE when it varies. */
struct flow_callback {
	uint32_t slot, subprog;
	bool later;			/* run when the program is over */
};

struct flow_pass {
	struct verify_env *env;
	struct flow *flow;
	const struct bpf_insn *insns;
	uint32_t cnt;
	uint8_t *ops;			/* enum op of each slot */
	struct flow_block *blocks;	/* in the order of their slots */
	uint32_t blocks_cnt;
	uint32_t *block_of;		/* of slots that start a block */
	uint32_t *rpo;			/* blocks in reverse postorder */
	uint32_t rpo_cnt;
	struct flow_callback *callbacks;
	uint32_t callbacks_cnt;
	uint32_t catcher;		/* the exception callback */
};

static inline uint32_t flow_next(const struct flow_pass *pass, uint32_t slot)
{
	return slot + op_slots(pass->ops[slot]);
}

static inline bool flow_is_call(const struct flow_pass *pass, uint32_t slot)
{
	return pass->ops[slot] == OP_CALL_LOCAL ||
	       pass->ops[slot] == OP_LD_FUNC;
}

/* A conditional jump, may_goto among them. */
static inline bool flow_is_branch(const struct flow_pass *pass, uint32_t slot)
{
	return op_rows[pass->ops[slot]].off.kind == FIELD_JUMP &&
	       pass->ops[slot] != OP_JA;
}

/* The subprogram that a call or LD_FUNC names. */
static inline uint32_t flow_callee(const struct flow_pass *pass, uint32_t slot)
{
	uint32_t to = slot + 1 + (uint32_t)pass->insns[slot].imm;

	return (uint32_t)(prog_subprog_at(pass->env->prog, to) -
			  pass->env->prog->subprogs);
}

/* The block that comes next that way; FLOW_NONE: none, or it was cut. */
static inline uint32_t flow_edge(const struct flow_pass *pass,
				 const struct flow_block *block,
				 enum flow_way way)
{
	uint8_t cut = way == FLOW_FALL ? FLOW_NO_FALL : FLOW_NO_JUMP;

	return pass->flow->insns[block->last].flags & cut ? FLOW_NONE :
	       block->succ[way];
}

static inline bool flow_reached(const struct flow_pass *pass, uint32_t slot)
{
	return pass->flow->insns[slot].flags & FLOW_REACHED;
}

/* For verify_reject() where no path is walked: names the instruction. */
static inline int flow_at(const struct flow_pass *pass, uint32_t slot, int err)
{
	pass->env->why.insn = slot;
	return err;
}

/* The passes, in their order; 0, -ENOMEM, or what verify_reject() gave. */

/* flow_graph.c: jumps stay in their subprograms; blocks; all are reached. */
int flow_check(struct flow_pass *pass);
int flow_blocks(struct flow_pass *pass);
int flow_reach(struct flow_pass *pass);

/* flow_consts.c: REACHED, NO_JUMP, NO_FALL; which callbacks are passed. */
int flow_consts(struct flow_pass *pass);

/* flow_subprogs.c: the call graph and what is known of each subprogram. */
int flow_subprogs(struct flow_pass *pass);

/* flow_scc.c: loops. */
int flow_sccs(struct flow_pass *pass);

/* flow_live.c */
int flow_live(struct flow_pass *pass);

/* flow_prune.c: PRUNE, FORCE, LOOP, CALLS_BACK. */
int flow_prune(struct flow_pass *pass);

/* flow_calls.c: what is known of a call before the walk. */
struct flow_call {
	uint8_t args;			/* registers r1 ... that are read */
	uint8_t func;			/* that is a callback, 0 none */
	bool later;			/* which is run later */
	bool iterates;			/* advances an iterator */
	bool moves_packet, might_sleep;
};

/* Of the helper or kfunc called at `slot`. */
struct flow_call flow_call_at(const struct flow_pass *pass, uint32_t slot);

/* flow_eval.c: what instructions do to numbers. */
bool flow_eval_alu(const struct bpf_insn *insn, uint64_t dst, uint64_t src,
		   uint64_t *out);
bool flow_eval_jump(const struct bpf_insn *insn, uint64_t dst, uint64_t src);

#endif
