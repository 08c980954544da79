/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A record is written after it was handed over
 *
 * rejected: verify-not-pointer
 * line: *record = 2
 * says: bpf_ringbuf_submit
 */
#include "mistake.h"

SEC("xdp")
int use_after_release(struct xdp_md *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record)
		return XDP_PASS;
	*record = 1;
#ifdef FIXED
	*record = 2;
	bpf_ringbuf_submit(record, 0);
#else
	bpf_ringbuf_submit(record, 0);
	*record = 2;
#endif
	return XDP_PASS;
}
