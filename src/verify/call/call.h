/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls: helpers by their rows, kfuncs by BTF, subprograms by being walked
 * (static) or by their BTF signature (global), callbacks.
 */
#ifndef SKEP_VERIFY_CALL_CALL_H
#define SKEP_VERIFY_CALL_CALL_H

#include "spec/spec.h"
#include "verify/env.h"

/* What a helper or kfunc call has found in its arguments. */
struct call {
	const struct bpf_insn *insn;
	const struct helper_row *helper;	/* or NULL */
	const char *name;			/* "bpf_map_lookup_elem" */
	struct reg args[5];			/* r1 to r5 before the call */
	enum arg_kind kind;		/* of the argument looked at */
	const struct reg *map;		/* the MAP argument, or NULL */
	uint32_t ref;			/* of an argument, 0 none */
	bool releases;			/* that reference is given back */
	uint64_t alloc_size;		/* constant size argument */
	bool alloc_size_known;
	uint64_t size_max;		/* of the last memory it is handed */
	int64_t key;			/* a constant key, -1 unknown */
	uint32_t callback;		/* subprogram, UINT32_MAX none */
	uint32_t ret_btf_id;
	const struct btf *ret_btf;
	uint32_t dynptr_id, dynptr_ref, dynptr_kind;
};

/*
 * Whether a subprogram stands alone: its callers rely on its BTF signature,
 * and it is walked once for all that the signature allows. Without BTF it is
 * walked at each call, as a static one.
 */
bool call_is_global(const struct verify_env *env, uint32_t subprog);

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

/*
 * Walks `subprog` later, as what the kernel runs from a timer or a work queue:
 * alone, with nothing held. `sleepable` tells that it may sleep. It returns 0.
 */
int call_async(struct verify_env *env, const struct call *call,
	       callback_args_fn set_args, bool sleepable);

/* r1 to r5 are unset, r0 is the result; each call's end. */
void call_clobber(struct verify_env *env);

/* Gives a reference back: every register of it is void. 0 or rejects. */
int call_release(struct verify_env *env, uint32_t ref);

/*
 * Nothing is held and no section is open at the current instruction, a `what`
 * ("BPF_EXIT instruction in main prog", "tail_call", "bpf_throw"); or rejects.
 */
int call_nothing_held(struct verify_env *env, const char *what);

/* Does the program fit where it attaches? 0, or rejects. */
int attach_check(struct verify_env *env);

/* Frame 0 of the program, or of global subprogram `subprog`. */
int entry_state(struct verify_env *env, uint32_t subprog,
		struct state **out);

/* At exit of the program: references, locks, and r0's range. */
int exit_check(struct verify_env *env);

#endif
