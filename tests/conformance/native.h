/* SPDX-License-Identifier: Apache-2.0 */
/* Bare instructions as native code: proven, then compiled. */
#ifndef SKEP_TESTS_NATIVE_H
#define SKEP_TESTS_NATIVE_H

#include "base/arena.h"
#include "jit/jit.h"
#include "verify/flow/flow.h"

struct native {
	enum jit_tier tier;
	uint32_t without;	/* enum jit_features */
	struct arena arena;
	struct verify_result *proof;
};

/*
 * Proves the program, whose maps the verifier sees as `maps`, and compiles it.
 * 0 or a negative errno; native_drop in both cases.
 */
static inline int native_make(struct native *native, struct prog *prog,
			      const struct verify_map *maps)
{
	struct verify_input input = { .prog = prog, .maps = maps };
	struct jit_options options = {
		.tier = native->tier, .check = true,
		.without = native->without,
	};
	int err;

	arena_init(&native->arena);
	err = flow_find_subprogs(&native->arena, prog->insns, prog->insns_cnt,
				 &prog->subprogs, &prog->subprogs_cnt);
	if (!err)
		err = verify_prog(&input, NULL, &native->proof, NULL);
	if (err)
		return err;
	options.facts = &native->proof->facts;
	err = jit_prepare(prog, &options);
	assert(err || jit_tier_of(prog) == native->tier);
	return err;
}

static inline void native_drop(struct native *native, struct prog *prog)
{
	jit_release(prog);
	verify_free(native->proof);
	arena_fini(&native->arena);
}

#endif
