/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening an object against libbpf's opening of the same bytes, interleaved in
 * one run; ours also linked. Medians of 21 runs. Both must find the same
 * number of programs and maps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include <bpf/libbpf.h>

#include "object/object.h"

#define RUNS 21

enum timing { OPEN, LINK, LIBBPF, TIMINGS };

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double median(double *values)
{
	qsort(values, RUNS, sizeof(*values), by_value);
	return values[RUNS / 2];
}

static void show(void *arg, const struct skep_diag *diag)
{
	fprintf(stderr, "%s [%s]\n", diag->message, diag->id);
}

static int no_print(enum libbpf_print_level level, const char *fmt,
		    va_list args)
{
	return 0;
}

/* Programs and maps together, or -1. */
static int run_ours(const char *path, double *open_ms, double *link_ms)
{
	struct diag_sink sink = { .fn = show };
	struct object *obj;
	uint32_t progs, maps;
	double start = now_ms(), opened;
	int cnt = -1;

	if (object_open(&obj, path, &sink))
		return -1;
	opened = now_ms();
	if (!object_link(obj, NULL, &sink)) {
		*open_ms = opened - start;
		*link_ms = now_ms() - opened;
		object_progs(obj, &progs);
		object_maps(obj, &maps);
		cnt = (int)(progs + maps);
	}
	object_close(obj);
	return cnt;
}

static int run_libbpf(const char *path, double *ms)
{
	double start = now_ms();
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	struct bpf_program *prog;
	struct bpf_map *map;
	int cnt = 0;

	*ms = now_ms() - start;
	if (!obj)
		return -1;
	bpf_object__for_each_program(prog, obj)
		cnt++;
	bpf_object__for_each_map(map, obj)
		cnt++;
	bpf_object__close(obj);
	return cnt;
}

int main(int argc, char **argv)
{
	double ms[TIMINGS][RUNS];
	struct stat st;

	if (argc != 2 || stat(argv[1], &st)) {
		fprintf(stderr, "usage: bench_object OBJECT\n");
		return 2;
	}
	libbpf_set_print(no_print);
	for (int i = 0; i < RUNS; i++) {
		int ours = run_ours(argv[1], &ms[OPEN][i], &ms[LINK][i]);

		if (ours < 0 || ours != run_libbpf(argv[1], &ms[LIBBPF][i])) {
			fprintf(stderr, "the loaders do not agree\n");
			return 1;
		}
	}
	printf("%s: %lld bytes; skep open %.2f ms, link %.2f ms; "
	       "libbpf open %.2f ms\n", argv[1], (long long)st.st_size,
	       median(ms[OPEN]), median(ms[LINK]), median(ms[LIBBPF]));
	return 0;
}
