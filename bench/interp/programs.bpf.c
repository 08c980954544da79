/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The benchmark's programs as BPF: SEC("syscall") on struct work, and XDP. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "programs.h"

#define PROGRAM(name) \
	SEC("syscall") int name(struct work *w) \
	{ \
		w->result = work_##name(w); \
		return 0; \
	}

PROGRAM(siphash)
PROGRAM(checksum)
PROGRAM(sort)
PROGRAM(tokens)
PROGRAM(calls)

SEC("xdp") int parser(struct xdp_md *ctx)
{
	return (int)parse((const __u8 *)(long)ctx->data,
			  (const __u8 *)(long)ctx->data_end);
}

char _license[] SEC("license") = "Dual BSD/GPL";
