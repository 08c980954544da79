/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What holds at each instruction over all paths, gathered while they are
 * walked: struct verify_facts of the result.
 *
 * A path that is cut, because a kept state covers it, is not noted behind the
 * cut. Where the kept state covers it only because a number is of no
 * consequence (imprecise, or a slot not read so far), the cut path's number
 * lives on unnoted: a leak. Whoever cuts tells of each; at the end, leaks are
 * followed along the control flow and what they touch loses its number.
 */
#ifndef SKEP_VERIFY_FACTS_FACTS_H
#define SKEP_VERIFY_FACTS_FACTS_H

#include "verify/env.h"

/* Notes are kept from here on, in env->facts. 0 or -ENOMEM. */
int facts_begin(struct verify_env *env);

/*
 * The same for another walk of the program of `other`, whose notes began; and
 * what that walk noted, when it has ended, as if `env` had.
 */
int facts_begin_as(struct verify_env *env, const struct verify_env *other);
void facts_add(struct verify_env *env, const struct verify_env *other);

void facts_note_at(struct verify_env *env, uint32_t insn);
void facts_branch_at(struct verify_env *env, uint32_t insn, bool jumps,
		     bool falls);
void facts_cut_at(struct verify_env *env, const struct state *kept);

/* The current state is about to make the step at `insn`. */
static inline void facts_note(struct verify_env *env, uint32_t insn)
{
	if (env->facts)
		facts_note_at(env, insn);
}

/* On some path the conditional jump at `insn` jumps, or falls through. */
static inline void facts_branch(struct verify_env *env, uint32_t insn,
				bool jumps, bool falls)
{
	if (env->facts)
		facts_branch_at(env, insn, jumps, falls);
}

/*
 * The current path ends here since `kept`, a state at the same instruction
 * and of the same frames, covers it: finds the leaks.
 */
static inline void facts_cut(struct verify_env *env, const struct state *kept)
{
	if (env->facts)
		facts_cut_at(env, kept);
}

/*
 * The same, for one register or stack slot (fp - 8 * (i + 1)) of the frame
 * that goes on at `insn`, for who knows them.
 */
void facts_leak_reg(struct verify_env *env, uint32_t insn, unsigned int reg);
void facts_leak_slot(struct verify_env *env, uint32_t insn, uint32_t i);

/*
 * After the walk, when all paths are safe: follows the leaks and hands over
 * what was noted. 0 with *out, to be freed by verify_free, or -ENOMEM.
 */
int facts_finish(struct verify_env *env, struct verify_facts *out);

/* At every end, noted or not. */
void facts_fini(struct verify_env *env);

struct strbuf;

/* One line an instruction: what its operands hold. */
void facts_print(struct strbuf *out, const struct prog *prog,
		 const struct verify_facts *facts);

#endif
