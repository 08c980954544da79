/* SPDX-License-Identifier: Apache-2.0 */
/* A replay under way (walk_replay() in walk.h). */
#ifndef SKEP_VERIFY_WALK_REPLAY_H
#define SKEP_VERIFY_WALK_REPLAY_H

#include "verify/walk/walk.h"

struct replay {
	uint32_t *links;		/* into walk->trails, in order */
	uint32_t cnt, pos;
	uint32_t from, trail;		/* links: from after, up to */
	struct state *forks;		/* of the step under way */
	struct state *taken;		/* the one that the trail takes */
};

/* The link of the trail that was passed last; 0 at the start. */
uint32_t replay_at(const struct verify_env *env);

/*
 * The same path again, from `from`, a state that it has passed, up to the
 * step that env->cur is making now: calls `fn` before each, the last one
 * included, which is not made. Nothing of the walk is changed but marks of
 * values. 0, what `fn` returned if not 0, -ESRCH when the path went another
 * way, or -ENOMEM.
 */
int replay_from(struct verify_env *env, const struct state *from, walk_fn fn,
		void *arg);

#endif
