/* SPDX-License-Identifier: Apache-2.0 */
/* CO-RE on types and enumerators, there and not there. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct task_struct {
	int pid;
	int tgid;
} __attribute__((preserve_access_index));

struct task_struct___wrong {
	struct task_struct *pid;
};

struct no_such_struct {
	int x;
};

enum bpf_map_type___mine {
	BPF_MAP_TYPE_RINGBUF___mine = 1,
	BPF_MAP_TYPE_NOTHING = 2,
};

enum no_such_enum { NOTHING };

union bpf_attr___mine {
	int unused;
};

typedef int (*bpf_func_t)(const void *, const struct bpf_insn *);
typedef unsigned long sector_t;

struct pt_regs___few {
	unsigned long ip, sp, ax;
};

__u64 out[32];

SEC("raw_tp/sys_enter")
int types(void *ctx)
{
	out[0] = bpf_core_type_exists(struct task_struct);
	out[1] = bpf_core_type_exists(struct no_such_struct);
	out[2] = bpf_core_type_size(struct task_struct);
	out[3] = bpf_core_type_size(struct no_such_struct);
	out[4] = bpf_core_type_id_local(struct no_such_struct);
	out[5] = bpf_core_type_id_kernel(struct no_such_struct);
	out[6] = bpf_core_type_exists(union bpf_attr___mine);
	out[7] = bpf_core_type_size(union bpf_attr___mine);
	out[8] = bpf_core_type_exists(sector_t);
	out[9] = bpf_core_type_size(sector_t);
	out[10] = bpf_core_enum_value_exists(enum bpf_map_type___mine,
					     BPF_MAP_TYPE_RINGBUF___mine);
	out[11] = bpf_core_enum_value_exists(enum bpf_map_type___mine,
					     BPF_MAP_TYPE_NOTHING);
	out[12] = bpf_core_enum_value(enum bpf_map_type___mine,
				      BPF_MAP_TYPE_RINGBUF___mine);
	if (out[11])
		out[13] = bpf_core_enum_value(enum bpf_map_type___mine,
					      BPF_MAP_TYPE_NOTHING);
	out[14] = bpf_core_enum_value_exists(enum no_such_enum, NOTHING);
	out[15] = bpf_core_type_exists(enum bpf_map_type___mine);
	out[16] = bpf_core_type_exists(bpf_func_t);
#if defined(bpf_core_type_matches) && __clang_major__ >= 16
	out[17] = bpf_core_type_matches(struct task_struct);
	out[18] = bpf_core_type_matches(struct task_struct___wrong);
	out[19] = bpf_core_type_matches(struct pt_regs___few);
	out[20] = bpf_core_type_matches(struct no_such_struct);
	out[21] = bpf_core_type_matches(enum bpf_map_type___mine);
	out[22] = bpf_core_type_matches(sector_t);
#endif
	return 0;
}

char _license[] SEC("license") = "GPL";
