/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packet's edges, for the helpers that move them. A packet here is one
 * piece in one buffer, so nothing is ever pulled or made writable: those
 * kernel operations only keep their bounds and errors.
 */
#include "helper/family.h"

#define LINK_HEADER	14

uint8_t *helper_packet_network(const struct packet *packet)
{
	if (packet->network_header)
		return packet->network_header;
	if (packet->link_header)
		return packet->link_header + LINK_HEADER;
	return packet->data + LINK_HEADER;
}

size_t helper_packet_headroom(const struct packet *packet)
{
	return (size_t)(packet->data_meta - packet->head);
}

size_t helper_packet_tailroom(const struct packet *packet)
{
	return (size_t)(packet->end - packet->data_end);
}

/* wire_len stays what it was on the wire, as in the kernel. */
static void resized(struct run *run)
{
	struct packet *packet = run->packet;

	packet->len = (uint32_t)helper_packet_len(packet);
	run_packet_moved(run);
}

void helper_packet_move_start(struct run *run, int64_t delta)
{
	struct packet *packet = run->packet;

	packet->data_meta += delta;
	packet->data += delta;
	resized(run);
}

void helper_packet_move_end(struct run *run, int64_t delta)
{
	run->packet->data_end += delta;
	resized(run);
}
