/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Socket filter: keeps DNS over UDP (source or destination port 53) whole,
 * the first 64 bytes of other IPv4 packets, and nothing else. A socket
 * filter may not touch the packet directly; it copies what it needs.
 */
#include "parse.h"

#include <stddef.h>

__u64 kept = 0;

SEC("socket")
int sample(struct __sk_buff *skb)
{
	__u8 ihl, protocol;
	__be16 type, port[2];

	if (bpf_skb_load_bytes(skb, offsetof(struct ethhdr, h_proto), &type,
			       sizeof(type)) || type != bpf_htons(ETH_P_IP))
		return 0;
	if (bpf_skb_load_bytes(skb, ETH_HLEN, &ihl, 1) ||
	    bpf_skb_load_bytes(skb, ETH_HLEN + offsetof(struct iphdr, protocol),
			       &protocol, 1))
		return 0;
	kept++;
	if (protocol == IPPROTO_UDP &&
	    !bpf_skb_load_bytes(skb, ETH_HLEN + (ihl & 15) * 4, port,
				sizeof(port)) &&
	    (port[0] == bpf_htons(53) || port[1] == bpf_htons(53)))
		return skb->len;
	return 64;
}

char _license[] SEC("license") = "Dual BSD/GPL";
