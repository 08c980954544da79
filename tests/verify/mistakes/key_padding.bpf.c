/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A key has padding that nobody set
 *
 * profile: unprivileged
 * rejected: verify-stack-unset
 * line: bpf_map_lookup_elem
 * says: padding
 * says: key
 */
#include "mistake.h"

struct flow {
	__u8 proto;
	__u32 addr;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, struct flow);
	__type(value, __u64);
} flows SEC(".maps");

SEC("socket")
int key_padding(struct __sk_buff *skb)
{
	struct flow key;

#ifdef FIXED
	__builtin_memset(&key, 0, sizeof(key));
#endif
	key.proto = 6;
	key.addr = skb->len;
	return bpf_map_lookup_elem(&flows, &key) ? 1 : 0;
}
