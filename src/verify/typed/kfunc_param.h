/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parameters of kernel functions: what each must be handed. Parts of
 * kfunc_args.c, which is the door.
 */
#ifndef SKEP_VERIFY_TYPED_KFUNC_PARAM_H
#define SKEP_VERIFY_TYPED_KFUNC_PARAM_H

#include "verify/typed/kfunc.h"

struct kfunc_param {
	const char *name;
	uint32_t id;			/* below modifiers */
	uint32_t pointee;		/* of pointers: below modifiers */
	const char *struct_name;	/* ... "" when it is no struct */
};

enum kfunc_param_is {
	PARAM_IS_CTX, PARAM_IS_NULL, PARAM_IS_OBJECT, PARAM_IS_REFCOUNTED,
	PARAM_IS_DYNPTR, PARAM_IS_ITER, PARAM_IS_LIST_HEAD,
	PARAM_IS_LIST_NODE, PARAM_IS_RB_ROOT, PARAM_IS_RB_NODE,
	PARAM_IS_STR, PARAM_IS_MAP, PARAM_IS_WQ, PARAM_IS_TASK_WORK,
	PARAM_IS_IRQ, PARAM_IS_RES_LOCK, PARAM_IS_BTF, PARAM_IS_FUNC,
	PARAM_IS_MEM_SIZE, PARAM_IS_MEM, PARAM_IS_CNT
};

/* Checks register `n` against a parameter that is of the function's kind. */
typedef int (*kfunc_param_fn)(struct verify_env *env, struct kcall *kc,
			      unsigned int n, const struct kfunc_param *p);

/* The parameter that register `n` goes to. */
void kfunc_param_of(const struct kcall *kc, unsigned int n,
		    struct kfunc_param *p);

/* What the pointer `p` in register `n` is to be. */
enum kfunc_param_is kfunc_param_is(const struct verify_env *env,
				   const struct kcall *kc, unsigned int n,
				   const struct kfunc_param *p);

/* A name that is more than its suffix `end`. */
bool kfunc_name_ends(const char *name, const char *end);

/* Is parameter `n` the size of the memory before it? */
bool kfunc_is_size(const struct kcall *kc, unsigned int n);

/* The kernel's struct behind a register that is typed without BTF, or NULL. */
const char *kfunc_socket_type(const struct reg *reg);

/* For what the program owns, or keeps in maps or its stack; NULL: others. */
kfunc_param_fn kfunc_typed_arg(enum kfunc_param_is is);

#endif
