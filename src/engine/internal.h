/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the kernel engine share; see kernel.h. */
#ifndef SKEP_ENGINE_INTERNAL_H
#define SKEP_ENGINE_INTERNAL_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/str.h"
#include "engine/kernel.h"
#include "engine/types.h"

struct kernel {
	struct bpf_object *object;
	struct bpf_program *program;	/* the chosen one; of `object` */
	char *path;
	int empty_fd;			/* same type, "return 0"; -1 not yet */
	uint8_t *buffer;		/* KERNEL_BUFFER bytes, in and out */
};

/* A test run's packet, or its result, with room for growth. */
#define KERNEL_BUFFER	(256u << 10)

/*
 * libbpf talks through one function for the whole process that carries no
 * argument. Between begin and end this thread's talk goes to `text`; that of
 * other threads is dropped.
 */
struct kernel_log {
	struct strbuf text;
	libbpf_print_fn_t before;
};

void kernel_log_begin(struct kernel_log *log);
void kernel_log_end(struct kernel_log *log);

/*
 * Ends the log and sends it as diagnostic `id` (or kernel-permission when
 * `err` is -EPERM) whose notes are the log's last lines. Returns its errno.
 */
int kernel_log_report(struct kernel_log *log, struct kernel *kernel,
		      unsigned int id, int err, struct diag_sink *sink);

/* A diagnostic about `kernel` as a whole. */
struct diag_where kernel_where(const struct kernel *kernel);

#endif
