/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interpreter and native code against the running kernel on random
 * programs (program_random.h): what the kernel's verifier accepts runs on the
 * same packets here and there, and must leave the same result, packet and
 * maps. Native code is asked for what our verifier accepts as well.
 *
 * Runs for SKEP_DIFF_SECONDS (4), from seed SKEP_DIFF_SEED (1). Of a program
 * that differs it prints the smallest that still does, and its seed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "jit/jit.h"
#include "random_sides.h"

static int sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr)) < 0 ? -errno : 0;
}

/* ---- the kernel ---- */

static int kernel_elem(enum bpf_cmd cmd, int fd, uint32_t key, void *value)
{
	union bpf_attr attr = {
		.map_fd = (uint32_t)fd, .key = (uintptr_t)&key,
		.value = (uintptr_t)value,
	};

	return sys_bpf(cmd, &attr);
}

static int kernel_load(const struct sides *sides,
		       const struct random_program *program, char *log,
		       size_t size)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP, .insn_cnt = program->cnt,
		.insns = (uintptr_t)program->insns,
		.license = (uintptr_t)"GPL",
		.fd_array = (uintptr_t)sides->fds,
		.log_level = size ? 1 : 0, .log_size = (uint32_t)size,
		.log_buf = (uintptr_t)log,
	};
	long fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	return fd < 0 ? -errno : (int)fd;
}

static void kernel_reset(const struct sides *sides)
{
	uint8_t zero[RANDOM_OUT] = { 0 };

	for (uint32_t key = 0; key < 2; key++)
		kernel_elem(BPF_MAP_UPDATE_ELEM, sides->fds[0], key, zero);
	for (uint32_t key = 0; key < SIDES_KEYS; key++)
		kernel_elem(BPF_MAP_DELETE_ELEM, sides->fds[1], key, NULL);
	kernel_elem(BPF_MAP_UPDATE_ELEM, sides->fds[2], 0, zero);
}

static int kernel_run(const struct sides *sides, int fd, struct outcome *out)
{
	for (uint32_t i = 0; i < SIDES_PACKETS; i++) {
		uint8_t in[SIDES_PACKET_LEN];
		union bpf_attr attr = {
			.test = { .prog_fd = (uint32_t)fd,
				  .data_in = (uintptr_t)in,
				  .data_size_in = SIDES_PACKET_LEN,
				  .data_out = (uintptr_t)out->packets[i],
				  .data_size_out = SIDES_PACKET_LEN },
		};
		int err;

		memcpy(in, out->packets[i], SIDES_PACKET_LEN);
		err = sys_bpf(BPF_PROG_TEST_RUN, &attr);
		if (err)
			return err;
		out->ret[i] = attr.test.retval;
	}
	for (uint32_t key = 0; key < 2; key++)
		kernel_elem(BPF_MAP_LOOKUP_ELEM, sides->fds[0], key,
			    out->array[key]);
	for (uint32_t key = 0; key < SIDES_KEYS; key++)
		out->there[key] = !kernel_elem(BPF_MAP_LOOKUP_ELEM,
					       sides->fds[1], key,
					       out->hash[key]);
	return kernel_elem(BPF_MAP_LOOKUP_ELEM, sides->fds[2], 0, out->out);
}

/* ---- both ---- */

enum answer { SAME, REFUSED, DIFFERENT };

static enum answer compare(struct sides *sides,
			   const struct random_program *program,
			   uint64_t seed, bool verbose)
{
	struct outcome kernel, skep;
	int fd = kernel_load(sides, program, NULL, 0), err, err2;

	if (fd < 0)
		return REFUSED;
	sides_packets(&kernel, seed);
	sides_packets(&skep, seed);
	kernel_reset(sides);
	err = kernel_run(sides, fd, &kernel);
	close(fd);
	err2 = sides_interpret(sides, program, &skep);
	if (verbose) {
		printf("runs: kernel %d, skep %d\n", err, err2);
		sides_show("the kernel", &kernel, "skep", &skep);
	}
	if (err || err2 || memcmp(&kernel, &skep, sizeof(skep)))
		return DIFFERENT;
	return sides_native_differs(sides, program, seed, &skep, verbose) ?
	       DIFFERENT : SAME;
}

static bool differs(struct sides *sides, const struct random_program *program,
		    uint64_t seed, bool verbose)
{
	return compare(sides, program, seed, verbose) == DIFFERENT;
}

static void show_refused(const struct sides *sides,
			 const struct random_program *program, uint64_t seed)
{
	static char log[1 << 20];
	int fd = kernel_load(sides, program, log, sizeof(log));
	size_t len = strlen(log);

	printf("seed %llu refused: %d\n%s\n", (unsigned long long)seed, fd,
	       log + (len > 600 ? len - 600 : 0));
}

static int make_kernel_maps(struct sides *sides)
{
	for (uint32_t i = 0; i < SIDES_MAPS; i++) {
		union bpf_attr attr = {
			.map_type = sides_defs[i].type,
			.key_size = sides_defs[i].key_size,
			.value_size = sides_defs[i].value_size,
			.max_entries = sides_defs[i].max_entries,
		};
		long fd = syscall(SYS_bpf, BPF_MAP_CREATE, &attr,
				  sizeof(attr));

		if (fd < 0)
			return -errno;
		sides->fds[i] = (int)fd;
	}
	return 0;
}

static void close_kernel_maps(struct sides *sides)
{
	for (uint32_t i = 0; i < SIDES_MAPS; i++)
		close(sides->fds[i]);
}

int main(void)
{
	time_t end = time(NULL) + (time_t)sides_setting("SKEP_DIFF_SECONDS", 4);
	uint64_t first = sides_setting("SKEP_DIFF_SEED", 1), seed = first;
	bool verbose = sides_setting("SKEP_DIFF_REFUSED", 0);
	uint64_t counts[3] = { 0 }, insns = 0;
	struct random_program program = { .cnt = 0 };
	struct sides sides = { 0 };
	int err = make_kernel_maps(&sides) ?: sides_init(&sides);

	if (err) {
		printf("skipped: the kernel makes no maps here: %s\n",
		       strerror(-err));
		return 77;
	}
	for (; time(NULL) < end && counts[DIFFERENT] < 3; seed++) {
		enum answer answer;

		random_program(&program, seed);
		answer = compare(&sides, &program, seed, false);
		counts[answer]++;
		insns += program.cnt;
		if (answer == DIFFERENT)
			sides_reduce(&sides, seed, differs);
		if (answer == REFUSED && verbose)
			show_refused(&sides, &program, seed);
	}
	printf("%llu programs of %llu instructions from seed %llu: the kernel "
	       "accepted %llu, %llu compiled quickly, %llu optimised, %llu "
	       "differ\n",
	       (unsigned long long)(seed - first),
	       (unsigned long long)(insns / MAX(seed - first, 1)),
	       (unsigned long long)first,
	       (unsigned long long)(counts[SAME] + counts[DIFFERENT]),
	       (unsigned long long)sides.compiled[JIT_QUICK],
	       (unsigned long long)sides.compiled[JIT_OPT],
	       (unsigned long long)counts[DIFFERENT]);
	if (jit_usable() && !sides_compiled(&sides, counts[SAME] / 2))
		counts[DIFFERENT]++;
	sides_fini(&sides);
	close_kernel_maps(&sides);
	if (counts[SAME] + counts[DIFFERENT] < counts[REFUSED])
		return 1;
	return counts[DIFFERENT] != 0;
}
