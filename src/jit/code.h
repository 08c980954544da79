/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What native code and the C around it agree on: the code of a program, the
 * scratch of a thread, and the functions that code calls beside helpers.
 */
#ifndef SKEP_JIT_CODE_H
#define SKEP_JIT_CODE_H

#include "base/execmem.h"
#include "jit/jit.h"
#include "jit/origins.h"

/* Rounds of one frame's may_goto, as the interpreter has them. */
#define JIT_MAY_GOTO_ROUNDS	(8u << 20)

struct gdb_entry;
struct map;
struct jit_thread;

/* Enters native code from C: r1 to r4, and the function to begin with. */
typedef uint64_t (*jit_enter_fn)(struct jit_thread *st, uint64_t r1,
				 uint64_t r2, uint64_t r3, uint64_t r4,
				 uint64_t fn);

/* Runs a program from its first instruction, with r1 and r2. */
typedef uint64_t (*jit_start_fn)(struct jit_thread *st, uint64_t r1,
				 uint64_t r2);

struct jit_code {
	struct execmem mem;
	uint32_t size;			/* of the code in `mem` */
	jit_enter_fn enter;
	jit_start_fn start;		/* NULL: `enter` with `entry` does */
	uint64_t entry;			/* of the program's first function */
	bool memory;			/* the context is plain memory */
	bool counts;
	enum jit_tier tier;
	struct jit_origins origins;
	struct gdb_entry *gdb;		/* told to gdb; or NULL */
};

/*
 * One BPF frame: r10 points to `end`. What lies behind it is the frame's own;
 * the gap keeps frames in different sets of the cache.
 */
struct jit_frame {
	uint8_t stack[RUN_STACK_SIZE];
	union {
		uint32_t may_goto;	/* rounds left */
		uint8_t end[64];
	};
};

/* The first line is what code looks at. */
struct jit_thread {
	struct run *run;
	uint64_t fp;			/* r10 of the frame that called C */
	uint64_t fp_max;		/* r10 of the last frame */
	uint64_t sp;			/* to go back to, of the last entry */
	uint64_t ctx, ctx_end;		/* r1; the end of plain memory */
	uint32_t stop;			/* atomic: told to */
	uint32_t calling;		/* slot of a call with a callback */
	struct jit_frame frames[RUN_FRAMES_MAX] aligned_to(64);
};

#define JIT_FRAME_STRIDE	((int32_t)sizeof(struct jit_frame))

/* The enum jit_features of the machine that this runs on. */
uint32_t jit_features(void);

/* runtime.c; what code calls with its thread as the first argument. */

/*
 * A tail call: the native code of the program at `index`, which is counted
 * and run->prog then, or 0 when it fails and the program goes on.
 */
uint64_t jit_tail_call(struct jit_thread *st, const struct map *map,
		       uint64_t index);

/* A legacy load: the value, or all ones when it is outside. */
uint64_t jit_packet_load(struct jit_thread *st, int32_t off, uint32_t size);

/*
 * Writes run->fault, once; `slot` is the instruction of run->prog. From code:
 * of an access, `addr` is its end; it does not count for what is no access.
 */
void jit_fault(struct jit_thread *st, uint32_t slot, enum run_stop stop,
	       uint64_t addr, uint64_t size);

/* run->call and run->readable. */
uint64_t jit_callback(struct run *run, uint64_t fn, uint64_t a1, uint64_t a2,
		      uint64_t a3, uint64_t a4);
size_t jit_readable(struct run *run, uint64_t addr, size_t len);

#endif
