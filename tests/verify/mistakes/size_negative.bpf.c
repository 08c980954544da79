/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A size may be negative
 *
 * rejected: verify-arg-size
 * line: bpf_xdp_load_bytes
 * says: len
 */
#include "mistake.h"

SEC("xdp")
int size_negative(struct xdp_md *ctx)
{
	__u8 bytes[16] = {};
	int len = ctx->rx_queue_index;

#ifdef FIXED
	if (len < 1 || len > (int)sizeof(bytes))
#else
	if (len > (int)sizeof(bytes))
#endif
		return XDP_PASS;
	bpf_xdp_load_bytes(ctx, 0, bytes, len);
	return bytes[0] & 1;
}
