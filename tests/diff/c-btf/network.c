/* SPDX-License-Identifier: Apache-2.0 */
/* A program with the types of real ones. */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#define section(x) __attribute__((section(x), used))

struct flow {
	union { __be32 v4; struct in6_addr v6; } from, to;
	__be16 ports[2];
	__u8 proto;
} __attribute__((aligned(8)));

struct state { struct flow flow; struct iphdr ip; struct tcphdr tcp;
	       struct ethhdr eth; struct bpf_sock_addr *addr; };

struct state states[2];

section("xdp") int program(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;

	if (data + sizeof(struct ethhdr) > end)
		return XDP_PASS;
	states[0].eth = *(struct ethhdr *)data;
	return XDP_DROP;
}
