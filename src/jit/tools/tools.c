/* SPDX-License-Identifier: Apache-2.0 */
/* See tools.h: which of the tools a runtime has, and where their files are. */
#include "jit/tools/tools.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "jit/code.h"
#include "jit/tools/parts.h"

struct jit_tools {
	int perf_map;		/* its file, or -1 */
	struct jitdump dump;	/* dump.fd: -1, there is none */
	bool gdb;
};

static int open_perf_map(struct jit_tools *tools, char **path)
{
	if (asprintf(path, "/tmp/perf-%d.map", (int)getpid()) < 0) {
		*path = NULL;
		return -ENOMEM;
	}
	tools->perf_map = perf_map_open(*path);
	return MIN(tools->perf_map, 0);
}

static int open_dump(struct jit_tools *tools, const char *dir, char **path)
{
	if (asprintf(path, "%s/jit-%d.dump", dir, (int)getpid()) < 0) {
		*path = NULL;
		return -ENOMEM;
	}
	return jitdump_open(&tools->dump, *path);
}

int jit_tools_new(struct jit_tools **out,
		  const struct jit_tools_options *options, char **path)
{
	struct jit_tools *tools;
	int err = 0;

	*path = NULL;
	*out = NULL;
	if (!options->perf_map && !options->gdb && !options->jitdump)
		return 0;
	tools = malloc(sizeof(*tools));
	if (!tools)
		return -ENOMEM;
	*tools = (struct jit_tools){ -1, { .fd = -1 }, options->gdb };
	if (options->perf_map)
		err = open_perf_map(tools, path);
	if (!err && options->jitdump) {
		free(*path);
		err = open_dump(tools, options->jitdump, path);
	}
	if (err) {
		jit_tools_free(tools);
		return err;
	}
	free(*path);
	*path = NULL;
	*out = tools;
	return 0;
}

void jit_tools_free(struct jit_tools *tools)
{
	if (!tools)
		return;
	if (tools->perf_map >= 0)
		close(tools->perf_map);
	jitdump_close(&tools->dump);
	free(tools);
}

void jit_tools_add(struct jit_tools *tools, struct prog *prog)
{
	struct jit_code *code = prog->engine;

	if (tools->perf_map >= 0)
		perf_map_add(tools->perf_map, prog);
	if (tools->dump.fd >= 0)
		jitdump_add(&tools->dump, prog);
	if (tools->gdb)
		code->gdb = gdb_register(prog);
}

void jit_tools_remove(struct prog *prog)
{
	struct jit_code *code = prog->engine;

	gdb_unregister(code->gdb);
	code->gdb = NULL;
}
