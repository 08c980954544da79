/* SPDX-License-Identifier: Dual BSD/GPL */
/*
 * Safe programs that no walk over paths gets to the end of: each has more
 * states that differ in a number which decides than the limit allows to look
 * at. The `acc` of all becomes an index, so that its value matters.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8[1 << 20]);
} bytes SEC(".maps");

/* What the compiler must not see through. */
#define opaque(x) asm volatile("" : "+r"(x))

#define random(x) ((x) = bpf_get_prandom_u32())

static __always_inline __u8 *value_of(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&bytes, &key);
}

/* Each branch doubles the values that acc may have. */
#define BRANCH(acc, bits, i)						\
	do {								\
		if ((bits) & (1ull << (i))) {				\
			(acc) += 1ull << ((i) % 19);			\
			opaque(acc);					\
		}							\
	} while (0)

#define BRANCHES_8(acc, bits, i)					\
	BRANCH(acc, bits, i); BRANCH(acc, bits, (i) + 1);		\
	BRANCH(acc, bits, (i) + 2); BRANCH(acc, bits, (i) + 3);		\
	BRANCH(acc, bits, (i) + 4); BRANCH(acc, bits, (i) + 5);		\
	BRANCH(acc, bits, (i) + 6); BRANCH(acc, bits, (i) + 7)

/* Independent branches, one after the other. */
SEC("xdp")
int branches(struct xdp_md *ctx)
{
	__u64 acc = 0, bits;
	__u8 *value = value_of();

	random(bits);
	opaque(bits);
	if (!value)
		return XDP_DROP;
	BRANCHES_8(acc, bits, 0);
	BRANCHES_8(acc, bits, 8);
	BRANCHES_8(acc, bits, 16);
	return acc < 1 << 20 ? value[acc] : 0;
}

/* The same in a loop. */
SEC("xdp")
int branchy_loop(struct xdp_md *ctx)
{
	__u64 acc = 0, bits;
	__u8 *value = value_of();

	if (!value)
		return XDP_DROP;
	for (__u32 i = 0; i < 1000; i++) {
		random(bits);
		if (bits & 1) {
			acc += i;
			opaque(acc);
		}
	}
	return acc < 1 << 20 ? value[acc] : 0;
}

/* No branch at all but the loops' own. */
SEC("xdp")
int nested_loops(struct xdp_md *ctx)
{
	__u64 acc = 0;
	__u8 *value = value_of();

	if (!value)
		return XDP_DROP;
	for (__u32 i = 0; i < 1000; i++)
		for (__u32 j = 0; j < 1000; j++) {
			acc += j;
			opaque(acc);
		}
	return acc < 1 << 20 ? value[acc] : 0;
}

/* A loop that leaves a branch behind at every round. */
SEC("xdp")
int early_exits(struct xdp_md *ctx)
{
	__u8 *value = value_of();
	__u64 acc = 0, bits;

	if (!value)
		return XDP_DROP;
	for (__u32 i = 0; i < 100000; i++) {
		random(bits);
		opaque(acc);
		if (bits == i)
			return value[acc];
		acc++;
	}
	return XDP_PASS;
}

static long one_of_many(__u32 i, __u64 *acc)
{
	__u64 bits;

	random(bits);
	opaque(bits);
	BRANCHES_8(*acc, bits, 0);
	BRANCHES_8(*acc, bits, 8);
	BRANCHES_8(*acc, bits, 16);
	*acc &= (1 << 19) - 1;
	return 0;
}

/* A callback with branches, whose result is needed. */
SEC("xdp")
int callback(struct xdp_md *ctx)
{
	__u8 *value = value_of();
	__u64 acc = 0;

	if (!value)
		return XDP_DROP;
	bpf_loop(100, one_of_many, &acc, 0);
	return acc < 1 << 20 ? value[acc] : 0;
}

static __noinline __u64 pick(__u64 acc)
{
	__u64 bits;

	random(bits);
	opaque(bits);
	BRANCHES_8(acc, bits, 0);
	return acc;
}

static __noinline __u64 pick_twice(__u64 acc)
{
	acc = pick(acc);
	opaque(acc);
	return pick(acc * 3);
}

/* Subprograms that many states come to. */
SEC("xdp")
int subprograms(struct xdp_md *ctx)
{
	__u8 *value = value_of();
	__u64 acc = 0;

	if (!value)
		return XDP_DROP;
	acc = pick_twice(acc);
	acc = pick_twice(acc * 5);
	acc = pick_twice(acc * 7);
	return acc < 1 << 20 ? value[acc] : 0;
}

/* Values kept in memory, each its own. */
SEC("xdp")
int spilled(struct xdp_md *ctx)
{
	__u8 *value = value_of();
	volatile __u64 slots[32];
	__u64 acc = 0, bits;

	if (!value)
		return XDP_DROP;
	for (__u32 i = 0; i < 32; i++) {
		random(bits);
		slots[i] = bits & 1 ? i : 2 * i + 1;
	}
	for (__u32 i = 0; i < 32; i++)
		acc += slots[i];
	return acc < 1 << 20 ? value[acc] : 0;
}

/* States as large as can be, each another. */
SEC("xdp")
int whole_stack(struct xdp_md *ctx)
{
	__u8 *value = value_of();
	volatile __u64 slots[60];
	__u64 acc = 0, at = 0;

	if (!value)
		return XDP_DROP;
	for (__u32 i = 0; i < 60; i++)
		slots[i] = i;
	for (__u32 i = 0; i < 1000000; i++) {
		opaque(at);
		if (at == 60)
			at = 0;
		slots[at++] = i;
	}
	for (__u32 i = 0; i < 60; i++)
		acc += slots[i];
	return acc < 1 << 20 ? value[acc] : 0;
}
