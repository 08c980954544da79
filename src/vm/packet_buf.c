/* SPDX-License-Identifier: Apache-2.0 */
/* See packet_buf.h; the numbers are those of net/bpf/test_run.c. */
#include "vm/packet_buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/endian.h"

#define XDP_ROOM	(4096u - 320u)	/* head of the page to shared info */
#define SKB_TAILROOM	(64u << 10)
#define PACKET_MAX	(16u << 20)
#define ETHERTYPE_OFF	12
#define TAG_LEN		4u	/* kept free before head for a tag */

bool packet_type_is_skb(enum prog_type type)
{
	return type != PROG_TYPE_XDP;
}

static int reserve(struct packet_buf *buf, size_t room)
{
	uint8_t *grown;

	if (room <= buf->cap)
		return 0;
	grown = realloc(buf->mem, room);
	if (!grown)
		return -ENOMEM;
	buf->mem = grown;
	buf->cap = room;
	return 0;
}

static size_t room_for(enum prog_type type, size_t len)
{
	if (packet_type_is_skb(type))
		return PACKET_HEADROOM + len + SKB_TAILROOM;
	return MAX(PACKET_HEADROOM + len, XDP_ROOM);
}

int packet_buf_set(struct packet_buf *buf, enum prog_type type,
		   const void *data, size_t len)
{
	struct packet *packet = &buf->packet;
	size_t room = room_for(type, len);
	int err;

	if (len > PACKET_MAX)
		return -EMSGSIZE;
	err = reserve(buf, TAG_LEN + room);
	if (err)
		return err;
	memset(packet, 0, sizeof(*packet));
	packet->head = buf->mem + TAG_LEN;
	/* a program must not find the bytes of an earlier packet there */
	memset(buf->mem, 0, TAG_LEN + PACKET_HEADROOM);
	packet->data = buf->start = packet->head + PACKET_HEADROOM;
	packet->data_meta = packet->data;
	packet->data_end = packet->data + len;
	packet->end = packet->head + room;
	if (len)
		memcpy(packet->data, data, len);
	packet->wire_len = packet->len = (uint32_t)len;
	packet->ifindex = packet->ingress_ifindex = 1;
	if (packet_type_is_skb(type)) {
		packet->ingress_ifindex = 0;
		if (len >= ETHERTYPE_OFF + 2)
			packet->protocol = get_u16(packet->data +
						   ETHERTYPE_OFF);
	}
	return 0;
}

void packet_buf_put_tag(struct packet_buf *buf, uint16_t proto, uint16_t tci)
{
	struct packet *packet = &buf->packet;

	packet->head -= TAG_LEN;
	packet->data -= TAG_LEN;
	packet->data_meta = packet->data;
	memmove(packet->data, packet->data + TAG_LEN, ETHERTYPE_OFF);
	put_be16(packet->data + ETHERTYPE_OFF, proto);
	put_be16(packet->data + ETHERTYPE_OFF + 2, tci);
	packet->wire_len += TAG_LEN;
	packet->len += TAG_LEN;
	if ((size_t)(packet->data_end - packet->head) < XDP_ROOM)
		packet->end -= TAG_LEN;
}

void packet_buf_fini(struct packet_buf *buf)
{
	free(buf->mem);
	*buf = (struct packet_buf){ 0 };
}
