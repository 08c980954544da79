/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A dynptr record is reserved and never given back
 *
 * rejected: verify-ref-leak
 * line: }
 * says: bpf_ringbuf_discard_dynptr
 */
#include "mistake.h"

SEC("xdp")
int leak_dynptr(struct xdp_md *ctx)
{
	struct bpf_dynptr record;

	if (bpf_ringbuf_reserve_dynptr(&events, 8, 0, &record)) {
		bpf_ringbuf_discard_dynptr(&record, 0);
		return XDP_DROP;
	}
#ifdef FIXED
	bpf_ringbuf_submit_dynptr(&record, 0);
#endif
	return XDP_PASS;
}
