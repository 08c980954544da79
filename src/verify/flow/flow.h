/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be known before the walk, once for the whole program: control flow
 * with dead branches cut, loops, live registers, and constants. Side tables;
 * instructions stay as they are.
 */
#ifndef SKEP_VERIFY_FLOW_FLOW_H
#define SKEP_VERIFY_FLOW_FLOW_H

#include "prog/prog.h"
#include "verify/verify.h"

enum flow_flags {
	FLOW_REACHED	= 1 << 0,	/* some path may get here */
	FLOW_PRUNE	= 1 << 1,	/* worth keeping a state at: joins,
					 * loop heads, after calls of
					 * subprograms, jumps before which a
					 * register has died */
	FLOW_FORCE	= 1 << 2,	/* keep one always: iterators,
					 * may_goto, callbacks */
	FLOW_LOOP	= 1 << 3,	/* head of a loop: a back-edge's end */
	FLOW_NO_JUMP	= 1 << 4,	/* conditional: never jumps */
	FLOW_NO_FALL	= 1 << 5,	/* conditional: always jumps */
	FLOW_CALLS_BACK	= 1 << 6,	/* a call that runs callbacks, before
					 * it is over */
};

/*
 * Slots that are not REACHED, and second slots, have no flags, and nothing is
 * live there: the walk must not take the cut way of a branch.
 */
struct flow_insn {
	uint8_t flags;			/* enum flow_flags */
	uint16_t live;			/* registers read before written, as
					 * bits, before the instruction */
	uint32_t scc;			/* of mutually reachable insns, 0: in
					 * no loop; unique in the program */
};

/* How one subprogram refers to another, in code that is REACHED. */
enum flow_edges {
	FLOW_EDGE_CALL	= 1 << 0,	/* calls it */
	FLOW_EDGE_FUNC	= 1 << 1,	/* takes its address */
};

struct flow_subprog {
	bool reached;			/* on some path from the entry */
	bool sync, async;		/* called; run later as a callback */
	bool callback;			/* its address is taken */
	bool later;			/* what runs later begins with it */
	bool catches;			/* it is the exception callback */
	bool has_tail_call;
	bool has_ld_abs;
	bool moves_packet;		/* it or a callee calls what moves it */
	bool might_sleep;		/* likewise */
	uint32_t order;			/* callees come before callers */
};

struct flow {
	struct flow_insn *insns;	/* one a slot */
	struct flow_subprog *subprogs;
	uint32_t *order;		/* subprograms, callees first */
	uint8_t *edges;			/* enum flow_edges of [caller, callee],
					 * subprogs_cnt in a row */
	uint32_t scc_cnt;
};

struct verify_env;

/*
 * Fills *out from the arena of `env`. Rejects (verify_reject): instructions
 * that no path reaches, not even one that was cut; endless recursion of calls;
 * falls from one subprogram into another; too many subprograms; back-edges
 * where the profile has none. 0 or a negative errno.
 */
int flow_analyse(struct verify_env *env, struct flow *out);

/*
 * Stack of every chain of calls (rounded up to 16 bytes a frame, as the
 * kernel does where it compiles), the tail-call rule of 256 bytes, and the
 * depth of calls; `used[i]` is subprogram i's own stack. 0 with *depth, or
 * rejects.
 */
int flow_stack_depth(struct verify_env *env, const uint32_t *used,
		     uint32_t *depth);

/*
 * The subprograms of bare instructions, which insn_check has passed: one
 * begins at slot 0 and at each target of a call or LD_FUNC. 0 or -ENOMEM.
 */
int flow_find_subprogs(struct arena *arena, const struct bpf_insn *insns,
		       uint32_t cnt, const struct subprog **subprogs,
		       uint32_t *subprogs_cnt);

#endif
