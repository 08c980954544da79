/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * An atomic addition to a packet
 *
 * rejected: verify-atomic
 * line: __sync_fetch_and_add
 * says: map
 */
#include "mistake.h"

SEC("xdp")
int atomic_packet(struct xdp_md *ctx)
{
	__u32 *data = (void *)(long)ctx->data;
	void *data_end = (void *)(long)ctx->data_end;

	if ((void *)(data + 1) > data_end)
		return XDP_DROP;
#ifdef FIXED
	*data += 1;
#else
	__sync_fetch_and_add(data, 1);
#endif
	return XDP_PASS;
}
