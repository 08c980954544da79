/* SPDX-License-Identifier: Apache-2.0 */
/* Engines: what runs linked instructions. One row each in engine.c. */
#ifndef SKEP_VM_ENGINE_H
#define SKEP_VM_ENGINE_H

#include "base/diag.h"
#include "prog/run.h"

struct engine_ops {
	const char *name;
	/* the engine's own form of the program, in prog->engine */
	int (*prepare)(struct prog *prog, struct diag_sink *sink);
	void (*release)(struct prog *prog);
	/* the engine's scratch of one thread, in run->engine */
	int (*attach)(struct run *run);
	void (*detach)(struct run *run);
	/* 0 and run->r0, or a negative errno and run->fault */
	int (*run)(struct run *run);
	/* ends this run and all later ones, from any thread */
	void (*stop)(struct run *run);
	int (*report)(const struct run *run, struct diag_sink *sink);
};

/* The engine of that name, the default for NULL; NULL when there is none. */
const struct engine_ops *engine_by_name(const char *name);

#endif
