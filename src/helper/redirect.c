/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a packet is to go. The helpers only note it in the run; whoever
 * drives the run acts on it when the program returns the redirecting
 * verdict. Reference: net/core/filter.c, include/linux/filter.h.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "helper/family.h"
#include "map/map.h"

/* sizeof(struct bpf_redir_neigh) */
#define NEIGH_SIZE	20

/* Flags of bpf_redirect_map: what to return for a missing entry, ... */
#define MISSING_MASK	3ull
/* ... and, for interfaces, to send to all of them. */
#define TO_ALL		(1ull << 3)
#define NOT_TO_INGRESS	(1ull << 4)

static uint64_t redirect_frame(struct run *run, uint64_t ifindex,
			       uint64_t flags)
{
	if (flags)
		return XDP_ABORTED;
	run->redirect = (struct run_redirect){ .ifindex = (uint32_t)ifindex };
	return XDP_REDIRECT;
}

DEFINE_HELPER(redirect, ifindex, flags, r3, r4, r5)
{
	if (run->prog->type == PROG_TYPE_XDP)
		return redirect_frame(run, ifindex, flags);
	if (flags & ~(uint64_t)BPF_F_INGRESS)
		return TC_ACT_SHOT;
	run->redirect = (struct run_redirect){
		.ifindex = (uint32_t)ifindex, .flags = flags,
	};
	return TC_ACT_REDIRECT;
}

DEFINE_HELPER(redirect_peer, ifindex, flags, r3, r4, r5)
{
	if (flags)
		return TC_ACT_SHOT;
	run->redirect = (struct run_redirect){
		.ifindex = (uint32_t)ifindex, .peer = true,
	};
	return TC_ACT_REDIRECT;
}

DEFINE_HELPER(redirect_neigh, ifindex, params, params_size, flags, r5)
{
	int32_t size = (int32_t)params_size;

	if (flags || (size && (uint32_t)size < NEIGH_SIZE))
		return TC_ACT_SHOT;
	run->redirect = (struct run_redirect){
		.ifindex = (uint32_t)ifindex, .neigh = true,
	};
	return TC_ACT_REDIRECT;
}

static bool is_devmap(const struct map *map)
{
	return map->def.type == MAP_TYPE_DEVMAP ||
	       map->def.type == MAP_TYPE_DEVMAP_HASH;
}

/* A missing entry takes an earlier redirect back. */
DEFINE_HELPER(redirect_map, map, key, flags, r4, r5)
{
	struct map *m = helper_ptr(map);
	uint64_t known = MISSING_MASK;
	uint32_t index = (uint32_t)key;

	if (is_devmap(m))
		known |= TO_ALL | NOT_TO_INGRESS;
	if (flags & ~known)
		return XDP_ABORTED;
	if (!(flags & TO_ALL) && !m->ops->lookup(m, &index, run->cpu)) {
		run->redirect = (struct run_redirect){ 0 };
		return flags & MISSING_MASK;
	}
	run->redirect = (struct run_redirect){
		.map = m, .index = index,
		.flags = flags & TO_ALL ? flags : 0,
	};
	return XDP_REDIRECT;
}

DEFINE_HELPER(clone_redirect, ctx, ifindex, flags, r4, r5)
{
	run_packet_moved(run);
	if (flags & ~(uint64_t)BPF_F_INGRESS)
		return helper_error(EINVAL);
	if (!run->host || !run->host->clone)
		return helper_error(EINVAL);
	return (int64_t)run->host->clone(run->host->arg, run->packet,
					 (uint32_t)ifindex, flags);
}
