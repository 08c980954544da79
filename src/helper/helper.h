/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers: the functions that programs call by number. Rows in
 * spec/helpers.def, one file per family here, one table made of both. Six
 * machine arguments, so that native code can call them as they are.
 *
 * The engine has checked arguments against the row before the call: pointers
 * point to as much memory as the row says. Results and errors are those of
 * include/uapi/linux/bpf.h.
 */
#ifndef SKEP_HELPER_HELPER_H
#define SKEP_HELPER_HELPER_H

#include "prog/run.h"

typedef uint64_t (*helper_fn)(struct run *run, uint64_t r1, uint64_t r2,
			      uint64_t r3, uint64_t r4, uint64_t r5);

/* The function of a helper that skep has; NULL otherwise. */
helper_fn helper_function(uint32_t id);

#endif
