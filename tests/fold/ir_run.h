/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs functions of the intermediate form, slowly and by the book: arithmetic
 * is the conformance tests' model, and nothing is shared with src/jit.
 */
#ifndef SKEP_TESTS_IR_RUN_H
#define SKEP_TESTS_IR_RUN_H

#include "jit/ir/ir.h"

struct ir_run {
	uint64_t args[5];
	uint8_t *frame;		/* where FRAME points: memory is around it */
	uint32_t limit;		/* blocks that may run */
};

/* The value of a pure operation or an extension. */
uint64_t ir_run_op(const struct ir_insn *insn, const uint64_t *args);

/* What RET gives. Ends the test when there is no such operation here. */
uint64_t ir_run(const struct ir_func *f, const struct ir_run *run);

/* Numbers that find mistakes: edges, few bits, anything. */
uint64_t draw_word(uint64_t *seed);
uint64_t draw_bits(uint64_t *seed);

#endif
