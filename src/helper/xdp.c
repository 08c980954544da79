/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers on a frame before the stack has it. Bounds are the kernel's: it
 * keeps its own struct at the very start of the headroom, a frame is at least
 * an Ethernet header, metadata comes in words. Reference: net/core/filter.c.
 */
#include <errno.h>
#include <string.h>

#include "helper/family.h"

#define XDP_FRAME_SIZE	40	/* struct xdp_frame */
#define LINK_HEADER	14
#define META_MAX	255
#define BYTES_MAX	0xffff

DEFINE_HELPER(xdp_adjust_head, ctx, offset, r3, r4, r5)
{
	struct packet *packet = run->packet;
	size_t meta = (size_t)(packet->data - packet->data_meta);
	int64_t start = packet->data - packet->head + (int32_t)offset;
	int64_t last = packet->data_end - packet->head - LINK_HEADER;

	if (start < (int64_t)(XDP_FRAME_SIZE + meta) || start > last)
		return helper_error(EINVAL);
	memmove(packet->data_meta + (int32_t)offset, packet->data_meta, meta);
	helper_packet_move_start(run, (int32_t)offset);
	return 0;
}

DEFINE_HELPER(xdp_adjust_tail, ctx, offset, r3, r4, r5)
{
	struct packet *packet = run->packet;
	int64_t len = (int64_t)helper_packet_len(packet) + (int32_t)offset;

	if (len > packet->end - packet->data || len < LINK_HEADER)
		return helper_error(EINVAL);
	if ((int32_t)offset > 0)
		memset(packet->data_end, 0, (uint32_t)offset);
	helper_packet_move_end(run, (int32_t)offset);
	return 0;
}

DEFINE_HELPER(xdp_adjust_meta, ctx, offset, r3, r4, r5)
{
	struct packet *packet = run->packet;
	int64_t start = packet->data_meta - packet->head + (int32_t)offset;
	int64_t meta = packet->data - packet->head - start;

	if (start < XDP_FRAME_SIZE || meta < 0)
		return helper_error(EINVAL);
	if (meta & 3 || meta > META_MAX)
		return helper_error(EACCES);
	packet->data_meta = packet->head + start;
	run_packet_moved(run);
	return 0;
}

DEFINE_HELPER(xdp_get_buff_len, ctx, r2, r3, r4, r5)
{
	return helper_packet_len(run->packet);
}

/* 0 when the frame has `len` bytes at `off`, or the kernel's error. */
static int check_bytes(const struct run *run, uint32_t off, uint32_t len)
{
	if (off > BYTES_MAX || len > BYTES_MAX)
		return -EFAULT;
	if (off + len > helper_packet_len(run->packet))
		return -EINVAL;
	return 0;
}

DEFINE_HELPER(xdp_load_bytes, ctx, offset, to, len, r5)
{
	int err = check_bytes(run, (uint32_t)offset, (uint32_t)len);

	if (!err)
		memmove(helper_ptr(to), run->packet->data + (uint32_t)offset,
			(uint32_t)len);
	return (int64_t)err;
}

DEFINE_HELPER(xdp_store_bytes, ctx, offset, from, len, r5)
{
	int err = check_bytes(run, (uint32_t)offset, (uint32_t)len);

	if (!err)
		memmove(run->packet->data + (uint32_t)offset,
			helper_ptr(from), (uint32_t)len);
	return (int64_t)err;
}
