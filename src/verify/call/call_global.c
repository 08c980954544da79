/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Global functions, from both sides of their signature: what a caller must
 * hand over, and the state that the function itself is walked from. Whatever
 * call_global_args() lets through is one of the states that entry_state()
 * stands for; that is all that makes walking the function once sound.
 *
 * Stricter than Linux 6.18: a NULL constant is no argument for a parameter
 * that is tagged as never NULL; a dynptr over the packet is none for a
 * function that moves the packet.
 *
 * Reference: btf_check_func_arg_match, do_check_common in
 * kernel/bpf/verifier.c.
 */
#include <errno.h>

#include "btf/btf.h"
#include "spec/diags.h"
#include "verify/call/call_parts.h"
#include "verify/typed/stackobj.h"

#define SLEEPABLE	(1u << 4)	/* BPF_F_SLEEPABLE */

static int bad_arg(struct verify_env *env, unsigned int n, const char *what)
{
	return verify_reject(env, DIAG_VERIFY_SUBPROG_ARG, (int)n,
			     "argument %u is %s, and r%u is %s", n, what, n,
			     reg_type_name(call_reg(env, n)));
}

static int take_number(struct verify_env *env, unsigned int n)
{
	if (call_reg(env, n)->type == REG_SCALAR)
		return 0;
	return verify_says(env, bad_arg(env, n, "a number"),
			   "R%u is not a scalar", n);
}

static int take_ctx(struct verify_env *env, unsigned int n)
{
	if (call_reg(env, n)->type == REG_CTX)
		return call_pointer_exact(env, n, false);
	return verify_says(env, bad_arg(env, n, "the context"),
			   "arg#%u expects pointer to ctx", n - 1);
}

static int take_memory(struct verify_env *env, unsigned int n,
		       const struct param *param)
{
	const struct reg *reg = call_reg(env, n);
	bool null = reg_is_null(reg);

	if (param->flags & REG_UNTRUSTED)
		return 0;
	if ((null || reg->flags & REG_NULLABLE) &&
	    !(param->flags & REG_NULLABLE))
		return verify_says(env, bad_arg(env, n, "never NULL"),
				   "arg#%u is expected to be non-NULL",
				   n - 1);
	if (null) {
		verify_precise(env, reg);
		return 0;
	}
	if (!reg_is_pointer(reg))
		return verify_says(env, bad_arg(env, n, "memory"),
				   "R%u type=%s expected=fp", n,
				   reg_type_name(reg));
	return call_region(env, n, param->size, ACCESS_READ | ACCESS_WRITE);
}

static int take_arena(struct verify_env *env, unsigned int n)
{
	const struct reg *reg = call_reg(env, n);

	if (reg->type == REG_ARENA || reg->type == REG_SCALAR)
		return 0;
	return verify_says(env, bad_arg(env, n, "an arena pointer"),
			   "R%u is not a pointer to arena or scalar.", n);
}

/* Trusted as the kernel's trusted, and of the type that the tag says. */
static int take_object(struct verify_env *env, unsigned int n,
		       const struct param *param)
{
	const struct btf *kernel = env->in->kernel;
	const struct reg *reg = call_reg(env, n);
	uint16_t flags = reg->flags;

	if (param->flags & REG_UNTRUSTED)
		return 0;
	if (param->flags & REG_NULLABLE && reg_is_null(reg)) {
		verify_precise(env, reg);
		return 0;
	}
	if (param->flags & REG_NULLABLE)
		flags &= (uint16_t)~REG_NULLABLE;
	if (reg->type != REG_BTF || !(flags & REG_TRUSTED || reg->ref) ||
	    flags & ~REG_TRUSTED)
		return verify_says(env,
			bad_arg(env, n, "a trusted kernel object"),
			"R%u type=%s expected=ptr_, trusted_ptr_, rcu_ptr_",
			n, reg_type_name(reg));
	if (!btf_is_a(reg, kernel, param->btf_id))
		return verify_says(env,
			bad_arg(env, n, btf_type_name(kernel, param->btf_id)),
			"R%u is of type %s but %s is expected", n,
			btf_type_name(reg->btf, reg->btf_id),
			btf_type_name(kernel, param->btf_id));
	return call_pointer_exact(env, n, false);
}

/*
 * The function is walked with a dynptr over memory of its own; one over the
 * packet would outlive what moves the packet there.
 */
static int take_dynptr(struct verify_env *env, unsigned int n,
		       uint32_t subprog)
{
	struct reg dynptr;
	int err = dynptr_use(env, n, DYNPTR_NONE, false, &dynptr);

	if (err || !env->flow->subprogs[subprog].moves_packet ||
	    dynptr.dynptr == DYNPTR_LOCAL ||
	    dynptr.dynptr == DYNPTR_RINGBUF)
		return err;
	return verify_reject(env, DIAG_VERIFY_SUBPROG_ARG, (int)n,
			     "r%u is a dynptr over the packet, which the "
			     "function may move", n);
}

static int take(struct verify_env *env, unsigned int n,
		const struct param *param, uint32_t subprog)
{
	switch ((enum param_kind)param->kind) {
	case PARAM_NUMBER:
		return take_number(env, n);
	case PARAM_CTX:
		return take_ctx(env, n);
	case PARAM_MEM:
		return take_memory(env, n, param);
	case PARAM_BTF:
		return take_object(env, n, param);
	case PARAM_ARENA:
		return take_arena(env, n);
	case PARAM_DYNPTR:
		return take_dynptr(env, n, subprog);
	}
	return -EINVAL;
}

static int check_one(struct verify_env *env, unsigned int n,
		     const struct param *param, uint32_t subprog)
{
	if (call_reg(env, n)->type != REG_UNSET)
		return take(env, n, param, subprog);
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_UNSET, (int)n,
			      "r%u, an argument, is not set", n),
		"R%u !read_ok", n);
}

int call_global_args(struct verify_env *env, uint32_t subprog)
{
	const struct signature *sig;
	int err = call_signature(env, subprog, &sig);

	for (unsigned int i = 0; !err && i < sig->cnt; i++)
		err = check_one(env, i + 1, &sig->params[i], subprog);
	return err;
}

/* Everything that take() lets through for the parameter. */
static void give(struct verify_env *env, struct reg *reg,
		 const struct param *param)
{
	static const uint8_t types[] = {
		[PARAM_NUMBER] = REG_SCALAR, [PARAM_CTX] = REG_CTX,
		[PARAM_MEM] = REG_MEM, [PARAM_DYNPTR] = REG_DYNPTR,
		[PARAM_BTF] = REG_BTF, [PARAM_ARENA] = REG_SCALAR,
	};
	uint32_t value = value_new(&env->values, VALUE_ENTRY, 0, 0, 0);

	if (types[param->kind] == REG_SCALAR) {
		reg_set_unknown(reg, value);
		return;
	}
	reg_set_pointer(reg, types[param->kind], param->flags, value);
	if (param->flags & REG_NULLABLE || param->kind == PARAM_BTF ||
	    param->kind == PARAM_DYNPTR)
		reg->id = verify_id(env);
	if (param->kind == PARAM_DYNPTR)
		reg->dynptr = DYNPTR_LOCAL;
	if (param->kind == PARAM_MEM)
		reg->size = param->size;
	if (param->kind == PARAM_BTF) {
		reg->btf = env->in->kernel;
		reg->btf_id = param->btf_id;
	}
}

static int give_params(struct verify_env *env, struct frame *fr)
{
	const struct signature *sig;
	int err = call_signature(env, fr->subprog, &sig);

	if (err)
		return err;
	if (fr->kind == FRAME_EXCEPTION &&
	    (sig->cnt != 1 || sig->params[0].kind != PARAM_NUMBER))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_EXCEPTION, -1,
				      "an exception callback takes one "
				      "number"),
			"exception cb only supports single integer argument");
	for (uint32_t i = 0; i < sig->cnt; i++)
		give(env, &fr->regs[i + 1], &sig->params[i]);
	return 0;
}

/* Programs that may run anywhere in the kernel, with locks of its own held. */
static bool runs_anywhere(enum prog_type type)
{
	const uint64_t types = PROG_BIT(KPROBE) | PROG_BIT(TRACEPOINT) |
			       PROG_BIT(PERF_EVENT) | PROG_BIT(RAW_TRACEPOINT) |
			       PROG_BIT(RAW_TRACEPOINT_WRITABLE);

	return types >> type & 1;
}

/* Maps whose values hold what such programs must not touch. */
static int check_map(struct verify_env *env, uint32_t map)
{
	static const enum field_special kinds[] = {
		SPECIAL_SPIN_LOCK, SPECIAL_RES_SPIN_LOCK, SPECIAL_TIMER,
		SPECIAL_LIST_HEAD, SPECIAL_RB_ROOT,
	};
	const struct specials *all = map_specials(env, map,
						  &env->in->maps[map]);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (special_of(all, kinds[i]))
			return verify_says(env,
				verify_reject(env, DIAG_VERIFY_MAP_USE, -1,
					      "programs of type %s cannot use "
					      "map %s, whose values have a %s",
					      prog_row(env->prog->type)->name,
					      env->in->maps[map].name,
					      special_name(kinds[i])),
				"tracing progs cannot use %s yet",
				special_name(kinds[i]));
	return 0;
}

static int check_maps(struct verify_env *env)
{
	int err = 0;

	if (runs_anywhere(env->prog->type))
		for (uint32_t i = 0; !err && i < env->prog->maps_cnt; i++)
			err = check_map(env, i);
	return err;
}

static int fill(struct verify_env *env, struct state *st, uint32_t subprog)
{
	const struct prog *prog = env->prog;
	bool exception = subprog && subprog == prog->exception;
	bool signed_entry = subprog || (prog->type == PROG_TYPE_EXT &&
					prog->btf &&
					prog->subprogs[0].btf_func);
	int err;

	st->insn = prog->subprogs[subprog].start;
	st->sleepable = prog->flags & SLEEPABLE;
	err = state_push_frame(env, st, subprog, UINT32_MAX, exception ?
			       FRAME_EXCEPTION : FRAME_PROGRAM);
	if (err)
		return err;
	if (signed_entry)
		return give_params(env, state_frame(st));
	reg_set_pointer(&state_frame(st)->regs[1], REG_CTX, 0,
			value_new(&env->values, VALUE_ENTRY, 0, 0, 0));
	return 0;
}

int entry_state(struct verify_env *env, uint32_t subprog, struct state **out)
{
	struct state *st;
	int err = subprog ? 0 : check_maps(env);

	if (err)
		return err;
	st = state_new(env);
	if (!st)
		return verify_no_memory(env);
	err = fill(env, st, subprog);
	if (err)
		state_free(env, st);
	else
		*out = st;
	return err;
}
