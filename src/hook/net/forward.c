/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where frames go after the verdict. The output capture gets a copy of each
 * that goes on, whatever its way. With devices, a redirect must name one of
 * them, by index or through a device map; with a capture as input there is
 * no such port, and the copy is all.
 */
#include "hook/net/forward.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>

static bool is_live(const struct datapath *dp)
{
	return dp->at->ops->send != NULL;
}

static struct port *port_by_ifindex(const struct datapath *dp,
				    uint32_t ifindex)
{
	for (uint32_t i = 0; i < dp->ports_cnt; i++)
		if (dp->ports[i]->ifindex == ifindex)
			return dp->ports[i];
	return NULL;
}

static void send_to(struct datapath *dp, uint32_t ifindex, bool ingress,
		    const struct frame *frame)
{
	struct port *port = port_by_ifindex(dp, ifindex);

	if (!port)
		datapath_exception(dp, ifindex ? "redirect: no such port %u" :
				   "redirect: to no port", ifindex);
	else if (ingress)
		port_pass(port, frame);
	else
		port_send(port, frame);
}

/* What a map that one redirects through leads to. */
static const struct {
	enum map_type type;
	const char *lacks;	/* NULL: ports */
} targets[] = {
	{ MAP_TYPE_DEVMAP,	NULL },
	{ MAP_TYPE_DEVMAP_HASH,	NULL },
	{ MAP_TYPE_CPUMAP,	"cpumap: skep moves no packet to other CPUs" },
	{ MAP_TYPE_XSKMAP,	"xskmap: skep has no AF_XDP sockets" },
};

/* NULL when the map leads to ports, else why not. */
static const char *why_no_ports(const struct map *map)
{
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		if (targets[i].type == map->def.type)
			return targets[i].lacks;
	return "the map holds no ports";
}

/* A device map's value begins with the interface's index. */
#define DEVICE_VALUE_MAX	sizeof(struct bpf_devmap_val)

static int device_of(struct map *map, uint32_t key, uint32_t *ifindex)
{
	uint8_t value[DEVICE_VALUE_MAX] = { 0 };
	int err;

	if (map_user_value_size(map) > sizeof(value))
		return -EINVAL;
	err = map_lookup_elem(map, &key, value, 0);
	memcpy(ifindex, value, sizeof(*ifindex));
	return err;
}

static void broadcast(struct datapath *dp, struct map *map, uint64_t flags,
		      const struct frame *frame)
{
	uint32_t key, next, ifindex;
	const void *at = NULL;

	while (!map_get_next_key(map, at, &next)) {
		key = next;
		at = &key;
		if (device_of(map, key, &ifindex) || !ifindex)
			continue;
		if ((flags & BPF_F_EXCLUDE_INGRESS) &&
		    ifindex == dp->at->ifindex)
			continue;
		send_to(dp, ifindex, false, frame);
	}
}

static void redirect(struct datapath *dp, const struct frame *frame)
{
	const struct run_redirect *to = &dp->slot->run.redirect;
	const char *lacks = to->map ? why_no_ports(to->map) : NULL;
	uint32_t ifindex;

	if (to->peer)
		lacks = "redirect_peer: needs the kernel";
	else if (to->neigh)
		lacks = "redirect_neigh: skep resolves no next hop";
	if (lacks)
		datapath_exception(dp, "redirect: %s", lacks);
	else if (!to->map)
		send_to(dp, to->ifindex, to->flags & BPF_F_INGRESS, frame);
	else if (to->flags & BPF_F_BROADCAST)
		broadcast(dp, to->map, to->flags, frame);
	else if (device_of(to->map, (uint32_t)to->index, &ifindex))
		datapath_exception(dp, "redirect: map %s has nothing at %u",
				   to->map->def.name, (uint32_t)to->index);
	else
		send_to(dp, ifindex, false, frame);
}

void forward_frame(struct datapath *dp, enum net_action action,
		   const struct frame *frame)
{
	struct port *at = (struct port *)dp->at;

	if (dp->out)
		port_send(dp->out, frame);
	if (!is_live(dp) || action == NET_COPY)
		return;
	if (action == NET_PASS)
		port_pass(at, frame);
	else if (action == NET_SEND)
		port_send(at, frame);
	else
		redirect(dp, frame);
}

int forward_clone(void *arg, const struct packet *packet, uint32_t ifindex,
		  uint64_t flags)
{
	struct datapath *dp = arg;
	struct frame frame = {
		.data = packet->data,
		.len = (uint32_t)(packet->data_end - packet->data),
		.wire_len = (uint32_t)(packet->data_end - packet->data),
		.tstamp = packet->tstamp,
		.vlan_present = packet->vlan_present,
		.vlan_tci = (uint16_t)packet->vlan_tci,
		.vlan_proto = be16toh((uint16_t)packet->vlan_proto),
	};

	if (is_live(dp) && !port_by_ifindex(dp, ifindex))
		return -EINVAL;
	if (dp->out)
		port_send(dp->out, &frame);
	if (is_live(dp))
		send_to(dp, ifindex, flags & BPF_F_INGRESS, &frame);
	return 0;
}
