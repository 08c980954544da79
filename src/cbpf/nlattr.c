/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ancillary loads that search netlink attributes: offsets of a header with
 * 16 bits of length (header included) and 16 of type, host order, the next
 * one at a multiple of four after it.
 */
#include <linux/netlink.h>

#include "base/endian.h"
#include "cbpf/cbpf.h"

#define HEADER	4u

/* The length of the attribute at `off` if all of it is before `end`, or 0. */
static uint32_t attribute_len(const struct cbpf_packet *packet, uint32_t off,
			      uint32_t end)
{
	uint32_t len;

	if (end - off < HEADER)
		return 0;
	len = get_u16(packet->data + off);
	return len >= HEADER && len <= end - off ? len : 0;
}

static uint32_t find(const struct cbpf_packet *packet, uint32_t off,
		     uint32_t end, uint32_t type)
{
	uint32_t len;

	while ((len = attribute_len(packet, off, end))) {
		if ((get_u16(packet->data + off + 2) & NLA_TYPE_MASK) == type)
			return off;
		len = NLA_ALIGN(len);
		if (len > end - off)
			break;
		off += len;
	}
	return 0;
}

uint32_t cbpf_nlattr(const struct cbpf_packet *packet, uint32_t off,
		     uint32_t type)
{
	if (packet->len < HEADER || off > packet->len - HEADER)
		return 0;
	return find(packet, off, packet->len, type);
}

uint32_t cbpf_nlattr_nest(const struct cbpf_packet *packet, uint32_t off,
			  uint32_t type)
{
	uint32_t len;

	if (packet->len < HEADER || off > packet->len - HEADER)
		return 0;
	len = attribute_len(packet, off, packet->len);
	if (!len)
		return 0;
	return find(packet, off + HEADER, off + len, type);
}
