/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of passes. Everything that a verification allocates is in its
 * arena, the value graph, or the walk, and is gone when it ends; only the
 * result outlives it.
 */
#include "verify/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "spec/diags.h"
#include "verify/call/call.h"
#include "verify/explain/explain.h"
#include "verify/facts/facts.h"
#include "verify/privilege.h"
#include "verify/roots.h"
#include "verify/walk/walk.h"

#define INSNS_MAX	1000000
#define STACK_SIZE	512

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int check_depth(struct verify_env *env)
{
	const uint32_t *used = env->stack_used;

	if (!used)
		used = arena_array(&env->arena, env->prog->subprogs_cnt,
				   sizeof(*used));
	if (!used)
		return verify_no_memory(env);
	return flow_stack_depth(env, used, &env->result->stats.stack_depth);
}

static int passes(struct verify_env *env, struct flow *flow)
{
	int err = insn_check(env->insns, env->prog->insns_cnt, env->prog->name,
			     env->sink);

	if (!err && verify_unprivileged(env))
		err = privilege_check(env);
	if (!err)
		err = attach_check(env) ?: flow_analyse(env, flow);
	if (!err)
		err = roots_begin(env);
	if (!err && !env->opts.no_facts)
		err = facts_begin(env);
	if (!err)
		err = roots_walk(env);
	if (!err)
		err = check_depth(env);
	if (!err && env->facts)
		err = facts_finish(env, &env->result->facts);
	if (err)
		explain_rejection(env);
	env->result->stats.peak_bytes += roots_bytes(env);
	facts_fini(env);
	walk_fini(env);
	values_fini(&env->values);
	return err;
}

int verify_prog(const struct verify_input *in,
		const struct verify_options *opts,
		struct verify_result **out, struct diag_sink *sink)
{
	struct flow flow = { 0 };
	struct verify_env env = {
		.in = in, .prog = in->prog, .insns = in->prog->insns,
		.sink = sink, .flow = &flow,
	};
	uint64_t start = now_usec();
	int err;

	*out = NULL;
	if (opts)
		env.opts = *opts;
	env.opts.insns_max = env.opts.insns_max ?: INSNS_MAX;
	env.opts.stack_size = env.opts.stack_size ?: STACK_SIZE;
	arena_init(&env.arena);
	env.result = calloc(1, sizeof(*env.result));
	err = env.result ? passes(&env, &flow) :
			   diag_report(sink, DIAG_NO_MEMORY, DIAG_NOWHERE,
				       "no memory to verify %s",
				       in->prog->name);
	if (env.result) {
		env.result->accepted = !err;
		env.result->stats.usec = now_usec() - start;
	}
	*out = env.result;
	arena_fini(&env.arena);
	return err;
}

void verify_free(struct verify_result *result)
{
	if (!result)
		return;
	free(result->facts.insns);
	free(result->facts.args);
	free(result);
}
