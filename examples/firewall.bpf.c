/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * tc: a stateless firewall by destination port. TCP and UDP packets to a
 * port that `allowed` does not list are shot; everything else passes. Three
 * ports are allowed from the start and can be set: --set ports[0]=8080.
 */
#include "parse.h"

#include <linux/pkt_cls.h>

volatile __u16 ports[3] = { 22, 80, 443 };

struct rule {
	__u64 passed;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u16);	/* destination port, host byte order */
	__type(value, struct rule);
} allowed SEC(".maps");

__u64 shot = 0;

/* Where the transport header begins and which it is; 0: none to look at. */
static __always_inline __u8 take_transport(void **next, void *end)
{
	__u16 type = take_ethertype(next, end);

	if (type == ETH_P_IP) {
		struct iphdr *ip = take_ipv4(next, end);

		return ip && !is_later_fragment(ip) ? ip->protocol : 0;
	}
	if (type == ETH_P_IPV6) {
		struct ipv6hdr *ip6 = take(next, end, sizeof(*ip6));

		return ip6 ? ip6->nexthdr : 0;
	}
	return 0;
}

static __always_inline int is_preset(__u16 port)
{
	return port == ports[0] || port == ports[1] || port == ports[2];
}

static __always_inline int verdict(__u16 port)
{
	struct rule *rule = bpf_map_lookup_elem(&allowed, &port);
	struct rule fresh = { .passed = 1 };

	if (rule) {
		__sync_fetch_and_add(&rule->passed, 1);
		return TC_ACT_OK;
	}
	if (is_preset(port)) {
		bpf_map_update_elem(&allowed, &port, &fresh, BPF_NOEXIST);
		return TC_ACT_OK;
	}
	__sync_fetch_and_add(&shot, 1);
	return TC_ACT_SHOT;
}

SEC("tc")
int firewall(struct __sk_buff *skb)
{
	void *next = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	__u8 transport = take_transport(&next, end);
	__be16 *dest;

	if (transport != IPPROTO_TCP && transport != IPPROTO_UDP)
		return TC_ACT_OK;
	/* Both headers begin with source and destination port. */
	dest = take(&next, end, 2 * sizeof(*dest));
	if (!dest)
		return TC_ACT_SHOT;
	return verdict(bpf_ntohs(dest[1]));
}

char _license[] SEC("license") = "Dual BSD/GPL";
