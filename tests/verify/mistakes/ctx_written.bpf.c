/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A field of the context is written that can only be read
 *
 * rejected: verify-ctx
 * line: ctx->rx_queue_index = 3
 * says: read
 */
#include "mistake.h"

SEC("xdp")
int ctx_written(struct xdp_md *ctx)
{
#ifndef FIXED
	ctx->rx_queue_index = 3;
#endif
	return XDP_PASS;
}
