/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* One tail call by a constant index. */
#include "suite.h"

int last(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__array(values, int(struct xdp_md *));
} next SEC(".maps") = {
	.values = { [1] = &last },
};

SEC("xdp") int last(struct xdp_md *ctx)
{
	return XDP_TX;
}

SEC("xdp") int tailcall(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &next, 1);
	return XDP_ABORTED;
}
