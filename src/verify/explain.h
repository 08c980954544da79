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

/*
 * Sends env->why, if anything was rejected; before walk_fini(). env->cur is
 * where it was, or NULL.
 */
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

/*
 * The failing path once more, up to the rejected instruction: *at gets the
 * register as it was before that, and notes how its value came to be, oldest
 * first. False when the path cannot be had.
 */
bool history_notes(struct notes *notes, unsigned int reg, struct reg *at);

/* The last branches of the path, oldest first. */
void path_notes(struct notes *notes);

/*
 * What to try, in the program's own words where they are known; or NULL. `at`
 * is the register at fault before the instruction, or NULL.
 */
const char *suggest(struct verify_env *env, const struct reg *at);

#endif
