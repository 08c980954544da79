/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The link types that skep reads, as rows; pure functions. References:
 * LINKTYPE_* at tcpdump.org, if_packet.h for packet types.
 */
#include "hook/net/link.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>

#include "base/endian.h"

/* The smallest EtherType; what is below is a length (IEEE 802.3). */
#define ETHERTYPE_MIN	0x0600

static void put_header(uint8_t *header, uint32_t pkt_type,
		       const uint8_t *source, uint16_t ethertype)
{
	static const uint8_t multicast[] = { 0x01, 0x00, 0x5e, 0, 0, 0 };

	memset(header, 0, LINK_HEADER_LEN);
	if (pkt_type == PACKET_BROADCAST)
		memset(header, 0xff, ETH_ALEN);
	else if (pkt_type == PACKET_MULTICAST)
		memcpy(header, multicast, ETH_ALEN);
	if (source)
		memcpy(header + ETH_ALEN, source, ETH_ALEN);
	put_be16(header + 2 * ETH_ALEN, ethertype);
}

static bool convert_ip(const uint8_t *data, uint32_t len, uint8_t *header,
		       uint32_t *pkt_type)
{
	uint16_t ethertype;

	if (len < 1)
		return false;
	if (data[0] >> 4 == 4)
		ethertype = ETH_P_IP;
	else if (data[0] >> 4 == 6)
		ethertype = ETH_P_IPV6;
	else
		return false;
	*pkt_type = PACKET_HOST;
	put_header(header, PACKET_HOST, NULL, ethertype);
	return true;
}

/* The family word before the packet is not needed: the version tells. */
static bool convert_loopback(const uint8_t *data, uint32_t len,
			     uint8_t *header, uint32_t *pkt_type)
{
	return len > 4 && convert_ip(data + 4, len - 4, header, pkt_type);
}

static bool convert_cooked(uint16_t type, uint16_t protocol,
			   const uint8_t *source, uint8_t *header,
			   uint32_t *pkt_type)
{
	*pkt_type = type <= PACKET_OUTGOING ? type : PACKET_HOST;
	put_header(header, *pkt_type, source, protocol);
	return true;
}

static uint16_t cooked_protocol(uint16_t protocol, uint32_t payload)
{
	return protocol >= ETHERTYPE_MIN ? protocol :
	       (uint16_t)MIN(payload, ETHERTYPE_MIN - 1u);
}

/*
 *	0       2        4         6            14          16
 *	| type  | ARPHRD | addrlen | address    | protocol  |
 */
static bool convert_sll(const uint8_t *data, uint32_t len, uint8_t *header,
			uint32_t *pkt_type)
{
	if (len < 16)
		return false;
	return convert_cooked(get_be16(data),
			      cooked_protocol(get_be16(data + 14), len - 16),
			      get_be16(data + 4) == ETH_ALEN ? data + 6 : NULL,
			      header, pkt_type);
}

/*
 *	0          2          4         8        10     11        12        20
 *	| protocol | reserved | ifindex | ARPHRD | type | addrlen | address |
 */
static bool convert_sll2(const uint8_t *data, uint32_t len, uint8_t *header,
			 uint32_t *pkt_type)
{
	if (len < 20)
		return false;
	return convert_cooked(data[10],
			      cooked_protocol(get_be16(data), len - 20),
			      data[11] == ETH_ALEN ? data + 12 : NULL,
			      header, pkt_type);
}

static const struct link_type link_types[] = {
	{ 1,	"Ethernet",		 0, NULL },
	{ 12,	"raw IP",		 0, convert_ip },
	{ 14,	"raw IP (OpenBSD)",	 0, convert_ip },
	{ 101,	"raw IP",		 0, convert_ip },
	{ 228,	"raw IPv4",		 0, convert_ip },
	{ 229,	"raw IPv6",		 0, convert_ip },
	{ 0,	"BSD loopback",		 4, convert_loopback },
	{ 108,	"OpenBSD loopback",	 4, convert_loopback },
	{ 113,	"Linux cooked v1",	16, convert_sll },
	{ 276,	"Linux cooked v2",	20, convert_sll2 },
};

const struct link_type *link_type(int dlt)
{
	for (size_t i = 0; i < ARRAY_SIZE(link_types); i++)
		if (link_types[i].dlt == dlt)
			return &link_types[i];
	return NULL;
}

uint32_t link_pkt_type(const uint8_t *header)
{
	static const uint8_t broadcast[ETH_ALEN] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff
	};

	if (!(header[0] & 1))
		return PACKET_HOST;
	return memcmp(header, broadcast, ETH_ALEN) ? PACKET_MULTICAST :
						     PACKET_BROADCAST;
}
