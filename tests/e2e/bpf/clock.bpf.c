/* SPDX-License-Identifier: Dual BSD/GPL */
/* Two runs of it are never equal. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} last SEC(".maps");

SEC("xdp")
int clock(struct xdp_md *ctx)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 key = 0;

	bpf_map_update_elem(&last, &key, &now, BPF_ANY);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
