/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is typed by BTF: kernel objects and their members, special fields of
 * map values (spin locks, timers, kptrs, lists, trees), dynptrs and iterators
 * on the stack, RCU and other sections.
 *
 * All look at env->cur and return 0 or what verify_reject() gave, unless said.
 */
#ifndef SKEP_VERIFY_TYPED_TYPED_H
#define SKEP_VERIFY_TYPED_TYPED_H

#include "verify/memory/access.h"
#include "verify/call/call.h"

/*
 * Loads and stores through REG_BTF. `to` (loads; may be NULL for checks) gets
 * the number or pointer that is loaded, with its value node.
 */
int btf_access(struct verify_env *env, const struct access *acc,
	       struct reg *to);

/*
 * Loads (and stores of return values) of contexts that are arrays of typed
 * arguments: TRACING, LSM, STRUCT_OPS, iterators. acc->base is a REG_CTX,
 * `off` the sum of its and the instruction's offset.
 */
int btf_ctx_access(struct verify_env *env, const struct access *acc,
		   int32_t off, struct reg *to);

/* The address of a kernel variable (LD_BTF_ID): `id` of in->kernel. */
int btf_symbol(struct verify_env *env, uint32_t id, struct reg *to);

/* Is `reg` an object of type `id`, or does it begin with one? */
bool btf_is_a(const struct reg *reg, const struct btf *btf, uint32_t id);

/* May the kernel be handed this pointer: alive for sure, not NULL. */
bool btf_reg_trusted(const struct reg *reg);
/* ... for the length of the RCU section, perhaps NULL. */
bool btf_reg_rcu(const struct reg *reg);

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
	SPECIAL_CNT
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
	const char *error;		/* the type is not usable: why */
};

/*
 * Those of a map's value type or of a BTF struct; found once, kept. Never
 * NULL: without any, cnt is 0.
 */
const struct specials *map_specials(struct verify_env *env, uint32_t map,
				    const struct verify_map *vm);
const struct specials *btf_specials(struct verify_env *env,
				    const struct btf *btf, uint32_t id);

/* The field of that kind, or NULL; the field at that offset, or NULL. */
const struct special *special_of(const struct specials *all,
				 enum field_special kind);
const struct special *special_at(const struct specials *all, uint32_t off);
const char *special_name(enum field_special kind);	/* "bpf_timer" */

/*
 * A load or store of a map value, at bytes [lo, hi) of it by any of its
 * addresses, that is inside the value: 0 when no special field is touched; 1
 * when it was one that may be (a kptr: *to is then set, the store is fine);
 * else rejects.
 */
int special_access(struct verify_env *env, const struct access *acc,
		   int64_t lo, int64_t hi, struct reg *to);

/* May `reg` be put into the kptr `f`? NULL-ness apart. */
bool kptr_matches(const struct verify_env *env, const struct special *f,
		  const struct reg *reg);

/*
 * The map of a REG_MAP, MAP_VALUE or MAP_KEY: inner maps too. Never NULL: an
 * inner map that nothing is known of has no type, so that no call takes it.
 */
const struct verify_map *reg_map(const struct verify_env *env,
				 const struct reg *reg);

/*
 * Arguments of the kinds that need BTF or stack objects: SPIN_LOCK, TIMER,
 * KPTR, DYNPTR, DYNPTR_OUT, BTF_SOCK_COMMON, BTF_ID(_OR_NULL), PERCPU_BTF_ID;
 * and of CTX_OR_BTF and CTX_OR_SOCK where the register is no REG_CTX. `n` is
 * 1 to 5. Also what happens to the argument: a lock is taken, a dynptr set.
 */
int typed_arg(struct verify_env *env, struct call *call, unsigned int n);

/* Register `n` points to where its object begins, or to a fixed place of it. */
int typed_offset(struct verify_env *env, unsigned int n, bool fixed_is_fine);

/* MAP_VALUE register `n` points to that one field of its map's value. */
int typed_map_field(struct verify_env *env, unsigned int n,
		    enum field_special kind);

/* What a helper that gives a dynptr or a kptr back does, before typed_ret(). */
int typed_done(struct verify_env *env, struct call *call);

/*
 * r0 of helpers that return BTF_ID, MEM_OR_BTF_ID, DYNPTR_MEM (and OR_NULL
 * forms); also its reference, where the helper acquires one.
 */
int typed_ret(struct verify_env *env, const struct call *call,
	      struct reg *r0);

/*
 * May the call at `insn` be made here: locks, RCU and other sections? For
 * helpers, kfuncs and subprograms alike; `sleeps` tells that it may sleep.
 */
int section_call(struct verify_env *env, const struct bpf_insn *insn,
		 const char *name, bool sleeps);

/* Nothing that sections opened is still open: at exit, before tail calls. */
int section_exit(struct verify_env *env, const char *what);

/* Are RCU pointers good here: a section, or a program that cannot sleep? */
bool section_rcu(const struct verify_env *env);

/*
 * Slot `slot` of `frame`, of kind DYNPTR (or ITER, IRQ), is about to be
 * overwritten: the whole object is void, and its slices.
 */
int typed_overwrite(struct verify_env *env, uint32_t frame, uint32_t slot);

#endif
