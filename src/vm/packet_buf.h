/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A packet with the memory it lives in, reused from run to run. Room around
 * the bytes is the kernel's test run's: 256 bytes before the data; behind it,
 * for XDP up to the shared info of a 4 kB page, for skb types enough for what
 * their helpers may add.
 */
#ifndef SKEP_VM_PACKET_BUF_H
#define SKEP_VM_PACKET_BUF_H

#include "prog/packet.h"
#include "spec/spec.h"

struct packet_buf {
	struct packet packet;
	uint8_t *mem;
	size_t cap;
	uint8_t *start;		/* of the bytes as they came in */
};

/*
 * Puts a copy of `len` bytes into the buffer as the packet of a program of
 * type `type`, every other field as for an Ethernet frame just received on
 * interface 1. 0, -EMSGSIZE (beyond 16 MB) or -ENOMEM; the packet is then as
 * before.
 */
int packet_buf_set(struct packet_buf *buf, enum prog_type type,
		   const void *data, size_t len);

/*
 * Puts a VLAN tag (host byte order) into the packet just set, behind its two
 * addresses. The packet holds at least these.
 */
void packet_buf_put_tag(struct packet_buf *buf, uint16_t proto, uint16_t tci);

/* True for types whose packet is an skb: `len` and kin are kept. */
bool packet_type_is_skb(enum prog_type type);

void packet_buf_fini(struct packet_buf *buf);

#endif
