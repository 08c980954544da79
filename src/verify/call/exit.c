/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a program, of a global function on its own, or of what a timer
 * ran: nothing is held, and r0 is what the caller takes. Ranges are rows of
 * spec/returns.def. Reference: check_return_code in kernel/bpf/verifier.c.
 */
#include "btf/btf.h"
#include "prog/returns.h"
#include "spec/diags.h"
#include "verify/call/call_parts.h"

static int not_a_number(struct verify_env *env, const char *kernel)
{
	const struct reg *r0 = state_reg(env->cur, 0);
	const char *type = reg_type_name(r0);

	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_RETURN, 0,
			      "r0 must be a number at exit, and is %s", type),
		"%s (%s)", kernel, type);
}

static int check_range(struct verify_env *env, const char *when,
		       const struct return_range *range)
{
	const struct reg *r0 = state_reg(env->cur, 0);
	bool below, above;

	if (r0->type != REG_SCALAR)
		return not_a_number(env,
				    "At program exit the register R0 is not a "
				    "known value");
	verify_precise(env, r0);
	if (range->narrow) {
		below = scalar_smin32(&r0->num) < range->min;
		above = scalar_smax32(&r0->num) > range->max;
	} else {
		below = scalar_smin(&r0->num) < range->min;
		above = scalar_smax(&r0->num) > range->max;
	}
	if (below || above)
		return call_range_rejected(env, when, range->min, range->max);
	return 0;
}

/* Whether the program's own result counts, and how; else *range is not set. */
static bool program_range(const struct verify_env *env,
			  struct return_range *range)
{
	const struct prog *prog = env->prog;
	const struct prog_attach *at = &prog->attach;
	struct return_hook hook = { .name = at->target };

	if (at->btf && at->proto)
		hook.is_void = !btf_type(at->btf, at->proto)->type;
	if (at->btf && at->func)
		hook.name = btf_type_name(at->btf, at->func);
	return prog_return_range(prog->type, prog->attach_type, &hook, range);
}

static int check_set(struct verify_env *env)
{
	const struct reg *r0 = state_reg(env->cur, 0);

	if (r0->type == REG_UNSET)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_UNSET, 0,
				      "r0, the result, is not set at exit"),
			"R0 !read_ok");
	if (env->opts.profile == VERIFY_UNPRIVILEGED && reg_is_pointer(r0))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_POINTER_LEAK, 0,
				      "r0 is an address at exit"),
			"R0 leaks addr as return value");
	return 0;
}

static int check_global(struct verify_env *env)
{
	if (state_reg(env->cur, 0)->type == REG_SCALAR)
		return 0;
	return not_a_number(env, "At subprogram exit the register R0 is not a "
				 "scalar value");
}

int exit_check(struct verify_env *env)
{
	const struct frame *fr = env->cur->frames[0];
	struct return_range range = { 0 };
	bool held_to;
	int err;

	err = call_nothing_held(env, "BPF_EXIT instruction in main prog");
	if (err)
		return err;
	if (fr->kind == FRAME_ASYNC)
		return check_set(env) ?:
		       check_range(env, "At async callback return", &range);
	if (fr->subprog && fr->kind != FRAME_EXCEPTION)
		return check_set(env) ?: check_global(env);
	held_to = program_range(env, &range);
	if (held_to && range.unset)
		return 0;
	err = check_set(env);
	if (!err && held_to)
		err = check_range(env, "At program exit", &range);
	return err;
}
