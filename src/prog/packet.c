/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The legacy packet loads, LD_ABS and LD_IND: network byte order, relative to
 * the packet's data, or with SKF_NET_OFF and SKF_LL_OFF to its headers.
 */
#include <linux/filter.h>

#include "base/endian.h"
#include "prog/packet.h"

#define LINK_HEADER_LEN	14

/* Where the offset points to, or NULL for one that names no header. */
static const uint8_t *origin(const struct packet *packet, int64_t *off)
{
	const uint8_t *link = packet->link_header ? packet->link_header :
						    packet->data;

	if (*off >= 0)
		return packet->data;
	if (*off >= SKF_NET_OFF) {
		*off -= SKF_NET_OFF;
		return packet->network_header ? packet->network_header :
						link + LINK_HEADER_LEN;
	}
	if (*off < SKF_LL_OFF)
		return NULL;
	*off -= SKF_LL_OFF;
	return link;
}

static uint64_t get_be(const uint8_t *p, uint32_t size)
{
	switch (size) {
	case 1: return *p;
	case 2: return get_be16(p);
	default: return get_be32(p);
	}
}

bool packet_load(const struct packet *packet, int32_t off, uint32_t size,
		 uint64_t *value)
{
	int64_t at = off;
	const uint8_t *base = origin(packet, &at);

	if (!base || base > packet->data_end ||
	    packet->data_end - base < at + (int64_t)size)
		return false;
	*value = get_be(base + at, size);
	return true;
}
