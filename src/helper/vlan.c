/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VLAN tags of a packet inside the stack. The outermost one is beside the
 * packet (vlan_present, vlan_proto, vlan_tci), as in the kernel's skb; only
 * further ones are in its bytes, behind the two addresses:
 *
 *	| dst 6 | src 6 | proto 2 | tci 2 | next proto 2 | ...
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <string.h>

#include "helper/family.h"

#define ADDRS_LEN	(2 * ETH_ALEN)
#define TAG_LEN		4

static bool is_vlan(uint16_t proto)
{
	return proto == htons(ETH_P_8021Q) || proto == htons(ETH_P_8021AD);
}

/* The tag beside the packet moves into its bytes. */
static int insert_tag(struct run *run)
{
	struct packet *packet = run->packet;
	uint8_t *network = helper_packet_network(packet) - TAG_LEN;
	uint16_t proto = (uint16_t)packet->vlan_proto;
	uint16_t tci = htons((uint16_t)packet->vlan_tci);

	if (helper_packet_len(packet) < ETH_HLEN)
		return -EINVAL;
	if (helper_packet_headroom(packet) < TAG_LEN)
		return -ENOMEM;
	helper_packet_move_start(run, -TAG_LEN);
	memmove(packet->data, packet->data + TAG_LEN, ADDRS_LEN);
	memcpy(packet->data + ADDRS_LEN, &proto, sizeof(proto));
	memcpy(packet->data + ADDRS_LEN + 2, &tci, sizeof(tci));
	packet->protocol = proto;
	packet->network_header = network;
	if (packet->link_header)
		packet->link_header = packet->data;
	return 0;
}

DEFINE_HELPER(skb_vlan_push, ctx, vlan_proto, vlan_tci, r4, r5)
{
	struct packet *packet = run->packet;
	uint16_t proto = (uint16_t)vlan_proto;

	run_packet_moved(run);
	if (!is_vlan(proto))
		proto = htons(ETH_P_8021Q);
	if (packet->vlan_present) {
		int err = insert_tag(run);

		if (err)
			return (int64_t)err;
	}
	packet->vlan_present = 1;
	packet->vlan_proto = proto;
	packet->vlan_tci = (uint16_t)vlan_tci;
	return 0;
}

/* What the kernel calls the protocol of a frame without an ethertype. */
static uint16_t protocol_at(const struct packet *packet)
{
	const uint8_t *at = packet->data + ADDRS_LEN;
	uint16_t proto;

	memcpy(&proto, at, sizeof(proto));
	if (ntohs(proto) >= ETH_P_802_3_MIN)
		return proto;
	if (packet->data_end - at >= 4 && at[2] == 0xff && at[3] == 0xff)
		return htons(ETH_P_802_3);
	return htons(ETH_P_802_2);
}

/* Takes the tag in the bytes out of them. */
static int remove_tag(struct run *run, uint16_t *tci)
{
	struct packet *packet = run->packet;
	uint8_t *network = helper_packet_network(packet);

	if (helper_packet_len(packet) < ETH_HLEN + TAG_LEN)
		return -ENOMEM;
	memcpy(tci, packet->data + ADDRS_LEN + 2, sizeof(*tci));
	*tci = ntohs(*tci);
	memmove(packet->data + TAG_LEN, packet->data, ADDRS_LEN);
	helper_packet_move_start(run, TAG_LEN);
	packet->protocol = protocol_at(packet);
	packet->network_header = MAX(network, packet->data + ETH_HLEN);
	if (packet->link_header)
		packet->link_header = packet->data;
	return 0;
}

/* The next tag in the bytes, if there is one, takes the place beside. */
DEFINE_HELPER(skb_vlan_pop, ctx, r2, r3, r4, r5)
{
	struct packet *packet = run->packet;
	uint16_t proto, tci = 0;
	int err;

	run_packet_moved(run);
	if (packet->vlan_present) {
		packet->vlan_present = 0;
	} else {
		if (!is_vlan((uint16_t)packet->protocol))
			return 0;
		err = remove_tag(run, &tci);
		if (err)
			return (int64_t)err;
	}
	if (!is_vlan((uint16_t)packet->protocol))
		return 0;
	proto = (uint16_t)packet->protocol;
	err = remove_tag(run, &tci);
	if (err)
		return (int64_t)err;
	packet->vlan_present = 1;
	packet->vlan_proto = proto;
	packet->vlan_tci = tci;
	return 0;
}
