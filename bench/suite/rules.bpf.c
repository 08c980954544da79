/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A firewall that reads its rules one by one until one fits: up to 64. */
#include "suite.h"
#include "tables.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RULES);
	__type(key, __u32);
	__type(value, struct rule);
} rule_list SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, RULES);
	__type(key, __u32);
	__type(value, __u64);
} hits SEC(".maps");

static __always_inline int fits(const struct rule *rule,
				const struct iphdr *ip, __u16 port)
{
	return (ip->saddr & rule->src_mask) == rule->src &&
	       (ip->daddr & rule->dst_mask) == rule->dst &&
	       (!rule->proto || rule->proto == ip->protocol) &&
	       port >= rule->port_low && port <= rule->port_high;
}

SEC("xdp") int rules(struct xdp_md *ctx)
{
	void *end = DATA_END(ctx), *next = draw(ctx);
	struct ports *ports;
	struct iphdr *ip;

	if (!next)
		return XDP_ABORTED;
	ip = take_plain_ip(&next, end);
	if (!ip)
		return XDP_PASS;
	ports = take(&next, end, sizeof(*ports));
	if (!ports)
		return XDP_DROP;
	for (__u32 i = 0; i < RULES; i++) {
		__u32 key = i;
		struct rule *rule = bpf_map_lookup_elem(&rule_list, &key);
		__u64 *hit;

		if (!rule || !fits(rule, ip, bpf_ntohs(ports->dest)))
			continue;
		hit = bpf_map_lookup_elem(&hits, &key);
		if (hit)
			++*hit;
		return rule->action;
	}
	return XDP_PASS;
}
