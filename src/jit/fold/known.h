/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which bits of a value are known, from the operations that make it alone:
 * nothing that the verifier says is used here. The words are the verifier's
 * (verify/number/tnum.h): a bit of `mask` is not known, others are those of
 * `value`.
 */
#ifndef SKEP_JIT_FOLD_KNOWN_H
#define SKEP_JIT_FOLD_KNOWN_H

#include "jit/ir/ir.h"
#include "verify/number/tnum.h"

/*
 * Of an operation of `w` bits (a power of two), given what is known of its
 * operands' low w bits; of one operand: `b` does not matter.
 */
struct tnum known_alu(enum ir_op op, unsigned int w, struct tnum a,
		      struct tnum b);

/* ZEXT, SEXT, BSWAP of the low `bits` bits; the result has `w`. */
struct tnum known_size(enum ir_op op, unsigned int w, unsigned int bits,
		       struct tnum a);

/* Of any instruction but a PHI, given its operands': all 64 bits. */
struct tnum known_insn(const struct ir_insn *insn, const struct tnum *args);

#endif
