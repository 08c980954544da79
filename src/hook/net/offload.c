/* SPDX-License-Identifier: Apache-2.0 */
/* See offload.h; the checksum is RFC 1071's. */
#include "hook/net/offload.h"

#include <string.h>

#include "base/bits.h"
#include "base/endian.h"

static uint16_t checksum(const uint8_t *data, uint32_t len)
{
	uint64_t sum = 0;

	for (; len >= 2; data += 2, len -= 2)
		sum += get_u16(data);
	if (len) {
		uint16_t last = 0;

		memcpy(&last, data, 1);
		sum += last;
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static bool sum_fits(const struct virtio_net_hdr *offload, uint32_t len)
{
	return range_fits((uint64_t)offload->csum_start +
			  offload->csum_offset, 2, len);
}

void offload_fill_checksum(uint8_t *data, uint32_t len,
			   struct virtio_net_hdr *offload)
{
	uint16_t sum;

	if (!(offload->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
	    offload->gso_type != VIRTIO_NET_HDR_GSO_NONE ||
	    !sum_fits(offload, len))
		return;
	sum = checksum(data + offload->csum_start, len - offload->csum_start);
	/* an all-zero UDP checksum means that there is none */
	put_u16(data + offload->csum_start + offload->csum_offset,
		sum ?: 0xffff);
	memset(offload, 0, sizeof(*offload));
}

void offload_shift(struct virtio_net_hdr *offload, int32_t shift,
		   uint32_t len)
{
	int64_t start = (int64_t)offload->csum_start + shift;
	int64_t headers = (int64_t)offload->hdr_len + shift;

	if (!(offload->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return;
	if (start < 0 || start > UINT16_MAX || headers < 0 ||
	    headers > UINT16_MAX) {
		memset(offload, 0, sizeof(*offload));
		return;
	}
	offload->csum_start = (uint16_t)start;
	offload->hdr_len = (uint16_t)headers;
	if (!sum_fits(offload, len))
		memset(offload, 0, sizeof(*offload));
}
