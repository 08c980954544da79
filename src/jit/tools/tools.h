/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What profilers and debuggers are told of native code: perf's map of
 * addresses, its dump of code and lines, gdb's interface. A runtime has one of
 * these, or none; who calls for it sees to it that one thread does at a time.
 */
#ifndef SKEP_JIT_TOOLS_TOOLS_H
#define SKEP_JIT_TOOLS_TOOLS_H

#include "base/compiler.h"

struct jit_tools;
struct prog;

struct jit_tools_options {
	bool perf_map;		/* /tmp/perf-PID.map */
	bool gdb;
	const char *jitdump;	/* directory of jit-PID.dump, or NULL */
};

/*
 * *out to be freed with jit_tools_free; NULL, when nothing is asked for. Or a
 * negative errno with the path that it is about in *path, to be freed, or
 * NULL.
 */
int jit_tools_new(struct jit_tools **out,
		  const struct jit_tools_options *options, char **path);
void jit_tools_free(struct jit_tools *tools);	/* NULL is fine */

/* Tells of a prepared program. What cannot be told is left out. */
void jit_tools_add(struct jit_tools *tools, struct prog *prog);

/* The program's code goes; for jit_release. */
void jit_tools_remove(struct prog *prog);

#endif
