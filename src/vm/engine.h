/* SPDX-License-Identifier: Apache-2.0 */
/* Engines: what runs linked instructions. One row each in engine.c. */
#ifndef SKEP_VM_ENGINE_H
#define SKEP_VM_ENGINE_H

#include "base/diag.h"
#include "prog/run.h"

struct jit_tools;
struct verify_facts;

/* What an engine is told of a program beside its instructions. */
struct engine_want {
	const struct verify_facts *facts;
	bool budget;		/* its runs have one */
	struct jit_tools *tools;	/* of native code, or NULL */
	bool audit;		/* native code asserts facts */
};

struct engine_ops {
	const char *name;
	/*
	 * What runs the programs of an object when this engine cannot: prepare
	 * says -EOPNOTSUPP then, and has reported nothing. NULL: nothing.
	 */
	const struct engine_ops *instead;
	/* the engine's own form of the program, in prog->engine */
	int (*prepare)(struct prog *prog, const struct engine_want *want,
		       struct diag_sink *sink);
	void (*release)(struct prog *prog);
	/* the engine's scratch of one thread, in run->engine */
	int (*attach)(struct run *run);
	void (*detach)(struct run *run);
	/* 0 and run->r0, or a negative errno and run->fault */
	int (*run)(struct run *run);
	/* ends this run and all later ones, from any thread */
	void (*stop)(struct run *run);
	int (*report)(const struct run *run, struct diag_sink *sink);
	/* bytes of native code of a prepared program; NULL: it has none */
	uint32_t (*code_size)(const struct prog *prog);
};

/*
 * The engine of that name ("interp", "jit"; NULL: what `jit` says, or the
 * default), with native code as `jit` wants it: "opt", "quick", "off", NULL:
 * as the engine does, which is "opt". NULL when there is no such one, or they
 * contradict.
 */
const struct engine_ops *engine_choose(const char *name, const char *jit);

/* What `jit` may be, one after the other, "off" first; NULL at the end. */
const char *engine_tier(size_t i);

#endif
