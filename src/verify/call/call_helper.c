/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call of a helper, in order: may this program call it, may it here; are
 * its arguments what its row says; what single helpers demand; then what the
 * call does: references go, r1 to r5 are gone, r0 is the result, special
 * objects change, packet pointers die.
 *
 * Everything that can be refused is so before anything is changed, but for
 * what access_region() writes. Reference: check_helper_call in
 * kernel/bpf/verifier.c.
 */
#include "spec/diags.h"
#include "verify/call/call_parts.h"
#include "verify/walk/walk.h"

#define CORE_POISON	195896080	/* libbpf's call for a failed CO-RE */

static int no_such_helper(struct verify_env *env, uint32_t id)
{
	int err = id == CORE_POISON ?
		verify_reject(env, DIAG_VERIFY_POISON, -1,
			      "this target has not what a CO-RE relocation "
			      "asks for") :
		verify_reject(env, DIAG_VERIFY_HELPER, -1,
			      "there is no helper number %u", id);

	return verify_says(env, err, "invalid func unknown#%u", id);
}

static int check_allowed(struct verify_env *env, const struct call *call)
{
	const struct helper_row *row = call->helper;

	if (!helper_callable(row, env->prog->type, env->prog->attach_type))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_HELPER, -1,
				      row->progs >> env->prog->type & 1 ?
				      "programs of type %s cannot call %s "
				      "where this one attaches" :
				      "programs of type %s cannot call %s",
				      prog_row(env->prog->type)->name,
				      call->name),
			"program of this type cannot use helper %s#%d",
			call->name, row->id);
	if (row->flags & HELPER_PRIVILEGED && verify_unprivileged(env))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_PRIVILEGE, -1,
				      "%s is not for programs of loaders "
				      "without capabilities", call->name),
			"program of this type cannot use helper %s#%d",
			call->name, row->id);
	if (row->flags & HELPER_GPL && !env->prog->gpl)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_HELPER_GPL, -1,
				      "%s is for programs with a "
				      "GPL-compatible license, this one's is "
				      "\"%s\"", call->name,
				      env->prog->license ?: ""),
			"cannot call GPL-restricted function from non-GPL "
			"compatible program");
	if (row->flags & HELPER_SLEEPS && !env->cur->sleepable)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_SLEEP, -1,
				      "%s may sleep, and the program may not",
				      call->name),
			"helper call might sleep in a non-sleepable prog");
	return section_call(env, call->insn, call->name,
			    row->flags & HELPER_SLEEPS);
}

static int check_args(struct verify_env *env, struct call *call)
{
	int err = 0;

	for (unsigned int n = 1; n <= 5 && !err; n++)
		err = call_arg(env, call, n);
	return err;
}

/* Dynptrs and kptrs are released by typed_done(). */
static int release(struct verify_env *env, const struct call *call)
{
	if (!call->releases || !call->ref ||
	    call->helper->args[0] == ARG_DYNPTR ||
	    call->helper->args[0] == ARG_KPTR)
		return 0;
	return call_release(env, call->ref);
}

/* A write to a dynptr moves the bytes of an sk_buff alone. */
static bool moves_packet(const struct call *call)
{
	if (call->helper->id == HELPER_dynptr_write)
		return call->dynptr_kind == DYNPTR_SKB ||
		       call->dynptr_kind == DYNPTR_SKB_META;
	return call->helper->flags & HELPER_MOVES_PACKET;
}

static int finish(struct verify_env *env, struct call *call)
{
	int err = release(env, call);

	if (err)
		return err;
	call_clobber(env);
	err = call_result(env, call);
	if (!err)
		err = typed_done(env, call);
	if (!err && moves_packet(call))
		err = packet_forget(env, env->cur);
	if (!err)
		env->cur->insn++;
	return err;
}

/*
 * A tail call that succeeds in a subprogram ends it: its caller goes on, with
 * whatever the other program returned, moved or wrote.
 */
static int tail_call(struct verify_env *env, struct call *call)
{
	struct state *st;
	int err;

	if (!env->cur->depth)
		return finish(env, call);
	st = walk_fork(env, env->cur->insn + 1);
	if (!st)
		return walk_failed(env);
	if (!state_own(env, env->cur, env->cur->depth))
		return verify_no_memory(env);
	for (unsigned int i = 0; i <= 5; i++)
		state_frame(st)->regs[i] = (struct reg){ .type = REG_UNSET };
	err = packet_forget(env, st) ?: packet_forget(env, env->cur);
	if (err)
		return err;
	reg_set_unknown(call_reg(env, 0),
			verify_value(env, VALUE_CALL, 0, 0));
	return call_return(env);
}

int call_helper(struct verify_env *env, const struct bpf_insn *insn)
{
	const struct helper_row *row = helper_row((uint32_t)insn->imm);
	struct call call = {
		.insn = insn, .helper = row, .callback = UINT32_MAX,
		.key = -1,
	};
	int err;

	if (!row)
		return no_such_helper(env, (uint32_t)insn->imm);
	call.name = row->c_name;
	for (unsigned int i = 0; i < 5; i++)
		call.args[i] = *call_reg(env, i + 1);
	err = check_allowed(env, &call) ?: check_args(env, &call) ?:
	      call_rules(env, &call);
	if (err)
		return err;
	if (row->id == HELPER_tail_call)
		return tail_call(env, &call);
	return finish(env, &call);
}
