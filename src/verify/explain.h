/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a rejection to what a person reads: the demand with its numbers, what
 * is known of the value and how it came to be so, the path, the kernel's
 * phrase, and what to try. explain.c puts the record together.
 */
#ifndef SKEP_VERIFY_EXPLAIN_H
#define SKEP_VERIFY_EXPLAIN_H

#include "base/str.h"
#include "verify/walk.h"

/* Sends env->why, if anything was rejected. env->cur is where it was. */
void explain_rejection(struct verify_env *env);

/* The notes of a record as they are gathered; texts in the arena. */
struct notes {
	struct verify_env *env;
	const char **texts;
	uint32_t cnt, cap;
};

void notes_add(struct notes *notes, const char *fmt, ...) printf_like(2, 3);

/* "flow.c:12: `len = *p`" or "insn 7: `r2 += r3`". */
void words_place(struct strbuf *out, const struct verify_env *env,
		 uint32_t insn);

/* "a number in [0, 255]", "NULL, or a value of map 'flows' (8 bytes)". */
void words_reg(struct strbuf *out, const struct verify_env *env,
	       const struct reg *reg);

/* How the value of `reg` in env->cur came to be, oldest first. */
void history_notes(struct notes *notes, unsigned int reg);

/* The last branches of the path. */
void path_notes(struct notes *notes, const struct trail *trail,
		uint32_t last);

/* What to try, in the program's own words where they are known; or NULL. */
const char *suggest(struct verify_env *env);

#endif
