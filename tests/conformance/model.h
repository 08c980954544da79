/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each operation of RFC 9669 computes, written down a second time and
 * apart from the engines: from the opcode's bits, with wide arithmetic.
 */
#ifndef SKEP_TESTS_MODEL_H
#define SKEP_TESTS_MODEL_H

#include "isa/insn.h"

/* dst after an arithmetic instruction; `src` is the register or immediate. */
uint64_t model_alu(const struct bpf_insn *insn, uint64_t dst, uint64_t src);

/* Is the conditional jump taken? */
bool model_jump(const struct bpf_insn *insn, uint64_t dst, uint64_t src);

/* Eight bytes of memory and two registers around an atomic operation. */
struct model_atomic {
	uint64_t mem, src, r0;
};

void model_atomic(const struct bpf_insn *insn, struct model_atomic *st);

/* `size` bytes at byte `at` of a little-endian word. */
uint64_t model_load(uint64_t mem, uint32_t at, uint32_t size, bool sign);
uint64_t model_store(uint64_t mem, uint32_t at, uint32_t size, uint64_t value);

#endif
