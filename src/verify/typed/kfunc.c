/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call of a kernel function, in order: is it known, may this program call
 * it, may it here; its arguments (kfunc_args.c); callbacks; sections that it
 * opens or closes; references that go; the result (kfunc_result.c).
 */
#include "verify/typed/kfunc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"
#include "spec/diags.h"
#include "verify/typed/btf_walk.h"
#include "verify/typed/section.h"
#include "verify/walk/walk.h"

static const char *const special_names[] = {
	[KF_PLAIN] = "",
#define SPECIAL(id, name) [KF_##id] = name,
	KFUNC_SPECIALS(SPECIAL)
#undef SPECIAL
};

static enum kfunc_special special_of_name(const char *name)
{
	for (size_t i = 1; i < ARRAY_SIZE(special_names); i++)
		if (str_eq(special_names[i], name))
			return (enum kfunc_special)i;
	return KF_PLAIN;
}

bool kfunc_in_lock(const char *name)
{
	switch (special_of_name(name)) {
	case KF_LIST_PUSH_FRONT ... KF_RBTREE_RIGHT:
	case KF_REFCOUNT_ACQUIRE:
	case KF_RES_LOCK ... KF_RES_UNLOCK_IRQ:
		return true;
	default:
		return str_starts(name, "bpf_iter_num_") ||
		       str_starts(name, "bpf_arena_") ||
		       str_eq(name, "bpf_stream_vprintk_impl");
	}
}

int kfunc_reject(struct verify_env *env, int reg, const char *message,
		 const char *fmt, ...)
{
	va_list args;
	char text[256];
	int err;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	err = verify_reject(env, DIAG_VERIFY_KFUNC_ARG, reg, "%s", message);
	return verify_says(env, err, "%s", text);
}

static int unknown(struct verify_env *env, const char *name, const char *why)
{
	int err = verify_reject(env, DIAG_VERIFY_KFUNC, -1, "%s %s", name,
				why);

	return verify_says(env, err,
			   "calling kernel function %s is not allowed", name);
}

/* Functions that programs of a type may call at one place of it alone. */
static const struct {
	const char *name;
	enum prog_type type;
	enum attach_type attach;
} places[] = {
	{ "bpf_sock_destroy", PROG_TYPE_TRACING, ATTACH_TYPE_TRACE_ITER },
};

static bool fits_place(const struct prog *prog, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i].type == prog->type &&
		    str_eq(places[i].name, name))
			return places[i].attach == prog->attach_type;
	return true;
}

/* Finds row and prototype. */
static int find(struct verify_env *env, struct kcall *kc, const char *name)
{
	const struct btf *btf = env->in->kernel;
	uint32_t id;

	*kc = (struct kcall){
		.call.insn = &env->insns[env->cur->insn], .call.name = name,
		.call.callback = UINT32_MAX, .row = kfunc_row(name),
		.special = special_of_name(name), .btf = btf,
	};
	for (unsigned int i = 0; i < 5; i++)
		kc->call.args[i] = *state_reg(env->cur, i + 1);
	if (!kc->row)
		return unknown(env, name, "is no function for programs");
	id = btf ? btf_find(btf, name, BTF_KIND_FUNC) : 0;
	if (!id)
		return unknown(env, name, btf ?
			       "is not in the kernel's types" :
			       "needs the kernel's types, which are not at "
			       "hand");
	kc->proto = btf_type(btf, btf_type(btf, id)->type);
	kc->params = btf_vlen(kc->proto);
	if (!(kc->row->progs >> env->prog->type & 1))
		return unknown(env, name,
			       "is not for programs of this type");
	if (!fits_place(env->prog, name))
		return unknown(env, name,
			       "is not for programs that attach here");
	return 0;
}

static int check_place(struct verify_env *env, struct kcall *kc)
{
	const struct kfunc_row *row = kc->row;
	int err;

	err = section_call(env, kc->call.insn, row->name,
			   row->flags & KFUNC_SLEEPABLE);
	if (err)
		return err;
	if (!(row->flags & KFUNC_RCU_PROTECTED) ||
	    (row->flags & KFUNC_ITER_NEW) || section_rcu(env))
		return 0;
	err = verify_reject(env, DIAG_VERIFY_RCU, -1,
			    "%s is called inside of an RCU section",
			    row->name);
	return verify_says(env, err, "kernel func %s requires RCU critical "
			   "section protection", row->name);
}

static int less_args(struct verify_env *env, const struct call *call,
		     const struct frame *caller, struct frame *callee)
{
	const struct kcall *kc = container_of(call, struct kcall, call);

	(void)caller;
	for (int i = 1; i <= 2; i++)
		kfunc_graph_node(env, &callee->regs[i], kc->root, false);
	return 0;
}

/* (map, key, value) of the map that the work item is in. */
static int work_args(struct verify_env *env, const struct call *call,
		     const struct frame *caller, struct frame *callee)
{
	const struct kcall *kc = container_of(call, struct kcall, call);
	const struct reg *at = &call->args[kc->special == KF_WQ_SET_CALLBACK ?
					   0 : 1];
	static const uint8_t types[] = {
		REG_MAP, REG_MAP_KEY, REG_MAP_VALUE,
	};

	(void)caller;
	for (int i = 0; i < 3; i++) {
		struct reg *reg = &callee->regs[i + 1];

		reg_set_pointer(reg, types[i], 0,
				verify_value(env, VALUE_CALL, 0, 0));
		reg->map = at->map;
		reg->map_uid = at->map_uid;
		if (types[i] == REG_MAP_VALUE)
			reg->id = verify_id(env);
	}
	return 0;
}

static int run_callback(struct verify_env *env, struct kcall *kc)
{
	if (kc->call.callback == UINT32_MAX)
		return 0;
	switch (kc->special) {
	case KF_RBTREE_ADD:
		return call_callback(env, &kc->call, less_args);
	case KF_WQ_SET_CALLBACK:
	case KF_TASK_WORK_SIGNAL:
	case KF_TASK_WORK_RESUME:
		return call_async(env, &kc->call, work_args, true);
	default:
		return verify_reject(env, DIAG_VERIFY_CALLBACK, -1,
				     "%s runs callbacks in a way that is not "
				     "known", kc->row->name);
	}
}

/* The way on when a resilient lock could not be taken. */
static int fork_failed_lock(struct verify_env *env)
{
	struct state *st = walk_fork(env, env->cur->insn + 1);
	struct frame *fr;

	if (!st)
		return -ENOMEM;
	fr = state_own(env, st, st->depth);
	if (!fr)
		return verify_no_memory(env);
	for (int i = 0; i <= 5; i++)
		fr->regs[i] = (struct reg){ .type = REG_UNSET };
	reg_set_unknown(&fr->regs[0], verify_value(env, VALUE_CALL, 0, 0));
	fr->regs[0].num = scalar_srange(-4095, -1);
	/* the fork shared the frame: take the running one back */
	return state_own(env, env->cur, env->cur->depth) ?
	       0 : verify_no_memory(env);
}

static int sections(struct verify_env *env, const struct kcall *kc)
{
	switch (kc->special) {
	case KF_RCU_LOCK:
		return rcu_change(env, true);
	case KF_RCU_UNLOCK:
		return rcu_change(env, false);
	case KF_PREEMPT_DISABLE:
		return preempt_change(env, true);
	case KF_PREEMPT_ENABLE:
		return preempt_change(env, false);
	default:
		return 0;
	}
}

static int references(struct verify_env *env, const struct kcall *kc)
{
	switch (kc->special) {
	case KF_LIST_PUSH_FRONT:
	case KF_LIST_PUSH_BACK:
	case KF_RBTREE_ADD:
		return kfunc_give_node(env, kc->call.args[1].ref);
	default:
		return kc->release ? call_release(env, kc->ref) : 0;
	}
}

/* The program ends here, with r1 for a result unless a function catches it. */
static int throw_exception(struct verify_env *env)
{
	struct state *st = env->cur;
	uint32_t depth = st->depth;
	struct frame *fr;
	int err = call_nothing_held(env, "bpf_throw");

	for (uint32_t i = 0; !err && i <= depth; i++) {
		if (st->frames[i]->kind <= FRAME_SUBPROG)
			continue;
		err = verify_reject(env, DIAG_VERIFY_EXCEPTION, -1,
				    "bpf_throw below a callback");
		verify_says(env, err, "bpf_throw kfunc (insn %u) cannot be "
			    "called from callback subprog %u", st->insn,
			    st->frames[i]->subprog);
	}
	if (err)
		return err;
	if (env->prog->exception)
		return PATH_DONE;
	fr = state_own(env, st, 0);
	if (!fr)
		return verify_no_memory(env);
	fr->regs[0] = *state_reg(st, 1);
	st->depth = 0;
	err = exit_check(env);
	st->depth = depth;
	return err ?: PATH_DONE;
}


static int finish(struct verify_env *env, struct kcall *kc)
{
	uint32_t flags = kc->row->flags;
	int err;

	call_clobber(env);
	err = kfunc_result(env, kc);
	if (!err && kc->special == KF_XDP_PULL_DATA)
		err = packet_forget(env, env->cur);
	if (!err && flags & KFUNC_ITER_NEXT)
		err = kfunc_iter_next(env, kc);
	if (!err)
		env->cur->insn++;
	return err;
}

int call_kfunc(struct verify_env *env, const struct bpf_insn *insn)
{
	const struct prog *prog = env->prog;
	struct kcall kc;
	int err;

	if ((uint32_t)insn->imm >= prog->kfuncs_cnt)
		return verify_reject(env, DIAG_VERIFY_KFUNC, -1,
				     "no kernel function is named here");
	err = find(env, &kc, prog->kfuncs[insn->imm]);
	if (!err)
		err = check_place(env, &kc);
	if (!err && (kc.special == KF_RES_LOCK ||
		     kc.special == KF_RES_LOCK_IRQ))
		err = fork_failed_lock(env);
	if (!err)
		err = kfunc_args(env, &kc);
	if (!err)
		err = run_callback(env, &kc);
	if (!err)
		err = sections(env, &kc);
	if (!err && kc.special == KF_THROW)
		return throw_exception(env);
	if (!err)
		err = references(env, &kc);
	return err ?: finish(env, &kc);
}
