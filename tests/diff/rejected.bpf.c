// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A program that no verifier accepts: it reads past what it checked. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int past_the_end(struct xdp_md *ctx)
{
	return *(__u8 *)(long)ctx->data;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
