/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a rejection to what a person reads: the demand with its numbers, what
 * is known of the value and how it came to be so, the path, the kernel's
 * phrase, and what to try. explain.c puts the record together.
 */
#ifndef SKEP_VERIFY_EXPLAIN_EXPLAIN_H
#define SKEP_VERIFY_EXPLAIN_EXPLAIN_H

#include "base/str.h"
#include "verify/walk/walk.h"

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

/* What the failing path, walked again, tells of the register at fault. */
struct story {
	unsigned int reg;
	struct reg at;			/* it, right before the instruction */
	uint32_t root;			/* node: where it began, 0 unknown */
	/* A call took the pointer away: that it was, and by which call. */
	bool is_void;
	struct reg was;
	uint32_t void_insn;
	/* A branch told of an earlier load from the same place. */
	bool is_reloaded;
	uint32_t checked_insn;
};

/*
 * The failing path once more, up to the rejected instruction: fills *story,
 * and notes how the value came to be, oldest first. False when the path
 * cannot be had.
 */
bool history_notes(struct notes *notes, unsigned int reg,
		   struct story *story);

/* The last branches of the path, oldest first. */
void path_notes(struct notes *notes);

/* Which lines took most of the walk; the lines of the loop at `insn`. */
void cost_notes(struct notes *notes);
void loop_notes(struct notes *notes, uint32_t insn);

/* The source line of an instruction when it has a text, or NULL. */
const struct prog_line *explain_line(const struct verify_env *env,
				     uint32_t insn);

/* Of one source line; without lines, whether they are one instruction. */
bool explain_same_line(const struct verify_env *env, uint32_t a, uint32_t b);

/* The helper that the instruction calls, or NULL. */
const struct helper_row *explain_helper(const struct verify_env *env,
					uint32_t insn);

/*
 * What to try, in the program's own words where they are known; or NULL.
 * `story` is NULL when nothing is known of the path.
 */
const char *suggest(struct verify_env *env, const struct story *story);

/*
 * The cures of calls, for suggest(): false when there is nothing to say that
 * its row does not. explain_calls.c
 */
bool try_void(struct verify_env *env, const struct story *story,
	      struct strbuf *out);
bool try_release(struct verify_env *env, const struct story *story,
		 struct strbuf *out);
bool try_unlock(struct verify_env *env, const struct story *story,
		struct strbuf *out);
bool try_size(struct verify_env *env, const struct story *story,
	      struct strbuf *out);
bool try_buffer(struct verify_env *env, const struct story *story,
		struct strbuf *out);
bool try_argument(struct verify_env *env, const struct story *story,
		  struct strbuf *out);
bool try_helper(struct verify_env *env, const struct story *story,
		struct strbuf *out);
bool try_map_use(struct verify_env *env, const struct story *story,
		 struct strbuf *out);

#endif
