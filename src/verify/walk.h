/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk: every path of the program on abstract states, depth first. One
 * step looks at one instruction of env->cur; where both ways of a branch are
 * possible, one of them waits (walk_fork) and is taken up later. At points
 * that flow.h marks, a path ends when a kept state covers it (prune.c).
 *
 * Steps return 0 to go on at cur->insn, which they have set; PATH_DONE when
 * the path ends well; or what verify_reject() gave.
 */
#ifndef SKEP_VERIFY_WALK_H
#define SKEP_VERIFY_WALK_H

#include "verify/env.h"

#define PATH_DONE	1

/* How a path came here: one link a branch, call, return; 0 is the start. */
struct trail {
	uint32_t prev;
	uint32_t insn;
	uint32_t to;			/* the instruction that came next */
	uint32_t choice;		/* which of the step's forks: 0 none */
};

/* A state kept for pruning. */
struct kept {
	struct state *st;
	struct kept *parent;		/* the one before on its path */
	struct kept *next;		/* at the same instruction */
	uint32_t branches;		/* paths under way that begin here */
	uint32_t misses, hits;
	uint32_t *nodes;		/* its values' CHECKPOINT nodes */
	uint32_t scc_open;		/* its loop has unsettled cuts */
};

/*
 * The current state once more, to be taken up at `insn` after this path has
 * ended. Returned to be refined by the caller; owned by the walk. NULL when
 * memory is out or too many wait; the error is kept and ends the walk.
 */
struct state *walk_fork(struct verify_env *env, uint32_t insn) must_check;

/* Notes a branch of `st` in its trail. */
void walk_note(struct verify_env *env, struct state *st, uint32_t insn,
	       uint32_t to);

/*
 * Walks from the start of a subprogram whose frame 0 is set up in `st` (then
 * the walk's). 0 when all paths are safe.
 */
int walk_run(struct verify_env *env, struct state *st);

/*
 * The same path again, alone: from the start along `trail`, calling `fn` with
 * each instruction's state before it (until the trail ends and the step at
 * `last` has been made or failed). For explanations.
 */
typedef int (*walk_fn)(void *arg, struct verify_env *env);
int walk_replay(struct verify_env *env, uint32_t trail, uint32_t last,
		walk_fn fn, void *arg);

/* The steps, by class of instruction. */
int step_alu(struct verify_env *env, const struct bpf_insn *insn);
int step_load_imm64(struct verify_env *env, const struct bpf_insn *insn);
int step_load(struct verify_env *env, const struct bpf_insn *insn);
int step_load_packet(struct verify_env *env, const struct bpf_insn *insn);
int step_store(struct verify_env *env, const struct bpf_insn *insn);
int step_atomic(struct verify_env *env, const struct bpf_insn *insn);
int step_jump(struct verify_env *env, const struct bpf_insn *insn);
int step_call(struct verify_env *env, const struct bpf_insn *insn);
int step_exit(struct verify_env *env, const struct bpf_insn *insn);

/*
 * At cur->insn, before its step: PATH_DONE when a kept state covers the
 * current one, else 0, and the state may have been kept. prune.c
 */
int prune_at(struct verify_env *env);

#endif
