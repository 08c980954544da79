/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Subprograms. A static one is walked where it is called, in a frame of its
 * own: r1 to r5 are handed over, r6 to r9 and the stack stay the caller's. A
 * global one is only checked against its signature (call_global.c); what it
 * returns is unknown, and what it may do to packets and sleep is a summary of
 * its code and its callees' (flow.h).
 *
 * Reference: check_func_call, prepare_func_exit in kernel/bpf/verifier.c.
 */
#include <inttypes.h>

#include "base/str.h"
#include "spec/diags.h"
#include "verify/call/call_parts.h"
#include "verify/walk/walk.h"

bool call_is_global(const struct verify_env *env, uint32_t subprog)
{
	const struct subprog *sub = &env->prog->subprogs[subprog];

	return subprog && sub->global && sub->btf_func && env->prog->btf;
}

int call_room(struct verify_env *env)
{
	if (env->cur->depth + 1 < VERIFY_FRAMES)
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_CALL_DEPTH, -1,
			      "more than %d calls are nested", VERIFY_FRAMES),
		"the call stack of %d frames is too deep", VERIFY_FRAMES + 1);
}

static int call_static(struct verify_env *env, uint32_t subprog)
{
	struct state *st = env->cur;
	struct frame *caller, *callee;
	uint32_t depth = st->depth;
	int err;

	err = call_room(env) ?:
	      state_push_frame(env, st, subprog, st->insn, FRAME_SUBPROG);
	if (err)
		return err;
	caller = state_own(env, st, depth);
	if (!caller)
		return verify_no_memory(env);
	callee = state_frame(st);
	for (unsigned int i = 1; i <= 5; i++)
		callee->regs[i] = caller->regs[i];
	for (unsigned int i = 0; i <= 5; i++)
		caller->regs[i] = (struct reg){ .type = REG_UNSET };
	st->insn = env->prog->subprogs[subprog].start;
	return 0;
}

static int call_global(struct verify_env *env, const struct bpf_insn *insn,
		       uint32_t subprog)
{
	const struct flow_subprog *flow = &env->flow->subprogs[subprog];
	const char *name = env->prog->subprogs[subprog].name;
	int err;

	err = section_call(env, insn, name, flow->might_sleep);
	if (!err && flow->might_sleep && !env->cur->sleepable)
		err = verify_says(env,
			verify_reject(env, DIAG_VERIFY_SLEEP, -1,
				      "global function %s may sleep, and the "
				      "program may not", name),
			"global functions that may sleep are not allowed in "
			"non-sleepable context");
	if (!err)
		err = call_global_args(env, subprog);
	if (!err && flow->moves_packet)
		err = packet_forget(env, env->cur);
	if (err)
		return err;
	call_clobber(env);
	reg_set_unknown(call_reg(env, 0),
			verify_value(env, VALUE_CALL, 0, 0));
	env->cur->insn++;
	return 0;
}

int call_subprog(struct verify_env *env, const struct bpf_insn *insn)
{
	uint32_t target = env->cur->insn + 1 + (uint32_t)insn->imm;
	const struct subprog *sub = prog_subprog_at(env->prog, target);
	uint32_t subprog = (uint32_t)(sub - env->prog->subprogs);

	if (call_is_global(env, subprog))
		return call_global(env, insn, subprog);
	return call_static(env, subprog);
}

int call_range_rejected(struct verify_env *env, const char *when,
			int64_t min, int64_t max)
{
	const struct scalar *num = &state_reg(env->cur, 0)->num;
	struct strbuf known = STRBUF_INIT;
	int err;

	if (scalar_smin(num) > INT64_MIN)
		strbuf_printf(&known, " smin=%" PRId64, scalar_smin(num));
	if (scalar_smax(num) < INT64_MAX)
		strbuf_printf(&known, " smax=%" PRId64, scalar_smax(num));
	if (!known.len)
		strbuf_puts(&known, " unknown scalar value");
	err = verify_reject(env, DIAG_VERIFY_RETURN, 0,
			    "r0, which is returned, must be in [%" PRId64 ", %"
			    PRId64 "], and is %s", min, max,
			    verify_describe(env, state_reg(env->cur, 0)));
	verify_says(env, err, "%s the register R0 has%s should have been in "
		    "[%" PRId64 ", %" PRId64 "]", when, strbuf_str(&known),
		    min, max);
	strbuf_fini(&known);
	return err;
}

static int check_callback_return(struct verify_env *env,
				 const struct frame *fr)
{
	const struct reg *r0 = &fr->regs[0];

	if (r0->type != REG_SCALAR)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_RETURN, 0,
				      "a callback returns a number, and r0 is "
				      "%s", reg_type_name(r0)),
			"R0 not a scalar value");
	verify_precise(env, r0);
	if (scalar_smin(&r0->num) < fr->ret_min ||
	    scalar_smax(&r0->num) > fr->ret_max)
		return call_range_rejected(env, "At callback return",
					   fr->ret_min, fr->ret_max);
	return 0;
}

/* The caller's r0 is the callee's, or unset as it was before a callback. */
int call_return(struct verify_env *env)
{
	struct state *st = env->cur;
	const struct frame *fr = state_frame(st);
	bool callback = fr->kind == FRAME_CALLBACK;
	uint32_t callsite = fr->callsite;
	struct reg r0 = fr->regs[0];
	struct frame *caller;
	int err;

	if (r0.type == REG_STACK)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_RETURN, 0,
				      "r0 points into the stack, which ends "
				      "with the function"),
			"cannot return stack pointer to the caller");
	err = callback ? check_callback_return(env, fr) : 0;
	if (err)
		return err;
	state_pop_frame(env, st);
	caller = state_own(env, st, st->depth);
	if (!caller)
		return verify_no_memory(env);
	if (!callback)
		caller->regs[0] = r0;
	st->insn = callback ? callsite : callsite + 1;
	return callback ? prune_widen(env, st, callsite) : 0;
}
