/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Callbacks: subprograms that a helper or kfunc runs any number of times. At
 * the call the path forks: one goes on behind it, as if the callback had run
 * often enough; the other enters the callback, and comes back to the call
 * itself when that returns (call_return), to fork again. So 0, 1, 2, ... runs
 * are looked at, until a kept state at the call covers the current one.
 *
 * What a timer runs is no frame of the path: it starts with one frame of its
 * own and nothing held (call_async).
 *
 * Reference: push_callback_call, set_*_callback_state in
 * kernel/bpf/verifier.c.
 */
#include "btf/btf.h"
#include "spec/diags.h"
#include "verify/call/call_parts.h"
#include "verify/walk/walk.h"

static uint32_t fresh(struct verify_env *env)
{
	return verify_value(env, VALUE_CALL, 0, 0);
}

/* The fork's frames: the caller, counting one more run, and the callback. */
static int enter(struct verify_env *env, struct state *st,
		 const struct call *call, callback_args_fn set_args)
{
	struct frame *callee;
	int err;

	state_frame(st)->callback_depth++;
	err = state_push_frame(env, st, call->callback, env->cur->insn,
			       FRAME_CALLBACK);
	if (err)
		return err;
	callee = state_frame(st);
	callee->ret_max = 1;
	return set_args(env, call, st->frames[st->depth - 1], callee);
}

int call_callback(struct verify_env *env, const struct call *call,
		  callback_args_fn set_args)
{
	const struct prog *prog = env->prog;
	struct state *st;
	struct frame *fr;
	int err = call_room(env);

	if (err)
		return err;
	st = walk_fork(env, prog->subprogs[call->callback].start);
	if (!st)
		return walk_failed(env);
	err = enter(env, st, call, set_args);
	if (err)
		return err;
	fr = state_own(env, env->cur, env->cur->depth);
	if (!fr)
		return verify_no_memory(env);
	fr->callback_depth = 0;
	return 0;
}

/* Nothing of the path is left in it but where it is. */
static void strip(struct verify_env *env, struct state *st)
{
	while (st->depth)
		state_pop_frame(env, st);
	state_pop_frame(env, st);
	st->held_cnt = 0;
	st->locks = st->rcu = st->preempt_off = 0;
	st->may_goto_depth = 0;
	st->in_async = true;
}

int call_async(struct verify_env *env, const struct call *call,
	       callback_args_fn set_args, bool sleepable)
{
	const struct subprog *sub = &env->prog->subprogs[call->callback];
	struct state *st = walk_fork(env, sub->start);
	int err;

	if (!st)
		return walk_failed(env);
	walk_detach(env, st);
	strip(env, st);
	err = state_push_frame(env, st, call->callback, env->cur->insn,
			       FRAME_ASYNC);
	if (err)
		return err;
	st->sleepable = sleepable;
	err = set_args(env, call, state_frame(env->cur), state_frame(st));
	if (!err && !state_own(env, env->cur, env->cur->depth))
		err = verify_no_memory(env);
	return err;
}

static void map_object(struct verify_env *env, struct reg *to,
		       enum reg_type type, const struct reg *map)
{
	reg_set_pointer(to, type, 0, fresh(env));
	to->map = map->map;
	to->map_uid = map->map_uid;
	if (type == REG_MAP_VALUE)
		to->id = verify_id(env);
}

/* (map, key, value) of the map that `map` is, or lies in. */
static void map_objects(struct verify_env *env, struct frame *callee,
			const struct reg *map)
{
	map_object(env, &callee->regs[1], REG_MAP, map);
	map_object(env, &callee->regs[2], REG_MAP_KEY, map);
	map_object(env, &callee->regs[3], REG_MAP_VALUE, map);
}

static int each_elem_args(struct verify_env *env, const struct call *call,
			  const struct frame *caller, struct frame *callee)
{
	(void)call;
	map_objects(env, callee, &caller->regs[1]);
	callee->regs[4] = caller->regs[3];
	return 0;
}

static int timer_args(struct verify_env *env, const struct call *call,
		      const struct frame *caller, struct frame *callee)
{
	(void)call;
	map_objects(env, callee, &caller->regs[1]);
	return 0;
}

static int loop_args(struct verify_env *env, const struct call *call,
		     const struct frame *caller, struct frame *callee)
{
	(void)call;
	reg_set_unknown(&callee->regs[1], fresh(env));
	callee->regs[2] = caller->regs[3];
	return 0;
}

static int drain_args(struct verify_env *env, const struct call *call,
		      const struct frame *caller, struct frame *callee)
{
	struct reg *record = &callee->regs[1];

	(void)call;
	reg_set_pointer(record, REG_DYNPTR, 0, fresh(env));
	record->dynptr = DYNPTR_LOCAL;
	record->id = verify_id(env);
	callee->regs[2] = caller->regs[3];
	return 0;
}

static int find_vma_args(struct verify_env *env, const struct call *call,
			 const struct frame *caller, struct frame *callee)
{
	struct reg *vma = &callee->regs[2];

	(void)call;
	if (!env->in->kernel)
		return verify_reject(env, DIAG_VERIFY_BTF_ID, -1,
				     "the kernel's types are not at hand");
	callee->regs[1] = caller->regs[1];
	reg_set_pointer(vma, REG_BTF, 0, fresh(env));
	vma->btf = env->in->kernel;
	vma->btf_id = btf_find(vma->btf, "vm_area_struct", BTF_KIND_STRUCT);
	callee->regs[3] = caller->regs[4];
	return 0;
}

/* The count of runs decides how many of them are looked at. */
static int run_loop(struct verify_env *env, struct call *call)
{
	struct frame *fr = state_frame(env->cur);

	if (call->args[0].type != REG_SCALAR)
		return verify_reject(env, DIAG_VERIFY_ARG, 1,
				     "the count of bpf_loop is a pointer");
	verify_precise(env, &call->args[0]);
	if (fr->callback_depth < scalar_umax(&call->args[0].num))
		return call_callback(env, call, loop_args);
	fr->callback_depth = 0;
	return 0;
}

static int run_each_elem(struct verify_env *env, struct call *call)
{
	return call_callback(env, call, each_elem_args);
}

static int run_timer(struct verify_env *env, struct call *call)
{
	return call_async(env, call, timer_args, false);
}

static int run_find_vma(struct verify_env *env, struct call *call)
{
	return call_callback(env, call, find_vma_args);
}

static int run_drain(struct verify_env *env, struct call *call)
{
	return call_callback(env, call, drain_args);
}

static const struct callback_row {
	enum helper_id helper;
	int (*run)(struct verify_env *env, struct call *call);
} rows[] = {
	{ HELPER_loop,			run_loop },
	{ HELPER_for_each_map_elem,	run_each_elem },
	{ HELPER_timer_set_callback,	run_timer },
	{ HELPER_find_vma,		run_find_vma },
	{ HELPER_user_ringbuf_drain,	run_drain },
};

int call_helper_callback(struct verify_env *env, struct call *call)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].helper == call->helper->id)
			return rows[i].run(env, call);
	return verify_reject(env, DIAG_VERIFY_CALLBACK, -1,
			     "%s runs callbacks in a way that is not known",
			     call->name);
}
