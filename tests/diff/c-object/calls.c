/* SPDX-License-Identifier: Apache-2.0 */
/* Subprograms: static, global, weak, shared, nested, and one of no use. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct pair {
	__u64 a, b;
};

static __noinline __u64 leaf(__u64 x)
{
	return x * bpf_get_prandom_u32();
}

static __noinline __u64 branch(__u64 x)
{
	return leaf(x + 1) ^ leaf(x - 1);
}

__noinline int global_sum(__u64 a, __u64 b)
{
	return branch(a) + leaf(b);
}

__weak __noinline int weak_one(int x)
{
	return x + bpf_ktime_get_ns();
}

__noinline int unused(int x)
{
	return x * 3;
}

static __noinline int fill(struct pair *p)
{
	p->a = bpf_ktime_get_ns();
	p->b = branch(p->a);
	return p->a > p->b;
}

SEC("xdp")
int first(struct xdp_md *ctx)
{
	struct pair p = {};

	return fill(&p) + global_sum(p.a, p.b) + weak_one(1);
}

SEC("xdp")
int second(struct xdp_md *ctx)
{
	return leaf(ctx->ingress_ifindex) + weak_one(2) > 5;
}

SEC("tc")
int third(struct __sk_buff *skb)
{
	return global_sum(skb->len, skb->mark);
}

char _license[] SEC("license") = "GPL";
