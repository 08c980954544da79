/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is typed by BTF: kernel objects and their members, special fields of
 * map values (spin locks, timers, kptrs, lists, trees), dynptrs and iterators
 * on the stack, RCU and other sections.
 */
#ifndef SKEP_VERIFY_TYPED_H
#define SKEP_VERIFY_TYPED_H

#include "verify/access.h"
#include "verify/call.h"

/* Loads and stores through REG_BTF. */
int btf_access(struct verify_env *env, const struct access *acc,
	       struct reg *to);

/* Is `reg` an object of type `id`, or does it begin with one? */
bool btf_is_a(const struct reg *reg, const struct btf *btf, uint32_t id);

enum field_special {
	SPECIAL_SPIN_LOCK,
	SPECIAL_RES_SPIN_LOCK,
	SPECIAL_TIMER,
	SPECIAL_WORKQUEUE,
	SPECIAL_TASK_WORK,
	SPECIAL_KPTR,		/* unreferenced */
	SPECIAL_KPTR_REF,
	SPECIAL_KPTR_PERCPU,
	SPECIAL_UPTR,
	SPECIAL_LIST_HEAD,
	SPECIAL_LIST_NODE,
	SPECIAL_RB_ROOT,
	SPECIAL_RB_NODE,
	SPECIAL_REFCOUNT,
};

struct special {
	uint32_t off, size;
	enum field_special kind;
	const struct btf *btf;		/* of what it points to or holds */
	uint32_t btf_id;
	uint32_t node_off;		/* of list and tree nodes */
};

struct specials {
	const struct special *fields;	/* sorted by off */
	uint32_t cnt;
};

/* Those of a map's value type or of a BTF struct; found once, kept. */
const struct specials *map_specials(struct verify_env *env, uint32_t map,
				    const struct verify_map *vm);
const struct specials *btf_specials(struct verify_env *env,
				    const struct btf *btf, uint32_t id);

/* The map of a REG_MAP or REG_MAP_VALUE: inner maps too. */
const struct verify_map *reg_map(const struct verify_env *env,
				 const struct reg *reg);

/*
 * Arguments of the kinds that need BTF or stack objects: spin locks, timers,
 * kptrs, dynptrs, BTF ids, per-CPU variables. `n` is 1 to 5.
 */
int typed_arg(struct verify_env *env, struct call *call, unsigned int n);

/* The stack slots of a dynptr or iterator are overwritten. */
int typed_overwrite(struct verify_env *env, uint32_t frame, uint32_t slot);

#endif
