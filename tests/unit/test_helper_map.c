/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers on maps, over elements, and on rings. */
#include "helper_bench.h"

#include "map/perf_array.h"
#include "map/ringbuf.h"

static struct map *new_map(enum map_type type, uint32_t entries)
{
	const struct map_def def = {
		.name = "m", .type = type, .key_size = 4, .value_size = 8,
		.max_entries = entries,
	};
	struct map *map = NULL;

	assert_int_equal(map_create(&map, &def, 2, NULL), 0);
	return map;
}

/* Entries of arrays are always there, so this is an entry that is not. */
static void test_redirect_map(void **state)
{
	struct map *map = new_map(MAP_TYPE_HASH, 4);
	uint64_t value = 1;
	uint32_t key = 2;

	assert_int_equal(CALL(redirect_map, PTR(map), 2, XDP_PASS), XDP_PASS);
	assert_int_equal(CALL(redirect_map, PTR(map), 2, 8), XDP_ABORTED);
	assert_int_equal(CALL(map_update_elem, PTR(map), PTR(&key),
			      PTR(&value), 0), 0);
	assert_int_equal(CALL(redirect_map, PTR(map), 2, 0), XDP_REDIRECT);
	assert_ptr_equal(run.redirect.map, map);
	assert_int_equal(run.redirect.index, 2);
	assert_int_equal(CALL(redirect_map, PTR(map), 3, XDP_DROP), XDP_DROP);
	assert_null(run.redirect.map);
	map_put(map);
}

static void test_maps(void **state)
{
	struct map *map = new_map(MAP_TYPE_PERCPU_ARRAY, 4);
	uint64_t value = 5, *found;
	uint32_t key = 2;

	assert_int_equal(CALL(map_update_elem, PTR(map), PTR(&key),
			      PTR(&value), 0), 0);
	found = (void *)(uintptr_t)CALL(map_lookup_elem, PTR(map), PTR(&key));
	assert_int_equal(*found, 5);
	assert_int_equal(CALL(map_lookup_percpu_elem, PTR(map), PTR(&key), 1),
			 PTR(found));
	found = (void *)(uintptr_t)CALL(map_lookup_percpu_elem, PTR(map),
					PTR(&key), 0);
	assert_int_equal(*found, 0);
	assert_int_equal(CALL(map_lookup_percpu_elem, PTR(map), PTR(&key), 2),
			 0);
	assert_int_equal(CALL(map_delete_elem, PTR(map), PTR(&key)),
			 ERR(EINVAL));
	assert_int_equal(CALL(map_push_elem, PTR(map), PTR(&value), 0),
			 ERR(EOPNOTSUPP));
	assert_int_equal(CALL(map_pop_elem, PTR(map), PTR(&value)),
			 ERR(EOPNOTSUPP));
	assert_int_equal(CALL(map_peek_elem, PTR(map), PTR(&value)),
			 ERR(EOPNOTSUPP));
	map_put(map);
}

static uint64_t calls, stop_at;

/* Plays a callback: counts, and for maps sees that the key may be read. */
static uint64_t count_calls(struct run *r, uint64_t fn, uint64_t a1,
			    uint64_t a2, uint64_t a3, uint64_t a4)
{
	if (fn == 2) {
		assert_int_equal(r->grants_cnt, 1);
		assert_int_equal(r->grants[0].base, a2);
		assert_int_equal(a4, 33);
	}
	return ++calls == stop_at;
}

static void test_callbacks(void **state)
{
	struct map *map = new_map(MAP_TYPE_ARRAY, 6);

	run.call = count_calls;
	calls = stop_at = 0;
	assert_int_equal(CALL(loop, 10, 1, 0, 0), 10);
	assert_int_equal(calls, 10);
	assert_int_equal(CALL(loop, 10, 1, 0, 1), ERR(EINVAL));
	assert_int_equal(CALL(loop, (8 << 20) + 1, 1, 0, 0), ERR(E2BIG));
	stop_at = 14;
	assert_int_equal(CALL(loop, 10, 1, 0, 0), 4);
	calls = 0;
	stop_at = 3;
	assert_int_equal(CALL(for_each_map_elem, PTR(map), 2, 33, 0), 3);
	assert_int_equal(run.grants_cnt, 0);
	stop_at = 0;
	assert_int_equal(CALL(for_each_map_elem, PTR(map), 2, 33, 0), 6);
	assert_int_equal(CALL(for_each_map_elem, PTR(map), 2, 33, 1),
			 ERR(EINVAL));
	map_put(map);
}

static int keep_record(void *arg, const void *data, size_t len)
{
	str_copy(arg, MIN(len + 1, (size_t)64), data);
	return 0;
}

static void test_ringbuf(void **state)
{
	const struct map_def def = {
		.name = "rb", .type = MAP_TYPE_RINGBUF, .max_entries = 4096,
	};
	struct map *map = NULL;
	uint64_t record;
	char text[64] = "";

	assert_int_equal(map_create(&map, &def, 2, NULL), 0);
	assert_int_equal(CALL(ringbuf_query, PTR(map), BPF_RB_RING_SIZE),
			 4096);
	assert_int_equal(CALL(ringbuf_reserve, PTR(map), 8, 1), 0);
	assert_int_equal(CALL(ringbuf_reserve, PTR(map), 5000, 0), 0);
	record = CALL(ringbuf_reserve, PTR(map), 8, 0);
	assert_true(record);
	assert_int_equal(run.grants_cnt, 1);
	assert_int_equal(run.grants[0].len, 8);
	memcpy((void *)(uintptr_t)record, "reserved", 8);
	CALL(ringbuf_submit, record, 0);
	assert_int_equal(run.grants_cnt, 0);
	assert_int_equal(ringbuf_consume(map, keep_record, text), 1);
	assert_string_equal(text, "reserved");
	record = CALL(ringbuf_reserve, PTR(map), 8, 0);
	CALL(ringbuf_discard, record, 0);
	assert_int_equal(CALL(ringbuf_output, PTR(map), PTR("copied"), 6, 0),
			 0);
	assert_int_equal(CALL(ringbuf_output, PTR(map), PTR("x"), 1, 4),
			 ERR(EINVAL));
	ringbuf_consume(map, keep_record, text);
	assert_string_equal(text, "copied");
	/* no grant is free: no record is out either */
	for (int i = 0; i < RUN_GRANTS_MAX; i++)
		run_grant(&run, 1, 1, MEM_HELPER, false);
	assert_int_equal(CALL(ringbuf_reserve, PTR(map), 8, 0), 0);
	map_put(map);
}

static size_t perf_len;

static int keep_perf(void *arg, uint32_t cpu, const void *data, size_t len)
{
	perf_len = len;
	memcpy(arg, data, MIN(len, (size_t)64));
	return 0;
}

static void test_perf_output(void **state)
{
	const struct map_def def = {
		.name = "pe", .type = MAP_TYPE_PERF_EVENT_ARRAY,
		.key_size = 4, .value_size = 4, .max_entries = 2,
	};
	struct map *map = NULL;
	char out[64];

	assert_int_equal(map_create(&map, &def, 2, NULL), 0);
	assert_int_equal(CALL(perf_event_output, 0, PTR(map),
			      BPF_F_CURRENT_CPU, PTR("meta"), 4),
			 ERR(ENOENT));
	assert_int_equal(perf_array_open(map, 1, 1, 4096), 0);
	assert_int_equal(CALL(perf_event_output, 0, PTR(map),
			      BPF_F_CURRENT_CPU | 16ull << 32, PTR("meta"),
			      4), 0);
	assert_int_equal(perf_array_consume(map, 1, keep_perf, out), 1);
	assert_true(perf_len >= 20);
	assert_memory_equal(out, "meta", 4);
	assert_memory_equal(out + 4, packet.data, 16);
	assert_int_equal(CALL(perf_event_output, 0, PTR(map),
			      BPF_F_CURRENT_CPU | 65ull << 32, PTR("meta"),
			      4), ERR(EFAULT));
	assert_int_equal(CALL(perf_event_output, 0, PTR(map), 1ull << 52,
			      PTR("meta"), 4), ERR(EINVAL));
	assert_int_equal(CALL(perf_event_output, 0, PTR(map), 2, PTR("meta"),
			      4), ERR(E2BIG));
	map_put(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_redirect_map, start),
		cmocka_unit_test_setup(test_maps, start),
		cmocka_unit_test_setup(test_callbacks, start),
		cmocka_unit_test_setup(test_ringbuf, start),
		cmocka_unit_test_setup(test_perf_output, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
