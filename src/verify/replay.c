/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One path again: the steps of the walk from its start, with the forks that
 * its trail names taken and all others dropped. Steps are functions of the
 * state alone, but for what is widened (prune_widen), which needs the kept
 * states of the path; they are all still there when it has just failed.
 */
#include "verify/replay.h"

#include <errno.h>
#include <stdlib.h>

/* The links of the trail that steps made, first one first. */
static int links_gather(struct verify_env *env, struct replay *replay,
			uint32_t trail)
{
	const struct trail *all = env->walk->trails.data;
	uint32_t cnt = 0;

	for (uint32_t i = trail; i; i = all[i].prev)
		cnt += all[i].choice != TRAIL_NOTE;
	replay->links = arena_array(&env->arena, cnt + 1, sizeof(uint32_t));
	if (!replay->links)
		return verify_no_memory(env);
	replay->cnt = cnt;
	for (uint32_t i = trail; i; i = all[i].prev)
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

	return replay->pos ? replay->links[replay->pos - 1] : 0;
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

static int replay_steps(struct verify_env *env, uint32_t last, walk_fn fn,
			void *arg)
{
	struct replay *replay = env->walk->replay;
	int err = fn(arg, env);

	while (!err) {
		uint32_t at = env->cur->insn;
		bool end = at == last && replay->pos == replay->cnt;

		err = walk_step(env);
		if (end)
			return 0;
		if (replay->forks)
			err = take_way(env, at, err);
		forks_drop(env);
		if (err)
			return -ESRCH;
		err = fn(arg, env);
	}
	return err;
}

int walk_replay(struct verify_env *env, uint32_t trail, uint32_t last,
		walk_fn fn, void *arg)
{
	struct replay replay = { 0 };
	struct rejection why = env->why;
	struct state *cur = env->cur;
	int err = links_gather(env, &replay, trail);

	if (err)
		return err;
	env->cur = state_copy(env, env->walk->start);
	env->walk->replay = &replay;
	if (!env->cur || !state_own(env, env->cur, env->cur->depth))
		err = -ENOMEM;
	else
		err = replay_steps(env, last, fn, arg);
	forks_drop(env);
	state_free(env, env->cur);
	env->walk->replay = NULL;
	env->cur = cur;
	env->why = why;
	return err;
}
