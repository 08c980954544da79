/* SPDX-License-Identifier: Apache-2.0 */
/* Atomics whose result is not used: what -mcpu=v1 knows. */
#include "types.h"

SEC("tracepoint/x") int add(u64 *v, u32 *w)
{
	__sync_fetch_and_add(v, 5);
	__sync_fetch_and_add(v + 1, v[2]);
	__sync_fetch_and_add(w + 1, w[2]);
	return 0;
}

#if __BPF_CPU_VERSION__ >= 3
SEC("tracepoint/x") u64 fetch64(u64 *v)
{
	u64 sum = __sync_fetch_and_add(v, 5);

	sum += __sync_fetch_and_or(v, sum);
	sum += __sync_fetch_and_and(v, sum);
	sum += __sync_fetch_and_xor(v, sum);
	sum += __sync_lock_test_and_set(v, sum);
	return sum + __sync_val_compare_and_swap(v, sum, 5);
}

SEC("tracepoint/x") u32 fetch32(u32 *v)
{
	u32 sum = __sync_fetch_and_add(v, 5);

	sum += __sync_fetch_and_or(v, sum);
	sum += __sync_fetch_and_and(v, sum);
	sum += __sync_fetch_and_xor(v, sum);
	sum += __sync_lock_test_and_set(v, sum);
	return sum + __sync_val_compare_and_swap(v, sum, 5);
}

SEC("tracepoint/x") int silent(u64 *v, u32 *w)
{
	__sync_fetch_and_or(v, 5);
	__sync_fetch_and_and(v + 1, v[2]);
	__sync_fetch_and_xor(w + 1, w[2]);
	return 0;
}
#endif
