/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the payload begins: the ancillary load PAY_OFFSET, which is the
 * kernel's flow dissector (net/core/flow_dissector.c, skb_get_poff). Here are
 * VLAN tags, IPv4, IPv6 with its extension headers, either in the other, ARP,
 * and the transport headers. The dissector's other encapsulations (GRE, PPPoE,
 * MPLS, TIPC, batman-adv, PTP, PRP) give 0, as does what it does not know.
 */
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

#include "base/endian.h"
#include "cbpf/cbpf.h"

#define HEADERS_MAX	15	/* of IPv6 extensions and inner packets */

#define IP_MORE_OR_OFFSET	0x3fff
#define IP_OFFSET		0x1fff
#define IP6_OFFSET		0xfff8

enum step { NEXT_LINK, NEXT_IP, GOOD, BAD };

struct dissection {
	const struct cbpf_packet *packet;
	uint32_t off;		/* of the header to look at */
	uint16_t proto;		/* ethertype of it, while NEXT_LINK */
	uint8_t ip_proto;	/* IPPROTO_* of it, while NEXT_IP */
	bool later_fragment;
};

/* `size` bytes of the current header, or NULL. */
static const uint8_t *header(const struct dissection *d, uint32_t size)
{
	if (d->off > d->packet->len || size > d->packet->len - d->off)
		return NULL;
	return d->packet->data + d->off;
}

static enum step dissect_vlan(struct dissection *d)
{
	const uint8_t *tag = header(d, 4);

	if (!tag)
		return BAD;
	d->proto = get_be16(tag + 2);
	d->off += 4;
	return NEXT_LINK;
}

static enum step dissect_ipv4(struct dissection *d)
{
	const uint8_t *ip = header(d, 20);
	uint16_t fragment;

	if (!ip || (ip[0] & 0xf) < 5)
		return BAD;
	d->off += (ip[0] & 0xf) * 4u;
	d->ip_proto = ip[9];
	fragment = get_be16(ip + 6);
	d->later_fragment = fragment & IP_OFFSET;
	return fragment & IP_MORE_OR_OFFSET ? GOOD : NEXT_IP;
}

static enum step dissect_ipv6(struct dissection *d)
{
	const uint8_t *ip = header(d, 40);

	if (!ip)
		return BAD;
	d->off += 40;
	d->ip_proto = ip[6];
	return NEXT_IP;
}

static enum step dissect_link(struct dissection *d)
{
	switch (d->proto) {
	case ETH_P_8021Q:
	case ETH_P_8021AD:
		return dissect_vlan(d);
	case ETH_P_IP:
		return dissect_ipv4(d);
	case ETH_P_IPV6:
		return dissect_ipv6(d);
	case ETH_P_ARP:
	case ETH_P_RARP:
		return GOOD;
	default:
		return BAD;
	}
}

static enum step dissect_extension(struct dissection *d)
{
	const uint8_t *ext = header(d, 2);

	if (d->proto != ETH_P_IPV6)
		return GOOD;
	if (!ext)
		return BAD;
	d->ip_proto = ext[0];
	d->off += (ext[1] + 1u) * 8;
	return NEXT_IP;
}

static enum step dissect_fragment(struct dissection *d)
{
	const uint8_t *ext = header(d, 8);

	if (d->proto != ETH_P_IPV6)
		return GOOD;
	if (!ext)
		return BAD;
	d->ip_proto = ext[0];
	d->off += 8;
	d->later_fragment = get_be16(ext + 2) & IP6_OFFSET;
	return GOOD;
}

static enum step dissect_ip(struct dissection *d)
{
	switch (d->ip_proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		return dissect_extension(d);
	case IPPROTO_FRAGMENT:
		return dissect_fragment(d);
	case IPPROTO_IPIP:
		d->proto = ETH_P_IP;
		return NEXT_LINK;
	case IPPROTO_IPV6:
		d->proto = ETH_P_IPV6;
		return NEXT_LINK;
	default:
		return GOOD;
	}
}

/* Bytes of the transport header, as far as the packet has it. */
static uint32_t transport_len(const struct dissection *d)
{
	const uint8_t *tcp;

	switch (d->ip_proto) {
	case IPPROTO_TCP:
		tcp = header(d, 13);
		return tcp ? MAX(20u, (tcp[12] & 0xf0u) >> 2) : 0;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_IGMP:
		return 8;
	case IPPROTO_DCCP:
	case IPPROTO_SCTP:
		return 12;
	default:
		return 0;
	}
}

uint32_t cbpf_pay_offset(const struct cbpf_packet *packet)
{
	struct dissection d = {
		.packet = packet,
		.off = (uint32_t)packet->net_off,
		.proto = (uint16_t)packet->ancillary[CBPF_AD_PROTOCOL],
	};
	enum step step = NEXT_LINK;

	for (int i = 0; i < HEADERS_MAX && step < GOOD; i++)
		step = step == NEXT_LINK ? dissect_link(&d) : dissect_ip(&d);
	if (step == BAD)
		return 0;
	d.off = MIN(d.off, packet->len);
	return d.later_fragment ? d.off : d.off + transport_len(&d);
}
