/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is told of native code: what the options ask for, and SKEP_JIT_TOOLS, so
 * that a profile of a program that uses the library needs no change of it. A
 * process with more rights than its user is not told anything that way.
 */
#include "vm/vm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "jit/tools/tools.h"
#include "spec/diags.h"

#define DUMP	"jitdump="

/* One word of the list; unknown ones are of another version. */
static void take_word(struct jit_tools_options *options, const char *word)
{
	if (str_eq(word, "perf-map"))
		options->perf_map = true;
	else if (str_eq(word, "gdb"))
		options->gdb = true;
	else if (strncmp(word, DUMP, strlen(DUMP)) == 0)
		options->jitdump = word + strlen(DUMP);
}

static int refuse(struct skep *vm, int err, const char *path)
{
	struct diag_where where = { .file = path, .insn = -1 };

	if (err != -ENOMEM)
		diag_report(&vm->sink, DIAG_FILE_WRITE, &where,
			    "cannot be written for tools: %s", strerror(-err));
	return err;
}

int vm_tools_open(struct skep *vm, const struct skep_options *opts)
{
	struct jit_tools_options options = {
		.perf_map = opts->perf_map, .gdb = opts->gdb,
		.jitdump = opts->jitdump,
	};
	const char *env = secure_getenv("SKEP_JIT_TOOLS");
	char *words = env ? strdup(env) : NULL, *rest = words;
	char *path = NULL;
	int err;

	if (env && !words)
		return -ENOMEM;
	while (rest)
		take_word(&options, strsep(&rest, ","));
	err = jit_tools_new(&vm->tools, &options, &path);
	if (err)
		refuse(vm, err, path);
	free(path);
	free(words);
	return err;
}
