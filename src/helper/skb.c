/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers on a packet inside the stack: its bytes, its length, and a few
 * fields that programs may set. VLAN tags are in vlan.c, the flow hash in
 * hash.c. Reference: net/core/filter.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>

#include "helper/family.h"

/* As long as the kernel lets a packet grow: four pages with their info. */
#define SKB_LEN_MAX	(4 * 4096 - 320)
#define RELATIVE_MAX	0xffff

static bool has_bytes(const struct packet *packet, uint32_t off, uint32_t len)
{
	return (uint64_t)off + len <= helper_packet_len(packet);
}

DEFINE_HELPER(skb_load_bytes, ctx, offset, to, len, r5)
{
	const struct packet *packet = run->packet;
	uint32_t off = (uint32_t)offset, size = (uint32_t)len;

	if (off > INT_MAX || !has_bytes(packet, off, size)) {
		memset(helper_ptr(to), 0, size);
		return helper_error(EFAULT);
	}
	memmove(helper_ptr(to), packet->data + off, size);
	return 0;
}

/* The header that a relative offset counts from, or NULL. */
static const uint8_t *header_start(const struct packet *packet, uint32_t from)
{
	if (from == BPF_HDR_START_MAC)
		return packet->link_header ? packet->link_header :
					     packet->data;
	if (from == BPF_HDR_START_NET)
		return helper_packet_network(packet);
	return NULL;
}

DEFINE_HELPER(skb_load_bytes_relative, ctx, offset, to, len, from)
{
	const struct packet *packet = run->packet;
	const uint8_t *start = header_start(packet, (uint32_t)from);
	uint32_t off = (uint32_t)offset, size = (uint32_t)len;

	if (!start || off > RELATIVE_MAX ||
	    (int64_t)off + size > packet->data_end - start) {
		memset(helper_ptr(to), 0, size);
		return helper_error(EFAULT);
	}
	memmove(helper_ptr(to), start + off, size);
	return 0;
}

DEFINE_HELPER(skb_store_bytes, ctx, offset, from, len, flags)
{
	struct packet *packet = run->packet;
	uint32_t off = (uint32_t)offset, size = (uint32_t)len;

	if (flags & ~(uint64_t)(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH))
		return helper_error(EINVAL);
	if (off > INT_MAX || !has_bytes(packet, off, size))
		return helper_error(EFAULT);
	run_packet_moved(run);
	memmove(packet->data + off, helper_ptr(from), size);
	if (flags & BPF_F_INVALIDATE_HASH)
		packet->hash = 0;
	return 0;
}

DEFINE_HELPER(skb_pull_data, ctx, len, r3, r4, r5)
{
	run_packet_moved(run);
	if ((uint32_t)len > helper_packet_len(run->packet))
		return helper_error(ENOMEM);
	return 0;
}

DEFINE_HELPER(skb_change_tail, ctx, new_len, flags, r4, r5)
{
	struct packet *packet = run->packet;
	int64_t len = (int64_t)helper_packet_len(packet);
	int64_t want = (uint32_t)new_len;
	int64_t least = helper_packet_network(packet) - packet->data;

	run_packet_moved(run);
	if (flags || want > SKB_LEN_MAX || want < least)
		return helper_error(EINVAL);
	if (want - len > (int64_t)helper_packet_tailroom(packet))
		return helper_error(ENOMEM);
	if (want > len)
		memset(packet->data_end, 0, (size_t)(want - len));
	helper_packet_move_end(run, want - len);
	return 0;
}

/* Room for a link header before one that has none; the rest stays put. */
DEFINE_HELPER(skb_change_head, ctx, room, flags, r4, r5)
{
	struct packet *packet = run->packet;
	uint32_t more = (uint32_t)room;
	uint8_t *network = helper_packet_network(packet);

	run_packet_moved(run);
	if (flags || (uint64_t)more + helper_packet_len(packet) > SKB_LEN_MAX)
		return helper_error(EINVAL);
	if (more > helper_packet_headroom(packet))
		return helper_error(ENOMEM);
	helper_packet_move_start(run, -(int64_t)more);
	memset(packet->data, 0, more);
	packet->link_header = packet->data;
	packet->network_header = network;
	return 0;
}

DEFINE_HELPER(skb_change_type, ctx, type, r3, r4, r5)
{
	struct packet *packet = run->packet;

	if (packet->pkt_type > PACKET_OTHERHOST ||
	    (uint32_t)type > PACKET_OTHERHOST)
		return helper_error(EINVAL);
	packet->pkt_type = (uint32_t)type;
	return 0;
}

/* enum BPF_SKB_CLOCK_* of newer headers */
enum { CLOCK_OF_DAY, CLOCK_SINCE_BOOT, CLOCK_ATOMIC, CLOCK_CNT };

DEFINE_HELPER(skb_set_tstamp, ctx, tstamp, type, r4, r5)
{
	struct packet *packet = run->packet;
	uint32_t clock = (uint32_t)type;

	if (packet->protocol != htons(ETH_P_IP) &&
	    packet->protocol != htons(ETH_P_IPV6))
		return helper_error(EOPNOTSUPP);
	if (clock >= CLOCK_CNT || (clock != CLOCK_OF_DAY && !tstamp))
		return helper_error(EINVAL);
	packet->tstamp = tstamp;
	packet->tstamp_type = clock;
	return 0;
}
