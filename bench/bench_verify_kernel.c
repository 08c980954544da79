/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The running kernel's verdict, and the time that its verifier says it took.
 *
 * libbpf makes its system calls through syscall(), so the one of this
 * program, which looks at the clock on both sides of BPF_PROG_LOAD, takes the
 * place of libc's. The last one of a load is the program's.
 */
#include "bench_verify.h"

#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOG_STATS 4		/* figures, no states */

static char text[1 << 20];
static uint64_t load_usec;

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

__attribute__((visibility("default"))) long syscall(long nr, ...)
{
	static long (*next)(long nr, ...);
	uint64_t start = 0;
	long arg[6], ret;
	va_list args;

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "syscall");
	va_start(args, nr);
	for (int i = 0; i < 6; i++)
		arg[i] = va_arg(args, long);
	va_end(args);
	if (nr == SYS_bpf && arg[0] == BPF_PROG_LOAD)
		start = now_usec();
	ret = next(nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	if (start)
		load_usec = now_usec() - start;
	return ret;
}

static int no_print(enum libbpf_print_level level, const char *fmt,
		    va_list args)
{
	return 0;
}

static uint64_t figure(const char *name)
{
	const char *at = NULL, *next = text;
	unsigned long long value = 0;

	while ((next = strstr(next, name)))
		at = next++;
	if (at)
		sscanf(at + strlen(name), " %llu", &value);
	return value;
}

/* A log of figures alone is that of a program that passed. */
static enum verdict verdict(int err)
{
	static const char first[] = "verification time";

	if (!err || !strncmp(text, first, sizeof(first) - 1))
		return ACCEPTED;
	return figure("processed") ? REJECTED : NO_VERDICT;
}

void kernel_judge(const char *path, const char *name, struct judged *out)
{
	struct bpf_program *prog;
	struct bpf_object *obj;
	int err;

	*out = (struct judged){ 0 };
	libbpf_set_print(no_print);
	obj = bpf_object__open_file(path, NULL);
	if (!obj)
		return;
	text[0] = 0;
	bpf_object__for_each_program(prog, obj) {
		bool it = !strcmp(bpf_program__name(prog), name);

		bpf_program__set_autoload(prog, it);
		if (!it)
			continue;
		bpf_program__set_log_buf(prog, text, sizeof(text));
		bpf_program__set_log_level(prog, LOG_STATS);
	}
	err = bpf_object__load(obj);
	out->verdict = verdict(err);
	out->insns = figure("processed");
	out->usec = figure("verification time");
	out->load_usec = load_usec;
	bpf_object__close(obj);
}
