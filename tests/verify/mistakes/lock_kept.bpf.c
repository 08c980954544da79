/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A lock is kept on one path
 *
 * rejected: verify-lock
 * line: }
 * says: bpf_spin_unlock
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
int lock_kept(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct guarded *guarded = bpf_map_lookup_elem(&guards, &key);

	if (!guarded)
		return TC_ACT_OK;
	bpf_spin_lock(&guarded->lock);
	if (guarded->n++ == 3) {
#ifdef FIXED
		bpf_spin_unlock(&guarded->lock);
#endif
		return TC_ACT_SHOT;
	}
	bpf_spin_unlock(&guarded->lock);
	return TC_ACT_OK;
}
