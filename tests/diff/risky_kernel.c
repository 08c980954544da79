/* SPDX-License-Identifier: Apache-2.0 */
#include "risky_kernel.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOG_SIZE	(1 << 22)

struct risky_kernel {
	int fds[RISKY_MAPS];
	char log[LOG_SIZE];
};

static int sys_bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

static int make_map(const struct map_def *def, int inner)
{
	union bpf_attr attr = {
		.map_type = def->type, .key_size = def->key_size,
		.value_size = def->value_size,
		.max_entries = def->max_entries,
		.inner_map_fd = (uint32_t)inner,
	};

	return sys_bpf(BPF_MAP_CREATE, &attr);
}

int risky_kernel_new(struct risky_kernel **out)
{
	struct risky_kernel *kernel = malloc(sizeof(*kernel));
	int inner = make_map(&risky_maps[RISKY_INNER], 0);
	int err = kernel ? 0 : -ENOMEM;

	for (uint32_t i = 0; !err && i < RISKY_MAPS; i++) {
		int fd = make_map(&risky_maps[i],
				  risky_maps[i].inner ? inner : 0);

		kernel->fds[i] = fd;
		if (fd < 0) {
			err = fd;
			while (i--)
				close(kernel->fds[i]);
			break;
		}
	}
	if (inner >= 0)
		close(inner);
	if (err)
		free(kernel);
	else
		*out = kernel;
	return err;
}

void risky_kernel_free(struct risky_kernel *kernel)
{
	for (uint32_t i = 0; kernel && i < RISKY_MAPS; i++)
		close(kernel->fds[i]);
	free(kernel);
}

static int load(const struct risky_kernel *kernel,
		const struct risky_program *program, char *log, uint32_t level)
{
	union bpf_attr attr = {
		.prog_type = program->type, .insn_cnt = program->cnt,
		.insns = (uintptr_t)program->insns,
		.license = (uintptr_t)"GPL",
		.fd_array = (uintptr_t)kernel->fds, .log_buf = (uintptr_t)log,
		.log_size = log ? LOG_SIZE : 0,
		.log_level = level,
	};
	int fd = sys_bpf(BPF_PROG_LOAD, &attr);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int risky_kernel_ask(const struct risky_kernel *kernel,
		     const struct risky_program *program)
{
	return load(kernel, program, NULL, 0);
}

static void copy_line(char *out, size_t size, const char *line)
{
	size_t len = 0;

	for (; *line && *line != '\n' && len + 1 < size; line++)
		if (!isdigit(*line))
			out[len++] = *line;
		else if (!len || out[len - 1] != '#')
			out[len++] = '#';
}

void risky_kernel_objects(struct risky_kernel *kernel,
			  const struct risky_program *program,
			  struct risky_objection *out)
{
	const char *line = "", *next;

	memset(out, 0, sizeof(*out));
	out->insn = -1;
	kernel->log[0] = 0;
	load(kernel, program, kernel->log, 1);
	for (const char *at = kernel->log; at && *at; at = next) {
		char *end;
		long number = strtol(at, &end, 10);

		next = strchr(at, '\n');
		next = next ? next + 1 : NULL;
		if (end > at && !strncmp(end, ": (", 3) && number >= 0 &&
		    number < RISKY_INSNS)
			out->walked[out->insn = number] = true;
		if (strncmp(at, "processed ", 10))
			line = at;	/* not the one of statistics */
	}
	copy_line(out->text, sizeof(out->text), line);
}

void risky_kernel_show(struct risky_kernel *kernel,
		       const struct risky_program *program)
{
	kernel->log[0] = 0;
	load(kernel, program, kernel->log, 2);
	puts(kernel->log);
}
