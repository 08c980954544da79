/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A size may be greater than the buffer
 *
 * rejected: verify-stack-bounds
 * line: bpf_xdp_load_bytes
 * says: len
 */
#include "mistake.h"

SEC("xdp")
int size_large(struct xdp_md *ctx)
{
	__u8 bytes[16] = {};
	__u32 len = ctx->rx_queue_index;

#ifdef FIXED
	if (len < 1 || len > 16)
#else
	if (len < 1 || len > 64)
#endif
		return XDP_PASS;
	bpf_xdp_load_bytes(ctx, 0, bytes, len);
	return bytes[0] & 1;
}
