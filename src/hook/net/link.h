/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Link types: how a captured packet becomes the Ethernet frame that XDP, tc
 * and socket-filter programs see.
 *
 *	Ethernet		as it is
 *	raw IP, IPv4, IPv6	a header is put before it: zero addresses, the
 *				EtherType of the IP version
 *	Linux cooked v1, v2	the cooked header is replaced: destination
 *				zero (to us), ff:ff:ff:ff:ff:ff (broadcast) or
 *				01:00:5e:00:00:00 (multicast) by packet type,
 *				source the recorded address when it has six
 *				bytes, else zero; EtherType the recorded
 *				protocol, or the length for 802.2 frames
 *	BSD loopback		as raw IP
 */
#ifndef SKEP_HOOK_NET_LINK_H
#define SKEP_HOOK_NET_LINK_H

#include "base/compiler.h"

#define LINK_HEADER_LEN	14	/* of Ethernet */

struct link_type {
	int dlt;			/* libpcap's DLT_* */
	const char *name;
	uint32_t header_len;		/* captured bytes that it takes off */
	/*
	 * Writes the Ethernet header for the `len` bytes at `data` and the
	 * PACKET_* type. False when no frame can be made of them. NULL:
	 * the data has its own.
	 */
	bool (*convert)(const uint8_t *data, uint32_t len, uint8_t *header,
			uint32_t *pkt_type);
};

/* The row of a DLT_*, or NULL when skep does not read it. */
const struct link_type *link_type(int dlt);

/* PACKET_* by the destination address of an Ethernet header. */
uint32_t link_pkt_type(const uint8_t *header);

#endif
