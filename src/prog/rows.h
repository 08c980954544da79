/* SPDX-License-Identifier: Apache-2.0 */
/* The layouts, one per file; prog.c maps program types to them. */
#ifndef SKEP_PROG_ROWS_H
#define SKEP_PROG_ROWS_H

#include "prog/ctx.h"

extern const struct ctx_layout ctx_xdp;
extern const struct ctx_layout ctx_sched;		/* cls and act */
extern const struct ctx_layout ctx_socket_filter;
extern const struct ctx_layout ctx_cgroup_skb;
extern const struct ctx_layout ctx_syscall;
extern const struct ctx_layout ctx_tracepoint;
extern const struct ctx_layout ctx_raw_tracepoint;
extern const struct ctx_layout ctx_raw_tracepoint_writable;
extern const struct ctx_layout ctx_kprobe;
extern const struct ctx_layout ctx_perf_event;

#endif
