/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Program types whose context is plain memory: what the program loads is what
 * the caller put there. Size 0: as long as the run says (run->ctx_len).
 * Reference: kernel/trace/bpf_trace.c, kernel/bpf/syscall.c.
 */
#include <linux/bpf.h>

#include "prog/rows.h"

const struct ctx_layout ctx_syscall = { .name = "ctx" };

const struct ctx_layout ctx_tracepoint = {
	.name = "tracepoint", .read_only = true,
};

const struct ctx_layout ctx_raw_tracepoint = {
	.name = "bpf_raw_tracepoint_args", .read_only = true,
};

/* Its writable buffer is an argument, the arguments themselves are not. */
const struct ctx_layout ctx_raw_tracepoint_writable = {
	.name = "bpf_raw_tracepoint_args", .read_only = true,
};

const struct ctx_layout ctx_kprobe = { .name = "pt_regs", .read_only = true };

/* pt_regs, then the sample's period and address. */
const struct ctx_layout ctx_perf_event = {
	.name = "bpf_perf_event_data", .read_only = true,
};
