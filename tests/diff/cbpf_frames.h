/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames for classic filters to look at, and what a packet socket on lo would
 * know of them.
 */
#ifndef SKEP_TESTS_CBPF_FRAMES_H
#define SKEP_TESTS_CBPF_FRAMES_H

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>

#include "base/endian.h"
#include "cbpf_random.h"

#define LO	1
#define MARK	0x12345678

/* Frames as they are sent; the rest is filled with attributes. */
struct frame {
	uint8_t text[RANDOM_FRAME + 20];
	size_t len;
};

static const struct {
	uint8_t head[96];
	size_t len;
} heads[] = {
	/* UDP over IPv4 */
	{ { 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 8, 0,
	    0x45, 0, 1, 30, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1,
	    10, 0, 0, 2, 0x12, 0x34, 0, 53, 1, 10, 0, 0 }, 42 },
	/* TCP with options, IPv4 with options */
	{ { 1, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 8, 0,
	    0x46, 0, 1, 30, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1,
	    10, 0, 0, 2, 1, 1, 1, 1, 0, 80, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0,
	    0x80, 2, 1, 1 }, 54 },
	/* a later fragment, and a first one */
	{ { 2, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 8, 0,
	    0x45, 0, 1, 30, 0, 1, 0x00, 9, 64, 17, 0, 0, 10, 0, 0, 1,
	    10, 0, 0, 2 }, 34 },
	{ { 2, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 8, 0,
	    0x45, 0, 1, 30, 0, 1, 0x20, 0, 64, 17, 0, 0, 10, 0, 0, 1,
	    10, 0, 0, 2 }, 34 },
	/* IPv6, hop-by-hop, routing, UDP */
	{ { 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 0x86, 0xdd,
	    0x60, 0, 0, 0, 1, 0, 0, 64, 1, [53] = 1, 43, 0, 1, 4, 0, 0, 0, 0,
	    17, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 53 },
	  86 },
	/* IPv6, fragment, TCP */
	{ { 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 0x86, 0xdd,
	    0x60, 0, 0, 0, 1, 0, 44, 64, 1, [53] = 1, 6, 0, 0, 9, 0, 0, 0, 1 },
	  62 },
	/* IPv4 in IPv4, ICMP */
	{ { 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 8, 0,
	    0x45, 0, 1, 30, 0, 1, 0, 0, 64, 4, 0, 0, 10, 0, 0, 1,
	    10, 0, 0, 2, 0x45, 0, 1, 10, 0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1,
	    10, 0, 0, 2, 8, 0 }, 56 },
	/* a VLAN tag, then SCTP over IPv4 */
	{ { 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 0x81, 0, 0x60, 7, 8, 0,
	    0x45, 0, 1, 30, 0, 1, 0, 0, 64, 132, 0, 0, 10, 0, 0, 1,
	    10, 0, 0, 2, 0, 7, 0, 7 }, 42 },
	/* two VLAN tags */
	{ { 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 0x88, 0xa8, 0, 5, 0x81, 0,
	    0, 6, 8, 0, 0x45, 0, 1, 20, 0, 1, 0, 0, 64, 17, 0, 0 }, 46 },
	/* ARP; an experimental ethertype; 802.3 */
	{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 2, 2, 2, 2, 2, 8, 6 },
	  14 },
	{ { 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 0x88, 0xb5 }, 14 },
	{ { 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 1, 30, 0x42, 0x42 }, 16 },
};

static inline void frame_init(struct frame *frame, struct rng *rng)
{
	size_t which = rng_below(rng, ARRAY_SIZE(heads));

	memset(frame, 0, sizeof(*frame));
	frame->len = RANDOM_FRAME;
	memcpy(frame->text, heads[which].head, heads[which].len);
	for (size_t at = (heads[which].len + 3) / 4 * 4; at + 4 <= frame->len;
	     at += 4) {
		put_u16(frame->text + at, (uint16_t)(4 + rng_below(rng, 20)));
		put_u16(frame->text + at + 2, (uint16_t)rng_below(rng, 80));
	}
}

/* The frame as the receiving stack has it: the outer tag is taken off. */
static inline void untag(struct frame *frame, struct cbpf_packet *packet)
{
	uint16_t type = get_be16(frame->text + 12);

	if (type != ETH_P_8021Q && type != ETH_P_8021AD)
		return;
	packet->ancillary[CBPF_AD_VLAN_TAG_PRESENT] = 1;
	packet->ancillary[CBPF_AD_VLAN_TPID] = type;
	packet->ancillary[CBPF_AD_VLAN_TAG] = get_be16(frame->text + 14);
	memmove(frame->text + 12, frame->text + 16, frame->len - 16);
	frame->len -= 4;
}

static inline struct cbpf_packet as_received(struct frame *frame, bool is_raw)
{
	struct cbpf_packet packet = { 0 };
	uint16_t type;

	untag(frame, &packet);
	type = get_be16(frame->text + 12);
	packet.ancillary[CBPF_AD_PROTOCOL] =
		type >= ETH_P_802_3_MIN ? type : ETH_P_802_2;
	packet.ancillary[CBPF_AD_PKTTYPE] =
		memcmp(frame->text, "\0\0\0\0\0", 6) == 0 ? PACKET_HOST :
		frame->text[0] & 1 ? PACKET_MULTICAST : PACKET_OTHERHOST;
	packet.ancillary[CBPF_AD_IFINDEX] = LO;
	packet.ancillary[CBPF_AD_HATYPE] = ARPHRD_LOOPBACK;
	packet.ancillary[CBPF_AD_MARK] = MARK;
	packet.lead = is_raw ? 0 : ETH_HLEN;
	packet.data = frame->text + packet.lead;
	packet.len = packet.wire_len = (uint32_t)frame->len - packet.lead;
	packet.net_off = is_raw ? ETH_HLEN : 0;
	packet.ll_off = is_raw ? 0 : -ETH_HLEN;
	return packet;
}

#endif
