/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Program types whose context holds kernel objects, told by BTF: arguments of
 * the function or tracepoint that the program attaches to, one word each, or
 * a struct of pointers. For verification; skep does not run them.
 * Reference: kernel/bpf/btf.c, net/netfilter/nf_bpf_link.c.
 */
#include "prog/rows.h"

/* Tracing, LSM, struct_ops, and freplace, which is as what it replaces. */
const struct ctx_layout ctx_typed = {
	.name = "ctx", .by_btf = true, .no_native = true,
};

/* struct bpf_nf_ctx, which the UAPI headers leave out. */
static const struct ctx_field netfilter_fields[] = {
	CTX_PART("state", 0, 8, BTF, R, .btf = "nf_hook_state"),
	CTX_PART("skb", 8, 8, BTF, R, .btf = "sk_buff"),
};

static const struct verdict_row netfilter_verdicts[] = {
	{ 0, "NF_DROP" },
	{ 1, "NF_ACCEPT" },
};

const struct ctx_layout ctx_netfilter = {
	.name = "bpf_nf_ctx", .no_native = true, .size = 16,
	CTX_ROWS(netfilter_fields),
	.verdicts = netfilter_verdicts,
	.verdicts_cnt = ARRAY_SIZE(netfilter_verdicts),
};

static const struct ctx_field lirc_fields[] = {
	CTX_PART("sample", 0, 4, SCALAR, R),
};

/* One pulse or space: its kind in the upper byte, microseconds below. */
const struct ctx_layout ctx_lirc_mode2 = {
	.name = "unsigned int", .no_native = true, .size = 4,
	CTX_ROWS(lirc_fields),
};
