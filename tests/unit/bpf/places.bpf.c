/* SPDX-License-Identifier: Dual BSD/GPL */
/* Programs that name things of the kernel by their types, and maps. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define RELOCATED	__attribute__((preserve_access_index))
#define EXCEPTION(name) \
	__attribute__((btf_decl_tag("exception_callback:" #name)))

struct sock;
struct task_struct {
	int pid;
} RELOCATED;

struct tcp_congestion_ops {
	__u32 (*ssthresh)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	__u32 (*undo_cwnd)(struct sock *sk);
	char name[16];
};

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} even SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [0] = &even } };

/* no type that exists: needs no memory to be looked at */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1000000);
	__uint(key_size, 8);
	__type(value, struct task_struct);
} routes SEC(".maps");

const volatile __u32 limit = 77;
__u64 seen;

extern const int bpf_prog_active __ksym;
extern const void no_such_symbol __ksym __weak;
extern struct task_struct *bpf_task_from_pid(int pid) __ksym;
extern void bpf_task_release(struct task_struct *task) __ksym;
extern void bpf_no_such_function(void) __ksym __weak;
extern void bpf_rcu_read_lock___other(int a, int b, int c) __ksym __weak;

SEC("tp_btf/sched_switch")
int on_switch(__u64 *ctx)
{
	seen += ctx[0] & limit;
	return 0;
}

SEC("fentry/vfs_read")
int on_read(__u64 *ctx)
{
	int *active = bpf_this_cpu_ptr(&bpf_prog_active);

	seen += *active + (&no_such_symbol != 0);
	return 0;
}

SEC("lsm.s/file_open")
int on_open(__u64 *ctx)
{
	return 0;
}

SEC("iter/task")
int each_task(__u64 *ctx)
{
	return 0;
}

SEC("fexit/no_such_function_here")
int on_nothing(__u64 *ctx)
{
	return 0;
}

SEC("?tp_btf/sched_switch")
int asks(__u64 *ctx)
{
	struct task_struct *task = bpf_task_from_pid(1);

	if (task)
		bpf_task_release(task);
	if (bpf_no_such_function)
		bpf_no_such_function();
	if (bpf_rcu_read_lock___other)
		bpf_rcu_read_lock___other(1, 2, 3);
	return 0;
}

SEC("struct_ops/any_name")
__u32 halve(__u64 *ctx)
{
	return 2;
}

SEC("struct_ops/avoid")
void avoid(__u64 *ctx)
{
	seen++;
}

SEC(".struct_ops")
struct tcp_congestion_ops slow = {
	.ssthresh = (void *)halve,
	.cong_avoid = (void *)avoid, .name = "bpf_slow",
};

__noinline int caught(__u64 cookie)
{
	return cookie + 1;
}

SEC("tc")
EXCEPTION(caught)
int throws(struct __sk_buff *skb)
{
	return bpf_map_lookup_elem(&outer, &(__u32){ 0 }) &&
	       bpf_map_lookup_elem(&routes, &(__u64){ 0 });
}

__noinline int caught_too(__u64 cookie)
{
	return cookie + 2;
}

SEC("?tc")
EXCEPTION(caught)
EXCEPTION(caught_too)
int throws_twice(struct __sk_buff *skb)
{
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
