/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time. In each round every target has a slice, one after the other, so that
 * whatever else the machine does hits all alike; a target's figure is the
 * median of its rounds. How many runs a call makes is found out before the
 * first round, which also warms caches and predictors.
 */
#include <errno.h>
#include <stdlib.h>

#include "cli/bench.h"
#include "spec/diags.h"

#define RUNS_MIN	100u
#define RUNS_FIRST	2000u
#define RUNS_MAX	50000000u
#define LOADS		5		/* for the time of compiling */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, uint32_t cnt)
{
	qsort(values, cnt, sizeof(*values), by_value);
	return cnt % 2 ? values[cnt / 2] :
	       (values[cnt / 2 - 1] + values[cnt / 2]) / 2;
}

/* Nanoseconds per run over `runs` runs of one call. */
static int slice(struct bench_target *target, uint32_t runs, double *ns)
{
	uint64_t all;
	uint32_t r0;
	int err = target->engine->run(target, runs, &r0, &all);

	if (target->program->batch)
		bench_target_drain(target);
	*ns = (double)all / runs;
	return err;
}

/* Runs that fill the slice: a guess, and a better one. */
static int calibrate(struct bench_target *target, uint32_t slice_ms,
		     uint32_t *runs)
{
	double most = target->program->batch ?: RUNS_MAX, ns;
	int err = target->engine->time_call ?
		  target->engine->time_call(target) : 0;

	*runs = RUNS_FIRST;
	for (int i = 0; !err && i < 2; i++) {
		err = slice(target, *runs, &ns);
		*runs = (uint32_t)MIN(slice_ms * 1e6 / MAX(ns, 0.1), most);
		*runs = MAX(*runs, RUNS_MIN);
	}
	return err;
}

static int failed(struct bench *bench, const struct bench_target *target,
		  int err)
{
	return diag_report(&bench->sink, DIAG_KERNEL_RUN, NULL,
			   "%s in %s: %s", target->program->name,
			   target->name, strerror(-err));
}

int bench_measure(struct bench *bench, struct bench_result *result)
{
	uint32_t rounds = bench->opts.rounds;
	uint32_t runs[BENCH_TARGETS_MAX];
	double *ns = calloc(BENCH_TARGETS_MAX * rounds, sizeof(*ns));
	int err = ns ? 0 : diag_report(&bench->sink, DIAG_NO_MEMORY, NULL,
				       "measuring");

	for (uint32_t i = 0; !err && i < bench->targets_cnt; i++)
		if (result->ran[i] && calibrate(&bench->targets[i],
						bench->opts.slice_ms, &runs[i]))
			err = failed(bench, &bench->targets[i], -EIO);
	for (uint32_t round = 0; !err && round < rounds; round++)
		for (uint32_t i = 0; !err && i < bench->targets_cnt; i++)
			if (result->ran[i] &&
			    slice(&bench->targets[i], runs[i],
				  &ns[i * rounds + round]))
				err = failed(bench, &bench->targets[i], -EIO);
	for (uint32_t i = 0; !err && i < bench->targets_cnt; i++)
		if (result->ran[i])
			result->ns[i] = median(&ns[i * rounds], rounds);
	free(ns);
	return err;
}

static double prepare_us(struct bench_target *target)
{
	struct skep_prog *prog = NULL;
	uint64_t ns = 0;

	while ((prog = skep_object_next_prog(target->obj, prog)))
		ns += prog->prepare_ns;
	return (double)ns / 1e3;
}

int bench_measure_compile(struct bench *bench, struct bench_result *result)
{
	double us[LOADS];
	int err = 0;

	for (uint32_t i = 0; !err && i < bench->targets_cnt; i++) {
		struct bench_target *target = &bench->targets[i];

		if (!result->ran[i] || target->rival)
			continue;
		for (uint32_t j = 0; !err && j < LOADS; j++) {
			bench_target_close(target);
			err = bench_target_open(target, result->program,
						&bench->sink);
			if (!err)
				us[j] = prepare_us(target);
		}
		if (!err)
			result->compile_us[i] = median(us, LOADS);
	}
	return err;
}
