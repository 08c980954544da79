/* SPDX-License-Identifier: Apache-2.0 */
/* A replay under way (walk_replay() in walk.h). */
#ifndef SKEP_VERIFY_REPLAY_H
#define SKEP_VERIFY_REPLAY_H

#include "verify/walk.h"

struct replay {
	uint32_t *links;		/* into walk->trails, in order */
	uint32_t cnt, pos;
	struct state *forks;		/* of the step under way */
	struct state *taken;		/* the one that the trail takes */
};

/* The link of the trail that was passed last; 0 at the start. */
uint32_t replay_at(const struct verify_env *env);

#endif
