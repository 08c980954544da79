/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Counters that all CPUs share: additions, an exchange, a maximum. */
#include "suite.h"

struct totals {
	__u64 packets, bytes, last, longest, flags;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, struct totals);
} shared SEC(".maps");

static __always_inline void raise_to(__u64 *at, __u64 value)
{
	__u64 old = *at;

	for (int i = 0; i < 4 && old < value; i++) {
		__u64 was = __sync_val_compare_and_swap(at, old, value);

		if (was == old)
			break;
		old = was;
	}
}

SEC("xdp") int atomics(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx), *next = draw(ctx);
	struct totals *totals;
	struct iphdr *ip;
	__u32 key;
	__u64 len;

	if (!next)
		return XDP_ABORTED;
	ip = take_plain_ip(&next, end);
	if (!ip)
		return XDP_PASS;
	key = ip->protocol & 15;
	totals = bpf_map_lookup_elem(&shared, &key);
	if (!totals)
		return XDP_ABORTED;
	len = bpf_ntohs(ip->tot_len);
	__sync_fetch_and_add(&totals->packets, 1);
	__sync_fetch_and_add(&totals->bytes, len);
	__sync_fetch_and_or(&totals->flags, 1ull << (ip->ttl & 63));
	raise_to(&totals->longest, len);
	return (int)__sync_lock_test_and_set(&totals->last, ip->saddr);
}
