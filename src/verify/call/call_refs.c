/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References: what a call acquired and another must release. All registers
 * and spilled copies of one reference carry its id; releasing it makes all of
 * them void at once, in every frame. Locks and saved interrupt flags are held
 * too, but are let go by the functions made for them (typed.h).
 */
#include "spec/diags.h"
#include "verify/call/call_parts.h"

struct release {
	struct verify_env *env;
	uint32_t ref;
};

/* What is left of the address is a number, where addresses may be seen. */
void call_forget(struct verify_env *env, struct reg *reg)
{
	if (env->opts.profile == VERIFY_UNPRIVILEGED)
		*reg = (struct reg){ .value = reg->value };
	else
		reg_set_unknown(reg, verify_value(env, VALUE_CALL,
						  reg->value, 0));
}

static bool is_copy(const void *arg, const struct reg *reg)
{
	const struct release *rel = arg;

	return reg->ref == rel->ref && reg->type != REG_UNSET;
}

static void forget_copy(void *arg, struct reg *reg)
{
	call_forget(((const struct release *)arg)->env, reg);
}

int call_release(struct verify_env *env, uint32_t ref)
{
	struct release rel = { env, ref };

	if (!state_unhold(env->cur, ref))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_REF_RELEASE, -1,
				      "the reference is not held"),
			"reference has not been acquired before");
	if (state_each_match(env, env->cur, is_copy, forget_copy,
			     &rel))
		return verify_no_memory(env);
	return 0;
}

/* struct_ops functions may hand a reference back to the kernel in r0. */
static bool is_returned(const struct verify_env *env, const struct held *held)
{
	const struct reg *r0 = state_reg(env->cur, 0);

	return env->prog->type == PROG_TYPE_STRUCT_OPS &&
	       r0->type == REG_BTF && r0->ref == held->id;
}

static int leaks(struct verify_env *env, const char *what)
{
	const struct state *st = env->cur;

	for (uint32_t i = 0; i < st->held_cnt; i++) {
		const struct held *held = &st->held[i];

		if (held->kind != HELD_REF || is_returned(env, held))
			continue;
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_REF_LEAK, -1,
				      "what was taken at instruction %u is not "
				      "given back on a path to the %s",
				      held->insn, what),
			"Unreleased reference id=%u alloc_insn=%u\n"
			"%s would lead to reference leak",
			held->id, held->insn, what);
	}
	return 0;
}

int call_nothing_held(struct verify_env *env, const char *what)
{
	return leaks(env, what) ?: section_exit(env, what);
}
