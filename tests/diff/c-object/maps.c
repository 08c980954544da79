/* SPDX-License-Identifier: Apache-2.0 */
/* Map definitions of every kind of attribute, and initial slots. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct key {
	__u32 addr;
	__u16 port, pad;
};

struct inner_map {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} one SEC(".maps"), two SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 8);
	__type(key, __u32);
	__array(values, struct inner_map);
} outer SEC(".maps") = {
	.values = { [1] = &one, [5] = &two },
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 3);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__array(values, struct {
		__uint(type, BPF_MAP_TYPE_HASH);
		__uint(max_entries, 7);
		__type(key, struct key);
		__type(value, __u16);
	});
} outer_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 100);
	__type(key, struct key);
	__type(value, __u64[4]);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 100);
	__type(value, __u32);
	__uint(map_extra, 3);
} bloom SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(int));
	__uint(value_size, sizeof(int));
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 10);
	__uint(key_size, 8);
	__uint(value_size, 3);
	__uint(map_flags, BPF_F_NO_PREALLOC);
} lpm SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct key);
	__uint(pinning, LIBBPF_PIN_NONE);
} not_pinned SEC(".maps");

int target(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} jumps SEC(".maps") = {
	.values = { [2] = (void *)&target },
};

SEC("xdp")
int target(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct key key = {};

	bpf_map_lookup_elem(&hash, &key);
	bpf_map_lookup_elem(&not_pinned, &zero);
	return XDP_TX;
}

SEC("xdp")
int entry(struct xdp_md *ctx)
{
	__u32 key = 1, *value;
	void *map = bpf_map_lookup_elem(&outer, &key);

	if (map && (value = bpf_map_lookup_elem(map, &key)))
		return *value;
	bpf_perf_event_output(ctx, &events, 0, &key, sizeof(key));
	bpf_ringbuf_output(&ring, &key, sizeof(key), 0);
	bpf_map_peek_elem(&bloom, &key);
	bpf_map_lookup_elem(&outer_hash, &key);
	bpf_tail_call(ctx, &jumps, 2);
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
