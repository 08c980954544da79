/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Keys and values of the maps that tables.c fills before a program runs. */
#ifndef SKEP_BENCH_TABLES_H
#define SKEP_BENCH_TABLES_H

#include <linux/types.h>

/* ---- balancer ---- */

#define RING_SIZE	4099			/* a prime, as Maglev's */
#define REALS		16

struct vip {
	__be32 addr;
	__be16 port;
	__u8 proto, pad;
};

struct vip_info {
	__u32 number, flags;
};

struct real {
	__be32 addr;
	__u8 mac[6];
	__u8 pad[2];
};

/* ---- firewalls ---- */

struct blocked {
	__u64 packets, bytes;
};

/* A trie of four steps of eight bits, in arrays of nodes. */
#define TRIE_NODES	64

struct trie_node {
	__u16 next[256];	/* 0: none; else a node of the next step */
	__u8 action[256];	/* 0: none; else what the prefix says */
};

#define RULES		64

struct rule {
	__be32 src, src_mask, dst, dst_mask;
	__u16 port_low, port_high;	/* of the destination, host order */
	__u8 proto, action;		/* proto 0: any */
	__u8 pad[2];
};

/* ---- string match ---- */

#define AHO_STATES	64

struct aho_state {
	__u8 next[256];
	__u8 matches;			/* words that end here */
	__u8 pad[7];
};

/* ---- nat, flows ---- */

struct tuple {
	__be32 src, dst;
	__be16 source, dest;
	__u8 proto, pad[3];
};

struct nat_entry {
	__be32 addr;
	__be16 port, pad;
	__u64 packets;
};

#endif
