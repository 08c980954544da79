/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program is walked in the caller's env, by the caller's thread. A global
 * subprogram has an env of its own, that shares only what is constant by
 * then: instructions, flow, the shapes that facts are noted by.
 *
 * Two things are of the whole program, and no walk sees the whole: the limit
 * of instructions, and that an instruction reaches memory of one kind. Where
 * one of them fails when a walk's findings are added to those before it, the
 * walk is made once more as it would have been behind them, and fails where
 * it does.
 *
 * The caller's thread adds in order and, while the next walk to be added is
 * still under way elsewhere, makes one that nobody has begun.
 */
#include "verify/roots.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/diag_log.h"
#include "base/str.h"
#include "verify/call/call.h"
#include "verify/explain/explain.h"
#include "verify/facts/facts.h"
#include "verify/memory/access.h"
#include "verify/walk/walk.h"

#define THREADS_MAX	64u

struct root {
	struct verify_env env;
	struct verify_result result;
	struct diag_sink sink;
	struct diag_log diags;
	struct strbuf log;
	uint32_t subprog;
	uint64_t before;		/* instructions processed by others */
	bool done;			/* under the lock */
	int err;
};

struct roots {
	struct verify_env *env;		/* the program's */
	struct root *list;
	uint32_t cnt;
	pthread_mutex_t lock;
	pthread_cond_t finished;
	uint32_t next;			/* first that nobody has taken */
};

int roots_begin(struct verify_env *env)
{
	int err = walk_init(env);

	if (!err && values_init(&env->values))
		err = verify_no_memory(env);
	return err;
}

uint64_t roots_bytes(const struct verify_env *env)
{
	const struct values *values = &env->values;

	return env->pool.bytes +
	       (uint64_t)values->cap * sizeof(*values->nodes) +
	       (uint64_t)values->followers_cap * sizeof(*values->followers);
}

static int walk_from(struct verify_env *env, uint32_t subprog)
{
	struct state *st;
	int err = entry_state(env, subprog, &st);

	return err ?: walk_run(env, st);
}

/* ---- one of them ---- */

static void root_init(struct root *root, const struct verify_env *program,
		      uint32_t subprog)
{
	*root = (struct root){ .subprog = subprog };
	root->sink = diag_log_sink(&root->diags);
	root->env = (struct verify_env){
		.in = program->in, .prog = program->prog,
		.insns = program->insns, .opts = program->opts,
		.flow = program->flow, .sink = &root->sink,
		.result = &root->result,
	};
	root->env.opts.log = program->opts.log ? &root->log : NULL;
	arena_init(&root->env.arena);
}

static void root_fini(struct root *root)
{
	facts_fini(&root->env);
	walk_fini(&root->env);
	values_fini(&root->env.values);
	arena_fini(&root->env.arena);
	diag_log_fini(&root->diags);
	strbuf_fini(&root->log);
}

static void root_walk(struct root *root, const struct verify_env *program)
{
	struct verify_env *env = &root->env;
	int err = roots_begin(env);

	root->result.stats.insns_processed = root->before;
	if (!err)
		env->walk->insns_kept = root->before;
	if (!err && program->facts)
		err = facts_begin_as(env, program);
	root->err = err ?: walk_from(env, root->subprog);
}

/* Once more, as it is behind all that `program` has by now. */
static void root_walk_behind(struct root *root,
			     const struct verify_env *program)
{
	uint32_t subprog = root->subprog;

	root_fini(root);
	root_init(root, program, subprog);
	root->before = program->result->stats.insns_processed;
	root->err = access_add_reached(&root->env, program);
	if (!root->err)
		root_walk(root, program);
}

static uint64_t root_insns(const struct root *root)
{
	return root->result.stats.insns_processed - root->before;
}

static bool root_fits(const struct root *root,
		      const struct verify_env *program)
{
	return program->result->stats.insns_processed + root_insns(root) <=
		       program->opts.insns_max &&
	       access_agrees_reached(program, &root->env);
}

static void add_stats(struct verify_env *program, const struct root *root)
{
	struct verify_stats *sum = &program->result->stats;
	const struct verify_stats *one = &root->result.stats;

	sum->insns_processed += root_insns(root);
	sum->states += one->states;
	sum->peak_states = MAX(sum->peak_states, one->peak_states);
	sum->second_looks += one->second_looks;
	sum->peak_bytes += roots_bytes(&root->env);
}

static int add_findings(struct verify_env *program, struct root *root)
{
	const uint32_t *used = root->env.stack_used;
	int err = access_add_reached(program, &root->env);

	for (uint32_t i = 0; used && i < program->prog->subprogs_cnt; i++)
		if (used[i])
			stack_note_use(program, i, -(int32_t)used[i]);
	if (!err && program->facts)
		facts_add(program, &root->env);
	return err;
}

/* What it has found is the program's from here on. 0, or why it failed. */
static int root_add(struct root *root, struct verify_env *program)
{
	if (!root->err && !root_fits(root, program))
		root_walk_behind(root, program);
	if (program->opts.log)
		strbuf_add(program->opts.log, strbuf_str(&root->log),
			   root->log.len);
	diag_log_send(&root->diags, program->sink);
	add_stats(program, root);
	if (!root->err)
		return add_findings(program, root);
	root->env.sink = program->sink;
	explain_rejection(&root->env);
	return root->err;
}

/* ---- all of them ---- */

/* The first that waits, NULL when none does. The lock is held. */
static struct root *take(struct roots *roots)
{
	return roots->next < roots->cnt ? &roots->list[roots->next++] : NULL;
}

/* Makes the walk without the lock, which is held before and after. */
static void make(struct roots *roots, struct root *root)
{
	pthread_mutex_unlock(&roots->lock);
	root_walk(root, roots->env);
	pthread_mutex_lock(&roots->lock);
	root->done = true;
	if (root->err)			/* those behind it matter no more */
		roots->next = roots->cnt;
	pthread_cond_broadcast(&roots->finished);
}

static void *help(void *arg)
{
	struct roots *roots = arg;
	struct root *root;

	pthread_mutex_lock(&roots->lock);
	while ((root = take(roots)))
		make(roots, root);
	pthread_mutex_unlock(&roots->lock);
	return NULL;
}

static void await(struct roots *roots, const struct root *wanted)
{
	struct root *root;

	pthread_mutex_lock(&roots->lock);
	while (!wanted->done) {
		root = take(roots);
		if (root)
			make(roots, root);
		else
			pthread_cond_wait(&roots->finished, &roots->lock);
	}
	pthread_mutex_unlock(&roots->lock);
}

static void take_no_more(struct roots *roots)
{
	pthread_mutex_lock(&roots->lock);
	roots->next = roots->cnt;
	pthread_mutex_unlock(&roots->lock);
}

/* The caller's part: the program, then what the others are, in order. */
static int walk_in_order(struct roots *roots)
{
	int err = walk_from(roots->env, 0);

	for (uint32_t i = 0; !err && i < roots->cnt; i++) {
		await(roots, &roots->list[i]);
		err = root_add(&roots->list[i], roots->env);
		root_fini(&roots->list[i]);
	}
	take_no_more(roots);
	return err;
}

static int run(struct roots *roots)
{
	uint32_t threads = MIN(roots->env->opts.threads, THREADS_MAX);
	pthread_t helpers[THREADS_MAX];
	uint32_t cnt = 0;
	int err;

	while (cnt + 1 < threads && cnt < roots->cnt &&
	       !pthread_create(&helpers[cnt], NULL, help, roots))
		cnt++;
	err = walk_in_order(roots);
	while (cnt)
		pthread_join(helpers[--cnt], NULL);
	return err;
}

static bool is_root(const struct verify_env *env, uint32_t subprog)
{
	return env->prog->subprogs[subprog].global &&
	       env->flow->subprogs[subprog].reached;
}

int roots_walk(struct verify_env *env)
{
	struct roots roots = {
		.env = env, .lock = PTHREAD_MUTEX_INITIALIZER,
		.finished = PTHREAD_COND_INITIALIZER,
	};
	int err;

	roots.list = calloc(env->prog->subprogs_cnt + 1, sizeof(*roots.list));
	if (!roots.list)
		return verify_no_memory(env);
	for (uint32_t i = 1; i < env->prog->subprogs_cnt; i++)
		if (is_root(env, i))
			root_init(&roots.list[roots.cnt++], env, i);
	err = run(&roots);
	for (uint32_t i = 0; i < roots.cnt; i++)
		root_fini(&roots.list[i]);
	free(roots.list);
	return err;
}
