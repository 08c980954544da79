/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the program fit the place that it attaches to? Who may sleep, and what
 * structures of functions want of their members. That the place exists is the
 * linker's to see; whether the kernel lets a function be entered at all, or
 * slept in, is in lists that its types do not have (error injection), and is
 * not looked at.
 *
 * Reference: check_attach_btf_id in kernel/bpf/verifier.c, check_member of
 * the structures.
 */
#include "base/str.h"
#include "btf/btf.h"
#include "spec/diags.h"
#include "spec/releases.h"
#include "verify/call/call_parts.h"

enum member_rule {
	MEMBER_NONE = 1,	/* no program may be it */
	MEMBER_SLEEPS,		/* its program may sleep */
	MEMBER_WAKE,		/* it may not */
};

/* The first row that fits counts; "" is any member. */
static const struct member_row {
	const char *ops, *member;
	enum member_rule rule;
} member_rows[] = {
	{ "tcp_congestion_ops", "get_info", MEMBER_NONE },
	{ "tcp_congestion_ops", "", MEMBER_WAKE },
	{ "bpf_dummy_ops", "test_sleepable", MEMBER_SLEEPS },
	{ "bpf_dummy_ops", "", MEMBER_WAKE },
	{ "sched_ext_ops", "init_task", MEMBER_SLEEPS },
	{ "sched_ext_ops", "cgroup_init", MEMBER_SLEEPS },
	{ "sched_ext_ops", "cgroup_exit", MEMBER_SLEEPS },
	{ "sched_ext_ops", "cgroup_prep_move", MEMBER_SLEEPS },
	{ "sched_ext_ops", "cpu_online", MEMBER_SLEEPS },
	{ "sched_ext_ops", "cpu_offline", MEMBER_SLEEPS },
	{ "sched_ext_ops", "init", MEMBER_SLEEPS },
	{ "sched_ext_ops", "exit", MEMBER_SLEEPS },
	{ "sched_ext_ops", "", MEMBER_WAKE },
	{ "hid_bpf_ops", "hid_rdesc_fixup", MEMBER_SLEEPS },
	{ "hid_bpf_ops", "hid_hw_request", MEMBER_SLEEPS },
	{ "hid_bpf_ops", "hid_hw_output_report", MEMBER_SLEEPS },
	{ "hid_bpf_ops", "", MEMBER_WAKE },
	{ "Qdisc_ops", "", MEMBER_WAKE },
};

static bool sleeps(const struct prog *prog)
{
	return prog->flags & PROG_FLAG_SLEEPABLE;
}

static bool may_sleep(const struct prog *prog)
{
	const uint64_t types = PROG_BIT(KPROBE) | PROG_BIT(STRUCT_OPS) |
			       PROG_BIT(SYSCALL);

	switch (prog->type) {
	case PROG_TYPE_TRACING:
		return prog->attach_type == ATTACH_TYPE_TRACE_FENTRY ||
		       prog->attach_type == ATTACH_TYPE_TRACE_FEXIT ||
		       prog->attach_type == ATTACH_TYPE_MODIFY_RETURN ||
		       prog->attach_type == ATTACH_TYPE_TRACE_ITER;
	case PROG_TYPE_LSM:
		return prog->attach_type != ATTACH_TYPE_LSM_CGROUP;
	default:
		return prog->type < 64 && types >> prog->type & 1;
	}
}

static int check_sleepable(struct verify_env *env)
{
	if (!sleeps(env->prog) || may_sleep(env->prog))
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_SLEEP, -1,
			      "programs that attach here may not sleep"),
		"Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and "
		"struct_ops programs can be sleepable");
}

static enum member_rule rule_of(const char *ops, const char *member)
{
	for (size_t i = 0; i < ARRAY_SIZE(member_rows); i++)
		if (str_eq(member_rows[i].ops, ops) &&
		    (!member_rows[i].member[0] ||
		     str_eq(member_rows[i].member, member)))
			return member_rows[i].rule;
	return MEMBER_SLEEPS;
}

static int check_member(struct verify_env *env)
{
	const struct prog_attach *at = &env->prog->attach;
	const char *ops, *member;
	enum member_rule rule;
	int err;

	if (!at->btf || !at->ops)
		return 0;
	ops = btf_type_name(at->btf, at->ops);
	member = btf_str(at->btf, btf_members(btf_type(at->btf, at->ops))
			 [at->member].name_off);
	rule = rule_of(ops, member);
	if (rule == MEMBER_SLEEPS ||
	    (rule == MEMBER_WAKE && !sleeps(env->prog)))
		return 0;
	err = rule == MEMBER_NONE ?
		verify_reject(env, DIAG_VERIFY_ATTACH, -1,
			      "%s of struct %s is no place for a program",
			      member, ops) :
		verify_reject(env, DIAG_VERIFY_SLEEP, -1,
			      "%s of struct %s may not sleep", member, ops);
	return verify_says(env, err,
			   "attach to unsupported member %s of struct %s",
			   member, ops);
}

static int check_ops(struct verify_env *env)
{
	if (env->prog->gpl)
		return check_member(env);
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_ATTACH, -1,
			      "functions of the kernel's structures need a "
			      "GPL-compatible license, this one's is \"%s\"",
			      env->prog->license ?: ""),
		"struct ops programs must have a GPL compatible license");
}

int attach_check(struct verify_env *env)
{
	int err = check_sleepable(env);

	if (!err && env->prog->type == PROG_TYPE_STRUCT_OPS)
		err = check_ops(env);
	return err;
}
