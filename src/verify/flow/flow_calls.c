/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call of a helper or kfunc means before the walk, by its row. What is
 * not known reads all of r1 to r5 and does nothing else: the walk refuses it
 * when a path comes to it.
 */
#include "verify/flow/flow_pass.h"

#include <string.h>

#include "btf/btf.h"
#include "spec/kfuncs.h"

/* kfuncs that run a callback, and which argument that is. */
static const struct {
	const char *name;
	uint8_t func;
	bool later;
} callback_kfuncs[] = {
	{ "bpf_rbtree_add_impl", 3, false },
	{ "bpf_wq_set_callback_impl", 2, true },
	{ "bpf_task_work_schedule_signal", 4, true },
	{ "bpf_task_work_schedule_signal_impl", 4, true },
	{ "bpf_task_work_schedule_resume", 4, true },
	{ "bpf_task_work_schedule_resume_impl", 4, true },
};

static struct flow_call helper_call(const struct helper_row *row)
{
	struct flow_call call = {
		.later = row->id == HELPER_timer_set_callback,
		.moves_packet = row->flags & HELPER_MOVES_PACKET,
		.might_sleep = row->flags & HELPER_SLEEPS,
	};

	while (call.args < ARRAY_SIZE(row->args) && row->args[call.args]) {
		if (row->args[call.args++] == ARG_FUNC)
			call.func = call.args;
	}
	return call;
}

/* One that has no row is known by the form of its name. */
static bool is_iter_next(const struct kfunc_row *row, const char *name)
{
	static const char prefix[] = "bpf_iter_", suffix[] = "_next";
	size_t len = strlen(name);

	if (row)
		return row->flags & KFUNC_ITER_NEXT;
	return !strncmp(name, prefix, sizeof(prefix) - 1) &&
	       len > sizeof(prefix) + sizeof(suffix) - 2 &&
	       !strcmp(name + len - (sizeof(suffix) - 1), suffix);
}

/* Parameters by the prototype that the object was compiled against. */
static uint8_t kfunc_args(const struct btf *btf, const char *name)
{
	const struct btf_type *func;
	uint32_t id = btf ? btf_find(btf, name, BTF_KIND_FUNC) : 0;

	if (!id)
		return 5;
	func = btf_type(btf, btf_type(btf, id)->type);
	if (!func || btf_kind(func) != BTF_KIND_FUNC_PROTO)
		return 5;
	return (uint8_t)MIN(btf_vlen(func), 5u);
}

static struct flow_call kfunc_call(const struct flow_pass *pass,
				   const char *name)
{
	const struct kfunc_row *row = kfunc_row(name);
	struct flow_call call = {
		.args = kfunc_args(pass->env->prog->btf, name),
		.iterates = is_iter_next(row, name),
		.might_sleep = row && row->flags & KFUNC_SLEEPABLE,
		.moves_packet = !strcmp(name, "bpf_xdp_pull_data"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(callback_kfuncs); i++) {
		if (strcmp(callback_kfuncs[i].name, name))
			continue;
		call.func = callback_kfuncs[i].func;
		call.later = callback_kfuncs[i].later;
	}
	return call;
}

struct flow_call flow_call_at(const struct flow_pass *pass, uint32_t slot)
{
	const struct prog *prog = pass->env->prog;
	uint32_t imm = (uint32_t)pass->insns[slot].imm;
	const struct helper_row *row;

	if (pass->ops[slot] == OP_CALL_HELPER) {
		row = helper_row(imm);
		if (row)
			return helper_call(row);
	} else if (pass->ops[slot] == OP_CALL_KFUNC &&
		   imm < prog->kfuncs_cnt) {
		return kfunc_call(pass, prog->kfuncs[imm]);
	}
	return (struct flow_call){ .args = 5 };
}
