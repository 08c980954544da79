/* SPDX-License-Identifier: Apache-2.0 */
/* Code into the memory where it runs: the same for all tiers and machines. */
#ifndef SKEP_JIT_PLACE_H
#define SKEP_JIT_PLACE_H

#include "jit/buf.h"
#include "jit/code.h"

/* A call of C, by what the machine's emitter returned for it. */
struct jit_call {
	uint32_t branch;
	uint64_t target;	/* a function of ours */
};

/* How a machine's calls are bound. */
struct jit_linker {
	/* in the place of the code; false, with nothing done, when the call
	 * does not reach so far */
	bool (*bind_call)(uint8_t *base, uint32_t branch, uint64_t target);
	/* what a call goes through that does not reach: far_size bytes */
	void (*put_far)(uint8_t *at, uint64_t target);
	uint32_t far_size;
	uint8_t filler;		/* bytes that stop who runs into them */
};

/*
 * Puts code near our own and binds its calls; it begins with what enters from
 * C. 0 with mem, size and enter of *out; -ENOMEM; -EOPNOTSUPP where no memory
 * may be made executable.
 */
int jit_place(const struct jit_linker *linker, const struct jit_buf *code,
	      const struct jit_call *calls, size_t cnt, struct jit_code *out);

#endif
