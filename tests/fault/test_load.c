/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open, set, load, run and close, once for every allocation and mapping on
 * the way, which then fails: the call says -ENOMEM with a diagnostic, nothing
 * crashes, nothing is left behind, and a second try works.
 *
 * The allocator is interposed for all of the process, so libelf and libc are
 * in it; they must not turn want of memory into another answer either.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skep/skep.h>

#include "failing.h"

static char last[64];
static unsigned int told;

static void note(void *arg, const struct skep_diag *diag)
{
	snprintf(last, sizeof(last), "%s", diag->id);
	told++;
}

static int use(struct skep *skep, const char *path, const char *program)
{
	static const uint8_t packet[64];
	struct skep_load_options opts = {
		.size = sizeof(opts), .program = program,
	};
	struct skep_run_result res = { .size = sizeof(res) };
	struct skep_object *obj = NULL, *before = obj;
	int err = skep_object_open(skep, path, &obj);

	if (err)
		return obj == before ? err : -EBADMSG;
	if (strstr(path, "life"))
		err = skep_object_set(obj, "verdict", "1");
	if (!err)
		err = skep_object_load(obj, &opts);
	if (!err)
		err = skep_prog_run(skep_object_prog(obj, program), packet,
				    sizeof(packet), NULL, &res);
	/* what failed for want of memory works when there is some */
	if (err == -ENOMEM) {
		int again = 0;

		failing.armed = 0;
		if (!skep_prog_id(skep_object_prog(obj, program)))
			again = skep_object_load(obj, &opts);
		if (again)
			err = again;
	}
	skep_object_close(obj);
	return err;
}

static int whole(const char *path, const char *program)
{
	struct skep_options opts = {
		.size = sizeof(opts), .cpus = 2, .diag = note,
	};
	struct skep *skep;
	int err = skep_new(&skep, &opts);

	if (err) {
		told++;		/* there is no sink yet */
		return err;
	}
	err = use(skep, path, program);
	skep_free(skep);
	return err;
}

static int wrong(long n, const char *path, const char *what, int err)
{
	failing.armed = 0;
	printf("%s, failure %ld: %s (%d, %s)\n", path, n, what, err, last);
	return 1;
}

/* 0 when every single failure was well met; *cnt is how many there were. */
static int sweep(const char *path, const char *program, long *cnt)
{
	int bad = 0;

	if (whole(path, program))	/* also what libraries keep for ever */
		return wrong(0, path, "does not work at all", 0);
	for (long n = 1; bad < 10; n++) {
		long before = failing.live;
		int err;

		failing.hit = false;
		told = 0;
		last[0] = 0;
		failing.armed = n;
		err = whole(path, program);
		failing.armed = 0;
		if (!failing.hit) {
			*cnt = n - 1;
			return bad;
		}
		if (err && err != -ENOMEM)
			bad += wrong(n, path, "another error", err);
		else if (err && !told)
			bad += wrong(n, path, "no diagnostic", err);
		else if (failing.live != before)
			bad += wrong(n, path, "a leak",
				     (int)(failing.live - before));
	}
	return bad;
}

int main(void)
{
	static const struct {
		const char *file, *program;
	} loads[] = {
		{ "tests/e2e/life.bpf.o", "swapped" },
		{ "tests/e2e/edit.bpf.o", "edit_xdp" },
		{ "examples/parser.bpf.o", "parse" },
	};
	const char *build = getenv("SKEP_BUILD");
	unsigned int done = 0;
	int bad = 0;

	failing_one_cpu();
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		char path[512];
		long cnt = 0;

		snprintf(path, sizeof(path), "%s/%s", build ? build : ".",
			 loads[i].file);
		if (access(path, R_OK))
			continue;
		bad += sweep(path, loads[i].program, &cnt);
		printf("%s: %ld failures met\n", loads[i].file, cnt);
		done++;
	}
	if (!done) {
		puts("skipped: the BPF objects were not built (clang)");
		return 77;
	}
	return bad != 0;
}
