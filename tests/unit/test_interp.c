/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interpreter's promises: every kind of fault by its enum, windows exact
 * to the byte, calls, callbacks, tail calls, leaks, the budget.
 */
#include "cmocka_all.h"

#include <errno.h>
#include <linux/filter.h>
#include <pthread.h>
#include <unistd.h>

#include "helper/helper.h"
#include "interp/interp.h"
#include "map/map_in_map.h"
#include "map/prog_array.h"
#include "spec/diags.h"
#include "../insns.h"

/* One program and all it needs to run. */
struct bench {
	struct prog prog;
	struct run run;
	struct packet packet;
	struct map *maps[4];
	uint8_t bytes[512];	/* holds the packet */
};

static void bench_init(struct bench *b, enum prog_type type,
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

static void bench_map(struct bench *b, enum map_type type, uint32_t key,
		      uint32_t value, uint32_t entries)
{
	const struct map_def def = {
		.name = "map", .type = type, .key_size = key,
		.value_size = value, .max_entries = entries,
	};
	struct map **slot = &b->maps[b->prog.maps_cnt++];

	assert_int_equal(map_create(slot, &def, 1, NULL), 0);
}

static void bench_fini(struct bench *b)
{
	interp_release(&b->prog);
	interp_detach(&b->run);
	for (uint32_t i = 0; i < b->prog.maps_cnt; i++)
		map_put(b->maps[i]);
}

/* Runs XDP instructions on a packet of 60 bytes; how it stopped. */
static enum run_stop stop_of(struct bench *b, enum prog_type type,
			     const struct bpf_insn *insns, uint32_t cnt)
{
	int err;

	bench_init(b, type, insns, cnt);
	assert_int_equal(interp_prepare(&b->prog, NULL), 0);
	err = interp_run(&b->run);
	assert_int_equal(!err, b->run.fault.stop == RUN_EXITED);
	return b->run.fault.stop;
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

static int refused(const struct bpf_insn *insns, uint32_t cnt)
{
	struct bench b;
	int err;

	bench_init(&b, PROG_TYPE_XDP, insns, cnt);
	err = interp_prepare(&b.prog, NULL);
	bench_fini(&b);
	return err;
}

#define REFUSES(err, ...) do { \
	const struct bpf_insn insns_[] = { __VA_ARGS__ }; \
	assert_int_equal(refused(insns_, ARRAY_SIZE(insns_)), err); \
} while (0)

/* The packet of 60 bytes, with r2 = data + at. */
#define PACKET_AT(at) LDX32(2, 1, 0), ADD_IMM(2, at), MOV_IMM(0, 7)

static void packet_ends_at_its_last_byte(void **state)
{
	GIVES(XDP, 0, PACKET_AT(0), LDX8(0, 2, 0), EXIT());
	GIVES(XDP, 0, PACKET_AT(0), LDX8(0, 2, 59), EXIT());
	GIVES(XDP, 0, PACKET_AT(0), LDX64(0, 2, 52), EXIT());
	GIVES(XDP, 7, PACKET_AT(59), ST8(2, 0, 1), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, PACKET_AT(0), LDX8(0, 2, 60), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, PACKET_AT(0), LDX64(0, 2, 53), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, PACKET_AT(0), LDX8(0, 2, -1), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, PACKET_AT(0), LDX64(0, 2, -1), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, PACKET_AT(0), LDX64(0, 2, -8), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, PACKET_AT(60), ST8(2, 0, 1), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, PACKET_AT(57), ST32(2, 0, 1), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, PACKET_AT(0), ST32(2, -1, 1), EXIT());
}

/* The hint of an access must not let the next one through. */
static void a_warm_hint_still_checks(void **state)
{
	RUNS(XDP, RUN_FAULT_LOAD, PACKET_AT(0), LDX64(0, 2, 0),
	     ADD_IMM(2, 1), JA(-3), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, PACKET_AT(52), STX64(2, 0, 0),
	     SUB_IMM(2, 1), JA(-3), EXIT());
}

/*
 * A window that has shrunk below the access, and a displacement near 2^63:
 * no sum or difference of the two may wrap around to "inside".
 */
static enum run_stop far_from_short(const struct bpf_insn *insns,
				    uint32_t cnt, uint64_t len)
{
	struct bench b;
	enum run_stop stop;

	bench_init(&b, PROG_TYPE_XDP, insns, cnt);
	assert_int_equal(interp_prepare(&b.prog, NULL), 0);
	assert_int_equal(interp_run(&b.run), 0);
	b.packet.data_end = b.packet.data + len;
	b.packet.ifindex = b.packet.ingress_ifindex = 1;
	interp_run(&b.run);
	stop = b.run.fault.stop;
	bench_fini(&b);
	return stop;
}

#define FAR(far, access) { \
	LDX32(2, 1, 0), LDX32(3, 1, 12), MOV_IMM(0, 0), JEQ_IMM(3, 0, 3), \
	LD64(4, 0, far), ADD_REG(2, 4), access, EXIT() }

static void a_short_window_does_not_wrap(void **state)
{
	for (uint64_t far = INT64_MAX - 16; far < (1ULL << 63) + 16; far++) {
		const struct bpf_insn load[] = FAR(far, LDX64(0, 2, 0));
		const struct bpf_insn store[] = FAR(far, STX64(2, 0, 0));

		for (uint64_t len = 0; len < 9; len++) {
			assert_int_equal(far_from_short(load, ARRAY_SIZE(load),
							len),
					 RUN_FAULT_LOAD);
			assert_int_equal(far_from_short(store,
							ARRAY_SIZE(store),
							len),
					 RUN_FAULT_STORE);
		}
	}
}

static void metadata_ends_at_data(void **state)
{
	static const struct bpf_insn insns[] = {
		LDX32(2, 1, 8), LDX32(0, 2, 0), LDX8(3, 2, 4), EXIT(),
	};
	struct bench b;

	bench_init(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns));
	b.packet.data_meta -= 4;
	b.packet.data_meta[0] = 9;
	assert_int_equal(interp_prepare(&b.prog, NULL), 0);
	assert_int_equal(interp_run(&b.run), 0);
	assert_int_equal(b.run.r0, 9);
	b.packet.data_meta--;
	b.packet.data_meta++;
	b.packet.data += 2;
	assert_int_equal(interp_run(&b.run), 0);
	b.packet.data -= 3;
	assert_int_equal(interp_run(&b.run), -EFAULT);
	assert_int_equal(b.run.fault.near.cls, MEM_PACKET_META);
	bench_fini(&b);
}

static void types_without_packet_access(void **state)
{
	RUNS(SOCKET_FILTER, RUN_FAULT_CTX, LDX32(2, 1, 76), EXIT());
	RUNS(CGROUP_SKB, RUN_FAULT_STORE, LDX32(2, 1, 76), ST8(2, 0, 1),
	     EXIT());
	GIVES(SCHED_CLS, 5, LDX32(2, 1, 76), ST8(2, 0, 5), LDX8(0, 2, 0),
	      EXIT());
}

static void context_fields_only(void **state)
{
	RUNS(XDP, RUN_FAULT_CTX, LDX64(0, 1, 0), EXIT());
	RUNS(XDP, RUN_FAULT_CTX, LDX32(0, 1, 2), EXIT());
	RUNS(XDP, RUN_FAULT_CTX, LDX32(0, 1, 20), EXIT());
	RUNS(XDP, RUN_FAULT_CTX, LDSX32(0, 1, 0), EXIT());
	RUNS(XDP, RUN_FAULT_CTX, STX32(1, 0, 12), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, LDX32(0, 1, 24), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, LDX32(0, 1, -4), EXIT());
	RUNS(SCHED_CLS, RUN_FAULT_CTX, ST32(1, 0, 1), EXIT());
	GIVES(SCHED_CLS, 0x34, ST32(1, 8, 0x1234), LDX8(0, 1, 8), EXIT());
	RUNS(XDP, RUN_FAULT_CTX, ATOMIC64(1, 0, 8, 0), EXIT());
}

static void stack_is_512_bytes_and_zeroed(void **state)
{
	GIVES(XDP, 0, LDX64(0, 10, -512), EXIT());
	GIVES(XDP, 0, MOV_REG(2, 10), LDX64(0, 2, -512), EXIT());
	GIVES(XDP, 3, ST64(10, -8, 3), MOV_REG(2, 10), LDX64(0, 2, -8),
	      EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, LDX64(0, 10, -520), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, LDX64(0, 10, -513), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, LDX64(0, 10, -7), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, ST8(10, 0, 1), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, MOV_REG(2, 10), STX8(2, 0, 0), EXIT());
}

/* What an earlier run left on the stack is not seen by a later one. */
static void runs_do_not_see_each_other(void **state)
{
	static const struct bpf_insn insns[] = {
		LDX64(0, 10, -512), MOV_REG(2, 10), LDX64(3, 2, -256),
		ADD_REG(0, 3), ADD_REG(0, 7), ST64(10, -512, 1),
		ST64(10, -256, 1), MOV_IMM(7, 1), EXIT(),
	};
	struct bench b;

	assert_int_equal(stop_of(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns)),
			 RUN_EXITED);
	assert_int_equal(b.run.r0, 0);
	assert_int_equal(interp_run(&b.run), 0);
	assert_int_equal(b.run.r0, 0);
	bench_fini(&b);
}

static void nothing_else_is_memory(void **state)
{
	RUNS(XDP, RUN_FAULT_LOAD, MOV_IMM(2, 0), LDX8(0, 2, 0), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, MOV_IMM(2, -1), LDX8(0, 2, 0), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, MOV_IMM(2, -4), LDX64(0, 2, 0), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, LD_FUNC(2, 2), LDX64(0, 2, 0), EXIT(),
	     MOV_IMM(0, 0), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, LD64(2, 0, 0x7fffffffffffffffULL),
	     STX64(2, 2, 8), EXIT());
}

static void a_callee_reaches_its_callers_stack(void **state)
{
	GIVES(XDP, 42, ST64(10, -16, 0), MOV_REG(1, 10), ADD_IMM(1, -16),
	      CALL_LOCAL(2), LDX64(0, 10, -16), EXIT(),
	      ST64(10, -16, 1), ST64(1, 0, 42), EXIT());
	/* one byte past it is nobody's, though frames lie side by side */
	RUNS(XDP, RUN_FAULT_STORE, MOV_REG(1, 10), CALL_LOCAL(1), EXIT(),
	     ST8(1, 0, 42), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, MOV_REG(1, 10), CALL_LOCAL(1), EXIT(),
	     ST8(1, -513, 42), EXIT());
	/* a frame that has returned is gone */
	RUNS(XDP, RUN_FAULT_LOAD, CALL_LOCAL(2), LDX64(0, 0, -8), EXIT(),
	     ST64(10, -8, 1), MOV_REG(0, 10), LDX64(2, 0, -8), EXIT());
}

static void calls_keep_r6_to_r9(void **state)
{
	GIVES(XDP, 1111, MOV_IMM(6, 1), MOV_IMM(7, 10), MOV_IMM(8, 100),
	      MOV_IMM(9, 1000), CALL_LOCAL(5), MOV_REG(0, 6), ADD_REG(0, 7),
	      ADD_REG(0, 8), ADD_REG(0, 9), EXIT(),
	      MOV_IMM(6, 5), MOV_IMM(7, 5), MOV_IMM(8, 5), MOV_IMM(9, 5),
	      EXIT());
	GIVES(XDP, 15, MOV_IMM(1, 1), MOV_IMM(2, 2), MOV_IMM(3, 3),
	      MOV_IMM(4, 4), MOV_IMM(5, 5), CALL_LOCAL(1), EXIT(),
	      MOV_REG(0, 1), ADD_REG(0, 2), ADD_REG(0, 3), ADD_REG(0, 4),
	      ADD_REG(0, 5), EXIT());
}

/* r1 counts down a recursion: 7 calls fit into 8 frames, 8 do not. */
static void eight_frames(void **state)
{
	GIVES(XDP, 9, MOV_IMM(1, 7), CALL_LOCAL(1), EXIT(), MOV_IMM(0, 9),
	      ADD_IMM(1, -1), JEQ_IMM(1, 0, 1), CALL_LOCAL(-4), EXIT());
	RUNS(XDP, RUN_FAULT_DEPTH, MOV_IMM(1, 8), CALL_LOCAL(1), EXIT(),
	     MOV_IMM(0, 9), ADD_IMM(1, -1), JEQ_IMM(1, 0, 1),
	     CALL_LOCAL(-4), EXIT());
}

static void budget_counts_instructions(void **state)
{
	static const struct bpf_insn insns[] = {
		MOV_IMM(2, 10), ADD_IMM(2, -1), JNE_IMM(2, 0, -2), EXIT(),
	};
	struct bench b;

	assert_int_equal(stop_of(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns)),
			 RUN_EXITED);
	b.run.budget = 22;
	assert_int_equal(interp_run(&b.run), 0);
	assert_int_equal(b.run.insns, 22);
	b.run.budget = 21;
	assert_int_equal(interp_run(&b.run), -E2BIG);
	assert_int_equal(b.run.fault.stop, RUN_FAULT_BUDGET);
	assert_int_equal(b.run.fault.insn, 3);
	bench_fini(&b);
}

#define LSH(d, i)	INSN(0x67, d, 0, 0, i)
#define RSH(d, i)	INSN(0x77, d, 0, 0, i)
#define OR_REG(d, s)	INSN(0x4f, d, s, 0, 0)

/* Operations that share a handler give what they give one by one. */
static void pairs_are_two_operations(void **state)
{
	static const struct bpf_insn insns[] = {
		MOV_IMM(2, 0x1234), MOV_IMM(3, 5), MOV_IMM(0, 0),
		MOV_REG(4, 2), ADD_IMM(4, -7), ADD_REG(0, 4),
		MOV_REG(4, 2), AND_IMM(4, 0xf0), XOR_REG(0, 4),
		MOV_REG(4, 2), LSH(4, 40), ADD_REG(0, 4),
		MOV_REG(4, 2), RSH(4, 3), XOR_REG(0, 4),
		MOV_REG(4, 2), ADD_REG(4, 3), ADD_REG(0, 4),
		MOV_REG(4, 2), ADD_REG(4, 4), ADD_REG(0, 4),
		MOV_REG(4, 2), XOR_REG(4, 3), ADD_REG(0, 4),
		MOV_REG(4, 2), XOR_REG(4, 4), ADD_REG(0, 4),
		MOV_REG(4, 2), LSH(4, 60), RSH(4, 50), ADD_REG(0, 4),
		LSH(2, 7), OR_REG(2, 3), ADD_REG(0, 2),
		LSH(2, 7), OR_REG(2, 2), ADD_REG(0, 2),
		/* a jump to the second of two */
		MOV_IMM(5, 1), JEQ_IMM(5, 1, 1), MOV_REG(5, 2), ADD_IMM(5, 3),
		MUL_IMM(0, 31), ADD_REG(0, 5), EXIT(),
	};
	uint64_t v = 0x1234, r0 = v - 7;
	struct bench b;

	r0 ^= v & 0xf0;
	r0 += v << 40;
	r0 ^= v >> 3;
	r0 += v + 5;
	r0 += v + v;
	r0 += v ^ 5;
	r0 += v << 60 >> 50;
	v = v << 7 | 5;
	r0 += v;
	r0 += v << 7;
	r0 = r0 * 31 + 4;
	assert_int_equal(stop_of(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns)),
			 RUN_EXITED);
	assert_int_equal(b.run.r0, r0);
	b.run.budget = 1000;
	assert_int_equal(interp_run(&b.run), 0);
	assert_int_equal(b.run.r0, r0);
	assert_int_equal(b.run.insns, ARRAY_SIZE(insns) - 1);
	bench_fini(&b);
}

static void may_goto_ends_a_loop(void **state)
{
	GIVES(XDP, 8 << 20, MOV_IMM(0, 0), MAY_GOTO(2), ADD_IMM(0, 1), JA(-3),
	      EXIT());
}

static void what_is_refused(void **state)
{
	REFUSES(-EACCES, MOV_IMM(10, 0), EXIT());
	REFUSES(-EACCES, LDX64(10, 1, 0), EXIT());
	REFUSES(-EACCES, ATOMIC64(10, 10, -8, 1), EXIT());
	REFUSES(-EINVAL, LD_MAP(1, 0), EXIT());
	REFUSES(-EINVAL, MOV_IMM(0, 0));
	REFUSES(-EINVAL, JA(5), EXIT());
	/* callx, and a helper of the kernel that no skep has yet */
	REFUSES(-ENOTSUP, INSN(0x8d, 2, 0, 0, 0), EXIT());
	REFUSES(-ENOTSUP, INSN(0x85, 0, 2, 0, 0), EXIT());
}

static void dead_calls_do_not_matter(void **state)
{
	GIVES(XDP, 1, MOV_IMM(0, 1), EXIT(), INSN(0x85, 0, 2, 0, 0), EXIT());
	GIVES(XDP, 1, MOV_IMM(0, 1), JEQ_IMM(0, 1, 1), CALL(0xbad2310),
	      EXIT());
	RUNS(XDP, RUN_FAULT_CALL, MOV_IMM(0, 1), CALL(0xbad2310), EXIT());
}

static void a_fault_says_where(void **state)
{
	static const struct bpf_insn insns[] = {
		PACKET_AT(0), LDX32(0, 2, 60), EXIT(),
	};
	struct bench b;

	assert_int_equal(stop_of(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns)),
			 RUN_FAULT_LOAD);
	assert_int_equal(b.run.fault.insn, 3);
	assert_int_equal(b.run.fault.size, 4);
	assert_ptr_equal(b.run.fault.addr, b.packet.data_end);
	assert_int_equal(b.run.fault.near.cls, MEM_PACKET);
	assert_int_equal(b.run.fault.near.len, 60);
	assert_ptr_equal(b.run.fault.prog, &b.prog);
	bench_fini(&b);
}

static void note_diag(void *arg, const struct skep_diag *diag)
{
	*(struct skep_diag *)arg = *diag;
}

static void note_insn(void *arg, const struct skep_diag *diag)
{
	*(bool *)arg = strstr(diag->message, "r0 = *(u32 *)(r2 + 0x0)");
}

static void a_fault_is_reported(void **state)
{
	bool shown = false;
	static const struct bpf_insn insns[] = {
		MOV_IMM(2, 0), LDX32(0, 2, 0), EXIT(),
	};
	static const struct prog_line lines[] = {
		{ .insn = 1, .file = "a.c", .text = "x = *p;", .line = 7,
		  .column = 5 },
	};
	struct skep_diag diag = { 0 };
	struct diag_sink sink = { .fn = note_diag, .arg = &diag };
	struct bench b;

	assert_int_equal(stop_of(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns)),
			 RUN_FAULT_LOAD);
	b.prog.lines = lines;
	b.prog.lines_cnt = 1;
	assert_int_equal(interp_report(&b.run, &sink), -EFAULT);
	assert_string_equal(diag.id, "run-load");
	assert_int_equal(diag.insn, 1);
	assert_int_equal(diag.line, 7);
	sink.fn = note_insn;
	sink.arg = &shown;
	interp_report(&b.run, &sink);
	assert_true(shown);
	sink.errors--;
	assert_int_equal(sink.errors, 1);
	bench_fini(&b);
}

/* Looks key `key` up in map 0 and goes on with r0 = its value. */
#define LOOKUP(key) ST32(10, -4, key), LD_MAP(1, 0), MOV_REG(2, 10), \
	ADD_IMM(2, -4), CALL(1)

static enum run_stop map_run(struct bench *b, const struct bpf_insn *insns,
			     uint32_t cnt)
{
	bench_init(b, PROG_TYPE_XDP, insns, cnt);
	bench_map(b, MAP_TYPE_ARRAY, 4, 12, 4);
	assert_int_equal(interp_prepare(&b->prog, NULL), 0);
	interp_run(&b->run);
	return b->run.fault.stop;
}

#define MAP_RUNS(want, ...) do { \
	const struct bpf_insn insns_[] = { __VA_ARGS__ }; \
	struct bench b_; \
	assert_int_equal(map_run(&b_, insns_, ARRAY_SIZE(insns_)), want); \
	bench_fini(&b_); \
} while (0)

static void map_values_end_at_their_last_byte(void **state)
{
	MAP_RUNS(RUN_EXITED, LOOKUP(1), ST64(0, 0, 1), ST32(0, 8, 1), EXIT());
	MAP_RUNS(RUN_FAULT_STORE, LOOKUP(1), ST32(0, 9, 1), EXIT());
	MAP_RUNS(RUN_FAULT_STORE, LOOKUP(1), ST8(0, 12, 1), EXIT());
	MAP_RUNS(RUN_FAULT_STORE, LOOKUP(1), ST8(0, -1, 1), EXIT());
	MAP_RUNS(RUN_FAULT_LOAD, LOOKUP(4), LDX8(0, 0, 0), EXIT());
	/* through the address of the first value */
	MAP_RUNS(RUN_EXITED, LD64(2, 2, 8ULL << 32), LDX32(0, 2, 0), EXIT());
	MAP_RUNS(RUN_FAULT_LOAD, LD64(2, 2, 8ULL << 32), LDX32(0, 2, 4),
		 EXIT());
}

static void atomics_want_alignment(void **state)
{
	MAP_RUNS(RUN_EXITED, LOOKUP(0), MOV_IMM(2, 1), ATOMIC64(0, 2, 0, 0),
		 EXIT());
	MAP_RUNS(RUN_FAULT_STORE, LOOKUP(0), MOV_IMM(2, 1),
		 ATOMIC64(0, 2, 4, 0), EXIT());
	MAP_RUNS(RUN_FAULT_STORE, LOOKUP(0), MOV_IMM(2, 1),
		 ATOMIC64(0, 2, 8, 0), EXIT());
}

static void arguments_are_checked(void **state)
{
	/* no map, a key that reaches past the frame, a key nowhere */
	MAP_RUNS(RUN_FAULT_ARG, MOV_IMM(1, 0), MOV_REG(2, 10),
		 ADD_IMM(2, -4), CALL(1), EXIT());
	MAP_RUNS(RUN_FAULT_ARG, LD_MAP(1, 0), MOV_REG(2, 10), ADD_IMM(2, -3),
		 CALL(1), EXIT());
	MAP_RUNS(RUN_FAULT_ARG, LD_MAP(1, 0), MOV_IMM(2, 0), CALL(1), EXIT());
	/* update: a value of 12 bytes, of which the frame has 8 */
	MAP_RUNS(RUN_FAULT_ARG, LD_MAP(1, 0), MOV_REG(2, 10), ADD_IMM(2, -16),
		 MOV_REG(3, 10), ADD_IMM(3, -8), MOV_IMM(4, 0), CALL(2),
		 EXIT());
	MAP_RUNS(RUN_EXITED, LD_MAP(1, 0), MOV_REG(2, 10), ADD_IMM(2, -16),
		 MOV_REG(3, 10), ADD_IMM(3, -12), MOV_IMM(4, 0), CALL(2),
		 EXIT());
}

static void an_argument_fault_names_it(void **state)
{
	static const struct bpf_insn insns[] = {
		LD_MAP(1, 0), MOV_IMM(2, 0), CALL(1), EXIT(),
	};
	struct bench b;

	assert_int_equal(map_run(&b, insns, ARRAY_SIZE(insns)),
			 RUN_FAULT_ARG);
	assert_int_equal(b.run.fault.arg, 2);
	assert_int_equal(b.run.fault.insn, 3);
	bench_fini(&b);
}

/* bpf_loop: r1 rounds of r2(index, r3). */
#define LOOP(rounds, distance) MOV_IMM(1, rounds), LD_FUNC(2, distance), \
	MOV_REG(3, 10), ADD_IMM(3, -8), MOV_IMM(4, 0), CALL(181)

static void callbacks_run(void **state)
{
	GIVES(XDP, 45, LOOP(10, 7), LDX64(0, 10, -8), EXIT(),
	      LDX64(3, 2, 0), ADD_REG(3, 1), STX64(2, 3, 0), MOV_IMM(0, 0),
	      EXIT());
	GIVES(XDP, 4, LOOP(10, 6), EXIT(),
	      MOV_IMM(0, 0), JNE_IMM(1, 3, 1), MOV_IMM(0, 1), EXIT());
}

static void a_fault_in_a_callback_ends_the_run(void **state)
{
	RUNS(XDP, RUN_FAULT_LOAD, LOOP(10, 6), EXIT(), MOV_IMM(0, 0),
	     LDX8(0, 0, 0), EXIT());
	RUNS(XDP, RUN_FAULT_ARG, MOV_IMM(1, 3), MOV_IMM(2, 1), MOV_IMM(3, 0),
	     MOV_IMM(4, 0), CALL(181), EXIT());
}

/* Entry calls itself by tail call and counts in the packet's first byte. */
static void tail_calls_stop_at_33(void **state)
{
	static const struct bpf_insn insns[] = {
		LDX32(6, 1, 0), LDX8(7, 6, 0), ADD_IMM(7, 1), STX8(6, 7, 0),
		LD_MAP(2, 0), MOV_IMM(3, 0), CALL(12), LDX8(0, 6, 0), EXIT(),
	};
	struct bench b;

	bench_init(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns));
	bench_map(&b, MAP_TYPE_PROG_ARRAY, 4, 4, 1);
	assert_int_equal(interp_prepare(&b.prog, NULL), 0);
	assert_int_equal(interp_run(&b.run), 0);
	assert_int_equal(b.run.r0, 1);	/* an empty slot: falls through */
	assert_int_equal(prog_array_set(b.maps[0], 0, &b.prog, 1), 0);
	b.packet.data[0] = 0;
	assert_int_equal(interp_run(&b.run), 0);
	assert_int_equal(b.run.r0, 34);
	assert_int_equal(b.run.tail_calls, RUN_TAIL_CALLS_MAX);
	prog_array_set(b.maps[0], 0, NULL, 0);
	bench_fini(&b);
}

/* A tail call in a subprogram replaces it alone: its caller goes on. */
static void a_tail_call_in_a_subprogram_returns_to_its_caller(void **state)
{
	static const struct bpf_insn outer[] = {
		MOV_IMM(6, 100), CALL_LOCAL(2), ADD_REG(0, 6), EXIT(),
		LD_MAP(2, 0), MOV_IMM(3, 0), CALL(12), MOV_IMM(0, 1), EXIT(),
	};
	static const struct bpf_insn inner[] = {
		MOV_IMM(6, 3), LDX32(0, 1, 12), EXIT(),
	};
	struct bench b, target;

	bench_init(&target, PROG_TYPE_XDP, inner, ARRAY_SIZE(inner));
	assert_int_equal(interp_prepare(&target.prog, NULL), 0);
	bench_init(&b, PROG_TYPE_XDP, outer, ARRAY_SIZE(outer));
	bench_map(&b, MAP_TYPE_PROG_ARRAY, 4, 4, 1);
	b.packet.ifindex = b.packet.ingress_ifindex = 42;
	assert_int_equal(prog_array_set(b.maps[0], 0, &target.prog, 1), 0);
	assert_int_equal(interp_prepare(&b.prog, NULL), 0);
	assert_int_equal(interp_run(&b.run), 0);
	assert_int_equal(b.run.r0, 142);
	assert_ptr_equal(b.run.prog, &b.prog);
	prog_array_set(b.maps[0], 0, NULL, 0);
	bench_fini(&b);
	bench_fini(&target);
}

static void legacy_loads(void **state)
{
#define LD_ABS(op, i) MOV_REG(6, 1), MOV_IMM(0, 9), INSN(op, 0, 0, 0, i), \
		      ADD_IMM(0, 1), EXIT()
	static const struct {
		struct bpf_insn insns[5];
		uint64_t want;
	} rows[] = {
		{ { LD_ABS(0x30, 0) }, 0x80 + 1 },
		{ { LD_ABS(0x28, 0) }, 0x8081 + 1 },
		{ { LD_ABS(0x20, 0) }, 0x80818283ULL + 1 },
		{ { LD_ABS(0x30, 59) }, 0xbb + 1 },
		{ { LD_ABS(0x30, 60) }, 0 },
		{ { LD_ABS(0x28, 59) }, 0 },
		{ { LD_ABS(0x20, 57) }, 0 },
		{ { LD_ABS(0x30, 0x7fffffff) }, 0 },
		{ { LD_ABS(0x30, SKF_LL_OFF + 1) }, 0x81 + 1 },
		{ { LD_ABS(0x30, SKF_NET_OFF) }, 0x8e + 1 },
		{ { LD_ABS(0x30, -1) }, 0 },
		{ { LD_ABS(0x30, SKF_LL_OFF - 1) }, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bench b;

		bench_init(&b, PROG_TYPE_SOCKET_FILTER, rows[i].insns, 5);
		for (int j = 0; j < 60; j++)
			b.packet.data[j] = (uint8_t)(0x80 + j);
		assert_int_equal(interp_prepare(&b.prog, NULL), 0);
		assert_int_equal(interp_run(&b.run), 0);
		assert_int_equal(b.run.r0, rows[i].want);
		bench_fini(&b);
	}
	/* r6 must be the context */
	RUNS(SOCKET_FILTER, RUN_FAULT_OP, INSN(0x30, 0, 0, 0, 0), EXIT());
}

/* ring-buffer records: 131 reserve, 132 submit */
static enum run_stop ring_run(struct bench *b, const struct bpf_insn *insns,
			      uint32_t cnt)
{
	bench_init(b, PROG_TYPE_XDP, insns, cnt);
	bench_map(b, MAP_TYPE_RINGBUF, 0, 0, 4096);
	assert_int_equal(interp_prepare(&b->prog, NULL), 0);
	interp_run(&b->run);
	return b->run.fault.stop;
}

#define RESERVE(bytes) LD_MAP(1, 0), MOV_IMM(2, bytes), MOV_IMM(3, 0), CALL(131)

#define RING_RUNS(want, ...) do { \
	const struct bpf_insn insns_[] = { __VA_ARGS__ }; \
	struct bench b_; \
	assert_int_equal(ring_run(&b_, insns_, ARRAY_SIZE(insns_)), want); \
	assert_int_equal(b_.run.grants_cnt, 0); \
	bench_fini(&b_); \
} while (0)

static void records_are_memory_until_submitted(void **state)
{
	RING_RUNS(RUN_EXITED, RESERVE(16), ST64(0, 8, 1), MOV_REG(1, 0),
		  MOV_IMM(2, 0), CALL(132), EXIT());
	RING_RUNS(RUN_FAULT_STORE, RESERVE(16), ST64(0, 9, 1), EXIT());
	RING_RUNS(RUN_FAULT_LEAK, RESERVE(16), EXIT());
	RING_RUNS(RUN_FAULT_STORE, RESERVE(16), ST64(0, 0, 1), MOV_REG(6, 0),
		  MOV_REG(1, 0), MOV_IMM(2, 0), CALL(132), ST64(6, 0, 1),
		  EXIT());
	RING_RUNS(RUN_FAULT_ARG, RESERVE(16), MOV_REG(1, 0), ADD_IMM(1, 8),
		  MOV_IMM(2, 0), CALL(132), EXIT());
}

static void *run_many(void *arg)
{
	struct run run = { .prog = arg };
	uint64_t sum = 0, memory[2] = { 5, 7 };

	run.ctx = memory;
	run.ctx_len = sizeof(memory);
	if (interp_attach(&run))
		return NULL;
	for (int i = 0; i < 10000; i++)
		sum += interp_run(&run) ? 0 : run.r0;
	interp_detach(&run);
	return (void *)(uintptr_t)sum;
}

/* Each helper with a map of each type: what the kernel allows, or a fault. */
static void helpers_take_their_maps_only(void **state)
{
	for (uint32_t id = 1; id < HELPER_END; id++) {
		const struct helper_row *row = helper_row(id);
		bool map = false;

		for (int i = 0; i < 5; i++)
			map |= row->args[i] == ARG_MAP;
		if (map)
			assert_int_not_equal(helper_map_types(id), 0);
		else
			assert_int_equal(helper_map_types(id), 0);
	}
	assert_int_equal(helper_map_types(HELPER_END), 0);
}

static const struct {
	enum map_type type;
	uint32_t key, value, entries;
} shapes[] = {
	{ MAP_TYPE_HASH, 8, 8, 4 }, { MAP_TYPE_ARRAY, 4, 8, 4 },
	{ MAP_TYPE_PROG_ARRAY, 4, 4, 4 },
	{ MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 1 },
	{ MAP_TYPE_PERCPU_HASH, 8, 8, 4 }, { MAP_TYPE_PERCPU_ARRAY, 4, 8, 4 },
	{ MAP_TYPE_LRU_HASH, 8, 8, 4 }, { MAP_TYPE_LRU_PERCPU_HASH, 8, 8, 4 },
	{ MAP_TYPE_DEVMAP, 4, 4, 4 }, { MAP_TYPE_DEVMAP_HASH, 4, 4, 4 },
	{ MAP_TYPE_CPUMAP, 4, 4, 4 }, { MAP_TYPE_XSKMAP, 4, 4, 4 },
	{ MAP_TYPE_QUEUE, 0, 8, 4 }, { MAP_TYPE_STACK, 0, 8, 4 },
	{ MAP_TYPE_RINGBUF, 0, 0, 4096 }, { MAP_TYPE_BLOOM_FILTER, 0, 8, 4 },
};

/* The map in the helper's place for it, memory or the context elsewhere. */
static void call_with_map(enum helper_id id, enum map_type type,
			  uint32_t shape)
{
	const struct helper_row *row = helper_row(id);
	bool second = row->args[1] == ARG_MAP;
	const struct bpf_insn insns[] = {
		MOV_REG(6, 1), LD_MAP(1, 0), MOV_REG(2, 10), ADD_IMM(2, -64),
		MOV_REG(3, 2), MOV_IMM(4, 0), MOV_IMM(5, 0),
		JA(second ? 0 : 2), MOV_REG(2, 1), MOV_REG(1, 6),
		CALL((int)id), EXIT(),
	};
	struct bench b;
	bool takes = helper_map_types(id) >> type & 1;

	bench_init(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns));
	bench_map(&b, type, shapes[shape].key, shapes[shape].value,
		  shapes[shape].entries);
	assert_int_equal(interp_prepare(&b.prog, NULL), 0);
	interp_run(&b.run);
	assert_int_equal(takes, b.run.fault.stop != RUN_FAULT_ARG ||
				b.run.fault.arg != (second ? 2 : 1));
	bench_fini(&b);
}

static void maps_of_the_wrong_type_are_refused(void **state)
{
	for (uint32_t id = 1; id < HELPER_END; id++) {
		if (!helper_map_types(id) ||
		    (!helper_function(id) && id != HELPER_tail_call) ||
		    !(helper_row(id)->progs >> PROG_TYPE_XDP & 1))
			continue;
		for (uint32_t i = 0; i < ARRAY_SIZE(shapes); i++)
			call_with_map(id, shapes[i].type, i);
	}
}

/* Map 0 is an array of 20 hashes, all of them the one in `inner`. */
static struct map *bench_outer(struct bench *b)
{
	static const struct map_def inner = {
		.name = "inner", .type = MAP_TYPE_HASH, .key_size = 4,
		.value_size = 8, .max_entries = 4,
	};
	const struct map_def outer = {
		.name = "outer", .type = MAP_TYPE_ARRAY_OF_MAPS,
		.key_size = 4, .value_size = 4, .max_entries = 20,
		.inner = &inner,
	};

	assert_int_equal(map_create(&b->maps[b->prog.maps_cnt++], &outer, 1,
				    NULL), 0);
	for (uint32_t key = 0; key < 19; key++) {
		struct map *map;
		uint64_t value = 100 + key;

		assert_int_equal(map_create(&map, &inner, 1, NULL), 0);
		assert_int_equal(map_update_elem(map, &key, &value, 0), 0);
		assert_int_equal(map_in_map_set(b->maps[0], &key, map, 0), 0);
		map_put(map);
	}
	return b->maps[0];
}

/* Through all inner maps, more than are remembered, to value 100 + key. */
static void inner_maps_are_maps(void **state)
{
	static const struct bpf_insn insns[] = {
		MOV_IMM(6, 0), MOV_IMM(7, 0),
		STX32(10, 6, -4), LD_MAP(1, 0), MOV_REG(2, 10),
		ADD_IMM(2, -4), CALL(1), JEQ_IMM(0, 0, 7),
		MOV_REG(1, 0), MOV_REG(2, 10), ADD_IMM(2, -4),
		CALL(1), LDX64(3, 0, 0), ADD_REG(7, 3), STX64(0, 3, 0),
		ADD_IMM(6, 1), JNE_IMM(6, 20, -16), MOV_REG(0, 7), EXIT(),
	};
	struct bench b;

	bench_init(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns));
	bench_outer(&b);
	assert_int_equal(interp_prepare(&b.prog, NULL), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(interp_run(&b.run), 0);
		assert_int_equal(b.run.r0, 19 * 100 + 19 * 18 / 2);
	}
	bench_fini(&b);
}

/* An inner map is no memory, and its values end where they end. */
static void inner_maps_are_checked(void **state)
{
#define INNER(...) { ST32(10, -4, 1), LD_MAP(1, 0), MOV_REG(2, 10), \
		ADD_IMM(2, -4), CALL(1), MOV_REG(1, 0), MOV_REG(2, 10), \
		ADD_IMM(2, -4), __VA_ARGS__, EXIT() }
	static const struct bpf_insn rows[][16] = {
		INNER(LDX64(0, 1, 0)), INNER(STX64(1, 1, 0)),
		INNER(CALL(1), LDX64(0, 0, 1)),
		INNER(CALL(1), STX64(0, 0, 8)),
		INNER(ADD_IMM(1, 8), CALL(1)),
		INNER(LD_MAP(1, 0), MOV_REG(3, 10), ADD_IMM(3, -4),
		      MOV_IMM(4, 0), CALL(2)),
	};

	for (uint32_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bench b;

		bench_init(&b, PROG_TYPE_XDP, rows[i], ARRAY_SIZE(rows[i]));
		while (!rows[i][b.prog.insns_cnt - 1].code)
			b.prog.insns_cnt--;
		bench_outer(&b);
		assert_int_equal(interp_prepare(&b.prog, NULL), 0);
		assert_int_not_equal(interp_run(&b.run), 0);
		assert_in_range(b.run.fault.stop, RUN_FAULT_LOAD,
				RUN_FAULT_ARG);
		bench_fini(&b);
	}
}

/* Frames end where their function's use of r10 does. */
static void a_callees_frame_is_no_longer_than_it_uses(void **state)
{
	/* the callee keeps r10 on its stack and reads far below it */
	GIVES(XDP, 0, ST64(10, -512, 7), CALL_LOCAL(1), EXIT(),
	      STX64(10, 10, -8), LDX64(1, 10, -8), LDX64(0, 1, -512), EXIT());
	/* the callee uses 8 bytes; its frame is guessed from the caller's */
	RUNS(XDP, RUN_FAULT_LOAD, MOV_REG(1, 10), CALL_LOCAL(1), EXIT(),
	     ST64(10, -8, 1), LDX64(0, 1, 576 - 16), EXIT());
}

static void atomics_are_not_for_packets(void **state)
{
	RUNS(XDP, RUN_FAULT_STORE, PACKET_AT(0), MOV_IMM(3, 1),
	     ATOMIC64(2, 3, 0, 0), EXIT());
}

static void *stop_soon(void *arg)
{
	usleep(20000);
	interp_stop(arg);
	return NULL;
}

static void an_endless_run_is_stopped(void **state)
{
	static const struct bpf_insn loop[] = { JA(-1), EXIT() };

	for (uint64_t budget = 0; budget < 2; budget++) {
		pthread_t thread;
		struct bench b;

		bench_init(&b, PROG_TYPE_XDP, loop, ARRAY_SIZE(loop));
		b.run.budget = budget ? UINT64_MAX : 0;
		assert_int_equal(interp_prepare(&b.prog, NULL), 0);
		assert_int_equal(pthread_create(&thread, NULL, stop_soon,
						&b.run), 0);
		assert_int_equal(interp_run(&b.run), -EINTR);
		assert_int_equal(b.run.fault.stop, RUN_FAULT_STOPPED);
		pthread_join(thread, NULL);
		/* whatever comes next does not run either */
		b.run.budget = budget ? 0 : 5;
		assert_int_equal(interp_run(&b.run), -EINTR);
		bench_fini(&b);
	}
}

static void one_program_on_many_threads(void **state)
{
	static const struct bpf_insn insns[] = {
		ST64(10, -8, 1), LDX64(0, 1, 0), LDX64(2, 1, 8),
		ADD_REG(0, 2), LDX64(2, 10, -8), ADD_REG(0, 2), EXIT(),
	};
	struct prog prog = {
		.name = "t", .type = PROG_TYPE_SYSCALL, .insns = insns,
		.insns_cnt = ARRAY_SIZE(insns),
	};
	pthread_t threads[4];
	void *sum;

	assert_int_equal(interp_prepare(&prog, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_many,
						&prog), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		pthread_join(threads[i], &sum);
		assert_int_equal(sum, 130000);
	}
	interp_release(&prog);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet_ends_at_its_last_byte),
		cmocka_unit_test(a_warm_hint_still_checks),
		cmocka_unit_test(a_short_window_does_not_wrap),
		cmocka_unit_test(metadata_ends_at_data),
		cmocka_unit_test(types_without_packet_access),
		cmocka_unit_test(context_fields_only),
		cmocka_unit_test(stack_is_512_bytes_and_zeroed),
		cmocka_unit_test(runs_do_not_see_each_other),
		cmocka_unit_test(nothing_else_is_memory),
		cmocka_unit_test(a_callee_reaches_its_callers_stack),
		cmocka_unit_test(calls_keep_r6_to_r9),
		cmocka_unit_test(eight_frames),
		cmocka_unit_test(budget_counts_instructions),
		cmocka_unit_test(pairs_are_two_operations),
		cmocka_unit_test(may_goto_ends_a_loop),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(dead_calls_do_not_matter),
		cmocka_unit_test(a_fault_says_where),
		cmocka_unit_test(a_fault_is_reported),
		cmocka_unit_test(map_values_end_at_their_last_byte),
		cmocka_unit_test(atomics_want_alignment),
		cmocka_unit_test(arguments_are_checked),
		cmocka_unit_test(an_argument_fault_names_it),
		cmocka_unit_test(callbacks_run),
		cmocka_unit_test(a_fault_in_a_callback_ends_the_run),
		cmocka_unit_test(tail_calls_stop_at_33),
		cmocka_unit_test(
			a_tail_call_in_a_subprogram_returns_to_its_caller),
		cmocka_unit_test(legacy_loads),
		cmocka_unit_test(records_are_memory_until_submitted),
		cmocka_unit_test(helpers_take_their_maps_only),
		cmocka_unit_test(maps_of_the_wrong_type_are_refused),
		cmocka_unit_test(inner_maps_are_maps),
		cmocka_unit_test(inner_maps_are_checked),
		cmocka_unit_test(a_callees_frame_is_no_longer_than_it_uses),
		cmocka_unit_test(atomics_are_not_for_packets),
		cmocka_unit_test(an_endless_run_is_stopped),
		cmocka_unit_test(one_program_on_many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
