/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of calls (call*.c, exit.c) share. */
#ifndef SKEP_VERIFY_CALL_CALL_PARTS_H
#define SKEP_VERIFY_CALL_CALL_PARTS_H

#include "verify/memory/access.h"
#include "verify/call/call.h"
#include "verify/typed/typed.h"

/* A parameter of a global function, as its BTF and its tags have it. */
enum param_kind {
	PARAM_NUMBER,
	PARAM_CTX,
	PARAM_MEM,		/* `size` bytes; flags */
	PARAM_DYNPTR,
	PARAM_BTF,		/* btf_id of in->kernel; flags */
	PARAM_ARENA,
};

struct param {
	uint8_t kind;		/* enum param_kind */
	uint16_t flags;		/* enum reg_flags of the pointer */
	uint32_t size;
	uint32_t btf_id;
};

struct signature {
	bool known;		/* what follows has been found */
	uint32_t cnt;
	struct param params[5];
};

/* One a subprogram, in env->subprogs. */
struct subprog_facts {
	struct signature signature;
};

/* The signature of a global function; found once. 0, or rejects. */
int call_signature(struct verify_env *env, uint32_t subprog,
		   const struct signature **out);

/* r1 to r5 are what the signature of a global function takes. */
int call_global_args(struct verify_env *env, uint32_t subprog);

/* r0 is not from min to max; `when`: "At program exit". */
int call_range_rejected(struct verify_env *env, const char *when,
			int64_t min, int64_t max);

/* Calls are nested too deeply for one more frame. 0, or rejects. */
int call_room(struct verify_env *env);

/* The pointer in `reg` is void from now on. */
void call_forget(struct verify_env *env, struct reg *reg);

/* Argument `n` (1 to 5) of a helper, by its row's kind. */
int call_arg(struct verify_env *env, struct call *call, unsigned int n);

/* Register `n` is set; no pointer of it leaks. call_arg's for ANY. */
int call_arg_any(struct verify_env *env, struct call *call, unsigned int n);

/*
 * Memory: `kind` is the row of the argument. The MAP argument's key and value
 * sizes, and the size in register n for the memory in register n - 1.
 */
int call_arg_key(struct verify_env *env, struct call *call, unsigned int n);
int call_arg_value(struct verify_env *env, struct call *call, unsigned int n);
int call_arg_fixed(struct verify_env *env, struct call *call, unsigned int n);
int call_arg_size(struct verify_env *env, struct call *call, unsigned int n);
int call_arg_str(struct verify_env *env, struct call *call, unsigned int n);

/* How the memory of argument kind `kind` is used: enum access_mode. */
uint8_t call_arg_mode(enum arg_kind kind);
bool call_arg_may_be_null(enum arg_kind kind);
uint32_t call_arg_bytes(enum arg_kind kind);	/* fixed sizes, else 0 */

/* access_region() for a pointer that is taken not to be NULL. */
int call_region(struct verify_env *env, unsigned int n, uint32_t size,
		uint8_t mode);

/* The pointer in register n has no variable offset, and none at all. */
int call_pointer_exact(struct verify_env *env, unsigned int n,
		       bool fixed_is_fine);

/* The constant text that a CONST_STR argument points to. */
const char *call_const_str(const struct verify_env *env,
			   const struct reg *reg);

/* What single helpers demand beyond their rows; and the callbacks they run. */
int call_rules(struct verify_env *env, struct call *call);
int call_helper_callback(struct verify_env *env, struct call *call);

/* "%d %s" of snprintf and `bytes` of values for it. 0, or rejects. */
int call_format(struct verify_env *env, const char *fmt, uint64_t bytes);

/* r0 of a helper. */
int call_result(struct verify_env *env, const struct call *call);

static inline bool reg_is_null(const struct reg *reg)
{
	return reg->type == REG_SCALAR && scalar_is(&reg->num, 0);
}

static inline struct reg *call_reg(const struct verify_env *env,
				   unsigned int n)
{
	return &state_frame(env->cur)->regs[n];
}

#endif
