/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checksum and segmentation offload state of frames that come from or go to
 * the host, in the form of virtio_net (struct virtio_net_hdr).
 */
#ifndef SKEP_HOOK_NET_OFFLOAD_H
#define SKEP_HOOK_NET_OFFLOAD_H

#include <linux/virtio_net.h>

#include "base/compiler.h"

/*
 * Fills in the checksum that the sender left to the device. A frame that is
 * still to be segmented keeps its state, as each segment needs its own sum.
 */
void offload_fill_checksum(uint8_t *data, uint32_t len,
			   struct virtio_net_hdr *offload);

/*
 * The frame's start moved: `shift` bytes were put before what was there
 * (negative: taken off); it is now `len` long. State that no longer fits the
 * frame is dropped.
 */
void offload_shift(struct virtio_net_hdr *offload, int32_t shift,
		   uint32_t len);

#endif
