/* SPDX-License-Identifier: Apache-2.0 */
/* A conditional jump under way, between branch.c and branch_pointer.c. */
#ifndef SKEP_VERIFY_WALK_BRANCH_H
#define SKEP_VERIFY_WALK_BRANCH_H

#include "verify/walk/walk.h"

/* The operands are copies, as they were before; an immediate is a number. */
struct branch {
	const struct bpf_insn *insn;
	uint8_t op;			/* BPF_JEQ ... */
	bool wide, by_reg;
	uint32_t target;
	const struct reg *dst, *src;
};

/* Both point into a packet or at its end, compared as words. */
bool branch_both_packet(const struct branch *br);

/* An or-NULL pointer is asked whether it is NULL. */
bool branch_is_null_check(const struct branch *br);

/* As scalar_decides(), where at least one operand is a pointer. */
int branch_decides_pointer(const struct verify_env *env,
			   const struct branch *br);

/*
 * What the outcomes tell of pointers: `jump` is the state that has jumped,
 * `fall` the one that has not. 0 or -ENOMEM.
 */
int branch_learn_pointer(struct verify_env *env, const struct branch *br,
			 struct state *jump, struct state *fall);

/* What an or-NULL pointer that is not NULL is. */
void branch_not_null(struct verify_env *env, struct reg *reg);

#endif
