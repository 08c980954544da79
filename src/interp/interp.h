/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference interpreter. It defines behaviour: every JIT equals it bit
 * for bit. Every load, store and helper argument is checked at run time
 * against the windows that the program may touch, so unproven programs run
 * safely; a violation ends the run with a run_fault.
 */
#ifndef SKEP_INTERP_INTERP_H
#define SKEP_INTERP_INTERP_H

#include "base/diag.h"
#include "base/str.h"
#include "prog/run.h"

/*
 * Decodes prog->insns into the interpreter's form (prog->engine). Refuses by
 * name what skep lacks. 0, or a negative errno with a diagnostic.
 */
int interp_prepare(struct prog *prog, struct diag_sink *sink);
void interp_release(struct prog *prog);

/* Scratch of one thread (stacks, caches) in run->engine. 0 or -ENOMEM. */
int interp_attach(struct run *run);
void interp_detach(struct run *run);

/*
 * Runs run->prog from its first instruction with r1 = run->ctx and, where the
 * context is plain memory without fields, r2 = run->ctx_len. 0 and run->r0,
 * or -EFAULT, -EINVAL, -E2BIG... with run->fault. Safe to run one program on
 * many threads, each with its own run.
 */
int interp_run(struct run *run);

/*
 * Ends the run that another thread is in, and all later ones of this scratch,
 * with RUN_FAULT_STOPPED at their next instruction. From any thread while the
 * run is attached.
 */
void interp_stop(struct run *run);

#endif
