/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifying programs beside the running kernel: objects in turn, each by both,
 * several rounds in one run; medians of each program. Compared is what each
 * verifier says of its own time, on one thread, without opening, linking and
 * compiling. What the whole object takes us, on one thread and on all, and
 * what the kernel's whole system calls take, is told beside it.
 *
 *	bench_verify [-jp] [-r ROUNDS] OBJECT...
 *
 * A line for each object or, with -p, for each program.
 *
 * Programs of which one of both comes to no verdict are left out, and
 * counted; status 1 when there are verdicts that differ, which are named.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/json.h"
#include "base/str.h"
#include "bench_verify.h"
#include "btf/btf.h"
#include "object/verify.h"

#define ROUNDS_MAX	101
#define PROGRAMS_MAX	4096

struct series {
	double usec[ROUNDS_MAX], insns;
	enum verdict verdict;
};

struct subject {
	const char *object;
	char *name;
	struct series skep, kernel;
	double load[ROUNDS_MAX];
	uint64_t bytes;
};

/* Sums of medians; of an object, or of all. */
struct sum {
	const char *object;
	uint32_t programs, left_out, differ;
	double skep, kernel, load;	/* usec */
	double skep_insns, kernel_insns;
	double one, all;		/* usec of the object, link included */
	uint64_t bytes;
	const struct subject *slowest, *largest;
};

struct bench {
	struct subject *subjects;
	uint32_t cnt, rounds;
	struct btf *kernel;
	bool json, programs;
	struct strbuf out;
	struct json doc;
};

static double now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, uint32_t cnt)
{
	qsort(values, cnt, sizeof(*values), by_value);
	return values[cnt / 2];
}

static void keep(struct series *series, uint32_t round,
		 const struct judged *judged)
{
	series->verdict = judged->verdict;
	series->insns = (double)judged->insns;
	series->usec[round] = (double)judged->usec;
}

static void keep_skep(struct subject *s, uint32_t round,
		      const struct object_verdict *v)
{
	struct judged judged = { 0 };

	if (v->prog.insns && v->result) {
		judged.verdict = v->result->accepted ? ACCEPTED : REJECTED;
		judged.insns = v->result->stats.insns_processed;
		judged.usec = v->result->stats.usec;
		s->bytes = v->result->stats.peak_bytes;
	}
	keep(&s->skep, round, &judged);
}

/* All programs, also those that wait to be asked for. usec, or -1. */
static double verify(struct bench *b, const char *path, uint32_t threads,
		     struct object **obj, struct object_verdicts *out)
{
	struct object_verify_options options = {
		.threads = threads, .link.kernel = b->kernel,
	};
	struct prog *progs;
	double start;
	uint32_t cnt;

	if (object_open(obj, path, NULL))
		return -1;
	progs = object_progs(*obj, &cnt);
	for (uint32_t i = 0; i < cnt; i++)
		progs[i].load = true;
	start = now_usec();
	if (object_verify(*obj, &options, out, NULL))
		return -1;
	return now_usec() - start;
}

static double verify_parallel(struct bench *b, const char *path)
{
	struct object_verdicts verdicts = { 0 };
	struct object *obj = NULL;
	double usec = verify(b, path, 0, &obj, &verdicts);

	object_verdicts_fini(&verdicts);
	object_close(obj);
	return usec;
}

/* On one thread, into subjects from `first` on; usec, or -1. */
static double verify_alone(struct bench *b, const char *path, uint32_t first,
			   uint32_t round)
{
	struct object_verdicts verdicts = { 0 };
	struct object *obj = NULL;
	double usec = verify(b, path, 1, &obj, &verdicts);

	for (uint32_t i = 0; usec >= 0 && i < verdicts.cnt; i++) {
		struct subject *s = &b->subjects[first + i];

		if (!s->name) {
			s->object = path;
			s->name = strdup(verdicts.list[i].prog.name);
			b->cnt++;
		}
		keep_skep(s, round, &verdicts.list[i]);
		if (b->cnt == PROGRAMS_MAX)
			break;
	}
	object_verdicts_fini(&verdicts);
	object_close(obj);
	return usec;
}

static bool run_object(struct bench *b, const char *path, struct sum *sum)
{
	double one[ROUNDS_MAX], all[ROUNDS_MAX];
	uint32_t first = b->cnt;
	struct judged judged;

	*sum = (struct sum){ .object = path };
	for (uint32_t round = 0; round < b->rounds; round++) {
		one[round] = verify_alone(b, path, first, round);
		all[round] = verify_parallel(b, path);
		if (one[round] < 0 || all[round] < 0)
			return false;
		for (uint32_t i = first; i < b->cnt; i++) {
			kernel_judge(path, b->subjects[i].name, &judged);
			keep(&b->subjects[i].kernel, round, &judged);
			b->subjects[i].load[round] = (double)judged.load_usec;
		}
	}
	sum->one = median(one, b->rounds);
	sum->all = median(all, b->rounds);
	return true;
}

static void add(struct bench *b, struct sum *sum, struct subject *s)
{
	double skep = median(s->skep.usec, b->rounds);

	if (!s->skep.verdict || !s->kernel.verdict) {
		sum->left_out++;
		return;
	}
	if (s->skep.verdict != s->kernel.verdict) {
		fprintf(stderr, "%s %s: skep %s it\n", s->object, s->name,
			s->skep.verdict == ACCEPTED ? "accepts" : "rejects");
		sum->differ++;
		return;
	}
	sum->programs++;
	sum->skep += skep;
	sum->kernel += median(s->kernel.usec, b->rounds);
	sum->load += median(s->load, b->rounds);
	sum->skep_insns += s->skep.insns;
	sum->kernel_insns += s->kernel.insns;
	sum->bytes = MAX(sum->bytes, s->bytes);
	if (!sum->largest || s->bytes > sum->largest->bytes)
		sum->largest = s;
	if (!sum->slowest ||
	    skep > sum->slowest->skep.usec[b->rounds / 2])
		sum->slowest = s;
}

static void put_number(struct bench *b, const char *key, double value)
{
	json_key(&b->doc, key);
	json_u64(&b->doc, (uint64_t)value);
}

static void put_json(struct bench *b, const struct sum *sum)
{
	json_object_begin(&b->doc);
	json_key(&b->doc, "object");
	json_string(&b->doc, sum->object);
	put_number(b, "programs", sum->programs);
	put_number(b, "left_out", sum->left_out);
	put_number(b, "differ", sum->differ);
	put_number(b, "skep_usec", sum->skep);
	put_number(b, "kernel_usec", sum->kernel);
	put_number(b, "skep_insns", sum->skep_insns);
	put_number(b, "kernel_insns", sum->kernel_insns);
	put_number(b, "kernel_load_usec", sum->load);
	put_number(b, "skep_object_usec", sum->one);
	put_number(b, "skep_object_parallel_usec", sum->all);
	put_number(b, "peak_bytes", (double)sum->bytes);
	json_object_end(&b->doc);
}

static double per(double usec, double insns)
{
	return insns ? usec * 1e3 / insns : 0;
}

static void put_text(const struct sum *sum)
{
	const char *slash = strrchr(sum->object, '/');

	printf("%-26.26s %5u %9.2f %9.2f %6.2f %7.0f %7.0f %7.0f\n",
	       slash ? slash + 1 : sum->object, sum->programs,
	       sum->skep / 1e3, sum->kernel / 1e3,
	       sum->kernel ? sum->skep / sum->kernel : 0,
	       per(sum->skep, sum->skep_insns),
	       per(sum->kernel, sum->kernel_insns), (double)sum->bytes / 1e3);
}

static void show(struct bench *b, const struct sum *sum)
{
	if (b->json)
		put_json(b, sum);
	else if (sum->programs)
		put_text(sum);
}

static void show_programs(struct bench *b, uint32_t first)
{
	for (uint32_t i = first; i < b->cnt; i++) {
		struct sum one = { .object = b->subjects[i].name };

		add(b, &one, &b->subjects[i]);
		show(b, &one);
	}
}

static void show_totals(struct bench *b, const struct sum *all)
{
	uint32_t middle = b->rounds / 2;

	show(b, all);
	if (b->json || !all->slowest)
		return;
	printf("verdicts: %u equal, %u differ, %u programs left out; %.0f and "
	       "%.0f instructions processed\n", all->programs, all->differ,
	       all->left_out, all->skep_insns, all->kernel_insns);
	printf("slowest: %s, %.2f ms, the kernel %.2f ms; most memory: %s\n",
	       all->slowest->name, all->slowest->skep.usec[middle] / 1e3,
	       all->slowest->kernel.usec[middle] / 1e3, all->largest->name);
	printf("elapsed: objects linked and verified on one thread %.1f ms, "
	       "on all CPUs %.1f ms;\n         the kernel's system calls %.1f "
	       "ms\n", all->one / 1e3, all->all / 1e3, all->load / 1e3);
}

static void merge(struct bench *b, struct sum *all, const struct sum *one)
{
	all->programs += one->programs;
	all->left_out += one->left_out;
	all->differ += one->differ;
	all->skep += one->skep;
	all->kernel += one->kernel;
	all->load += one->load;
	all->skep_insns += one->skep_insns;
	all->kernel_insns += one->kernel_insns;
	all->one += one->one;
	all->all += one->all;
	if (one->largest && one->bytes > all->bytes) {
		all->bytes = one->bytes;
		all->largest = one->largest;
	}
	if (one->slowest && (!all->slowest ||
	    one->slowest->skep.usec[b->rounds / 2] >
	    all->slowest->skep.usec[b->rounds / 2]))
		all->slowest = one->slowest;
}

static int run(struct bench *b, char **paths, int cnt)
{
	struct sum all = { .object = "all" };

	for (int i = 0; i < cnt; i++) {
		uint32_t first = b->cnt;
		struct sum sum;

		if (!run_object(b, paths[i], &sum)) {
			fprintf(stderr, "%s: cannot be opened\n", paths[i]);
			continue;
		}
		for (uint32_t j = first; j < b->cnt; j++)
			add(b, &sum, &b->subjects[j]);
		if (b->programs)
			show_programs(b, first);
		else
			show(b, &sum);
		merge(b, &all, &sum);
	}
	show_totals(b, &all);
	return all.differ || !all.programs;
}

static bool parse(struct bench *b, int argc, char **argv)
{
	int option;

	b->rounds = 5;
	while ((option = getopt(argc, argv, "jpr:")) != -1) {
		if (option == 'j')
			b->json = true;
		else if (option == 'p')
			b->programs = true;
		else if (option == 'r')
			b->rounds = (uint32_t)atoi(optarg);
		else
			return false;
	}
	return b->rounds && b->rounds <= ROUNDS_MAX && optind < argc;
}

int main(int argc, char **argv)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct bench b = { .out = STRBUF_INIT };
	int status;

	if (!parse(&b, argc, argv)) {
		fprintf(stderr, "usage: bench_verify [-jp] [-r ROUNDS] "
			"OBJECT...\n");
		return 2;
	}
	setrlimit(RLIMIT_MEMLOCK, &all);
	b.subjects = calloc(PROGRAMS_MAX, sizeof(*b.subjects));
	if (!b.subjects ||
	    btf_open(&b.kernel, "/sys/kernel/btf/vmlinux", NULL)) {
		printf("skipped: no types of a running kernel\n");
		return 77;
	}
	json_init(&b.doc, &b.out, true);
	if (b.json)
		json_array_begin(&b.doc);
	else
		printf("%-26s %5s %9s %9s %6s %7s %7s %7s\n", "object",
		       "progs", "skep ms", "kernel", "ratio", "ns/insn",
		       "kernel", "kB");
	status = run(&b, argv + optind, argc - optind);
	if (b.json) {
		json_array_end(&b.doc);
		json_fini(&b.doc);
		printf("%s", strbuf_str(&b.out));
	}
	return status;
}
