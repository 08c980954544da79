/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of helpers: calls as an engine makes them, on a packet of 64 bytes
 * that `start` makes anew.
 */
#ifndef HELPER_BENCH_H
#define HELPER_BENCH_H

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include "base/str.h"
#include "cmocka_all.h"
#include "helper/helper.h"

#define ROOM	4096
#define CALL(name, ...) call(HELPER_##name, __VA_ARGS__)
#define ERR(e)	((uint64_t)-(int64_t)(e))
#define PTR(p)	((uint64_t)(uintptr_t)(p))

static uint8_t buffer[ROOM];
static struct packet packet;
static struct prog prog;
static struct run run;
static char traced[2048];

static void keep_trace(void *arg, const char *text, size_t len)
{
	str_copy(traced, sizeof(traced), text);
}

static uint32_t cloned_to;

static int keep_clone(void *arg, const struct packet *p, uint32_t ifindex,
		      uint64_t flags)
{
	cloned_to = ifindex;
	return ifindex == 99 ? -EINVAL : 0;
}

static const struct run_host host = {
	.trace = keep_trace, .clone = keep_clone,
};

/* Programs may read anything that these tests own. */
static size_t read_all(struct run *r, uint64_t addr, size_t len)
{
	return addr < 4096 ? 0 : len;
}

static inline uint64_t call_all(enum helper_id id, const uint64_t arg[5])
{
	return helper_function(id)(&run, arg[0], arg[1], arg[2], arg[3],
				   arg[4]);
}

#define call(id, ...) call_all(id, (uint64_t[5]){ __VA_ARGS__ })

static inline int start(void **state)
{
	memset(buffer, 0, sizeof(buffer));
	packet = (struct packet){
		.head = buffer, .data_meta = buffer + 256,
		.data = buffer + 256, .data_end = buffer + 256 + 64,
		.end = buffer + 3776, .wire_len = 64, .len = 64,
		.protocol = htons(ETH_P_IP),
	};
	for (int i = 0; i < 64; i++)
		packet.data[i] = (uint8_t)i;
	packet.data[12] = 8;
	packet.data[13] = 0;
	prog = (struct prog){ .type = PROG_TYPE_XDP };
	run = (struct run){
		.prog = &prog, .ctx = &packet, .packet = &packet, .cpu = 1,
		.host = &host, .readable = read_all,
	};
	traced[0] = '\0';
	return 0;
}

#endif
