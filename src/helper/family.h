/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the families of helpers share: the form of a helper, its arguments as
 * pointers, and the packet that a run works on.
 */
#ifndef SKEP_HELPER_FAMILY_H
#define SKEP_HELPER_FAMILY_H

#include "helper/helper.h"

/* The kernel's "operation is not supported", unknown to libc. */
#define ENOTSUPP	524

/* helper_<name> with its five arguments named; unused ones are r2, r3 ... */
#define DEFINE_HELPER(name, a1, a2, a3, a4, a5) \
uint64_t helper_##name(struct run *run, uint64_t a1, uint64_t a2, \
		       uint64_t a3, uint64_t a4, uint64_t a5)

/* A register as the pointer that the engine has checked it to be. */
static inline void *helper_ptr(uint64_t reg)
{
	return (void *)(uintptr_t)reg;
}

/* A negative errno as the program sees it. */
static inline uint64_t helper_error(int err)
{
	return (uint64_t)(int64_t)-err;
}

/* True when the run has faulted inside a callback. */
static inline bool helper_run_stopped(const struct run *run)
{
	return run->fault.stop != RUN_EXITED;
}

/* packet.c: bytes of the packet. */
static inline size_t helper_packet_len(const struct packet *packet)
{
	return (size_t)(packet->data_end - packet->data);
}

/* The start of the network header, by itself or as the default. */
uint8_t *helper_packet_network(const struct packet *packet);

/*
 * Moves the start of the data by `delta` (negative: grows), its metadata with
 * it. The caller has checked the room. Lengths follow.
 */
void helper_packet_move_start(struct run *run, int64_t delta);

/* The same for the end of the data. */
void helper_packet_move_end(struct run *run, int64_t delta);

/* Free bytes before the packet's metadata, and behind its data. */
size_t helper_packet_headroom(const struct packet *packet);
size_t helper_packet_tailroom(const struct packet *packet);

/*
 * Prints as the kernel's bpf_trace_printk and bpf_snprintf do, with their
 * subset of formats. `fmt` ends at its NUL or after `fmt_size` bytes, which
 * other programs may change meanwhile. At most `size` bytes of `out`
 * are written, the last one a NUL. The length that all of it would have, or
 * -EINVAL (format, or more conversions than arguments), -ENOSPC (arguments
 * too long).
 */
struct helper_args {
	const uint64_t *values;
	uint32_t cnt;
};

int helper_format(struct run *run, char *out, size_t size, const char *fmt,
		  size_t fmt_size, struct helper_args args);

#endif
