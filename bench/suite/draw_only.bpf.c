/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Draws a frame and nothing else: what inputs that vary cost every program. */
#include "suite.h"

SEC("xdp") int draw_only(struct xdp_md *ctx)
{
	__u8 *frame = draw(ctx);

	if (!frame || (void *)(frame + 1) > DATA_END(ctx))
		return XDP_ABORTED;
	return frame[0] & 1 ? XDP_DROP : XDP_PASS;
}
