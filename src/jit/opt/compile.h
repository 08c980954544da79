/* SPDX-License-Identifier: Apache-2.0 */
/* The optimising tier, from proven instructions to native code. */
#ifndef SKEP_JIT_OPT_COMPILE_H
#define SKEP_JIT_OPT_COMPILE_H

#include "jit/code.h"

/* As jit_prepare; *out, on 0, is to be given to jit_release. */
int opt_compile(const struct prog *prog, const struct jit_options *options,
		struct jit_code *out);

#endif
