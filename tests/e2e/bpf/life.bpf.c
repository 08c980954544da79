/* SPDX-License-Identifier: Dual BSD/GPL */
/*
 * Programs and maps that come and go: a tail call into whatever is put into
 * the slot, maps that are swapped under a running program, and programs that
 * cannot be loaded everywhere.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

const volatile int verdict = XDP_PASS;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} jumps SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} first SEC(".maps"), second SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [0] = &first } };

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

static __always_inline void count(void *map, __u32 key)
{
	__u64 *value = map ? bpf_map_lookup_elem(map, &key) : 0;

	if (value)
		*value += 1;
}

SEC("xdp")
int caller(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &jumps, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int callee(struct xdp_md *ctx)
{
	return verdict;
}

/* Finds a map once and uses it for a while. */
SEC("xdp")
int swapped(struct xdp_md *ctx)
{
	__u32 key = 0;
	void *of_array = bpf_map_lookup_elem(&outer, &key);
	void *of_hash = bpf_map_lookup_elem(&table, &key);

	count(&runs, 0);
	for (__u32 i = 0; i < 64; i++) {
		count(of_array, i);
		count(of_hash, i);
	}
	return XDP_PASS;
}

SEC("tc")
int other_kind(struct __sk_buff *skb)
{
	return TC_ACT_OK;
}

struct task_struct {
	int pid;
} __attribute__((preserve_access_index));

extern const void skep_has_no_such_symbol __ksym;

/* Needs types of the kernel, and only when it is asked for. */
SEC("?xdp")
int wants_types(struct xdp_md *ctx)
{
	return __builtin_preserve_field_info(((struct task_struct *)0)->pid,
					     0 /* byte offset */) & 3;
}

SEC("?xdp")
int wants_symbol(struct xdp_md *ctx)
{
	return (long)&skep_has_no_such_symbol & 3;
}

SEC("?kprobe/do_nanosleep")
int probe(struct pt_regs *regs)
{
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
