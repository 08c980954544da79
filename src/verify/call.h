/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls: helpers by their rows, kfuncs by BTF, subprograms by being walked
 * (static) or by their BTF signature (global), callbacks.
 */
#ifndef SKEP_VERIFY_CALL_H
#define SKEP_VERIFY_CALL_H

#include "verify/env.h"

/* What a helper or kfunc call has found in its arguments. */
struct call {
	const struct bpf_insn *insn;
	const struct helper_row *helper;	/* or NULL */
	const char *name;			/* "bpf_map_lookup_elem" */
	struct reg args[5];			/* r1 to r5 before the call */
	const struct reg *map;		/* the MAP argument, or NULL */
	uint32_t ref;			/* that it releases, 0 none */
	uint64_t alloc_size;		/* constant size argument */
	bool alloc_size_known;
	uint32_t callback;		/* subprogram, UINT32_MAX none */
	uint32_t ret_btf_id;
	const struct btf *ret_btf;
	uint32_t dynptr_ref, dynptr_kind;
};

int call_helper(struct verify_env *env, const struct bpf_insn *insn);
int call_kfunc(struct verify_env *env, const struct bpf_insn *insn);
int call_subprog(struct verify_env *env, const struct bpf_insn *insn);

/* The end of a frame that was called; step_exit's for depth > 0. */
int call_return(struct verify_env *env);

/*
 * Runs `subprog` as a callback of the call at the current instruction, once
 * more or no more (both ways); `set_args` fills r1 to r5 of the new frame.
 */
typedef int (*callback_args_fn)(struct verify_env *env,
				const struct call *call,
				const struct frame *caller,
				struct frame *callee);
int call_callback(struct verify_env *env, const struct call *call,
		  callback_args_fn set_args);

/* r1 to r5 are unset, r0 is the result; each call's end. */
void call_clobber(struct verify_env *env);

/* Gives a reference back: every register of it is void. 0 or rejects. */
int call_release(struct verify_env *env, uint32_t ref);

/* Frame 0 of the program, or of global subprogram `subprog`. */
int entry_state(struct verify_env *env, uint32_t subprog,
		struct state **out);

/* At exit of the program: references, locks, and r0's range. */
int exit_check(struct verify_env *env);

#endif
