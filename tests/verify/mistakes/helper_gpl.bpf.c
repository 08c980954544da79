/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A helper wants a GPL-compatible license
 *
 * rejected: verify-helper-gpl
 * line: bpf_trace_printk
 * says: SEC("license")
 */
#ifndef FIXED
#define LICENSE "Proprietary"
#endif
#include "mistake.h"

SEC("xdp")
int helper_gpl(struct xdp_md *ctx)
{
	char text[] = "seen";

	bpf_trace_printk(text, sizeof(text));
	return XDP_PASS;
}
