/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The 5-tuple of a packet, as keys of maps have it. */
#ifndef SKEP_BENCH_TUPLE_H
#define SKEP_BENCH_TUPLE_H

#include "suite.h"
#include "tables.h"

/* The ports are where TCP and UDP both have them. */
static __always_inline struct tuple tuple_of(const struct iphdr *ip,
					     const void *transport)
{
	const struct ports *ports = transport;
	struct tuple tuple = { 0 };

	tuple.src = ip->saddr;
	tuple.dst = ip->daddr;
	tuple.source = ports->source;
	tuple.dest = ports->dest;
	tuple.proto = ip->protocol;
	return tuple;
}

#endif
