/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A packet as the kernel's test run shows it to a program; the facts are in
 * kernel.h. Both engines get the packet in this shape, so that a difference
 * afterwards is a difference of the engines.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>

#include "base/endian.h"
#include "engine/kernel.h"
#include "engine/types.h"

#define LOOPBACK	1u
#define WIRE_MAX	65536u	/* GSO_LEGACY_MAX_SIZE */

bool kernel_type_is_l2(enum prog_type type)
{
	return type == PROG_TYPE_SCHED_CLS || type == PROG_TYPE_SCHED_ACT;
}

bool kernel_type_is_skb(enum prog_type type)
{
	switch (type) {
	case PROG_TYPE_SCHED_CLS:
	case PROG_TYPE_SCHED_ACT:
	case PROG_TYPE_SOCKET_FILTER:
	case PROG_TYPE_CGROUP_SKB:
	case PROG_TYPE_LWT_IN:
	case PROG_TYPE_LWT_OUT:
	case PROG_TYPE_LWT_XMIT:
		return true;
	default:
		return false;
	}
}

static int prepare_xdp(struct packet *packet)
{
	size_t lead = (size_t)(packet->data_meta - packet->head);
	size_t len = (size_t)(packet->data_end - packet->data_meta);
	size_t meta = (size_t)(packet->data - packet->data_meta);

	if (lead + meta < PACKET_HEADROOM)
		return -EMSGSIZE;
	if (PACKET_HEADROOM - meta + len > KERNEL_XDP_ROOM)
		return -EMSGSIZE;
	packet->head = packet->data - PACKET_HEADROOM;
	if ((size_t)(packet->end - packet->head) > KERNEL_XDP_ROOM)
		packet->end = packet->head + KERNEL_XDP_ROOM;
	packet->ifindex = packet->ingress_ifindex = LOOPBACK;
	packet->rx_queue_index = 0;
	packet->egress_ifindex = 0;
	return 0;
}

/* As lo sees it: its own and its broadcast address are all zeroes. */
static uint32_t packet_type(const uint8_t *eth)
{
	static const uint8_t own[ETH_ALEN];

	if (memcmp(eth, own, ETH_ALEN) == 0)
		return PACKET_HOST;
	return eth[0] & 1 ? PACKET_MULTICAST : PACKET_OTHERHOST;
}

/* The ethertype, or what stands for it in an 802.3 frame. */
static uint16_t frame_protocol(const uint8_t *eth, size_t len)
{
	uint16_t type = get_be16(eth + 2 * ETH_ALEN);

	if (type >= ETH_P_802_3_MIN)
		return type;
	if (len >= ETH_HLEN + 2 && get_u16(eth + ETH_HLEN) == 0xffff)
		return ETH_P_802_3;
	return ETH_P_802_2;
}

/* The kernel refuses frames that end within their IP header. */
static bool has_ip_header(const uint8_t *eth, size_t len)
{
	uint16_t protocol = frame_protocol(eth, len);

	if (protocol == ETH_P_IP)
		return len >= ETH_HLEN + 20;
	return protocol != ETH_P_IPV6 || len >= ETH_HLEN + 40;
}

static void prepare_skb(enum prog_type type, struct packet *packet)
{
	uint8_t *eth = packet->data;
	size_t len = (size_t)(packet->data_end - eth);

	packet->link_header = eth;
	packet->network_header = eth + ETH_HLEN;
	packet->pkt_type = packet_type(eth);
	packet->protocol = htobe16(frame_protocol(eth, len));
	if (!kernel_type_is_l2(type))
		packet->data += ETH_HLEN;
	packet->data_meta = packet->data;
	packet->len = (uint32_t)(packet->data_end - packet->data);
	if (packet->wire_len < packet->len)
		packet->wire_len = packet->len;
	packet->ifindex = LOOPBACK;
	packet->ingress_ifindex = 0;
	packet->queue_mapping = packet->hash = packet->napi_id = 0;
	packet->vlan_present = packet->vlan_tci = packet->vlan_proto = 0;
	packet->tc_index = packet->tc_classid = 0;
}

int kernel_prepare_packet(enum prog_type type, struct packet *packet)
{
	size_t len = (size_t)(packet->data_end - packet->data);

	if (len < ETH_HLEN)
		return -EMSGSIZE;
	if (type == PROG_TYPE_XDP)
		return prepare_xdp(packet);
	if (!kernel_type_is_skb(type))
		return -EOPNOTSUPP;
	if (len > KERNEL_SKB_MAX || packet->wire_len > WIRE_MAX ||
	    !has_ip_header(packet->data, len))
		return -EMSGSIZE;
	prepare_skb(type, packet);
	return 0;
}
