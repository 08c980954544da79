/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Program types whose context is plain memory natively: what the program loads
 * is what the caller put there, as long as the run says (run->ctx_len). Sizes
 * and fields here are what the verifier lets programs reach.
 * Reference: kernel/trace/bpf_trace.c, kernel/bpf/syscall.c.
 */
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>

#include "prog/rows.h"

/* Arguments of a raw tracepoint: as many as a function of the kernel has. */
#define RAW_ARGS_SIZE	(12 * 8)
/* The largest record of a tracepoint, and what its first word is taken for. */
#define TRACE_SIZE	8192
#define TRACE_HIDDEN	8

/* What the caller hands over is checked against it when it runs. */
const struct ctx_layout ctx_syscall = {
	.name = "ctx", .memory = true, .size = UINT16_MAX,
};

const struct ctx_layout ctx_tracepoint = {
	.name = "tracepoint", .memory = true, .read_only = true,
	.first = TRACE_HIDDEN, .size = TRACE_SIZE,
};

const struct ctx_layout ctx_raw_tp = {
	.name = "bpf_raw_tracepoint_args", .memory = true, .read_only = true,
	.size = RAW_ARGS_SIZE,
};

/*
 * Its writable buffer is the first argument, and loaded as a whole; parts of
 * it are as harmless as those of the other arguments.
 */
static const struct ctx_field raw_tp_writable_fields[] = {
	CTX_PART("args", 1, RAW_ARGS_SIZE - 1, BYTES, R),
	CTX_PART("args[0]", 0, 8, TP_BUFFER, R),
};

const struct ctx_layout ctx_raw_tp_writable = {
	.name = "bpf_raw_tracepoint_args", .memory = true, .read_only = true,
	.size = RAW_ARGS_SIZE, CTX_ROWS(raw_tp_writable_fields),
};

/* The registers of user space may be set, those of the kernel not. */
const struct ctx_layout ctx_kprobe = {
	.name = "pt_regs", .memory = true, .read_only = true,
	.size = sizeof(bpf_user_pt_regs_t),
};

static const struct ctx_field perf_event_fields[] = {
	CTX_FIELD(struct bpf_perf_event_data, regs, SCALAR, R, .unit = 8),
	CTX_FIELD(struct bpf_perf_event_data, sample_period, SCALAR, RN),
	CTX_FIELD(struct bpf_perf_event_data, addr, SCALAR, RN),
};

const struct ctx_layout ctx_perf_event = {
	.name = "bpf_perf_event_data", .memory = true, .read_only = true,
	.size = sizeof(struct bpf_perf_event_data),
	CTX_ROWS(perf_event_fields),
};
