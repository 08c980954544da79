/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of the interpreter: one program and all it needs to run, and
 * sentences over instructions: GIVES a value, RUNS into a fault.
 */
#ifndef INTERP_BENCH_H
#define INTERP_BENCH_H

#include "cmocka_all.h"

#include "interp/interp.h"
#include "map/map.h"
#include "../insns.h"

struct bench {
	struct prog prog;
	struct run run;
	struct packet packet;
	struct map *maps[4];
	uint8_t bytes[512];	/* holds the packet */
};

static inline void bench_init(struct bench *b, enum prog_type type,
			      const struct bpf_insn *insns, uint32_t cnt)
{
	memset(b, 0, sizeof(*b));
	b->prog.name = "test";
	b->prog.type = type;
	b->prog.insns = insns;
	b->prog.insns_cnt = cnt;
	b->prog.maps = b->maps;
	b->packet.head = b->bytes;
	b->packet.data_meta = b->packet.data = b->bytes + 256;
	b->packet.data_end = b->packet.data + 60;
	b->packet.end = b->bytes + sizeof(b->bytes);
	b->run.prog = &b->prog;
	b->run.ctx = b->run.packet = &b->packet;
	b->run.ctx_len = ctx_layout(type)->size;
	assert_int_equal(interp_attach(&b->run), 0);
}

static inline void bench_map(struct bench *b, enum map_type type, uint32_t key,
			     uint32_t value, uint32_t entries)
{
	const struct map_def def = {
		.name = "map", .type = type, .key_size = key,
		.value_size = value, .max_entries = entries,
	};
	struct map **slot = &b->maps[b->prog.maps_cnt++];

	assert_int_equal(map_create(slot, &def, 1, NULL), 0);
}

static inline void bench_fini(struct bench *b)
{
	interp_release(&b->prog);
	interp_detach(&b->run);
	for (uint32_t i = 0; i < b->prog.maps_cnt; i++)
		map_put(b->maps[i]);
}

/* Prepares and runs; how it stopped. */
static inline enum run_stop bench_run(struct bench *b)
{
	int err;

	assert_int_equal(interp_prepare(&b->prog, NULL), 0);
	err = interp_run(&b->run);
	assert_int_equal(!err, b->run.fault.stop == RUN_EXITED);
	return b->run.fault.stop;
}

/* Runs instructions on a packet of 60 bytes. */
static inline enum run_stop stop_of(struct bench *b, enum prog_type type,
				    const struct bpf_insn *insns, uint32_t cnt)
{
	bench_init(b, type, insns, cnt);
	return bench_run(b);
}

#define RUNS(type, want_stop, ...) do { \
	const struct bpf_insn insns_[] = { __VA_ARGS__ }; \
	struct bench b_; \
	assert_int_equal(stop_of(&b_, PROG_TYPE_##type, insns_, \
				 ARRAY_SIZE(insns_)), want_stop); \
	bench_fini(&b_); \
} while (0)

#define GIVES(type, want, ...) do { \
	const struct bpf_insn insns_[] = { __VA_ARGS__ }; \
	struct bench b_; \
	assert_int_equal(stop_of(&b_, PROG_TYPE_##type, insns_, \
				 ARRAY_SIZE(insns_)), RUN_EXITED); \
	assert_int_equal(b_.run.r0, want); \
	bench_fini(&b_); \
} while (0)

/* The packet of 60 bytes, with r2 = data + at. */
#define PACKET_AT(at) LDX32(2, 1, 0), ADD_IMM(2, at), MOV_IMM(0, 7)

#endif
