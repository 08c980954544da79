/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A socket that was looked up is not released
 *
 * rejected: verify-ref-leak
 * line: }
 * says: bpf_sk_release(sk)
 */
#include "mistake.h"

SEC("tc")
int leak_socket(struct __sk_buff *skb)
{
	struct bpf_sock_tuple tuple = {};
	struct bpf_sock *sk = bpf_sk_lookup_tcp(skb, &tuple,
						sizeof(tuple.ipv4),
						BPF_F_CURRENT_NETNS, 0);

	if (!sk)
		return TC_ACT_OK;
#ifdef FIXED
	bpf_sk_release(sk);
#endif
	return TC_ACT_SHOT;
}
