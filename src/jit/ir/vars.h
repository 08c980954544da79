/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Variables to values, block by block (Braun and others, "Simple and Efficient
 * Construction of Static Single Assignment Form"): a block knows what its
 * variables hold at its end; who reads one that the block does not set asks
 * its predecessors. As long as predecessors may still come, a PHI waits.
 */
#ifndef SKEP_JIT_IR_VARS_H
#define SKEP_JIT_IR_VARS_H

#include "jit/ir/ir.h"

struct ir_vars_block {
	bool sealed;		/* all predecessors are there */
	ir_block_id from;	/* goes on where another was left: what it does
				 * not set is as there; IR_NOWHERE */
};

struct ir_vars {
	struct ir_func *f;
	uint32_t cnt;		/* variables; not set anywhere, they are 0 */
	VEC(struct ir_vars_block) blocks;	/* parallel to f->blocks */
	VEC(ir_ref) defs;	/* of each block, cnt: at its end; 0: as before
				 * it */
	VEC(ir_ref) waits;	/* the same: PHIs until the block is sealed */
};

void ir_vars_init(struct ir_vars *vars, struct ir_func *f, uint32_t cnt);
void ir_vars_fini(struct ir_vars *vars);

/* Takes in the blocks that f has got since; false when memory is out. */
bool ir_vars_grow(struct ir_vars *vars);

ir_ref ir_vars_read(struct ir_vars *vars, ir_block_id block, uint32_t var);
void ir_vars_write(struct ir_vars *vars, ir_block_id block, uint32_t var,
		   ir_ref value);

/* All predecessors are there: PHIs that wait get their operands. */
void ir_vars_seal(struct ir_vars *vars, ir_block_id block);

#endif
