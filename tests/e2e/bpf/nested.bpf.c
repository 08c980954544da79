/* SPDX-License-Identifier: Dual BSD/GPL */
/* Maps in a map, put there by the object. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} even SEC(".maps"), odd SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [0] = &even, [1] = &odd } };

SEC("xdp")
int nested(struct xdp_md *ctx)
{
	__u32 parity = (ctx->data_end - ctx->data) & 1, slot = 1;
	void *inner = bpf_map_lookup_elem(&outer, &parity);
	__u64 *value;

	if (!inner)
		return XDP_ABORTED;
	value = bpf_map_lookup_elem(inner, &slot);
	if (!value)
		return XDP_DROP;
	*value += 1;
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
