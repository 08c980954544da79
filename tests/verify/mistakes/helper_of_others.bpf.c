/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A helper is called that this type of program does not have
 *
 * rejected: verify-helper
 * line: bpf_skb_store_bytes
 * says: sched_cls
 */
#include "mistake.h"

#ifdef FIXED
SEC("tc")
int helper_of_others(struct __sk_buff *ctx)
#else
SEC("xdp")
int helper_of_others(struct xdp_md *ctx)
#endif
{
	__u8 zero = 0;

	return bpf_skb_store_bytes((void *)ctx, 0, &zero, 1, 0) ? 1 : 2;
}
