/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: what a load or store at register + offset may touch, per kind of
 * pointer. One file per family (access_stack.c, access_packet.c, ...); rows
 * of access_kinds[] in access.c, by enum reg_type, name the functions.
 *
 * All look at env->cur and return 0 or what verify_reject() gave.
 */
#ifndef SKEP_VERIFY_MEMORY_ACCESS_H
#define SKEP_VERIFY_MEMORY_ACCESS_H

#include "verify/env.h"

enum access_mode {
	ACCESS_READ	= 1 << 0,
	ACCESS_WRITE	= 1 << 1,
	ACCESS_ATOMIC	= 1 << 2,	/* with one or both of the above */
	ACCESS_SIGNED	= 1 << 3,	/* a sign-extending load */
	ACCESS_CALL	= 1 << 4,	/* by a helper or kfunc */
	ACCESS_UNINIT	= 1 << 5,	/* written without being read */
};

struct access {
	unsigned int base;		/* register with the address */
	int32_t off;			/* of the instruction */
	uint32_t size;			/* bytes; may be 0 for calls */
	uint8_t mode;			/* enum access_mode */
	struct reg *from;		/* stores: the value, else NULL */
};

/*
 * The instruction reads, or writes, a register: it is set, or is not r10.
 * For steps; 0 or rejects.
 */
int access_unset(struct verify_env *env, unsigned int reg);
int access_frame_pointer(struct verify_env *env);

static inline int access_reads(struct verify_env *env, unsigned int reg)
{
	return likely(state_reg(env->cur, reg)->type != REG_UNSET) ? 0 :
		access_unset(env, reg);
}

static inline int access_writes(struct verify_env *env, unsigned int reg)
{
	return likely(reg != BPF_REG_10) ? 0 : access_frame_pointer(env);
}

/* Demands of a load or store; also of atomics (both modes). */
int access_check(struct verify_env *env, const struct access *acc);

/*
 * Checks, then does it: `to`, a register of the running frame and maybe the
 * base itself, gets what is loaded. Stores without `from` store what is not
 * known.
 */
int access_load(struct verify_env *env, const struct access *acc,
		struct reg *to);
int access_store(struct verify_env *env, const struct access *acc);

/*
 * That an instruction reaches memory of one kind holds for all walks of a
 * program together: whether it does, and what `other` reached as if `env` had.
 */
bool access_agrees_reached(const struct verify_env *env,
			   const struct verify_env *other);
int access_add_reached(struct verify_env *env, const struct verify_env *other);

/* Are there atomic operations on what the register points to? */
bool access_takes_atomics(const struct reg *base);

/*
 * Memory that a call is handed: `size` bytes at register `base`, for mode
 * READ and/or WRITE (with UNINIT when it need not be set before). What is
 * written is unknown afterwards.
 */
int access_region(struct verify_env *env, unsigned int base, uint32_t size,
		  uint8_t mode);

/*
 * The address of a pointer plus or minus a number: `dst` op= `num`, where
 * both are own copies; *dst is the result. step_alu's for pointers.
 */
int pointer_add(struct verify_env *env, const struct bpf_insn *insn,
		struct reg *dst, const struct reg *num, bool subtract);

/* A number that is not a constant has a link, for another to share. */
void reg_link(struct verify_env *env, struct reg *reg);

/*
 * After a comparison of `pkt` with PACKET_END (PACKET_META with PACKET) that
 * found it at or before the end, or before it (`beyond_open`: one byte more):
 * the ranges of all pointers of its id in `st`. Frames are owned first.
 */
void packet_learn_range(struct verify_env *env, struct state *st,
			const struct reg *pkt, bool beyond_open);

/* All packet pointers of the state are void: something moved the bytes. */
int packet_forget(struct verify_env *env, struct state *st);

/*
 * Stack at fixed offset `off` of frame `frame`, `size` bytes at a multiple of
 * it, inside the frame: for steps and for calls that set slots themselves.
 * `from` NULL stores what is not known. A register that is spilled gets a
 * link with its slot, so `from` may change when it is one.
 */
int stack_store_reg(struct verify_env *env, uint32_t frame, int32_t off,
		    uint32_t size, struct reg *from);
int stack_load_reg(struct verify_env *env, uint32_t frame, int32_t off,
		   uint32_t size, struct reg *to);

/* Deepest byte of its own stack that each subprogram touches, for depth. */
void stack_note_use(struct verify_env *env, uint32_t subprog, int32_t off);

#endif
