/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Internet checksums: sums of 16-bit words with the carry added back in. Sums
 * work in either byte order, so all of it is done in the host's. A sum of 32
 * bits stands for itself modulo 0xffff. Reference: RFC 1071, RFC 1624,
 * net/core/filter.c.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "helper/family.h"

#define CSUM_OFFSET_MAX	0xffff
#define CSUM_MANGLED	0xffff		/* what a sum of 0 is sent as */

/* Flags newer than the oldest header. */
#define CSUM_IPV6	(1ull << 7)

static uint32_t csum_add(uint32_t a, uint32_t b)
{
	uint32_t sum = a + b;

	return sum + (sum < b);
}

static uint32_t csum_sub(uint32_t a, uint32_t b)
{
	return csum_add(a, ~b);
}

/* 32 bits to 16, not inverted. */
static uint16_t csum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* What is missing of the last word counts as zeroes. */
static uint32_t csum_partial(const uint8_t *data, size_t size, uint32_t sum)
{
	for (size_t i = 0; i < size; i += 4) {
		uint32_t word = 0;

		memcpy(&word, data + i, MIN(size - i, sizeof(word)));
		sum = csum_add(sum, word);
	}
	return sum;
}

/*
 * Pushing (only `to`), pulling (only `from`), or the difference of both.
 * Folded to 16 bits and of any size, as in kernels since 6.13; older ones
 * want multiples of 4 and give all 32 bits.
 */
DEFINE_HELPER(csum_diff, from, from_size, to, to_size, seed)
{
	uint32_t from_len = (uint32_t)from_size, to_len = (uint32_t)to_size;
	uint32_t sum = (uint32_t)seed;

	if (from_len && to_len)
		return csum_fold(csum_sub(
			csum_partial(helper_ptr(to), to_len, sum),
			csum_partial(helper_ptr(from), from_len, 0)));
	if (to_len)
		return csum_fold(csum_partial(helper_ptr(to), to_len, sum));
	if (from_len)
		return csum_fold(~csum_partial(helper_ptr(from), from_len,
					       ~sum));
	return csum_fold(sum);
}

/*
 * The checksum in the packet for a field that goes from `from` to `to`: both
 * of `width` bytes, or width 0 and `to` is a difference by csum_diff.
 */
static int replaced(uint16_t old, uint64_t from, uint64_t to, uint32_t width,
		    uint16_t *out)
{
	uint32_t sum = (uint16_t)~old;

	switch (width) {
	case 0:
		if (from)
			return -EINVAL;
		sum = csum_add((uint32_t)to, ~(uint32_t)old);
		break;
	case 2:
		sum = csum_add(csum_sub(sum, (uint16_t)from), (uint16_t)to);
		break;
	case 4:
		sum = csum_sub(~(uint32_t)old, (uint32_t)from);
		sum = csum_add(sum, (uint32_t)to);
		break;
	default:
		return -EINVAL;
	}
	*out = (uint16_t)~csum_fold(sum);
	return 0;
}

/* The place of a checksum in the packet, or NULL. */
static uint8_t *csum_at(const struct run *run, uint32_t off)
{
	const struct packet *packet = run->packet;

	if (off > CSUM_OFFSET_MAX || off & 1)
		return NULL;
	if (off + sizeof(uint16_t) > helper_packet_len(packet))
		return NULL;
	return packet->data + off;
}

DEFINE_HELPER(l3_csum_replace, ctx, off, from, to, flags)
{
	uint16_t old, sum;
	uint8_t *at;
	int err;

	if (flags & ~(uint64_t)BPF_F_HDR_FIELD_MASK)
		return helper_error(EINVAL);
	at = csum_at(run, (uint32_t)off);
	if (!at)
		return helper_error(EFAULT);
	run_packet_moved(run);
	memcpy(&old, at, sizeof(old));
	err = replaced(old, from, to, flags & BPF_F_HDR_FIELD_MASK, &sum);
	if (!err)
		memcpy(at, &sum, sizeof(sum));
	return (int64_t)err;
}

DEFINE_HELPER(l4_csum_replace, ctx, off, from, to, flags)
{
	bool keep_zero = flags & BPF_F_MARK_MANGLED_0 &&
			 !(flags & BPF_F_MARK_ENFORCE);
	uint16_t old, sum;
	uint8_t *at;
	int err;

	if (flags & ~(BPF_F_HDR_FIELD_MASK | BPF_F_PSEUDO_HDR | CSUM_IPV6 |
		      BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE))
		return helper_error(EINVAL);
	at = csum_at(run, (uint32_t)off);
	if (!at)
		return helper_error(EFAULT);
	run_packet_moved(run);
	memcpy(&old, at, sizeof(old));
	if (keep_zero && !old)
		return 0;
	err = replaced(old, from, to, flags & BPF_F_HDR_FIELD_MASK, &sum);
	if (err)
		return (int64_t)err;
	if (flags & BPF_F_MARK_MANGLED_0 && !sum)
		sum = CSUM_MANGLED;
	memcpy(at, &sum, sizeof(sum));
	return 0;
}

/* No card has summed the packet here, so there is nothing to add to. */
DEFINE_HELPER(csum_update, ctx, csum, r3, r4, r5)
{
	return helper_error(ENOTSUPP);
}

#define CSUM_LEVEL_MAX	3

/* packet->csum_level is one more than the kernel's level, 0 for none. */
DEFINE_HELPER(csum_level, ctx, level, r3, r4, r5)
{
	uint32_t *cur = &run->packet->csum_level;

	switch (level) {
	case BPF_CSUM_LEVEL_QUERY:
		return *cur ? *cur - 1 : helper_error(EACCES);
	case BPF_CSUM_LEVEL_INC:
		*cur += *cur <= CSUM_LEVEL_MAX;
		return 0;
	case BPF_CSUM_LEVEL_DEC:
		*cur -= *cur > 0;
		return 0;
	case BPF_CSUM_LEVEL_RESET:
		*cur = 0;
		return 0;
	default:
		return helper_error(EINVAL);
	}
}
