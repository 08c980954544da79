/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A kernel address is followed as if it were a pointer
 *
 * rejected: verify-not-pointer
 * line: task->flags
 * says: bpf_probe_read_kernel
 */
#include "mistake.h"

struct task {
	__u32 flags;
};

SEC("kprobe/do_nanosleep")
int kernel_pointer(void *ctx)
{
	struct task *task = (void *)bpf_get_current_task();

#ifdef FIXED
	__u32 flags = 0;

	bpf_probe_read_kernel(&flags, sizeof(flags), &task->flags);
	return flags & 1;
#else
	return task->flags & 1;
#endif
}
