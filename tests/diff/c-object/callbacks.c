/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of static subprograms: loops, map walks, callbacks in callbacks. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

static int add(__u32 i, void *ctx)
{
	*(__u64 *)ctx += i;
	return 0;
}

static int inner(__u32 i, void *ctx)
{
	bpf_loop(2, add, ctx, 0);
	return i > 2;
}

struct bpf_map;

static long each(struct bpf_map *map, __u32 *key, __u64 *value, __u64 *sum)
{
	*sum += *value;
	return 0;
}

SEC("xdp")
int loops(struct xdp_md *ctx)
{
	__u64 sum = 0;

	bpf_loop(10, add, &sum, 0);
	bpf_loop(3, inner, &sum, 0);
	bpf_for_each_map_elem(&counts, each, &sum, 0);
	return sum & 1 ? XDP_PASS : XDP_DROP;
}

SEC("tc")
int again(struct __sk_buff *skb)
{
	__u64 sum = 0;

	bpf_loop(5, add, &sum, 0);
	return sum;
}

char _license[] SEC("license") = "GPL";
