/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skep bench: the suite of programs, each in skep's engines, in the kernel and
 * as native code, side by side in one run. A program is opened everywhere,
 * its results are compared, then time is taken.
 */
#include "cli/bench.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/options.h"
#include "spec/diags.h"

#define ROUNDS		7
#define SLICE_MS	5

static const struct bench_program *by_name(const char *name)
{
	for (size_t i = 0; i < bench_programs_cnt; i++)
		if (str_eq(bench_programs[i].name, name))
			return &bench_programs[i];
	return NULL;
}

static int list(void)
{
	struct strbuf out = STRBUF_INIT;
	int status;

	for (size_t i = 0; i < bench_programs_cnt; i++)
		strbuf_printf(&out, "%-10s %s\n", bench_programs[i].name,
			      bench_programs[i].doc);
	status = cli_print(&out);
	strbuf_fini(&out);
	return status;
}

static int number(const char *option, const char *text, uint32_t *out)
{
	uint64_t value;

	if (str_to_u64(text, &value) || !value || value > 1000)
		return cli_usage("bench", "%s wants a number from 1 to 1000, "
				 "not '%s'", option, text);
	*out = (uint32_t)value;
	return 0;
}

static int rival(struct bench_options *o, const char *name)
{
	if (str_eq(name, "kernel"))
		o->vs = RIVAL_KERNEL;
	else if (str_eq(name, "native"))
		o->vs = RIVAL_NATIVE;
	else
		return cli_usage("bench", "--vs is kernel or native, not '%s'",
				 name);
	return 0;
}

/* 0, or an exit_status when there is no more to do. */
static int parse(struct bench *bench, struct cli_args *args, bool *listed)
{
	struct bench_options *o = &bench->opts;
	int id, status = 0;

	while (!status && (id = cli_option(args)) != OPT_END) {
		switch (id) {
		case OPT_BENCH_VS: status = rival(o, args->value); break;
		case OPT_BENCH_ROUNDS:
			status = number("--rounds", args->value, &o->rounds);
			break;
		case OPT_BENCH_SLICE:
			status = number("--slice", args->value, &o->slice_ms);
			break;
		case OPT_BENCH_LIST: *listed = true; break;
		case OPT_BENCH_JSON: o->json = true; break;
		default: status = EXIT_USAGE;
		}
	}
	return status;
}

/* A result for each program that is named, after the empty one's. */
static int choose(struct bench *bench, char **names, int cnt)
{
	bool all = !cnt;

	bench->results = calloc(bench_programs_cnt + (size_t)cnt + 1,
				sizeof(*bench->results));
	if (!bench->results)
		return EXIT_CANNOT;
	bench->results[bench->results_cnt++].program = &bench_programs[0];
	bench->empty_chosen = all;
	for (size_t i = 1; all && i < bench_programs_cnt; i++)
		bench->results[bench->results_cnt++].program =
			&bench_programs[i];
	for (int i = 0; i < cnt; i++) {
		const struct bench_program *program = by_name(names[i]);

		if (!program)
			return cli_usage("bench", "no program '%s'; --list "
					 "has them", names[i]);
		if (program == &bench_programs[0])
			bench->empty_chosen = true;
		else
			bench->results[bench->results_cnt++].program = program;
	}
	return 0;
}

/* Beside the command: in the build, or where it is installed. */
static int find_files(struct bench *bench)
{
	static const char *const places[] = { "bench/suite",
					      "../" SKEP_BENCH_DIR };
	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	while (len > 0 && self[len - 1] != '/')
		len--;
	for (size_t i = 0; len > 0 && i < ARRAY_SIZE(places); i++) {
		strbuf_reset(&bench->dir);
		strbuf_printf(&bench->dir, "%.*s%s/empty.bpf.o", (int)len,
			      self, places[i]);
		if (access(strbuf_str(&bench->dir), R_OK))
			continue;
		strbuf_reset(&bench->dir);
		strbuf_printf(&bench->dir, "%.*s%s", (int)len, self,
			      places[i]);
		return 0;
	}
	diag_report(&bench->sink, DIAG_FILE_OPEN, NULL,
		    "this build has no programs to measure: it was made "
		    "without clang (package clang-19)");
	return EXIT_CANNOT;
}

/* Values of per-CPU maps and caches are those of one CPU. */
static void stay_here(void)
{
	int cpu = sched_getcpu();
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void add_note(struct bench *bench, const char *note)
{
	assert(bench->notes_cnt < ARRAY_SIZE(bench->notes));
	bench->notes[bench->notes_cnt++] = note;
}

static void drop(struct bench *bench, uint32_t i)
{
	bench_target_close(&bench->targets[i]);
	packet_buf_fini(&bench->targets[i].packet);
	strbuf_fini(&bench->targets[i].path);
	free(bench->targets[i].deck);
	bench->targets_cnt--;
	memmove(&bench->targets[i], &bench->targets[i + 1],
		(bench->targets_cnt - i) * sizeof(*bench->targets));
}

static const char *why_missing(const struct bench_target *target, int err)
{
	if (target->rival == RIVAL_NATIVE)
		return "no native column: the suite was not built as native "
		       "code";
	if (target->rival == RIVAL_NONE)
		return "no native code of skep's is made for this machine";
	if (err == -ENOSYS)
		return "no kernel column: this build has no libbpf";
	return "no kernel column: loading into the kernel needs root, or "
	       "CAP_BPF and CAP_NET_ADMIN";
}

/* Tries the empty program. 0; -ENOENT, unreported: not here; or another -E. */
static int try_target(struct bench *bench, struct bench_target *target)
{
	bool kernel = target->rival == RIVAL_KERNEL;
	struct diag_sink quiet = { 0 };
	int err;

	if (!target->deck)
		return diag_report(&bench->sink, DIAG_NO_MEMORY, NULL,
				   "a packet");
	if (target->rival == RIVAL_NATIVE && !bench_native_there(target->dir))
		return -ENOENT;
	err = bench_target_open(target, &bench_programs[0],
				kernel ? &quiet : &bench->sink);
	if (!err && kernel && !target->engine->code_size(target))
		add_note(bench, "the kernel's JIT is off, or its code is "
			 "hidden");
	bench_target_close(target);
	return err;
}

/* Leaves out what this machine or build does not have. 0 or -E. */
static int drop_missing(struct bench *bench)
{
	uint32_t i = 0;

	while (i < bench->targets_cnt) {
		struct bench_target *target = &bench->targets[i];
		int err = try_target(bench, target);

		if (!err) {
			i++;
			continue;
		}
		if (target->rival != RIVAL_KERNEL && err != -ENOENT)
			return err;
		add_note(bench, why_missing(target, err));
		drop(bench, i);
	}
	return 0;
}

static void close_all(struct bench *bench)
{
	for (uint32_t i = 0; i < bench->targets_cnt; i++)
		bench_target_close(&bench->targets[i]);
}

/* What there is to know of a program without running it. */
static void look(struct bench *bench, struct bench_result *result)
{
	struct skep_prog *prog = NULL;

	while ((prog = skep_object_next_prog(bench->targets[0].obj, prog)))
		result->insns += prog->proven.insns_cnt;
	for (uint32_t i = 0; i < bench->targets_cnt; i++)
		if (result->ran[i])
			result->code_bytes[i] = bench->targets[i].engine->
				code_size(&bench->targets[i]);
}

static int bench_one(struct bench *bench, struct bench_result *result)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < bench->targets_cnt; i++) {
		struct bench_target *target = &bench->targets[i];

		err = bench_target_open(target, result->program, &bench->sink);
		result->ran[i] = !err;
		/* what one lacks is told, and its cell stays empty */
		if (err && (target->rival || err == -ENOENT))
			err = 0;
	}
	if (!err) {
		look(bench, result);
		result->equal = bench_check(bench, result);
		err = bench_measure(bench, result);
	}
	if (!err)
		err = bench_measure_compile(bench, result);
	close_all(bench);
	return err;
}

static int bench_all(struct bench *bench)
{
	bool progress = isatty(STDERR_FILENO);
	int err = drop_missing(bench);

	for (uint32_t i = 0; !err && i < bench->results_cnt; i++) {
		if (progress)
			fprintf(stderr, "\r\33[K%s", bench->results[i].
				program->name);
		err = bench_one(bench, &bench->results[i]);
	}
	if (progress)
		fprintf(stderr, "\r\33[K");
	return err;
}

int cmd_bench(int argc, char **argv)
{
	struct bench bench = { .opts = { .rounds = ROUNDS,
					 .slice_ms = SLICE_MS } };
	struct cli_args args;
	bool listed = false;
	int status, err;

	cli_args_init(&args, argc, argv);
	status = parse(&bench, &args, &listed);
	if (status || listed)
		return status ?: list();
	bench.sink = cli_sink(bench.opts.json);
	status = choose(&bench, args.words, args.words_cnt);
	if (!status)
		status = find_files(&bench);
	if (!status) {
		stay_here();
		bench_targets_init(&bench);
		err = bench_all(&bench);
		status = err ? cli_status(err) : bench_report(&bench);
		bench_targets_fini(&bench);
	}
	strbuf_fini(&bench.dir);
	free(bench.results);
	return status;
}
