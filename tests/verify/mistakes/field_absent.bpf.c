/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A field is read that this kernel does not have
 *
 * rejected: verify-poison
 * line:
 * says: bpf_core_field_exists
 */
#include "mistake.h"

#include <bpf/bpf_core_read.h>

struct task_struct {
	int no_such_field;
} __attribute__((preserve_access_index));

SEC("kprobe/do_nanosleep")
int field_absent(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

#ifdef FIXED
	if (!bpf_core_field_exists(task->no_such_field))
		return 0;
#endif
	return BPF_CORE_READ(task, no_such_field);
}
