/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of kernel functions. The groups are the hooks that the kernel
 * registers functions for; several program types share one.
 */
#include "spec/kfuncs.h"

#include <string.h>

#define P(name)		PROG_BIT(name)
#define K_ALL		(~0ull)
#define K_TRACING	(P(TRACING) | P(TRACEPOINT) | P(PERF_EVENT) | P(LSM))
#define K_LSM		P(LSM)
#define K_XDP		P(XDP)
#define K_TC		P(SCHED_CLS)
#define K_ACT		P(SCHED_ACT)
#define K_STRUCT_OPS	P(STRUCT_OPS)
#define K_SYSCALL	P(SYSCALL)
#define K_KPROBE	P(KPROBE)
#define K_CGROUP	(P(CGROUP_SKB) | P(CGROUP_SOCK) | P(CGROUP_DEVICE) | \
			 P(CGROUP_SOCK_ADDR) | P(CGROUP_SOCKOPT) | \
			 P(CGROUP_SYSCTL) | P(SOCK_OPS))
#define K_LWT		(P(LWT_IN) | P(LWT_OUT) | P(LWT_XMIT) | \
			 P(LWT_SEG6LOCAL))
#define K_SKB		(K_TC | K_ACT | P(SK_SKB) | P(SOCKET_FILTER) | \
			 K_CGROUP | K_LWT | P(NETFILTER) | K_TRACING)
#define K_GENERIC	(K_TRACING | K_TC | K_XDP | K_STRUCT_OPS | \
			 K_SYSCALL | K_CGROUP)
#define V(major, minor)	KERNEL_RELEASE(major, minor)

enum {
	ACQUIRE = KFUNC_ACQUIRE, RELEASE = KFUNC_RELEASE,
	RET_NULL = KFUNC_RET_NULL, TRUSTED_ARGS = KFUNC_TRUSTED_ARGS,
	RCU = KFUNC_RCU, RCU_PROTECTED = KFUNC_RCU_PROTECTED,
	SLEEPABLE = KFUNC_SLEEPABLE, DESTRUCTIVE = KFUNC_DESTRUCTIVE,
	ITER_NEW = KFUNC_ITER_NEW, ITER_NEXT = KFUNC_ITER_NEXT,
	ITER_DESTROY = KFUNC_ITER_DESTROY, FASTCALL = KFUNC_FASTCALL,
};

const struct kfunc_row kfunc_rows[] = {
#define KFUNC(name, since, flags, progs) { #name, since, flags, progs },
#include "spec/kfuncs.def"
#undef KFUNC
};

const size_t kfunc_rows_cnt = ARRAY_SIZE(kfunc_rows);

const struct kfunc_row *kfunc_row(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kfunc_rows); i++)
		if (!strcmp(kfunc_rows[i].name, name))
			return &kfunc_rows[i];
	return NULL;
}
