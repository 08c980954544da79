/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Nothing: what a run costs by itself. */
#include "suite.h"

SEC("xdp") int empty(struct xdp_md *ctx)
{
	return XDP_PASS;
}
