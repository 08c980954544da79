/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packet's flow hash. The kernel keys its own with a random number, so
 * only that it is the same for the packets of a flow, and not 0 for one that
 * has addresses, can be the same here.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

#include "base/hash.h"
#include "helper/family.h"

struct flow {
	uint8_t addrs[32];
	uint8_t ports[4];
	uint32_t proto;
};

static bool has_ports(uint32_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_SCTP;
}

/* Ports at `at` when the protocol has them and the packet holds them. */
static void read_ports(struct flow *flow, const uint8_t *at,
		       const uint8_t *end)
{
	if (has_ports(flow->proto) && end - at >= 4)
		memcpy(flow->ports, at, 4);
}

static bool read_ip4(struct flow *flow, const uint8_t *ip, const uint8_t *end)
{
	bool fragment;

	if (end - ip < 20)
		return false;
	flow->proto = ip[9];
	memcpy(flow->addrs, ip + 12, 8);
	fragment = (ip[6] & 0x3f) || ip[7];
	if (!fragment && (ip[0] & 15) >= 5)
		read_ports(flow, ip + (ip[0] & 15) * 4, end);
	return true;
}

static bool read_ip6(struct flow *flow, const uint8_t *ip, const uint8_t *end)
{
	if (end - ip < 40)
		return false;
	flow->proto = ip[6];
	memcpy(flow->addrs, ip + 8, 32);
	read_ports(flow, ip + 40, end);
	return true;
}

static uint32_t flow_hash(const struct packet *packet)
{
	const uint8_t *ip = helper_packet_network(packet);
	struct flow flow = { 0 };
	bool known = false;
	uint32_t hash;

	if (packet->protocol == htons(ETH_P_IP))
		known = read_ip4(&flow, ip, packet->data_end);
	else if (packet->protocol == htons(ETH_P_IPV6))
		known = read_ip6(&flow, ip, packet->data_end);
	if (!known)
		return 0;
	hash = (uint32_t)hash_bytes(&flow, sizeof(flow));
	return hash ? hash : 1;
}

DEFINE_HELPER(get_hash_recalc, ctx, r2, r3, r4, r5)
{
	struct packet *packet = run->packet;

	if (!packet->hash)
		packet->hash = flow_hash(packet);
	return packet->hash;
}

DEFINE_HELPER(set_hash_invalid, ctx, r2, r3, r4, r5)
{
	run->packet->hash = 0;
	return 0;
}

DEFINE_HELPER(set_hash, ctx, hash, r3, r4, r5)
{
	run->packet->hash = (uint32_t)hash;
	return 0;
}
