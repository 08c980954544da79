/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A field of the context is reached by a variable index
 *
 * rejected: verify-ctx-moved
 * line: skb->cb[
 * says: constant
 */
#include "mistake.h"

SEC("tc")
int ctx_index(struct __sk_buff *skb)
{
#ifdef FIXED
	return skb->cb[2];
#else
	return skb->cb[skb->mark & 3];
#endif
}
