/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* One call of a helper that does next to nothing. */
#include "suite.h"

SEC("xdp") int helper(struct xdp_md *ctx)
{
	return bpf_xdp_get_buff_len(ctx) > 64 ? XDP_PASS : XDP_DROP;
}
