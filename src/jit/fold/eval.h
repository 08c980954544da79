/* SPDX-License-Identifier: Apache-2.0 */
/* What the pure operations give for numbers. ir.def says what they are. */
#ifndef SKEP_JIT_FOLD_EVAL_H
#define SKEP_JIT_FOLD_EVAL_H

#include "jit/ir/ir.h"

/* Arithmetic of two operands (of one: y does not matter), NEG and MULH. */
uint64_t fold_eval(enum ir_op op, bool wide, uint64_t x, uint64_t y);

/* ZEXT, SEXT, BSWAP of the low `bits` bits: 8, 16, 32 or 64. */
uint64_t fold_eval_size(enum ir_op op, bool wide, uint64_t bits, uint64_t x);

bool fold_eval_cond(enum ir_cond cond, bool wide, uint64_t x, uint64_t y);

/* Is the operation one of those above, or SELECT? */
bool fold_can_eval(const struct ir_insn *insn);

/* Any of them, with as many operands as its row says. */
uint64_t fold_eval_insn(const struct ir_insn *insn, const uint64_t *args);

#endif
