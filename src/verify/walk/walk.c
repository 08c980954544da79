/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk itself: takes steps until a path ends, then takes up the fork that
 * waits shortest. So a state's forks are all walked before any fork that is
 * older than it, and the kept states with paths under way (prune.c) are
 * always ancestors of the current state; only asynchronous callbacks, which
 * have no ancestors, stand aside.
 *
 * The running frame of env->cur is its own: walk_fork() copies it at once for
 * the fork, and after a step that changed frames it is taken here.
 */
#include "verify/walk/walk.h"

#include <errno.h>
#include <stdlib.h>

#include "spec/diags.h"
#include "verify/call/call.h"
#include "verify/facts/facts.h"

int walk_init(struct verify_env *env)
{
	struct walk *walk = calloc(1, sizeof(*walk));

	env->walk = walk;
	if (!walk)
		return verify_no_memory(env);
	walk->kept = calloc(env->prog->insns_cnt, sizeof(*walk->kept));
	walk->visits = calloc(env->prog->insns_cnt, sizeof(*walk->visits));
	if (!walk->kept || !walk->visits || !vec_push(&walk->trails))
		return verify_no_memory(env);
	return 0;
}

/* States and frames are of the arena, so that only arrays are given back. */
void walk_fini(struct verify_env *env)
{
	if (!env->walk)
		return;
	vec_free(&env->walk->trails);
	vec_free(&env->walk->proofs);
	free(env->walk->kept);
	free(env->walk->visits);
	free(env->walk);
	env->walk = NULL;
}

static uint32_t trail_add(struct verify_env *env, uint32_t prev,
			  uint32_t insn, uint32_t to, uint32_t choice)
{
	struct walk *walk = env->walk;
	struct trail *link = vec_push(&walk->trails);

	if (!link) {
		env->values.failed = true;
		return prev;
	}
	*link = (struct trail){ prev, insn, to, choice };
	return (uint32_t)walk->trails.len - 1;
}

void walk_note(struct verify_env *env, struct state *st, uint32_t insn,
	       uint32_t to)
{
	if (!env->walk->replay)
		st->trail = trail_add(env, st->trail, insn, to, TRAIL_NOTE);
}

int walk_failed(const struct verify_env *env)
{
	return env->why.row && env->why.row->err ? env->why.row->err : -ENOMEM;
}

static int too_many_wait(struct verify_env *env)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_COMPLEX, -1,
			      "%d branches wait to be looked at", PENDING_MAX),
		"The sequence of %d jumps is too complex.", PENDING_MAX);
}

struct state *walk_fork(struct verify_env *env, uint32_t insn)
{
	struct walk *walk = env->walk;
	struct state *cur = env->cur;
	struct state *st;

	if (walk->replay)
		return replay_fork(env, insn);
	if (walk->pending_cnt >= PENDING_MAX) {
		too_many_wait(env);
		return NULL;
	}
	st = state_copy(env, cur);
	if (!st)
		return NULL;
	if (!state_own(env, st, st->depth)) {
		state_free(env, st);
		return NULL;
	}
	st->insn = insn;
	st->last = cur->insn;
	st->trail = trail_add(env, cur->trail, cur->insn, insn, ++walk->forks);
	if (st->parent)
		st->parent->branches++;
	st->next = walk->pending;
	walk->pending = st;
	walk->pending_cnt++;
	return st;
}

void walk_detach(struct verify_env *env, struct state *fork)
{
	if (fork->parent)
		fork->parent->branches--;
	fork->parent = NULL;
	fork->async_id = verify_id(env);
}

static int step_ld(struct verify_env *env, const struct bpf_insn *insn)
{
	return BPF_MODE(insn->code) == BPF_IMM ? step_load_imm64(env, insn) :
						 step_load_packet(env, insn);
}

static int step_stx(struct verify_env *env, const struct bpf_insn *insn)
{
	return BPF_MODE(insn->code) == BPF_ATOMIC ? step_atomic(env, insn) :
						    step_store(env, insn);
}

static int step_jmp(struct verify_env *env, const struct bpf_insn *insn)
{
	env->walk->jumps++;
	switch (insn->code) {
	case BPF_JMP | BPF_CALL:
		return step_call(env, insn);
	case BPF_JMP | BPF_EXIT:
		return step_exit(env, insn);
	default:
		return step_jump(env, insn);
	}
}

int step_exit(struct verify_env *env, const struct bpf_insn *insn
	      maybe_unused)
{
	if (env->cur->depth)
		return call_return(env);
	return exit_check(env) ?: PATH_DONE;
}

typedef int (*step_fn)(struct verify_env *env, const struct bpf_insn *insn);

static const step_fn steps[] = {
	[BPF_LD] = step_ld,
	[BPF_LDX] = step_load,
	[BPF_ST] = step_store,
	[BPF_STX] = step_stx,
	[BPF_ALU] = step_alu,
	[BPF_JMP] = step_jmp,
	[BPF_JMP32] = step_jmp,
	[BPF_ALU64] = step_alu,
};

int walk_step(struct verify_env *env)
{
	const struct bpf_insn *insn = &env->insns[env->cur->insn];
	struct walk *walk = env->walk;
	uint32_t at = env->cur->insn;
	int err;

	walk->forks = 0;
	env->cur->steps++;
	facts_note(env, at);
	err = steps[BPF_CLASS(insn->code)](env, insn);
	if (err)
		return err;
	env->cur->last = at;
	if (walk->forks && !walk->replay)
		env->cur->trail = trail_add(env, env->cur->trail, at,
					    env->cur->insn, 0);
	if (unlikely(state_frame(env->cur)->refs > 1) &&
	    !state_own(env, env->cur, env->cur->depth))
		return -ENOMEM;
	return unlikely(env->values.failed) ? verify_no_memory(env) : 0;
}

static int too_many_insns(struct verify_env *env)
{
	uint64_t cnt = env->result->stats.insns_processed;

	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_COMPLEX, -1,
			      "%llu instructions were looked at and paths are "
			      "left", (unsigned long long)cnt),
		"BPF program is too large. Processed %llu insn",
		(unsigned long long)cnt);
}

/* Until the path ends: PATH_DONE, or the error. */
static int walk_path(struct verify_env *env)
{
	uint64_t *cnt = &env->result->stats.insns_processed;
	int err = 0;

	while (!err) {
		uint8_t flags = env->flow->insns[env->cur->insn].flags;

		env->walk->visits[env->cur->insn]++;
		if (unlikely(++*cnt > env->opts.insns_max))
			return too_many_insns(env);
		if (flags & (FLOW_PRUNE | FLOW_FORCE) || env->opts.keep_often)
			err = prune_at(env);
		if (err)
			break;
		if (unlikely(env->opts.log))
			log_insn(env);
		err = walk_step(env);
		if (unlikely(env->opts.log) && !err)
			log_change(env);
	}
	return err;
}

static struct state *take_up(struct verify_env *env)
{
	struct walk *walk = env->walk;
	struct state *st = walk->pending;

	if (st) {
		walk->pending = st->next;
		walk->pending_cnt--;
		st->next = NULL;
	}
	return st;
}

int walk_run(struct verify_env *env, struct state *st)
{
	struct walk *walk = env->walk;
	int err;

	env->cur = st;
	state_free(env, walk->start);
	walk->start = state_copy(env, st);
	if (!walk->start || !state_own(env, st, st->depth))
		return -ENOMEM;
	do {
		err = walk_path(env);
		/* what could not be proven for want of memory is not wrong */
		if (err < 0 && env->values.failed)
			return verify_no_memory(env);
		if (err < 0)
			return env->why.row ? walk_failed(env) : err;
		prune_ended(env, env->cur);
		state_free(env, env->cur);
		env->cur = take_up(env);
		if (unlikely(env->opts.log) && env->cur)
			log_pop(env);
	} while (env->cur);
	return 0;
}
