/* SPDX-License-Identifier: Dual BSD/GPL */
/* A program that no verifier would let run: it does not end. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char _license[] SEC("license") = "Dual BSD/GPL";

SEC("xdp")
int spin(struct xdp_md *ctx)
{
	volatile int rounds = 0;

	for (;;)
		rounds++;
	return XDP_PASS;
}
