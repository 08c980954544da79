/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the bytes of a value come from: what shifts, masks, extensions, swaps
 * and sums of disjoint parts move, but do not change.
 */
#ifndef SKEP_JIT_FOLD_BYTES_H
#define SKEP_JIT_FOLD_BYTES_H

#include "jit/ir/ir.h"

/* Byte `index` of the value `ref`, counted from the lowest; 0: a zero byte. */
struct fold_byte {
	ir_ref ref;
	uint8_t index;
};

struct fold_bytes {
	struct fold_byte at[8];
};

/* A byte that is made of nothing else is one of `ref` itself. */
struct fold_bytes fold_bytes_of(const struct ir_func *f, ir_ref ref);

/*
 * May these two memory operations touch the same byte? Told by regions, maps,
 * and displacements from one address; calls may touch any.
 */
bool fold_may_overlap(const struct ir_func *f, const struct ir_insn *a,
		      const struct ir_insn *b);

#endif
