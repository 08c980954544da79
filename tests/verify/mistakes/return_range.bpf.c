/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The hook does not know this return value
 *
 * rejected: verify-return
 * line:
 * says: [0, 1]
 */
#include "mistake.h"

SEC("cgroup/sock_create")
int return_range(struct bpf_sock *sk)
{
#ifdef FIXED
	return sk->mark == 2 ? 0 : 1;
#else
	return sk->mark == 2 ? 0 : 2;
#endif
}
