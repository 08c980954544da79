/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verdicts against the running kernel's on small programs, written as text
 * (verify_kernel.def): both accept, or both reject. A row may say that skep
 * is right to differ, and then why.
 *
 *	test_verify_kernel [-v] [NAME]		-v: counts and reasons
 *	test_verify_kernel --skep		skep's verdicts, as text
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/diag.h"
#include "map/map.h"
#include "text/asm.h"
#include "verify/flow/flow.h"
#include "verify/verify.h"

#define LOG_SIZE	(1 << 24)

struct row {
	const char *name;
	enum prog_type type;
	const char *differs;	/* NULL: verdicts are equal; else why not */
	const char *text;
};

#define SAME		NULL
#define DIFFERS(why)	why

static const struct row rows[] = {
#define ROW(name, type, differs, text) \
	{ name, PROG_TYPE_##type, differs, text },
#include "verify_kernel.def"
#undef ROW
};

static const struct map_def defs[] = {
	{ "array", MAP_TYPE_ARRAY, 4, 64, 4 },
	{ "hash", MAP_TYPE_HASH, 4, 16, 8 },
};

struct verdict {
	bool accepted;
	unsigned int processed, usec;
	char reason[200];
};

static int sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

static uint64_t ptr(const void *p)
{
	return (uintptr_t)p;
}

static int make_map(const struct map_def *def)
{
	union bpf_attr attr = {
		.map_type = def->type, .key_size = def->key_size,
		.value_size = def->value_size,
		.max_entries = def->max_entries,
	};

	return sys_bpf(BPF_MAP_CREATE, &attr);
}

/* The last line but the statistics is the reason. */
static void read_log(const char *log, struct verdict *out)
{
	const char *stats = strstr(log, "\nprocessed ");
	const char *line = strstr(log, "verification time ");
	const char *end = line ? line - (line > log) :
			  stats ? stats : log + strlen(log);

	if (line)
		out->usec = (unsigned int)atoi(line + 18);
	if (stats)
		out->processed = (unsigned int)atoi(stats + 11);
	for (line = end; line > log && line[-1] != '\n'; line--)
		;
	snprintf(out->reason, sizeof(out->reason), "%.*s",
		 (int)(end - line), line);
}

static void ask_kernel(const struct row *row, const struct bpf_insn *insns,
		       size_t cnt, const int *fds, struct verdict *out)
{
	static char log[LOG_SIZE];
	union bpf_attr attr = {
		.prog_type = row->type, .insns = ptr(insns),
		.insn_cnt = (uint32_t)cnt, .license = ptr("GPL"),
		.fd_array = ptr(fds), .log_buf = ptr(log),
		.log_size = LOG_SIZE, .log_level = 1 | 4,
	};
	int fd = sys_bpf(BPF_PROG_LOAD, &attr);

	if (fd == -ENOSPC) {
		attr.log_level = 4;
		fd = sys_bpf(BPF_PROG_LOAD, &attr);
	}
	*out = (struct verdict){ .accepted = fd >= 0 };
	read_log(log, out);
	if (fd >= 0)
		close(fd);
}

static void note_diag(void *arg, const struct skep_diag *diag)
{
	struct verdict *out = arg;

	snprintf(out->reason, sizeof(out->reason), "%ld: %s (%s)",
		 (long)diag->insn, diag->message, diag->id);
}

/* No second look: the kernel takes none. */
static const struct verify_options as_kernel = { .no_second_look = true };

static void ask_skep(const struct row *row, struct arena *arena,
		     const struct bpf_insn *insns, size_t cnt,
		     struct verdict *out)
{
	struct verify_map maps[ARRAY_SIZE(defs)] = { 0 };
	struct prog prog = {
		.name = row->name, .type = row->type, .gpl = true,
		.license = "GPL", .insns = insns,
		.insns_cnt = (uint32_t)cnt, .maps_cnt = ARRAY_SIZE(defs),
	};
	struct verify_input in = { .prog = &prog, .maps = maps };
	struct diag_sink sink = { .fn = note_diag, .arg = out };
	struct verify_result *result;

	*out = (struct verdict){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(defs); i++)
		maps[i] = (struct verify_map){
			.name = defs[i].name, .type = defs[i].type,
			.key_size = defs[i].key_size,
			.value_size = defs[i].value_size,
			.max_entries = defs[i].max_entries,
		};
	if (flow_find_subprogs(arena, insns, prog.insns_cnt, &prog.subprogs,
			       &prog.subprogs_cnt))
		return;
	out->accepted = !verify_prog(&in, &as_kernel, &result, &sink);
	if (result) {
		out->processed = (unsigned int)result->stats.insns_processed;
		out->usec = (unsigned int)result->stats.usec;
	}
	verify_free(result);
}

static void print_error(void *arg, const struct skep_diag *diag)
{
	printf("%s: %s\n", (const char *)arg, diag->message);
}

static void print_verdict(const char *who, const struct verdict *verdict)
{
	printf("\t%-6s %s, %u insns, %u usec%s%s\n", who,
	       verdict->accepted ? "accepts" : "rejects", verdict->processed,
	       verdict->usec, verdict->accepted ? "" : ": ",
	       verdict->accepted ? "" : verdict->reason);
}

static bool run(const struct row *row, const int *fds, bool verbose)
{
	struct diag_sink sink = { .fn = print_error, .arg = (void *)row->name };
	const struct bpf_insn *insns;
	struct verdict kernel, skep;
	struct arena arena;
	bool fine = false;
	size_t cnt;

	arena_init(&arena);
	if (text_insns(&arena, row->name, row->text, &insns, &cnt, &sink))
		goto out;
	ask_kernel(row, insns, cnt, fds, &kernel);
	ask_skep(row, &arena, insns, cnt, &skep);
	fine = (kernel.accepted == skep.accepted) == !row->differs;
	if (fine && !verbose)
		goto out;
	printf("%s %s\n", fine ? "ok" : "NOT OK", row->name);
	print_verdict("kernel", &kernel);
	print_verdict("skep", &skep);
out:
	arena_fini(&arena);
	return fine;
}

/* For those who know that unchanged code gives the kernel's verdicts. */
static int run_skep(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct bpf_insn *insns;
		struct verdict skep;
		struct arena arena;
		size_t cnt;

		arena_init(&arena);
		if (text_insns(&arena, rows[i].name, rows[i].text, &insns,
			       &cnt, NULL))
			return 1;
		ask_skep(&rows[i], &arena, insns, cnt, &skep);
		printf("%s %d\n", rows[i].name, skep.accepted);
		arena_fini(&arena);
	}
	return 0;
}

int main(int argc, char **argv)
{
	bool verbose = argc > 1 && !strcmp(argv[1], "-v");
	const char *name = argc > 1 + verbose ? argv[1 + verbose] : NULL;
	int fds[ARRAY_SIZE(defs)], bad = 0;

	if (name && !strcmp(name, "--skep"))
		return run_skep();
	for (size_t i = 0; i < ARRAY_SIZE(defs); i++) {
		fds[i] = make_map(&defs[i]);
		if (fds[i] < 0) {
			printf("skipped: no maps in the kernel: %s\n",
			       strerror(-fds[i]));
			return 77;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!name || !strcmp(name, rows[i].name))
			bad += !run(&rows[i], fds, verbose);
	printf("%zu programs, %d unlike the kernel's verdict\n",
	       ARRAY_SIZE(rows), bad);
	return bad ? 1 : 0;
}
