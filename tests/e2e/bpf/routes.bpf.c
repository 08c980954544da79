/* SPDX-License-Identifier: Dual BSD/GPL */
/* Redirects that need more than a port, each to be counted by its reason. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

const volatile unsigned int target = 1;

SEC("tc")
int to_peer(struct __sk_buff *skb)
{
	return bpf_redirect_peer(target, 0);
}

SEC("tc")
int to_neighbour(struct __sk_buff *skb)
{
	return bpf_redirect_neigh(target, (void *)0, 0, 0);
}

SEC("xdp")
int to_nobody(struct xdp_md *ctx)
{
	return XDP_REDIRECT;
}

SEC("xdp")
int no_action(struct xdp_md *ctx)
{
	return 77;
}

char _license[] SEC("license") = "Dual BSD/GPL";
