/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Length, TTL and each payload byte into histograms, by powers of two. */
#include "suite.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 32);
	__type(key, __u32);
	__type(value, __u64);
} lengths SEC(".maps");

struct slots {
	__u32 cnt[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct slots);
} bytes SEC(".maps");

static __always_inline __u32 log2_of(__u32 v)
{
	__u32 r = (v > 0xffff) << 4, shift;

	v >>= r;
	shift = (v > 0xff) << 3; v >>= shift; r |= shift;
	shift = (v > 0xf) << 2; v >>= shift; r |= shift;
	shift = (v > 0x3) << 1; v >>= shift; r |= shift;
	return r | v >> 1;
}

static __always_inline void count(__u32 slot)
{
	__u64 *cnt = bpf_map_lookup_elem(&lengths, &slot);

	if (cnt)
		++*cnt;
}

SEC("xdp") int histogram(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx), *next = draw(ctx);
	struct slots *slots;
	struct iphdr *ip;
	__u32 zero = 0;
	__u8 *text;

	if (!next)
		return XDP_ABORTED;
	text = next;
	ip = take_plain_ip(&next, end);
	if (!ip)
		return XDP_PASS;
	count(log2_of(bpf_ntohs(ip->tot_len)));
	count(log2_of(ip->ttl));
	slots = bpf_map_lookup_elem(&bytes, &zero);
	if (!slots || (void *)(text + DECK_ROOM) > end)
		return XDP_ABORTED;
	for (int i = 34; i < 66; i++)
		slots->cnt[text[i] >> 4]++;
	return XDP_PASS;
}
