/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The families of memory, as access.c's rows name them. Each `check` says
 * whether the access is inside and allowed: 0 when it is, and a load gives a
 * number of which only the size is known; 1 when it is, and *to has been set
 * (never with `to` NULL, which asks for the check alone); else what
 * verify_reject() gave. *to may be the base register: it is written last.
 */
#ifndef SKEP_VERIFY_MEMORY_ACCESS_ROWS_H
#define SKEP_VERIFY_MEMORY_ACCESS_ROWS_H

#include "verify/memory/access.h"

int stack_load(struct verify_env *env, const struct access *acc,
	       const struct reg *base, struct reg *to);
int stack_store(struct verify_env *env, const struct access *acc,
		const struct reg *base);
int stack_region(struct verify_env *env, const struct access *acc,
		 const struct reg *base);
int packet_access(struct verify_env *env, const struct access *acc,
		  const struct reg *base, struct reg *to);
int map_value_access(struct verify_env *env, const struct access *acc,
		     const struct reg *base, struct reg *to);
int map_key_access(struct verify_env *env, const struct access *acc,
		   const struct reg *base, struct reg *to);
int map_access(struct verify_env *env, const struct access *acc,
	       const struct reg *base, struct reg *to);
int ctx_access(struct verify_env *env, const struct access *acc,
	       const struct reg *base, struct reg *to);
int sock_access(struct verify_env *env, const struct access *acc,
		const struct reg *base, struct reg *to);
int flow_keys_access(struct verify_env *env, const struct access *acc,
		     const struct reg *base, struct reg *to);
int mem_access(struct verify_env *env, const struct access *acc,
	       const struct reg *base, struct reg *to);
int buf_access(struct verify_env *env, const struct access *acc,
	       const struct reg *base, struct reg *to);
int kernel_access(struct verify_env *env, const struct access *acc,
		  const struct reg *base, struct reg *to);
int arena_access(struct verify_env *env, const struct access *acc,
		 const struct reg *base, struct reg *to);

/*
 * [off, off + size) lies in [0, limit) for every address that `base` may
 * have. `what` is the kernel's text for the memory with a %u for the limit.
 */
struct mem_limit {
	uint64_t bytes;
	int diag;			/* DIAG_VERIFY_*_BOUNDS */
	const char *what;		/* "map value, value_size" */
};

int mem_bounds(struct verify_env *env, const struct access *acc,
	       const struct reg *base, const struct mem_limit *limit);

/*
 * The pointer is at its object's start but for `off`, where `moved` allows
 * that: the kernel's rule for contexts and objects handed to calls.
 */
int pointer_exact(struct verify_env *env, unsigned int n,
		  const struct reg *reg, bool moved);

/* A sum of pointer offset and instruction offset. */
static inline int64_t access_off(const struct access *acc,
				 const struct reg *base)
{
	return (int64_t)base->off + acc->off;
}

/* "(0x0; 0xff)": known bits as the kernel writes them; arena text. */
const char *scalar_bits_text(struct verify_env *env,
			     const struct scalar *num);

#endif
