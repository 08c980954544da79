/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * tc: a class for each packet, by a long chain of comparisons with ports and
 * the DSCP, as generated classifiers have it; it goes into mark and priority.
 */
#include "suite.h"

enum { BULK = 1, WEB, MAIL, NAMES, VOICE, SHELL, FILES, TUNNEL, GAME };

static __always_inline __u32 by_port(__u16 port)
{
	if (port == 80 || port == 443 || port == 8080 || port == 8443)
		return WEB;
	if (port == 25 || port == 465 || port == 587 || port == 993 ||
	    port == 143 || port == 110)
		return MAIL;
	if (port == 53 || port == 853 || port == 5353)
		return NAMES;
	if (port == 22 || port == 23 || port == 3389)
		return SHELL;
	if (port == 5060 || port == 5061 || (port >= 16384 && port < 16484))
		return VOICE;
	if (port == 20 || port == 21 || port == 445 || port == 2049 ||
	    port == 873)
		return FILES;
	if (port == 500 || port == 4500 || port == 1194 || port == 51820)
		return TUNNEL;
	if (port >= 27000 && port < 27100)
		return GAME;
	return 0;
}

static __always_inline __u32 by_dscp(__u8 tos)
{
	switch (tos >> 2) {
	case 46: return VOICE;
	case 34: case 36: case 38: return GAME;
	case 26: case 28: case 30: return WEB;
	case 10: case 12: case 14: return FILES;
	case 8: return BULK;
	default: return 0;
	}
}

SEC("tc") int classify(struct __sk_buff *ctx)
{
	void *end = DATA_END(ctx), *next = draw(ctx);
	struct ports *ports;
	struct iphdr *ip;
	__u32 class = 0;

	if (!next)
		return TC_ACT_SHOT;
	ip = take_plain_ip(&next, end);
	if (!ip)
		return TC_ACT_OK;
	class = by_dscp(ip->tos);
	ports = take(&next, end, sizeof(*ports));
	if (!class && ports)
		class = by_port(bpf_ntohs(ports->dest));
	if (!class && ports)
		class = by_port(bpf_ntohs(ports->source));
	if (!class)
		class = ctx->len > 2000 ? BULK : WEB;
	ctx->mark = class;
	ctx->priority = class < VOICE ? 1 : 2;
	return (int)(class << 8);
}
