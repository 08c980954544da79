/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operations do to words of w bits, written for being read against
 * RFC 9669 and for nothing else: the tests' own model, which shares no code
 * with the verifier.
 */
#ifndef SKEP_TESTS_EXHAUSTIVE_CONCRETE_H
#define SKEP_TESTS_EXHAUSTIVE_CONCRETE_H

#include <stdbool.h>
#include <stdint.h>

/* An operation of the ALU: the code, and which of its two forms. */
struct alu_op {
	const char *name;
	uint8_t op;
	bool is_signed;
};

struct jump_op {
	const char *name;
	uint8_t op;
};

#define ALU_OPS		15
#define JUMP_OPS	11
extern const struct alu_op alu_ops[ALU_OPS];
extern const struct jump_op jump_ops[JUMP_OPS];

uint64_t concrete_mask(unsigned int w);
int64_t concrete_signed(unsigned int w, uint64_t x);
uint64_t concrete_alu(const struct alu_op *op, unsigned int w, uint64_t x,
		      uint64_t y);
bool concrete_jump(const struct jump_op *op, unsigned int w, uint64_t x,
		   uint64_t y);

/* splitmix64: the tests' random numbers, the same on every machine. */
uint64_t concrete_random(uint64_t *seed);

#endif
