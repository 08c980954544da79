/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A lock in a map's value is overwritten
 *
 * rejected: verify-special
 * line: guarded->lock.val = 0
 * says: bpf_spin_lock
 */
#include "mistake.h"

struct guarded {
	struct bpf_spin_lock lock;
	__u32 n;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guarded);
} guards SEC(".maps");

SEC("tc")
int lock_touched(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct guarded *guarded = bpf_map_lookup_elem(&guards, &key);

	if (!guarded)
		return TC_ACT_OK;
#ifndef FIXED
	guarded->lock.val = 0;
#endif
	guarded->n = 0;
	return TC_ACT_OK;
}
