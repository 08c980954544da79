/* SPDX-License-Identifier: Apache-2.0 */
/* Between the frames of ports and the packets of programs. */
#include "base/endian.h"
#include "hook/net/datapath.h"
#include "hook/net/offload.h"
#include "hook/net/vlan.h"

static void set_skb_fields(struct packet *packet, const struct port *port,
			   const struct frame *frame)
{
	if (port->ops == &device_ops)
		packet->ingress_ifindex = port->ifindex;
	packet->pkt_type = frame->pkt_type;
	packet->gso_size = frame->offload.gso_size;
	packet->gso_segs = frame->offload.gso_size ?
		(frame->len + frame->offload.gso_size - 1) /
		frame->offload.gso_size : 0;
	if (!frame->vlan_present)
		return;
	packet->vlan_present = 1;
	packet->vlan_tci = frame->vlan_tci;
	packet->vlan_proto = htobe16(frame->vlan_proto);
}

int datapath_load(struct vm_slot *slot, enum prog_type type,
		  const struct port *port, const struct frame *frame)
{
	struct packet *packet = &slot->packet.packet;
	int err = packet_buf_set(&slot->packet, type, frame->data,
				 frame->len);

	if (err)
		return err;
	packet->ifindex = port->ifindex;
	packet->tstamp = frame->tstamp;
	packet->wire_len = frame->wire_len;
	if (packet_type_is_skb(type)) {
		set_skb_fields(packet, port, frame);
		return 0;
	}
	packet->ingress_ifindex = port->ifindex;
	if (frame->vlan_present && frame->len >= VLAN_TAG_OFF)
		packet_buf_put_tag(&slot->packet, frame->vlan_proto,
				   frame->vlan_tci);
	return 0;
}

void datapath_unload(const struct vm_slot *slot, enum prog_type type,
		     const struct frame *before, struct frame *after)
{
	const struct packet *packet = &slot->packet.packet;
	const uint8_t *start = slot->packet.start;

	*after = *before;
	after->data = packet->data;
	after->len = (uint32_t)(packet->data_end - packet->data);
	after->wire_len = after->len + (before->wire_len - before->len);
	after->vlan_present = packet->vlan_present;
	if (packet->vlan_present) {
		after->vlan_tci = (uint16_t)packet->vlan_tci;
		after->vlan_proto = be16toh((uint16_t)packet->vlan_proto);
	}
	offload_shift(&after->offload, (int32_t)(start - packet->data),
		      after->len);
}
