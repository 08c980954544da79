/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One path again: the steps of the walk from its start, with the forks that
 * its trail names taken and all others dropped. Steps are functions of the
 * state alone, but for what is widened (prune_widen), which needs the kept
 * states of the path; they are all still there when it has just failed.
 */
#include "verify/walk/replay.h"

#include <errno.h>
#include <stdlib.h>

#include "spec/diags.h"

/* The links of the trail that steps made, first one first. `from` is one. */
static int links_gather(struct verify_env *env, struct replay *replay)
{
	const struct trail *all = env->walk->trails.data;
	uint32_t from = replay->from, cnt = 0;

	for (uint32_t i = replay->trail; i != from; i = all[i].prev)
		cnt += all[i].choice != TRAIL_NOTE;
	replay->links = calloc(cnt + 1, sizeof(uint32_t));
	if (!replay->links)
		return verify_no_memory(env);
	replay->cnt = cnt;
	for (uint32_t i = replay->trail; i != from; i = all[i].prev)
		if (all[i].choice != TRAIL_NOTE)
			replay->links[--cnt] = i;
	return 0;
}

static const struct trail *link_next(const struct verify_env *env)
{
	const struct replay *replay = env->walk->replay;

	return replay->pos < replay->cnt ?
	       &env->walk->trails.data[replay->links[replay->pos]] : NULL;
}

uint32_t replay_at(const struct verify_env *env)
{
	const struct replay *replay = env->walk->replay;

	return replay->pos ? replay->links[replay->pos - 1] : replay->from;
}

struct state *replay_fork(struct verify_env *env, uint32_t insn)
{
	struct walk *walk = env->walk;
	const struct trail *link = link_next(env);
	struct state *st = state_copy(env, env->cur);

	if (!st || !state_own(env, st, st->depth))
		return NULL;
	st->insn = insn;
	st->last = env->cur->insn;
	st->next = walk->replay->forks;
	walk->replay->forks = st;
	walk->forks++;
	if (link && link->insn == env->cur->insn &&
	    link->choice == walk->forks)
		walk->replay->taken = st;
	return st;
}

static void forks_drop(struct verify_env *env)
{
	struct replay *replay = env->walk->replay;

	while (replay->forks) {
		struct state *st = replay->forks;

		replay->forks = st->next;
		st->next = NULL;
		if (st != env->cur)
			state_free(env, st);
	}
	replay->taken = NULL;
}

/* After a step at `at` that forked: this path's way is the trail's. */
static int take_way(struct verify_env *env, uint32_t at, int err)
{
	struct replay *replay = env->walk->replay;
	const struct trail *link = link_next(env);

	if (!link || link->insn != at)
		return -ESRCH;
	replay->pos++;
	if (!link->choice)
		return err;
	if (!replay->taken)
		return -ESRCH;
	state_free(env, env->cur);
	env->cur = replay->taken;
	return 0;
}

/* One step, and its fork dropped or gone on with. */
static int replay_step(struct verify_env *env)
{
	uint32_t at = env->cur->insn;
	int err = walk_step(env);

	if (env->walk->replay->forks)
		err = take_way(env, at, err);
	forks_drop(env);
	return err ? -ESRCH : 0;
}

static int replay_steps(struct verify_env *env, uint32_t last, walk_fn fn,
			void *arg)
{
	struct replay *replay = env->walk->replay;
	int err = fn(arg, env);

	while (!err) {
		bool end = env->cur->insn == last &&
			   replay->pos == replay->cnt;

		err = replay_step(env);
		if (end)
			return 0;
		if (!err)
			err = fn(arg, env);
	}
	return err;
}

static int replay_exact(struct verify_env *env, const struct state *to,
			walk_fn fn, void *arg)
{
	struct replay *replay = env->walk->replay;
	int err = fn(arg, env);

	while (!err && env->cur->steps + 1 < to->steps)
		err = replay_step(env) ?: fn(arg, env);
	if (!err && (env->cur->insn != to->insn || replay->pos < replay->cnt))
		err = -ESRCH;
	return err;
}

/* What a replay changes of the walk, which may go on afterwards. */
struct outside {
	struct state *cur;
	struct rejection why;
	uint32_t forks;
	uint64_t jumps;
};

static struct outside outside_save(const struct verify_env *env)
{
	return (struct outside){
		.cur = env->cur, .why = env->why, .forks = env->walk->forks,
		.jumps = env->walk->jumps,
	};
}

static void outside_restore(struct verify_env *env, const struct outside *was)
{
	env->cur = was->cur;
	env->why = was->why;
	env->walk->forks = was->forks;
	env->walk->jumps = was->jumps;
}

/* env->cur becomes a copy that nobody counts as a path under way. */
static int replay_begin(struct verify_env *env, struct replay *replay,
			const struct state *from)
{
	int err = links_gather(env, replay);

	if (err)
		return err;
	env->walk->replay = replay;
	env->cur = state_copy(env, from);
	if (!env->cur)
		return -ENOMEM;
	env->cur->parent = NULL;
	return state_own(env, env->cur, env->cur->depth) ? 0 : -ENOMEM;
}

static void replay_end(struct verify_env *env, struct replay *replay,
		       const struct outside *was)
{
	/* what was not seen for want of memory is not an answer */
	if (env->why.row == &diag_rows[DIAG_NO_MEMORY])
		env->values.failed = true;
	if (env->walk->replay) {
		forks_drop(env);
		state_free(env, env->cur);
	}
	env->walk->replay = NULL;
	free(replay->links);
	outside_restore(env, was);
}

int walk_replay(struct verify_env *env, uint32_t trail, uint32_t last,
		walk_fn fn, void *arg)
{
	struct replay replay = { .trail = trail };
	struct outside was = outside_save(env);
	int err = replay_begin(env, &replay, env->walk->start);

	if (!err)
		err = replay_steps(env, last, fn, arg);
	replay_end(env, &replay, &was);
	return err;
}

int replay_from(struct verify_env *env, const struct state *from, walk_fn fn,
		void *arg)
{
	struct replay replay = {
		.from = from->trail, .trail = env->cur->trail,
	};
	struct outside was = outside_save(env);
	int err = replay_begin(env, &replay, from);

	if (!err)
		err = replay_exact(env, was.cur, fn, arg);
	replay_end(env, &replay, &was);
	return err;
}
