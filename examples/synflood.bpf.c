/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * XDP: counts TCP SYNs per source address and sends an event to the ring
 * buffer `events` when a source reaches `limit` of them; from then on its
 * SYNs are dropped. `limit` is set with --set limit=N.
 */
#include "parse.h"

const volatile __u64 limit = 3;

struct event {
	__be32 source;
	__be16 port;		/* destination */
	__u16 pad;
	__u64 syns;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __be32);
	__type(value, __u64);
} syns SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 * 1024);
} events SEC(".maps");

/* Names the type in BTF, so that tools can print events by field. */
struct event *unused_event __attribute__((unused));

static __always_inline __u64 count(__be32 source)
{
	__u64 *seen = bpf_map_lookup_elem(&syns, &source), one = 1;

	if (!seen) {
		bpf_map_update_elem(&syns, &source, &one, BPF_NOEXIST);
		return 1;
	}
	return __sync_fetch_and_add(seen, 1) + 1;
}

static __always_inline void report(__be32 source, __be16 port, __u64 seen)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return;
	event->source = source;
	event->port = port;
	event->pad = 0;
	event->syns = seen;
	bpf_ringbuf_submit(event, 0);
}

SEC("xdp")
int guard(struct xdp_md *ctx)
{
	void *next = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct iphdr *ip;
	struct tcphdr *tcp;
	__u64 seen;

	if (take_ethertype(&next, end) != ETH_P_IP)
		return XDP_PASS;
	ip = take_ipv4(&next, end);
	if (!ip || ip->protocol != IPPROTO_TCP || is_later_fragment(ip))
		return XDP_PASS;
	tcp = take(&next, end, sizeof(*tcp));
	if (!tcp || !tcp->syn || tcp->ack)
		return XDP_PASS;
	seen = count(ip->saddr);
	if (seen == limit)
		report(ip->saddr, tcp->dest, seen);
	return seen >= limit ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
