/* SPDX-License-Identifier: Apache-2.0 */
/* bpf(2) as it is, without a library between. */
#include "kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

static uint64_t ptr(const void *p)
{
	return (uintptr_t)p;
}

int kernel_load(uint32_t type, const struct bpf_insn *insns, size_t cnt,
		const int *fds, char *log, size_t size)
{
	union bpf_attr attr = {
		.prog_type = type, .insns = ptr(insns), .insn_cnt = cnt,
		.license = ptr("GPL"), .fd_array = ptr(fds),
	};
	int fd;

	if (type == BPF_PROG_TYPE_SYSCALL)
		attr.prog_flags = BPF_F_SLEEPABLE;
	fd = sys_bpf(BPF_PROG_LOAD, &attr);
	if (fd >= 0)
		return fd;
	attr.log_buf = ptr(log);
	attr.log_size = size;
	attr.log_level = 1;
	log[0] = 0;
	sys_bpf(BPF_PROG_LOAD, &attr);
	return fd;
}

bool kernel_usable(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	char log[256];
	int fd = kernel_load(BPF_PROG_TYPE_SYSCALL, insns, 2, NULL, log,
			     sizeof(log));

	if (fd < 0) {
		printf("skipped: the kernel loads no programs here: %s\n",
		       strerror(-fd));
		return false;
	}
	close(fd);
	return true;
}

int kernel_run_memory(int fd, void *mem, size_t size, uint32_t *ret)
{
	union bpf_attr attr = {
		.test = { .prog_fd = fd, .ctx_in = ptr(mem),
			  .ctx_size_in = size },
	};
	int err = sys_bpf(BPF_PROG_TEST_RUN, &attr);

	*ret = attr.test.retval;
	return err;
}

int kernel_run_frame(int fd, const void *frame, size_t size, uint32_t *ret)
{
	union bpf_attr attr = {
		.test = { .prog_fd = fd, .data_in = ptr(frame),
			  .data_size_in = size },
	};
	int err = sys_bpf(BPF_PROG_TEST_RUN, &attr);

	*ret = attr.test.retval;
	return err;
}

static int update(int map, uint32_t key, const void *value)
{
	union bpf_attr attr = {
		.map_fd = map, .key = ptr(&key), .value = ptr(value),
	};

	return sys_bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

static int create(uint32_t type, uint32_t size, uint32_t entries)
{
	union bpf_attr attr = {
		.map_type = type, .key_size = 4, .value_size = size,
		.max_entries = entries,
	};

	return sys_bpf(BPF_MAP_CREATE, &attr);
}

int kernel_array(const void *value, uint32_t size)
{
	int fd = create(BPF_MAP_TYPE_ARRAY, size, 1);

	return fd < 0 || !update(fd, 0, value) ? fd : -EINVAL;
}

int kernel_prog_array(uint32_t entries)
{
	return create(BPF_MAP_TYPE_PROG_ARRAY, 4, entries);
}

int kernel_prog_array_set(int map, uint32_t index, int prog)
{
	return update(map, index, &prog);
}
