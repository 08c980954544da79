/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading a BTF file: ours (parse, check and index names) beside libbpf's
 * btf__parse, which neither checks nor indexes, and libbpf's with one lookup
 * by name. Medians of interleaved runs, in milliseconds.
 *
 *	bench_btf [FILE [RUNS]]
 */
#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench_btf.h"

#define RUNS_MAX	1001

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int order(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double median(double *values, int cnt)
{
	qsort(values, (size_t)cnt, sizeof(*values), order);
	return values[cnt / 2];
}

/* Number of types, or -1; `name` is looked up when it is not NULL. */
static long load_libbpf(const char *path, const char *name)
{
	struct btf *btf = btf__parse(path, NULL);
	long cnt;

	if (!btf)
		return -1;
	cnt = (long)btf__type_cnt(btf);
	if (name && btf__find_by_name(btf, name) < 0)
		cnt = -1;
	btf__free(btf);
	return cnt;
}

int main(int argc, char **argv)
{
	static double ours[RUNS_MAX], theirs[RUNS_MAX], lookup[RUNS_MAX];
	const char *path = argc > 1 ? argv[1] : "/sys/kernel/btf/vmlinux";
	int runs = argc > 2 ? atoi(argv[2]) : 21;
	double skep, libbpf, libbpf_name;

	if (runs < 1 || runs > RUNS_MAX)
		runs = RUNS_MAX;
	for (int i = 0; i < runs; i++) {
		double t0 = now_ms(), t1, t2;
		long mine = bench_load_btf(path), other, named;

		t1 = now_ms();
		other = load_libbpf(path, NULL);
		t2 = now_ms();
		named = load_libbpf(path, "int");
		lookup[i] = now_ms() - t2;
		ours[i] = t1 - t0;
		theirs[i] = t2 - t1;
		if (mine < 0 || mine != other || named != other) {
			fprintf(stderr, "%s: skep %ld types, libbpf %ld\n",
				path, mine, other);
			return 1;
		}
	}
	skep = median(ours, runs);
	libbpf = median(theirs, runs);
	libbpf_name = median(lookup, runs);
	printf("btf load  %s\n", path);
	printf("  skep: parse, check, index   %7.2f ms\n", skep);
	printf("  libbpf: parse               %7.2f ms\n", libbpf);
	printf("  libbpf: parse, one lookup   %7.2f ms\n", libbpf_name);
	return 0;
}
