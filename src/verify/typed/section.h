/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sections: stretches of a path between a call that opens and one that
 * closes. Locks, RCU, preemption, interrupts. section_call() and its kin for
 * other parts are in typed.h.
 */
#ifndef SKEP_VERIFY_TYPED_SECTION_H
#define SKEP_VERIFY_TYPED_SECTION_H

#include "verify/typed/typed.h"

/*
 * The lock at register `reg` (map value or own object) is taken or given
 * back. `kind` is HELD_LOCK or one of the HELD_RES_LOCKs.
 */
int lock_change(struct verify_env *env, unsigned int reg,
		enum held_kind kind, bool take);

/*
 * Is the lock of the object (map value, own object) at `reg` held? Used by
 * lists and trees, which are changed under their lock.
 */
bool lock_covers(const struct verify_env *env, const struct reg *reg);

/* bpf_rcu_read_lock and _unlock, bpf_preempt_disable and _enable. */
int rcu_change(struct verify_env *env, bool lock);
int preempt_change(struct verify_env *env, bool disable);

/* Flags of interrupts in the stack slot at `reg`; `by_lock`: a lock's. */
int irq_change(struct verify_env *env, unsigned int reg, bool save,
	       bool by_lock);

/* Registers of objects that only the lock kept alive are void. */
int forget_non_owning(struct verify_env *env);

#endif
