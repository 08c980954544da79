/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A key is handed over that nobody set
 *
 * profile: unprivileged
 * rejected: verify-stack-unset
 * line: bpf_map_lookup_elem
 * says: key
 */
#include "mistake.h"

SEC("socket")
int key_unset(struct __sk_buff *skb)
{
#ifdef FIXED
	__u32 key = 0;
#else
	__u32 key;
#endif
	__u64 *value = bpf_map_lookup_elem(&counts, &key);

	return value ? 1 : 0;
}
