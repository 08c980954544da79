/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A ring buffer record is kept on one path
 *
 * rejected: verify-ref-leak
 * line: }
 * says: release 'record'
 */
#include "mistake.h"

SEC("xdp")
int leak_record(struct xdp_md *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record)
		return XDP_PASS;
	*record = ctx->rx_queue_index;
	if (*record == 3) {
#ifdef FIXED
		bpf_ringbuf_discard(record, 0);
#endif
		return XDP_DROP;
	}
	bpf_ringbuf_submit(record, 0);
	return XDP_PASS;
}
