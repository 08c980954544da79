/* SPDX-License-Identifier: Apache-2.0 */
/* Ring buffers and perf event arrays: room, order, wake-ups, losses. */
#include "cmocka_all.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "map/perf_array.h"
#include "map/ringbuf.h"

static struct map *new_map(enum map_type type, uint32_t size, uint32_t entries)
{
	struct map_def def = {
		.name = "ring",
		.type = type,
		.key_size = size,
		.value_size = size,
		.max_entries = entries,
	};
	struct map *map = NULL;

	assert_int_equal(map_create(&map, &def, 2, NULL), 0);
	return map;
}

struct seen {
	uint32_t cnt, stop_at;
	uint64_t last;
	size_t len;
};

static int see(void *arg, const void *data, size_t len)
{
	struct seen *seen = arg;

	if (seen->stop_at && seen->cnt == seen->stop_at)
		return -ECANCELED;
	seen->cnt++;
	seen->len = len;
	seen->last = 0;
	memcpy(&seen->last, data, len < 8 ? len : 8);
	return 0;
}

static bool readable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1;
}

static void ringbuf_refuses_bad_sizes(void **state)
{
	struct map_def def = { .type = MAP_TYPE_RINGBUF };
	struct map *map;

	static const uint32_t bad[] = { 0, 1, 2048, 4095, 4097, 12288 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		def.max_entries = bad[i];
		assert_int_equal(map_create(&map, &def, 1, NULL), -EINVAL);
	}
	def.max_entries = 4096;
	def.key_size = 4;
	assert_int_equal(map_create(&map, &def, 1, NULL), -EINVAL);
	def.key_size = 0;
	def.flags = BPF_F_RDONLY;
	assert_int_equal(map_create(&map, &def, 1, NULL), -EINVAL);
}

static void ringbuf_has_no_elements(void **state)
{
	struct map *map = new_map(MAP_TYPE_RINGBUF, 0, 4096);
	uint64_t byte = 0;

	assert_int_equal(map_lookup_elem(map, NULL, &byte, 0), -ERR_NOTSUPP);
	assert_int_equal(map_update_elem(map, NULL, &byte, 0), -ERR_NOTSUPP);
	assert_int_equal(map_delete_elem(map, NULL), -ERR_NOTSUPP);
	assert_int_equal(map_get_next_key(map, NULL, &byte), -ERR_NOTSUPP);
	map_put(map);
}

static void ringbuf_in_order_up_to_busy(void **state)
{
	struct map *map = new_map(MAP_TYPE_RINGBUF, 0, 4096);
	struct seen seen = { 0 };
	uint64_t *first, *second, *third;

	assert_null(ringbuf_reserve(map, 8, 1));
	first = ringbuf_reserve(map, 8, 0);
	second = ringbuf_reserve(map, 12, 0);
	third = ringbuf_reserve(map, 3, 0);
	*first = 1, *second = 2;
	memcpy(third, "\3\0\0", 3);
	ringbuf_submit(map, second, 0, false);
	assert_int_equal(ringbuf_consume(map, see, &seen), 0);
	ringbuf_submit(map, first, 0, false);
	assert_int_equal(ringbuf_consume(map, see, &seen), 2);
	assert_int_equal(seen.last, 2);
	assert_int_equal(seen.len, 12);
	ringbuf_submit(map, third, 0, true);
	assert_int_equal(ringbuf_output(map, "four", 4, 0), 0);
	assert_int_equal(ringbuf_consume(map, see, &seen), 1);
	assert_int_equal(seen.len, 4);
	assert_int_equal(seen.cnt, 3);
	map_put(map);
}

static void ringbuf_layout_is_the_kernels(void **state)
{
	struct map *map = new_map(MAP_TYPE_RINGBUF, 0, 8192);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const uint64_t *cons = (void *)map->region.base;
	const uint64_t *prod = (void *)(map->region.base + page);
	const uint32_t *header = (void *)(map->region.base + 2 * page);
	uint8_t *record = ringbuf_reserve(map, 20, 0);
	struct seen seen = { 0 };

	assert_ptr_equal(record, header + 2);
	assert_int_equal(*prod, 32);
	assert_int_equal(header[0], 20 | BPF_RINGBUF_BUSY_BIT);
	assert_int_equal(header[1], 2);
	ringbuf_submit(map, record, 0, true);
	assert_int_equal(header[0], 20 | BPF_RINGBUF_DISCARD_BIT);
	assert_int_equal(*cons, 0);
	ringbuf_consume(map, see, &seen);
	assert_int_equal(*cons, 32);
	record[0] = 0x5a;
	assert_int_equal(record[8192], 0x5a);
	map_put(map);
}

static void ringbuf_full_is_counted(void **state)
{
	struct map *map = new_map(MAP_TYPE_RINGBUF, 0, 4096);
	struct seen seen = { 0 };
	static uint8_t big[4096];

	assert_null(ringbuf_reserve(map, 4096, 0));
	assert_null(ringbuf_reserve(map, UINT64_MAX, 0));
	assert_null(ringbuf_reserve(map, 4088, 0));
	assert_int_equal(ringbuf_output(map, big, 4080, 0), 0);
	assert_int_equal(ringbuf_output(map, big, 1, 0), -EAGAIN);
	assert_int_equal(ringbuf_output(map, big, 1, 4), -EINVAL);
	assert_int_equal(ringbuf_lost(map), 4);
	assert_int_equal(ringbuf_consume(map, see, &seen), 1);
	/* the next one lies across the end */
	assert_int_equal(ringbuf_output(map, big, 100, 0), 0);
	assert_int_equal(ringbuf_consume(map, see, &seen), 1);
	assert_int_equal(seen.len, 100);
	assert_int_equal(ringbuf_query(map, BPF_RB_AVAIL_DATA), 0);
	assert_int_equal(ringbuf_query(map, BPF_RB_RING_SIZE), 4096);
	assert_int_equal(ringbuf_query(map, BPF_RB_CONS_POS), 4088 + 112);
	assert_int_equal(ringbuf_query(map, BPF_RB_PROD_POS), 4088 + 112);
	assert_int_equal(ringbuf_query(map, 4), 0);
	map_put(map);
}

static void ringbuf_wakes_when_asked(void **state)
{
	struct map *map = new_map(MAP_TYPE_RINGBUF, 0, 4096);
	int fd = ringbuf_wait_fd(map);
	struct seen seen = { 0 };

	assert_false(readable(fd));
	ringbuf_output(map, "a", 1, BPF_RB_NO_WAKEUP);
	assert_false(readable(fd));
	ringbuf_output(map, "a", 1, 0);
	assert_false(readable(fd));
	ringbuf_output(map, "a", 1, BPF_RB_FORCE_WAKEUP);
	assert_true(readable(fd));
	assert_int_equal(ringbuf_consume(map, see, &seen), 3);
	assert_false(readable(fd));
	ringbuf_output(map, "a", 1, 0);
	assert_true(readable(fd));
	map_put(map);
}

static void ringbuf_stops_when_told(void **state)
{
	struct map *map = new_map(MAP_TYPE_RINGBUF, 0, 4096);
	struct seen seen = { .stop_at = 2 };

	for (uint64_t i = 1; i <= 4; i++)
		ringbuf_output(map, &i, 8, 0);
	assert_int_equal(ringbuf_consume(map, see, &seen), -ECANCELED);
	seen.stop_at = 0;
	assert_int_equal(ringbuf_consume(map, see, &seen), 2);
	assert_int_equal(seen.last, 4);
	map_put(map);
}

static void ringbuf_damage_is_an_error(void **state)
{
	struct map *map = new_map(MAP_TYPE_RINGBUF, 0, 4096);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct seen seen = { 0 };
	uint32_t *header = (void *)(map->region.base + 2 * page);

	ringbuf_output(map, "12345678", 8, 0);
	header[0] = 4000;
	assert_int_equal(ringbuf_consume(map, see, &seen), -EIO);
	*(uint64_t *)map->region.base = 3;
	assert_int_equal(ringbuf_consume(map, see, &seen), -EIO);
	assert_int_equal(seen.cnt, 0);
	map_put(map);
}

static int see_cpu(void *arg, uint32_t cpu, const void *data, size_t len)
{
	assert_int_equal(cpu, 1);
	return see(arg, data, len);
}

static void perf_array_rings(void **state)
{
	struct map *map = new_map(MAP_TYPE_PERF_EVENT_ARRAY, 4, 2);
	struct perf_part parts[] = { { "abcd", 4 }, { "efghijk", 7 } };
	struct seen seen = { 0 };
	uint64_t here = BPF_F_CURRENT_CPU;

	assert_int_equal(perf_array_output(map, here, 1, parts, 2), -ENOENT);
	assert_int_equal(perf_array_open(map, 2, 1, 4096), -E2BIG);
	assert_int_equal(perf_array_open(map, 1, 1, 0), -EINVAL);
	assert_int_equal(perf_array_open(map, 1, 1, 4096), 0);
	assert_int_equal(perf_array_open(map, 1, 1, 4096), -EEXIST);
	assert_int_equal(perf_array_output(map, 2, 1, parts, 2), -E2BIG);
	assert_int_equal(perf_array_output(map, 1, 0, parts, 2), -EOPNOTSUPP);
	assert_false(readable(perf_array_wait_fd(map)));
	assert_int_equal(perf_array_output(map, here, 1, parts, 2), 0);
	assert_true(readable(perf_array_wait_fd(map)));
	assert_int_equal(perf_array_consume(map, 1, see_cpu, &seen), 1);
	assert_int_equal(seen.len, 11);
	assert_memory_equal(&seen.last, "abcdefgh", 8);
	assert_int_equal(perf_array_consume(map, 0, see_cpu, &seen), -ENOENT);
	map_put(map);
}

static void perf_array_counts_losses(void **state)
{
	struct map *map = new_map(MAP_TYPE_PERF_EVENT_ARRAY, 4, 2);
	static uint8_t data[4096];
	struct perf_part part = { data, 1000 }, whole = { data, 4096 };
	struct seen seen = { 0 };
	int taken = 0;

	perf_array_open(map, 1, 1, 100);
	assert_int_equal(perf_array_output(map, 1, 1, &whole, 1), -ENOSPC);
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 5; i++)
			taken += !perf_array_output(map, 1, 1, &part, 1);
		perf_array_consume(map, 1, see_cpu, &seen);
	}
	assert_int_equal(taken, 200);
	assert_int_equal(seen.cnt, 200);
	assert_int_equal(perf_array_lost(map, 1), 51);
	map_put(map);
}

static void perf_array_elements(void **state)
{
	struct map *map = new_map(MAP_TYPE_PERF_EVENT_ARRAY, 4, 2);
	struct perf_part part = { "x", 1 };
	uint32_t key = 1, value = 0;

	assert_int_equal(map_update_elem(map, &key, &value, 1), -EINVAL);
	assert_int_equal(map_update_elem(map, &key, &value, 0), -EBADF);
	assert_int_equal(map_lookup_elem(map, &key, &value, 0), -ERR_NOTSUPP);
	assert_int_equal(map_delete_elem(map, &key), -ENOENT);
	perf_array_open(map, 1, 1, 4096);
	assert_int_equal(map_delete_elem(map, &key), 0);
	assert_int_equal(perf_array_output(map, 1, 1, &part, 1), -ENOENT);
	assert_int_equal(perf_array_open(map, 1, 1, 4096), 0);
	key = 2;
	assert_int_equal(map_update_elem(map, &key, &value, 0), -E2BIG);
	assert_int_equal(map_delete_elem(map, &key), -E2BIG);
	map_put(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ringbuf_refuses_bad_sizes),
		cmocka_unit_test(ringbuf_has_no_elements),
		cmocka_unit_test(ringbuf_in_order_up_to_busy),
		cmocka_unit_test(ringbuf_layout_is_the_kernels),
		cmocka_unit_test(ringbuf_full_is_counted),
		cmocka_unit_test(ringbuf_wakes_when_asked),
		cmocka_unit_test(ringbuf_stops_when_told),
		cmocka_unit_test(ringbuf_damage_is_an_error),
		cmocka_unit_test(perf_array_rings),
		cmocka_unit_test(perf_array_counts_losses),
		cmocka_unit_test(perf_array_elements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
