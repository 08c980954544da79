/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second look. A base is chosen on the path, the path is walked again
 * from there as terms (look_path.c), and what is demanded is proven of those
 * (term.c), or not; then the next base is further back.
 *
 * Why the walk may go on after a proof. A base K is a kept state; what is
 * taken of it is what its registers and slots say, and how its linked numbers
 * differ. So the proof holds for every run that is somewhere in what K stands
 * for and then takes this path. Who comes to the access on it?
 *
 *  - Runs through K: of this path, and of paths that are cut at K, which is
 *    sound when what was taken of K is compared at the cut. Pointers and
 *    what is live always are, numbers when they are PRECISE, slots when they
 *    were READ: so all that the proof needed is marked. K is open, so that no
 *    cut has taken it as settled, and earlier cuts of loops compared all that
 *    is live, and follow its marks.
 *  - Runs that come in behind K: of paths that are cut at a state S that was
 *    kept between K and the access. Nothing says that they have the relations
 *    of this path. So there must be no such path: none has been cut at S so
 *    far (hits, or K is not taken as a base), and S is withdrawn, so that
 *    none ever will be (prune_withdraw). Each S is an ancestor of the current
 *    state, thus open; a state that has closed is never withdrawn, and what
 *    was cut at closed ones, settled or not, stays as sound as it was.
 *
 * The narrowed number is part of the states from here on. A later proof may
 * pass this place when the path is walked again: the same narrowing is then
 * found in the list of proofs, by the path's trail and count of steps. If its
 * own base lies before that of the earlier proof, nothing is new; if behind,
 * the runs that it speaks of come through the earlier base, as all between
 * that and the place are withdrawn.
 *
 * A proof that the path cannot be taken at all proves anything, rightly.
 * Asynchronous callbacks, whose path does not begin at their caller's, and
 * all other profiles get no second look. All bounds are counts, so that a
 * verdict is the same each time. Want of memory (env->values.failed) is none.
 */
#include "verify/look/look.h"

#include "verify/look/look_path.h"
#include "verify/walk/replay.h"

#define LOOKS_MAX	1000
#define STEPS_MAX	2000		/* from the base to the access */
#define WORK_MAX	(1u << 24)	/* of a program; see term_prove() */
#define STEP_WORK	128		/* what walking a step again costs */

static bool may_look(const struct verify_env *env)
{
	const struct state *st = env->cur;

	return !env->opts.no_second_look &&
	       env->opts.profile == VERIFY_STRICT && !st->async_id &&
	       !st->in_async && env->walk->looks < LOOKS_MAX &&
	       env->walk->look_work < WORK_MAX;
}

/* ---- what was proven before ---- */

/* Link `i` is one of those that end with `trail`. */
static bool on_trail(const struct walk *walk, uint32_t trail, uint32_t i)
{
	while (trail > i)
		trail = walk->trails.data[trail].prev;
	return trail == i;
}

static bool was_proven(const struct verify_env *env, const struct proof *asked)
{
	const struct walk *walk = env->walk;

	for (size_t i = walk->proofs.len; i--;) {
		const struct proof *proof = &walk->proofs.data[i];

		if (proof->steps == asked->steps &&
		    proof->insn == asked->insn && proof->reg == asked->reg &&
		    proof->min == asked->min && proof->max == asked->max &&
		    on_trail(walk, walk->replay->trail, proof->trail))
			return true;
	}
	return false;
}

static bool note_proof(struct verify_env *env, const struct proof *proof)
{
	struct proof *place = vec_push(&env->walk->proofs);

	if (place)
		*place = *proof;
	else
		env->values.failed = true;
	return place;
}

/* ---- one base ---- */

/* What the proof needed decides about the path. */
static void mark_needed(struct verify_env *env, const struct look_path *path)
{
	for (size_t i = 1; i < path->terms.list.len; i++)
		if (path->terms.list.data[i].needed)
			value_mark(&env->values,
				   path->terms.list.data[i].node,
				   VALUE_PRECISE | VALUE_READ);
}

static bool prove(struct verify_env *env, struct look_path *path,
		  const struct proof *asked)
{
	uint64_t left = WORK_MAX - env->walk->look_work, had = left;
	bool proven;

	if (!path->goal)
		return false;
	proven = term_prove(&path->terms, path->goal,
			    asked->min + path->goal_off,
			    asked->max + path->goal_off, &left);
	env->walk->look_work += had - left;
	if (proven)
		mark_needed(env, path);
	return proven && !env->values.failed;
}

static bool look_from(struct verify_env *env, const struct state *base,
		      const struct proof *asked)
{
	uint32_t mark = env->values.cnt;
	struct look_path path;
	bool proven = false;

	if (look_path_init(&path, env)) {
		env->values.failed = true;
		return false;
	}
	path.reg = asked->reg;
	path.last = asked->steps;
	if (!replay_from(env, base, look_path_step, &path))
		proven = prove(env, &path, asked);
	env->walk->look_work = MIN(env->walk->look_work +
				   path.steps * STEP_WORK, WORK_MAX);
	env->values.failed |= path.terms.failed;
	look_path_fini(&path);
	env->values.cnt = mark;
	return proven;
}

/* ---- bases ---- */

static bool is_near(const struct verify_env *env, const struct state *base)
{
	return env->cur->steps - base->steps <= STEPS_MAX &&
	       env->walk->look_work < WORK_MAX;
}

/*
 * Kept states from the nearest on, each time about twice as far back; the
 * start of the path when there are no more. *base is the one, NULL the start.
 */
static bool look_back(struct verify_env *env, const struct proof *asked,
		      const struct kept **base)
{
	const struct kept *kept = env->cur->parent;

	for (uint32_t i = 0, next = 0; ; i++) {
		const struct state *st = kept ? kept->st : env->walk->start;

		if (!is_near(env, st))
			return false;
		if (i == next || !kept) {
			next = i * 2 + 1;
			*base = kept;
			if (look_from(env, st, asked))
				return true;
		}
		if (!kept || kept->hits)
			return false;
		kept = kept->parent;
	}
}

/* ---- the register ---- */

static void narrow(struct verify_env *env, const struct proof *proof)
{
	struct reg *reg = &state_frame(env->cur)->regs[proof->reg];
	struct scalar bounds = scalar_srange(proof->min, proof->max);

	/* nothing left: no run comes here, and any number will do */
	if (!scalar_intersect(&reg->num, &bounds, &reg->num))
		reg->num = bounds;
	reg->value = verify_value(env, VALUE_REFINED, reg->value, 0);
}

bool second_look(struct verify_env *env, unsigned int reg, int64_t min,
		 int64_t max)
{
	struct proof asked = {
		.trail = env->cur->trail, .insn = env->cur->insn,
		.steps = env->cur->steps, .reg = reg, .min = min, .max = max,
	};
	const struct kept *base = NULL;

	if (min > max || !env->walk || env->opts.no_second_look)
		return false;
	if (env->walk->replay) {
		if (!was_proven(env, &asked))
			return false;
		narrow(env, &asked);
		return true;
	}
	if (!may_look(env))
		return false;
	env->walk->looks++;
	if (!look_back(env, &asked, &base) || !note_proof(env, &asked))
		return false;
	prune_withdraw(env, base);
	narrow(env, &asked);
	env->why = (struct rejection){ 0 };
	env->result->stats.second_looks++;
	return true;
}
