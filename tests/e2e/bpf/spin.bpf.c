/* SPDX-License-Identifier: Dual BSD/GPL */
/* A safe program, proven to end: in a year or two. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define ROUNDS	(1 << 23)

char _license[] SEC("license") = "Dual BSD/GPL";

/* Never set: what it guards is gone from the program that runs. */
const volatile __u32 careful;

static long inner(__u32 i, __u32 *rounds)
{
	++*rounds;
	return 0;
}

static long outer(__u32 i, __u32 *rounds)
{
	bpf_loop(ROUNDS, inner, rounds, 0);
	return 0;
}

SEC("xdp")
int spin(struct xdp_md *ctx)
{
	__u32 rounds = 0;

	if (careful)
		return XDP_ABORTED;
	bpf_loop(ROUNDS, outer, &rounds, 0);
	return rounds ? XDP_PASS : XDP_DROP;
}
