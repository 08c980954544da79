/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping why a path fails. Texts live in the arena of the verification: a
 * rejection may be looked at twice before it is sent, or not be sent at all.
 */
#include "verify/env.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "spec/diags.h"

static const char *arena_vprintf(struct arena *arena, const char *fmt,
				 va_list args)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	text = len < 0 ? NULL : arena_alloc(arena, (size_t)len + 1);
	if (!text)
		return "";
	vsnprintf(text, (size_t)len + 1, fmt, args);
	return text;
}

int verify_reject(struct verify_env *env, int diag, int reg,
		  const char *fmt, ...)
{
	const struct diag_row *row = &diag_rows[diag];
	va_list args;

	va_start(args, fmt);
	env->why = (struct rejection){
		.row = row, .reg = reg, .unset = -1,
		.insn = env->cur ? env->cur->insn : 0,
		.message = arena_vprintf(&env->arena, fmt, args),
	};
	va_end(args);
	return row->err;
}

int verify_says(struct verify_env *env, int err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	env->why.kernel = arena_vprintf(&env->arena, fmt, args);
	va_end(args);
	return err;
}

int verify_bounds(struct verify_env *env, int err, int64_t off_min,
		  int64_t off_max, uint64_t size, uint64_t limit)
{
	env->why.bounds = true;
	env->why.off_min = off_min;
	env->why.off_max = off_max;
	env->why.size = size;
	env->why.limit = limit;
	return err;
}

int verify_no_memory(struct verify_env *env)
{
	return verify_reject(env, DIAG_NO_MEMORY, -1,
			     "no memory to verify %s", env->prog->name);
}
