/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A size may be zero, where one byte is the least
 *
 * rejected: verify-arg-size
 * line: bpf_xdp_load_bytes
 * says: len
 */
#include "mistake.h"

SEC("xdp")
int size_zero(struct xdp_md *ctx)
{
	__u8 bytes[16] = {};
	__u32 len = ctx->rx_queue_index;

	if (len > sizeof(bytes))
		return XDP_PASS;
#ifdef FIXED
	barrier_var(len);
	if (len < 1)
		return XDP_PASS;
#endif
	bpf_xdp_load_bytes(ctx, 0, bytes, len);
	return bytes[0] & 1;
}
