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
#ifndef SKEP_VERIFY_WALK_WALK_H
#define SKEP_VERIFY_WALK_WALK_H

#include "base/vec.h"
#include "verify/env.h"

#ifndef BPF_JCOND
#define BPF_JCOND	0xe0	/* may_goto; younger than the UAPI headers */
#endif

#define PATH_DONE	1

#define PENDING_MAX	8192	/* branches that may wait at once */

/*
 * How a path came here, as a list of links that begins at its end; link 0 is
 * the start of the program. Each step that forked has one, for the way that
 * this path took.
 */
struct trail {
	uint32_t prev;
	uint32_t insn;
	uint32_t to;			/* the instruction that came next */
	uint32_t choice;		/* which of the step's forks; 0: none */
};

#define TRAIL_NOTE	UINT32_MAX	/* a choice: of walk_note() */

/* A state kept for pruning; see prune.c. */
struct kept {
	struct state *st;		/* its values are CHECKPOINT nodes */
	struct kept *parent;		/* the one before on its path */
	struct kept *next;		/* at the same instruction, older */
	struct kept *waits;		/* below it among the unsettled */
	uint32_t serial;		/* counts from 1, in order of keeping */
	uint32_t low;			/* least serial that it depends on */
	uint32_t branches;		/* paths under way that begin here */
	uint32_t misses, hits;
	bool settled;			/* its marks are final */
	bool evicted;			/* in no list: freed when settled */
};

/* One pair of ids that stand for each other in two states; see cover.c. */
struct id_pair {
	uint32_t old, cur;
	int32_t delta;
};

#define ID_PAIRS_MAX	1024

struct replay;

/* A number that was proven to lie in its bounds: look.c. */
struct proof {
	uint32_t trail, insn;		/* where: on the path of this trail, */
	uint64_t steps;			/* in the step of this count */
	unsigned int reg;
	int64_t min, max;
};

struct walk {
	struct state *pending;		/* forks that wait, newest first */
	uint32_t pending_cnt;
	uint32_t forks;			/* of the step under way */
	VEC(struct trail) trails;
	struct state *start;		/* as walk_run() was given it */

	struct kept **kept;		/* by instruction, newest first */
	struct kept *unsettled;		/* closed, newest first */
	struct kept *free_kept;		/* linked by next */
	uint32_t serial;		/* of the last one kept */
	uint64_t jumps;			/* of all kinds, so far */
	uint64_t jumps_kept, insns_kept; /* ... when a state was kept last */
	uint32_t kept_cnt;		/* not freed */

	struct id_pair ids[ID_PAIRS_MAX];
	uint32_t ids_cnt, ids_temp;

	uint32_t *visits;		/* how often, by instruction */
	struct replay *replay;		/* replay.c; NULL: the walk itself */
	VEC(struct proof) proofs;
	uint32_t looks;			/* that were asked for: look.c */
	uint64_t look_work;		/* spent on them */
	struct state *logged;		/* the state as the log last had it */
	size_t log_start;		/* of the log's last line */
};

/* 0 or -ENOMEM; walk_fini() is for walks that failed to start, too. */
int walk_init(struct verify_env *env) must_check;
void walk_fini(struct verify_env *env);

/*
 * The current state once more, to be taken up at `insn` after this path has
 * ended. Returned to be refined by the caller (its running frame is its own);
 * owned by the walk. NULL when memory is out or too many wait; the error is
 * kept (return walk_failed()) and ends the walk.
 */
struct state *walk_fork(struct verify_env *env, uint32_t insn) must_check;

/* The negative errno of what was rejected last; -ENOMEM when nothing was. */
int walk_failed(const struct verify_env *env);

/*
 * A fork that does not go on from this path: an asynchronous callback with a
 * frame of its own. Nothing that happens there is owed to its parents.
 */
void walk_detach(struct verify_env *env, struct state *fork);

/* Notes a branch of `st` in its trail. */
void walk_note(struct verify_env *env, struct state *st, uint32_t insn,
	       uint32_t to);

/*
 * Walks from the start of a subprogram whose frame 0 is set up in `st` (then
 * the walk's). 0 when all paths are safe; else env->cur, its trail, and the
 * kept states stay as they are until walk_fini(), for walk_replay().
 */
int walk_run(struct verify_env *env, struct state *st);

/* One step of env->cur: looks at its instruction, whatever that is. */
int walk_step(struct verify_env *env);

/*
 * The same path again, alone: from the start along `trail`, calling `fn` with
 * each instruction's state (env->cur) before it, until the trail has ended
 * and the step at `last` has been made or failed. env->why and env->cur are
 * as before afterwards. 0, what `fn` returned if not 0, or -ESRCH when the
 * path went another way. For explanations.
 */
typedef int (*walk_fn)(void *arg, struct verify_env *env);
int walk_replay(struct verify_env *env, uint32_t trail, uint32_t last,
		walk_fn fn, void *arg);

/* walk_fork() while a replay is on: kept when the trail takes it. */
struct state *replay_fork(struct verify_env *env, uint32_t insn);

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

/*
 * The states that the current path kept after `base` (NULL: all of it) are
 * not to cut any path from now on: more is known of this path than they say.
 */
void prune_withdraw(struct verify_env *env, const struct kept *base);

/* The path of `st` has ended, or will never be taken. */
void prune_ended(struct verify_env *env, struct state *st);

/*
 * Where a loop that need not settle comes round (an iterator's next, a
 * may_goto, a callback's return to `insn`): numbers of `st` that differ from
 * those of the last round, and that nobody has needed yet, become unknown.
 * 0 or -ENOMEM.
 */
int prune_widen(struct verify_env *env, struct state *st, uint32_t insn)
	must_check;

/* How much of a kept state must hold for another one. */
enum cover {
	COVER_MARKED,	/* what is live and marked: its marks are final */
	COVER_RANGE,	/* what is live: marks may still come */
	COVER_EXACT,	/* all that is live, and nothing may be narrower */
};

/* Whether all that can happen from `cur` has been seen from `old`. */
bool state_covers(struct verify_env *env, const struct state *old,
		  const struct state *cur, enum cover level);
bool state_same_calls(const struct state *a, const struct state *b);

/* Registers of frame `depth` that matter at the state's place, as bits. */
uint32_t state_live(const struct verify_env *env, const struct state *st,
		    uint32_t depth);

/* The log, as the kernel shapes it: before and after each step, and at pops. */
void log_insn(struct verify_env *env);
void log_change(struct verify_env *env);
void log_pop(struct verify_env *env);

#endif
