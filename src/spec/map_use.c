/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which maps a helper works on. Most types only take the few helpers made for
 * them, and most helpers only one kind of map; both sides of that are in the
 * one mask per helper. Reference: check_map_func_compatibility in
 * kernel/bpf/verifier.c.
 */
#include "spec/spec.h"

#define M(name)		(1ull << MAP_TYPE_##name)

/* Values by key, and the same with one value for each CPU. */
#define M_PERCPU	(M(PERCPU_HASH) | M(PERCPU_ARRAY) | M(LRU_PERCPU_HASH))
#define M_VALUES	(M(HASH) | M(ARRAY) | M(LRU_HASH) | M_PERCPU)
#define M_KEYED		(M_VALUES | M(LPM_TRIE))
#define M_FIFO		(M(QUEUE) | M(STACK))
#define M_SOCKETS	(M(SOCKMAP) | M(SOCKHASH))
#define M_PORTS		(M(DEVMAP) | M(DEVMAP_HASH) | M(XSKMAP))
#define M_STORAGE	(M(CGROUP_STORAGE) | M(PERCPU_CGROUP_STORAGE))

static const uint64_t map_uses[HELPER_END] = {
	[HELPER_map_lookup_elem] = M_KEYED | M_SOCKETS | M_PORTS |
				   M(ARRAY_OF_MAPS) | M(HASH_OF_MAPS),
	[HELPER_map_update_elem] = M_KEYED | M_SOCKETS,
	[HELPER_map_delete_elem] = M_KEYED | M_SOCKETS,
	[HELPER_map_lookup_percpu_elem] = M_PERCPU,
	[HELPER_for_each_map_elem] = M_VALUES,
	[HELPER_map_push_elem] = M_FIFO | M(BLOOM_FILTER),
	[HELPER_map_pop_elem] = M_FIFO,
	[HELPER_map_peek_elem] = M_FIFO | M(BLOOM_FILTER),
	[HELPER_tail_call] = M(PROG_ARRAY),
	[HELPER_redirect_map] = M_PORTS | M(CPUMAP),
	[HELPER_perf_event_read] = M(PERF_EVENT_ARRAY),
	[HELPER_perf_event_read_value] = M(PERF_EVENT_ARRAY),
	[HELPER_perf_event_output] = M(PERF_EVENT_ARRAY),
	[HELPER_skb_output] = M(PERF_EVENT_ARRAY),
	[HELPER_xdp_output] = M(PERF_EVENT_ARRAY),
	[HELPER_ringbuf_output] = M(RINGBUF),
	[HELPER_ringbuf_reserve] = M(RINGBUF),
	[HELPER_ringbuf_query] = M(RINGBUF),
	[HELPER_ringbuf_reserve_dynptr] = M(RINGBUF),
	[HELPER_timer_init] = M(HASH) | M(LRU_HASH) | M(ARRAY),
	[HELPER_user_ringbuf_drain] = M(USER_RINGBUF),
	[HELPER_get_stackid] = M(STACK_TRACE),
	[HELPER_skb_under_cgroup] = M(CGROUP_ARRAY),
	[HELPER_current_task_under_cgroup] = M(CGROUP_ARRAY),
	[HELPER_get_local_storage] = M_STORAGE,
	[HELPER_sk_redirect_map] = M(SOCKMAP),
	[HELPER_msg_redirect_map] = M(SOCKMAP),
	[HELPER_sock_map_update] = M(SOCKMAP),
	[HELPER_sk_redirect_hash] = M(SOCKHASH),
	[HELPER_msg_redirect_hash] = M(SOCKHASH),
	[HELPER_sock_hash_update] = M(SOCKHASH),
	[HELPER_sk_select_reuseport] = M(REUSEPORT_SOCKARRAY) | M_SOCKETS,
	[HELPER_sk_storage_get] = M(SK_STORAGE),
	[HELPER_sk_storage_delete] = M(SK_STORAGE),
	[HELPER_inode_storage_get] = M(INODE_STORAGE),
	[HELPER_inode_storage_delete] = M(INODE_STORAGE),
	[HELPER_task_storage_get] = M(TASK_STORAGE),
	[HELPER_task_storage_delete] = M(TASK_STORAGE),
	[HELPER_cgrp_storage_get] = M(CGRP_STORAGE),
	[HELPER_cgrp_storage_delete] = M(CGRP_STORAGE),
};

uint64_t helper_map_types(uint32_t id)
{
	return id < HELPER_END ? map_uses[id] : 0;
}
