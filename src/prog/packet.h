/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A packet as XDP, tc and socket-filter programs meet it: one linear buffer
 * and what the kernel would know about it. It is the native context of these
 * program types; prog/<type>.c says which UAPI field is which of its fields.
 *
 *	head        data_meta   data              data_end        end
 *	|  headroom  |  metadata |  packet bytes   |  tailroom     |
 *
 * Owned by one run at a time. Fields in host byte order unless said.
 */
#ifndef SKEP_PROG_PACKET_H
#define SKEP_PROG_PACKET_H

#include "base/compiler.h"

/* Room before the data that XDP programs may grow into (the kernel's). */
#define PACKET_HEADROOM	256u

struct packet {
	uint8_t *head, *data_meta, *data, *data_end, *end;

	/*
	 * Link and network header, for the legacy loads with SKF_LL_OFF and
	 * SKF_NET_OFF. NULL: `data`, and 14 bytes after the link header.
	 */
	uint8_t *link_header, *network_header;

	uint64_t tstamp;	/* nanoseconds; capture time or 0 */
	uint64_t hwtstamp;
	uint32_t wire_len;	/* length on the wire as it came */

	uint32_t ifindex;	/* where it came in (or would go out) */
	uint32_t ingress_ifindex;
	uint32_t rx_queue_index;
	uint32_t egress_ifindex;

	/* struct __sk_buff, beside what is above */
	uint32_t len;		/* skb types: kept at data_end - data */
	uint32_t pkt_type;	/* PACKET_HOST ... */
	uint32_t mark;
	uint32_t queue_mapping;
	uint32_t protocol;	/* ethertype, network order in the low half */
	uint32_t vlan_present, vlan_tci;
	uint32_t vlan_proto;	/* network order in the low half */
	uint32_t priority;
	uint32_t tc_index;
	uint32_t cb[5];
	uint32_t hash;
	uint32_t csum_level;	/* checksums known good; for helpers only */
	uint32_t tc_classid;
	uint32_t napi_id;
	uint32_t gso_segs, gso_size;
	uint32_t tstamp_type;
	uint32_t family;
	uint32_t remote_ip4, local_ip4;
	uint32_t remote_ip6[4], local_ip6[4];
	uint32_t remote_port, local_port;
	uint64_t sk;		/* 0: no socket */
	uint64_t flow_keys;
};

/*
 * A legacy load of 1, 2 or 4 bytes, as LD_ABS and LD_IND make it: network
 * byte order, `off` with SKF_NET_OFF and SKF_LL_OFF. False: outside of the
 * packet, the program ends with 0.
 */
bool packet_load(const struct packet *packet, int32_t off, uint32_t size,
		 uint64_t *value);

#endif
