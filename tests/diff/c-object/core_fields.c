/* SPDX-License-Identifier: Apache-2.0 */
/* CO-RE on fields: all six kinds, bit fields, flavours, nesting, arrays. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define relocated __attribute__((preserve_access_index))

typedef __u32 local_pid_t;

struct list_head {
	struct list_head *next, *prev;
} relocated;

struct sched_entity {
	__u64 vruntime;
	__u64 sum_exec_runtime;
} relocated;

struct task_struct {
	int prio;
	local_pid_t pid, tgid;
	char comm[16];
	struct sched_entity se;
	struct task_struct *real_parent;
	struct list_head tasks;
	unsigned int sched_reset_on_fork : 1;
	unsigned int in_execve : 1;
	unsigned int flags;
} relocated;

struct task_struct___other {
	unsigned long no_such_field;
	void *stack;
} relocated;

struct iphdr {
	__u8 ihl : 4, version : 4;
	__u8 ttl;
} relocated;

struct sk_buff {
	unsigned int len;
	union {
		struct {
			__u16 network_header;
		};
	};
	__u8 pkt_type : 3;
	__u32 mark;
} relocated;

__u64 out[40];

SEC("raw_tp/sched_switch")
int fields(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct___other *other = (void *)task;
	struct sk_buff *skb = (void *)task;
	struct iphdr *ip = (void *)task;

	out[0] = BPF_CORE_READ(task, pid);
	out[1] = BPF_CORE_READ(task, real_parent, real_parent, tgid);
	out[2] = BPF_CORE_READ(task, se.sum_exec_runtime);
	bpf_core_read(&out[3], 8, &task->comm[5]);
	out[4] = bpf_core_field_exists(task->se.vruntime);
	out[5] = bpf_core_field_exists(other->no_such_field);
	out[6] = bpf_core_field_exists(other->stack);
	out[7] = bpf_core_field_size(task->comm);
	out[8] = bpf_core_field_size(task->tasks);
	out[9] = __builtin_preserve_field_info(task->prio, BPF_FIELD_SIGNED);
	out[10] = __builtin_preserve_field_info(task->flags, BPF_FIELD_SIGNED);
	out[11] = BPF_CORE_READ_BITFIELD_PROBED(task, sched_reset_on_fork);
	out[12] = BPF_CORE_READ_BITFIELD_PROBED(task, in_execve);
	out[13] = BPF_CORE_READ_BITFIELD_PROBED(ip, version);
	out[14] = BPF_CORE_READ_BITFIELD_PROBED(ip, ihl);
	out[15] = BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type);
	out[16] = BPF_CORE_READ(skb, network_header);
	out[17] = BPF_CORE_READ(skb, mark);
	out[18] = BPF_CORE_READ(ip, ttl);
	if (bpf_core_field_exists(other->no_such_field))
		out[19] = BPF_CORE_READ(other, no_such_field);
	out[20] = BPF_CORE_READ(other, stack) != 0;
	return 0;
}

char _license[] SEC("license") = "GPL";
