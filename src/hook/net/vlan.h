/* SPDX-License-Identifier: Apache-2.0 */
/* VLAN tags that the host keeps beside a frame, put back into it. */
#ifndef SKEP_HOOK_NET_VLAN_H
#define SKEP_HOOK_NET_VLAN_H

#include <string.h>

#include "base/bits.h"
#include "base/endian.h"
#include "hook/net/port.h"

#define VLAN_TAG_LEN	4
#define VLAN_TAG_OFF	12	/* behind the two addresses */

/* The four bytes of a tag. */
static inline void vlan_put_tag(uint8_t *tag, uint16_t proto, uint16_t tci)
{
	put_be16(tag, proto);
	put_be16(tag + 2, tci);
}

/*
 * Copies the frame with its tag to `buf` and points *data there; the length.
 * A frame too short or too long for that stays where it is.
 */
static inline uint32_t vlan_insert(uint8_t *buf, uint32_t cap,
				   const struct frame *frame,
				   const uint8_t **data)
{
	if (frame->len < VLAN_TAG_OFF ||
	    !range_fits(frame->len, VLAN_TAG_LEN, cap))
		return frame->len;
	memcpy(buf, frame->data, VLAN_TAG_OFF);
	vlan_put_tag(buf + VLAN_TAG_OFF, frame->vlan_proto, frame->vlan_tci);
	memcpy(buf + VLAN_TAG_OFF + VLAN_TAG_LEN, frame->data + VLAN_TAG_OFF,
	       frame->len - VLAN_TAG_OFF);
	*data = buf;
	return frame->len + VLAN_TAG_LEN;
}

#endif
