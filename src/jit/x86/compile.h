/* SPDX-License-Identifier: Apache-2.0 */
/* From functions in SSA to native code: the optimising tier's end. */
#ifndef SKEP_JIT_X86_COMPILE_H
#define SKEP_JIT_X86_COMPILE_H

#include "jit/code.h"
#include "jit/ir/ir.h"

/*
 * Selects, allocates and emits the functions of a program, [0] of which is
 * where it begins; each is ordered (ir_order). Their arenas are used. 0 with
 * *out, to be given to jit_release; else as jit_prepare.
 */
int x86_compile(struct ir_func *const *funcs, uint32_t cnt,
		const struct prog *prog, const struct jit_options *options,
		struct jit_code *out);

#endif
