/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roots: what a program's walks begin at. The program itself is one, and so
 * is each global subprogram that something calls, which is walked alone from
 * its signature. No walk sees anything of another, so they are made side by
 * side, and taken together in the order of the program's text: verdict,
 * diagnostics, log, facts and figures do not depend on the number of threads.
 */
#ifndef SKEP_VERIFY_ROOTS_H
#define SKEP_VERIFY_ROOTS_H

#include "verify/env.h"

/* The walk of the program, in `env`: values, kept states. 0 or -ENOMEM. */
int roots_begin(struct verify_env *env) must_check;

/* What the walk of `env` has taken. */
uint64_t roots_bytes(const struct verify_env *env);

/*
 * All walks, on up to opts.threads threads. 0 with what they found in `env`;
 * else why the first one failed: kept in env->why where that is the program's
 * own, told already where it is a subprogram's.
 */
int roots_walk(struct verify_env *env);

#endif
