/* SPDX-License-Identifier: Apache-2.0 */
/* Between alu.c and alu_pointer.c. */
#ifndef SKEP_VERIFY_MEMORY_ALU_H
#define SKEP_VERIFY_MEMORY_ALU_H

#include "verify/env.h"

/* "+=", as the kernel's messages have the instruction's operation. */
const char *alu_op_name(const struct bpf_insn *insn);

/* *dst is a number that the instruction made of values `a` and `b`. */
void alu_unknown(struct verify_env *env, const struct bpf_insn *insn,
		 struct reg *dst, uint32_t a, uint32_t b);

/*
 * dst op= src where one or both are pointers. `dst` is the register itself;
 * `src` is another one, the same, or an immediate's.
 */
int alu_pointer(struct verify_env *env, const struct bpf_insn *insn,
		struct reg *dst, const struct reg *src);

#endif
