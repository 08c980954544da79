/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interpreter, checks on, against the same C compiled for this machine.
 * Each result is compared first. Reports the median of nine rounds, in
 * nanoseconds per run and per executed instruction. For scale: ubpf's
 * interpreter was measured at 2.8 ns an instruction on such programs.
 *
 *	bench_interp programs.bpf.o
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "interp/interp.h"
#include "interp/programs.h"
#include "object/object.h"

#define ROUNDS	9
#define ROUND_NS 20000000.0

/* One program: how to run it both ways. */
struct subject {
	const char *name;
	uint64_t (*native)(struct work *w);
	bool packet;
};

struct bench {
	struct work work;
	struct packet packet;
	struct run run;
	const struct subject *subject;
};

#define NATIVE(name) \
	static noinline uint64_t native_##name(struct work *w) \
	{ \
		return work_##name(w); \
	}
NATIVE(siphash)
NATIVE(checksum)
NATIVE(sort)
NATIVE(tokens)
NATIVE(calls)

static noinline uint64_t native_parser(struct work *w)
{
	return (uint32_t)parse(w->data, w->data + 128);
}

static const struct subject subjects[] = {
	{ "siphash", native_siphash },
	{ "checksum", native_checksum },
	{ "sort", native_sort },
	{ "tokens", native_tokens },
	{ "calls", native_calls },
	{ "parser", native_parser, true },
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static uint64_t run_interp(struct bench *b)
{
	if (interp_run(&b->run))
		exit(2);
	return b->subject->packet ? (uint32_t)b->run.r0 : b->work.result;
}

static uint64_t run_native(struct bench *b)
{
	return b->subject->native(&b->work);
}

/* A run's own input: no branch is learned by heart. */
static void vary(struct bench *b, uint64_t i)
{
	b->work.seed = i * 0x9e3779b97f4a7c15ULL;
	b->work.data[34] = (uint8_t)i;
}

static double measure(struct bench *b, uint64_t (*run)(struct bench *b),
		      uint64_t runs)
{
	double start = now();

	for (uint64_t i = 0; i < runs; i++) {
		vary(b, i);
		run(b);
	}
	return (now() - start) / (double)runs;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(struct bench *b, uint64_t (*run)(struct bench *b))
{
	uint64_t runs = 1 + (uint64_t)(ROUND_NS / (measure(b, run, 1000) + 1));
	double ns[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		ns[i] = measure(b, run, runs);
	qsort(ns, ROUNDS, sizeof(*ns), by_value);
	return ns[ROUNDS / 2];
}

static void fill(struct bench *b)
{
	/* Ethernet, VLAN 5, IPv6, hop-by-hop, UDP */
	static const uint8_t frame[] = {
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0x00, 0, 5,
		0x86, 0xdd, 0x60, 0, 0, 0, 0, 48, 0, 64,
	};
	uint8_t *data = b->work.data;
	uint32_t state = 12345;

	for (size_t i = 0; i < sizeof(b->work.data); i++) {
		state = state * 1103515245 + 12345;
		data[i] = (uint8_t)(state >> 16);
	}
	if (!b->subject->packet)
		return;
	memcpy(data, frame, sizeof(frame));
	data[58] = 17;
	data[59] = 0;
}

static bool same(struct bench *b)
{
	for (uint64_t i = 0; i < 1000; i++) {
		vary(b, i);
		if (run_native(b) != run_interp(b))
			return false;
	}
	return true;
}

/* ns per instruction; 0 when the results differ. */
static double bench_one(struct object *obj, const struct subject *subject)
{
	struct prog *prog = object_prog(obj, subject->name);
	static struct bench b;
	double interp, native;
	uint64_t insns;

	memset(&b, 0, sizeof(b));
	b.subject = subject;
	fill(&b);
	b.packet.head = b.packet.data_meta = b.packet.data = b.work.data;
	b.packet.data_end = b.packet.end = b.work.data + 128;
	if (!prog || interp_prepare(prog, NULL))
		return 0;
	b.run.prog = prog;
	b.run.ctx = subject->packet ? (void *)&b.packet : &b.work;
	b.run.ctx_len = subject->packet ? 24 : sizeof(b.work);
	b.run.packet = subject->packet ? &b.packet : NULL;
	if (interp_attach(&b.run))
		return 0;
	if (!same(&b)) {
		printf("%-10s RESULTS DIFFER\n", subject->name);
		return 0;
	}
	b.run.budget = UINT64_MAX;
	run_interp(&b);
	insns = b.run.insns;
	b.run.budget = 0;
	interp = median(&b, run_interp);
	native = median(&b, run_native);
	printf("%-10s %8llu %10.1f %10.1f %8.1f %8.2f\n", subject->name,
	       (unsigned long long)insns, interp, native, interp / native,
	       interp / (double)insns);
	interp_detach(&b.run);
	interp_release(prog);
	return interp / (double)insns;
}

int main(int argc, char **argv)
{
	struct object *obj;
	double product = 1;

	if (argc != 2 || object_open(&obj, argv[1], NULL) ||
	    object_link(obj, NULL, NULL)) {
		fprintf(stderr, "usage: bench_interp programs.bpf.o\n");
		return 2;
	}
	printf("%-10s %8s %10s %10s %8s %8s\n", "program", "insns",
	       "interp ns", "native ns", "ratio", "ns/insn");
	for (size_t i = 0; i < ARRAY_SIZE(subjects); i++) {
		double ns = bench_one(obj, &subjects[i]);

		if (!ns)
			return 1;
		product *= ns;
	}
	printf("geometric mean: %.2f ns per instruction\n",
	       pow(product, 1.0 / ARRAY_SIZE(subjects)));
	object_close(obj);
	return 0;
}
