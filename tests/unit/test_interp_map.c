/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs with maps in the interpreter: values and records as memory, what
 * helpers take for an argument, maps in maps.
 */
#include "interp_bench.h"

#include "helper/helper.h"
#include "map/map_in_map.h"

/* Looks key `key` up in map 0 and goes on with r0 = its value. */
#define LOOKUP(key) ST32(10, -4, key), LD_MAP(1, 0), MOV_REG(2, 10), \
	ADD_IMM(2, -4), CALL(1)

static enum run_stop map_run(struct bench *b, const struct bpf_insn *insns,
			     uint32_t cnt)
{
	bench_init(b, PROG_TYPE_XDP, insns, cnt);
	bench_map(b, MAP_TYPE_ARRAY, 4, 12, 4);
	return bench_run(b);
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

/* ring-buffer records: 131 reserve, 132 submit */
static enum run_stop ring_run(struct bench *b, const struct bpf_insn *insns,
			      uint32_t cnt)
{
	bench_init(b, PROG_TYPE_XDP, insns, cnt);
	bench_map(b, MAP_TYPE_RINGBUF, 0, 0, 4096);
	return bench_run(b);
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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_values_end_at_their_last_byte),
		cmocka_unit_test(atomics_want_alignment),
		cmocka_unit_test(arguments_are_checked),
		cmocka_unit_test(an_argument_fault_names_it),
		cmocka_unit_test(records_are_memory_until_submitted),
		cmocka_unit_test(helpers_take_their_maps_only),
		cmocka_unit_test(maps_of_the_wrong_type_are_refused),
		cmocka_unit_test(inner_maps_are_maps),
		cmocka_unit_test(inner_maps_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
