/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A socket is released twice
 *
 * rejected: verify-arg
 * line: bpf_sk_release(sk); // again
 * says: bpf_sk_release
 */
#include "mistake.h"

SEC("tc")
int release_twice(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *sk = bpf_sk_lookup_tcp(skb, &tuple,
						sizeof(tuple.ipv4),
						BPF_F_CURRENT_NETNS, 0);

	if (!sk)
		return TC_ACT_OK;
	bpf_sk_release(sk);
#ifndef FIXED
	bpf_sk_release(sk); // again
#endif
	return TC_ACT_SHOT;
}
