/* SPDX-License-Identifier: Apache-2.0 */
/* Maps: creation, element commands, freezing, walking; arrays and hashes. */
#include "cmocka_all.h"

#include <errno.h>
#include <stdlib.h>

#include "btf/btf.h"
#include "map/map.h"

#define CPUS	3

static struct map_def def_of(enum map_type type, uint32_t key_size,
			     uint32_t value_size, uint32_t entries)
{
	return (struct map_def){
		.name = "m",
		.type = type,
		.key_size = key_size,
		.value_size = value_size,
		.max_entries = entries,
	};
}

static struct map *new_map(enum map_type type, uint32_t key_size,
			   uint32_t value_size, uint32_t entries)
{
	struct map_def def = def_of(type, key_size, value_size, entries);
	struct map *map = NULL;

	assert_int_equal(map_create(&map, &def, CPUS, NULL), 0);
	assert_non_null(map);
	return map;
}

static int create_error(struct map_def def)
{
	struct map *map = (struct map *)0x1;
	int err = map_create(&map, &def, CPUS, NULL);

	if (err)
		assert_ptr_equal(map, (struct map *)0x1);
	else
		map_put(map);
	return err;
}

static void refuses_bad_definitions(void **state)
{
	struct map_def def = def_of(MAP_TYPE_ARRAY, 4, 8, 1);

	assert_int_equal(create_error(def), 0);
	def.key_size = 8;
	assert_int_equal(create_error(def), -EINVAL);
	def = def_of(MAP_TYPE_ARRAY, 4, 8, 0);
	assert_int_equal(create_error(def), -EINVAL);
	def = def_of(MAP_TYPE_ARRAY, 4, 1u << 31, 1);
	assert_int_equal(create_error(def), -E2BIG);
	def = def_of(MAP_TYPE_ARRAY, 4, 8, 1);
	def.flags = BPF_F_RDONLY | BPF_F_WRONLY;
	assert_int_equal(create_error(def), -EINVAL);
	def.flags = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
	assert_int_equal(create_error(def), -EINVAL);
	def.flags = BPF_F_NO_PREALLOC;
	assert_int_equal(create_error(def), -EINVAL);
	def = def_of(MAP_TYPE_ARRAY, 4, 8, 1);
	def.extra = 1;
	assert_int_equal(create_error(def), -EINVAL);
	assert_int_equal(create_error(def_of(MAP_TYPE_UNSPEC, 4, 8, 1)),
			 -EINVAL);
	assert_int_equal(create_error(def_of((enum map_type)9999, 4, 8, 1)),
			 -EINVAL);
	assert_int_equal(create_error(def_of(MAP_TYPE_ARENA, 4, 8, 1)),
			 -EOPNOTSUPP);
	assert_int_equal(create_error(def_of(MAP_TYPE_HASH, 4u << 20, 8, 1)),
			 -E2BIG);
	assert_int_equal(create_error(def_of(MAP_TYPE_HASH, 4, 4, 1u << 28)),
			 -E2BIG);
	assert_int_equal(create_error(def_of(MAP_TYPE_PERCPU_ARRAY, 4,
					     (32u << 10) + 1, 1)), -E2BIG);
}

static void array_elements(void **state)
{
	struct map *map = new_map(MAP_TYPE_ARRAY, 4, 6, 3);
	uint8_t value[6] = "abcde", got[6];
	uint32_t key = 2, next;

	assert_int_equal(map_update_elem(map, &key, value, BPF_ANY), 0);
	assert_int_equal(map_lookup_elem(map, &key, got, 0), 0);
	assert_memory_equal(value, got, 6);
	assert_int_equal(map_update_elem(map, &key, value, BPF_NOEXIST),
			 -EEXIST);
	assert_int_equal(map_update_elem(map, &key, value, BPF_F_LOCK),
			 -EINVAL);
	assert_int_equal(map_update_elem(map, &key, value, 3), -EINVAL);
	assert_int_equal(map_lookup_elem(map, &key, got, 1), -EINVAL);
	assert_int_equal(map_delete_elem(map, &key), -EINVAL);
	assert_int_equal(map_lookup_and_delete_elem(map, &key, got, 0),
			 -ERR_NOTSUPP);
	key = 3;
	assert_int_equal(map_update_elem(map, &key, value, 0), -E2BIG);
	assert_int_equal(map_lookup_elem(map, &key, got, 0), -ENOENT);
	assert_int_equal(map_get_next_key(map, &key, &next), 0);
	assert_int_equal(next, 0);
	key = 2;
	assert_int_equal(map_get_next_key(map, &key, &next), -ENOENT);
	map_put(map);
}

static void array_windows_end_with_the_value(void **state)
{
	struct map *map = new_map(MAP_TYPE_ARRAY, 4, 6, 3);
	uintptr_t base = (uintptr_t)map->region.base;
	struct mem_window win;

	for (uintptr_t off = 0; off < 24; off++) {
		bool in = off % 8 < 6;

		assert_int_equal(map_window(map, base + off, &win), in);
		if (!in)
			continue;
		assert_int_equal(win.base, base + off / 8 * 8);
		assert_int_equal(win.len, 6);
		assert_int_equal(win.cls, MEM_MAP_VALUE);
		assert_true(win.writable);
	}
	assert_false(map_window(map, base - 1, &win));
	assert_false(map_window(map, base + 24, &win));
	map_put(map);
}

static void percpu_values_are_apart(void **state)
{
	struct map *map = new_map(MAP_TYPE_PERCPU_ARRAY, 4, 4, 2);
	uint64_t all[CPUS] = { 0 };
	uint32_t key = 1, value = 7;

	assert_int_equal(map_user_value_size(map), sizeof(all));
	assert_int_equal(map->ops->update(map, &key, &value, 0, 1), 0);
	assert_int_equal(map_lookup_elem(map, &key, all, 0), 0);
	assert_int_equal(all[0], 0);
	assert_int_equal(all[1], 7);
	assert_int_equal(all[2], 0);
	all[0] = 1, all[2] = 3;
	assert_int_equal(map_update_elem(map, &key, all, 0), 0);
	for (uint32_t cpu = 0; cpu < CPUS; cpu++)
		assert_int_equal(*(uint32_t *)map->ops->lookup(map, &key, cpu),
				 all[cpu]);
	assert_null(map->ops->lookup(map, &key, CPUS));
	map_put(map);
}

static void hash_elements(void **state)
{
	struct map *map = new_map(MAP_TYPE_HASH, 5, 3, 2);
	uint8_t got[3], *old;

	assert_int_equal(map_update_elem(map, "keyA", "v1", BPF_EXIST),
			 -ENOENT);
	assert_int_equal(map_update_elem(map, "keyA", "v1", BPF_NOEXIST), 0);
	assert_int_equal(map_update_elem(map, "keyA", "v2", BPF_NOEXIST),
			 -EEXIST);
	assert_int_equal(map_update_elem(map, "keyB", "v3", BPF_ANY), 0);
	assert_int_equal(map_update_elem(map, "keyC", "v4", BPF_ANY), -E2BIG);
	old = map->ops->lookup(map, "keyA", 0);
	assert_int_equal(map_update_elem(map, "keyA", "v2", BPF_EXIST), 0);
	assert_string_equal(old, "v1");
	assert_int_equal(map_lookup_elem(map, "keyA", got, 0), 0);
	assert_string_equal(got, "v2");
	assert_int_equal(map_delete_elem(map, "keyA"), 0);
	assert_int_equal(map_delete_elem(map, "keyA"), -ENOENT);
	assert_int_equal(map_lookup_elem(map, "keyA", got, 0), -ENOENT);
	assert_int_equal(map_lookup_and_delete_elem(map, "keyB", got, 0), 0);
	assert_string_equal(got, "v3");
	assert_int_equal(map_get_next_key(map, NULL, got), -ENOENT);
	assert_int_equal(map_update_elem(map, "keyC", "v4", 4), -EINVAL);
	assert_int_equal(map_lookup_elem(map, NULL, got, 0), -EFAULT);
	map_put(map);
}

/* Fills, walks, deletes every other, refills: many buckets overflow. */
static void hash_churn(uint32_t key_size, uint32_t entries)
{
	struct map *map = new_map(MAP_TYPE_HASH, key_size, 8, entries);
	uint8_t key[64] = { 0 };
	uint64_t value, got;

	for (int round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < entries; i++) {
			memcpy(key, &i, 4);
			value = i * 3ull + (unsigned int)round;
			assert_int_equal(map_update_elem(map, key, &value, 0),
					 0);
		}
		memcpy(key, &entries, 4);
		assert_int_equal(map_update_elem(map, key, &value, 0), -E2BIG);
		for (uint32_t i = 0; i < entries; i++) {
			memcpy(key, &i, 4);
			assert_int_equal(map_lookup_elem(map, key, &got, 0), 0);
			assert_int_equal(got, i * 3ull + (unsigned int)round);
			if (i % 2)
				assert_int_equal(map_delete_elem(map, key), 0);
		}
	}
	map_put(map);
}

static void hash_holds_what_it_promised(void **state)
{
	static const uint32_t sizes[] = { 4, 5, 8, 12, 16, 17, 64 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (uint32_t entries = 1; entries < 3000;
		     entries = entries * 5 + 1)
			hash_churn(sizes[i], entries);
}

static void hash_walk_while_deleting(void **state)
{
	struct map *map = new_map(MAP_TYPE_HASH, 4, 4, 500);
	struct map_cursor cur = { 0 };
	uint8_t seen[500] = { 0 };
	uint32_t key, next, cnt = 0;

	for (uint32_t i = 0; i < 500; i++)
		assert_int_equal(map_update_elem(map, &i, &i, 0), 0);
	while (map->ops->step(map, &cur, 0)) {
		key = *(const uint32_t *)cur.key;
		assert_int_equal(*(uint32_t *)cur.value, key);
		assert_int_equal(seen[key]++, 0);
		if (key % 3)
			assert_int_equal(map_delete_elem(map, &key), 0);
		cnt++;
	}
	assert_int_equal(cnt, 500);
	cnt = 0;
	while (!map_get_next_key(map, NULL, &next)) {
		assert_int_equal(map_delete_elem(map, &next), 0);
		cnt++;
	}
	assert_int_equal(cnt, 167);
	map_put(map);
}

static void hash_next_key_of_a_missing_key_is_the_first(void **state)
{
	struct map *map = new_map(MAP_TYPE_HASH, 4, 4, 8);
	uint32_t first, again, key = 1;

	map_update_elem(map, &key, &key, 0);
	key = 2;
	map_update_elem(map, &key, &key, 0);
	assert_int_equal(map_get_next_key(map, NULL, &first), 0);
	key = 77;
	assert_int_equal(map_get_next_key(map, &key, &again), 0);
	assert_int_equal(first, again);
	assert_int_equal(map_get_next_key(map, &again, &again), 0);
	assert_int_not_equal(first, again);
	assert_int_equal(map_get_next_key(map, &again, &again), -ENOENT);
	map_put(map);
}

static void hash_windows_are_values(void **state)
{
	struct map *map = new_map(MAP_TYPE_HASH, 4, 12, 8);
	uint8_t value[12] = { 0 };
	struct mem_window win;
	uint32_t key = 5;
	uintptr_t at;

	map_update_elem(map, &key, value, 0);
	at = (uintptr_t)map->ops->lookup(map, &key, 0);
	assert_true(map_window(map, at, &win));
	assert_int_equal(win.base, at);
	assert_int_equal(win.len, 12);
	assert_true(map_window(map, at + 11, &win));
	assert_int_equal(win.base, at);
	assert_false(map_window(map, at + 12, &win));
	assert_false(map_window(map, at - 1, &win));
	assert_false(map_window(map, (uintptr_t)map->region.base, &win));
	map_put(map);
}

static void percpu_hash_elements(void **state)
{
	struct map *map = new_map(MAP_TYPE_PERCPU_HASH, 4, 8, 4);
	uint64_t all[CPUS], value = 9, *held;
	struct mem_window win;
	uint32_t key = 3;

	assert_int_equal(map->ops->update(map, &key, &value, 0, 2), 0);
	assert_int_equal(map_lookup_elem(map, &key, all, 0), 0);
	assert_int_equal(all[0], 0);
	assert_int_equal(all[2], 9);
	held = map->ops->lookup(map, &key, 2);
	value = 10;
	assert_int_equal(map->ops->update(map, &key, &value, 0, 2), 0);
	assert_int_equal(*held, 10);
	assert_true(map_window(map, (uintptr_t)held, &win));
	assert_int_equal(win.base, (uintptr_t)held);
	assert_int_equal(win.len, 8);
	map_put(map);
}

/* A full LRU map takes every new key, and keeps what programs look up. */
static void lru_makes_room(void **state)
{
	struct map *map = new_map(MAP_TYPE_LRU_HASH, 4, 4, 100);
	uint32_t got, kept = 7, cnt = 0, next;

	assert_int_equal(map_update_elem(map, &kept, &kept, 0), 0);
	for (uint32_t i = 1000; i < 3000; i++) {
		assert_int_equal(map_update_elem(map, &i, &i, 0), 0);
		assert_int_equal(map_lookup_elem(map, &i, &got, 0), 0);
		assert_int_equal(got, i);
		assert_non_null(map->ops->lookup(map, &kept, 0));
	}
	assert_int_equal(map_update_elem(map, &kept, &kept, BPF_NOEXIST),
			 -EEXIST);
	assert_int_equal(map_update_elem(map, &kept, &kept, BPF_F_LOCK),
			 -EINVAL);
	while (!map_get_next_key(map, NULL, &next)) {
		assert_int_equal(map_delete_elem(map, &next), 0);
		cnt++;
	}
	assert_in_range(cnt, 90, 103);
	map_put(map);
}

static void lru_percpu_makes_room(void **state)
{
	struct map *map = new_map(MAP_TYPE_LRU_PERCPU_HASH, 4, 4, 10);
	uint64_t all[CPUS] = { 1, 2, 3 }, got[CPUS];
	struct mem_window win;
	uint8_t *value;

	for (uint32_t i = 0; i < 500; i++) {
		assert_int_equal(map_update_elem(map, &i, all, 0), 0);
		assert_int_equal(map_update_elem(map, &i, all, BPF_EXIST), 0);
		assert_int_equal(map_lookup_elem(map, &i, got, 0), 0);
		assert_memory_equal(all, got, sizeof(all));
		value = map->ops->lookup(map, &i, 2);
		assert_int_equal(*(uint32_t *)value, 3);
		assert_true(map_window(map, (uintptr_t)value, &win));
		assert_int_equal(win.base, (uintptr_t)value);
		assert_false(map_window(map, (uintptr_t)value + 8, &win));
	}
	map_put(map);
}

static void queue_and_stack(void **state)
{
	struct map *queue = new_map(MAP_TYPE_QUEUE, 0, 4, 3);
	struct map *stack = new_map(MAP_TYPE_STACK, 0, 4, 3);
	uint32_t got;

	for (uint32_t i = 1; i <= 3; i++) {
		assert_int_equal(map_update_elem(queue, NULL, &i, 0), 0);
		assert_int_equal(map_update_elem(stack, NULL, &i, 0), 0);
	}
	got = 4;
	assert_int_equal(map_update_elem(queue, NULL, &got, 0), -E2BIG);
	assert_int_equal(map_update_elem(queue, NULL, &got, BPF_NOEXIST),
			 -EINVAL);
	assert_int_equal(map_update_elem(queue, NULL, &got, BPF_EXIST), 0);
	assert_int_equal(map_update_elem(stack, NULL, &got, BPF_EXIST), 0);
	for (uint32_t i = 2; i <= 4; i++) {
		assert_int_equal(map_lookup_elem(queue, NULL, &got, 0), 0);
		assert_int_equal(got, i);
		assert_int_equal(map_lookup_and_delete_elem(queue, NULL, &got,
							    0), 0);
		assert_int_equal(got, i);
		assert_int_equal(map_lookup_and_delete_elem(stack, NULL, &got,
							    0), 0);
		assert_int_equal(got, 6 - i);
	}
	assert_int_equal(map_lookup_elem(queue, NULL, &got, 0), -ENOENT);
	assert_int_equal(map_lookup_elem(stack, NULL, &got, 0), -ENOENT);
	assert_int_equal(map_delete_elem(stack, NULL), -EINVAL);
	assert_int_equal(map_get_next_key(stack, NULL, &got), -EINVAL);
	map_put(queue);
	map_put(stack);
}

static void bloom_never_forgets(void **state)
{
	struct map *map = new_map(MAP_TYPE_BLOOM_FILTER, 0, 4, 1000);
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(map_update_elem(map, NULL, &i, 0), 0);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(map_lookup_elem(map, NULL, &i, 0), 0);
	for (uint32_t i = 1000; i < 11000; i++)
		wrong += !map_lookup_elem(map, NULL, &i, 0);
	assert_in_range(wrong, 0, 1000);
	assert_int_equal(map_update_elem(map, NULL, &wrong, 1), -EINVAL);
	assert_int_equal(map_delete_elem(map, NULL), -EOPNOTSUPP);
	map_put(map);
}

static void permissions(void **state)
{
	struct map_def def = def_of(MAP_TYPE_HASH, 4, 4, 4);
	struct map *map;
	uint32_t key = 1;

	def.flags = BPF_F_RDONLY;
	assert_int_equal(map_create(&map, &def, 1, NULL), 0);
	assert_int_equal(map_update_elem(map, &key, &key, 0), -EPERM);
	assert_int_equal(map_delete_elem(map, &key), -EPERM);
	assert_int_equal(map_freeze(map), -EPERM);
	assert_int_equal(map_lookup_elem(map, &key, &key, 0), -ENOENT);
	map_put(map);

	def.flags = BPF_F_WRONLY;
	assert_int_equal(map_create(&map, &def, 1, NULL), 0);
	assert_int_equal(map_lookup_elem(map, &key, &key, 0), -EPERM);
	assert_int_equal(map_get_next_key(map, NULL, &key), -EPERM);
	assert_int_equal(map_lookup_and_delete_elem(map, &key, &key, 0),
			 -EPERM);
	map_put(map);

	def.flags = BPF_F_RDONLY_PROG;
	assert_int_equal(map_create(&map, &def, 1, NULL), 0);
	assert_int_equal(map_update_elem(map, &key, &key, 0), 0);
	assert_int_equal(map_freeze(map), 0);
	assert_int_equal(map_freeze(map), -EPERM);
	assert_int_equal(map_update_elem(map, &key, &key, 0), -EPERM);
	map_put(map);
}

/* int a; struct bpf_spin_lock lock; int b; */
static struct btf *btf_with_lock(void)
{
	static const char strings[] = "\0int\0bpf_spin_lock\0val\0a\0lock\0b";
	enum { INT = 1, SPIN_LOCK = 5, VAL = 19, A = 23, LOCK = 25, B = 30 };
	struct {
		struct btf_header head;
		uint32_t types[4 + 3 + 3 + 3 + 9];
		char strings[sizeof(strings)];
	} blob = {
		.head = {
			.magic = BTF_MAGIC,
			.version = BTF_VERSION,
			.hdr_len = sizeof(struct btf_header),
			.type_len = sizeof(blob.types),
			.str_off = sizeof(blob.types),
			.str_len = sizeof(strings),
		},
		.types = {
			INT, BTF_KIND_INT << 24, 4, 32,
			SPIN_LOCK, BTF_KIND_STRUCT << 24 | 1, 4,
				A, 1, 0,
			VAL, BTF_KIND_STRUCT << 24 | 3, 12,
				A, 1, 0, LOCK, 2, 32, B, 1, 64,
		},
	};
	struct btf *btf = NULL;

	memcpy(blob.strings, strings, sizeof(strings));
	assert_int_equal(btf_parse(&btf, &blob, sizeof(blob), "test", NULL),
			 0);
	return btf;
}

/* The lock is nobody's to read or write but the program's. */
static void locked_values(enum map_type type)
{
	struct map_def def = def_of(type, 4, 12, 4);
	uint32_t key = 1, value[3] = { 1, 2, 3 }, got[3], *held;
	struct map *map;

	def.btf = btf_with_lock();
	def.value_type = 3;
	assert_int_equal(map_create(&map, &def, CPUS, NULL), 0);
	assert_int_equal(map->lock_off, 4);
	assert_int_equal(map_update_elem(map, &key, value, 0), 0);
	value[0] = 5;
	assert_int_equal(map_update_elem(map, &key, value, BPF_F_LOCK), 0);
	held = map->ops->lookup(map, &key, 0);
	assert_int_equal(held[0], 5);
	assert_int_equal(held[1], 0);
	assert_int_equal(held[2], 3);
	assert_int_equal(map_lookup_elem(map, &key, got, BPF_F_LOCK), 0);
	assert_int_equal(got[0], 5);
	assert_int_equal(got[1], 0);
	assert_int_equal(map_freeze(map), -ERR_NOTSUPP);
	map_put(map);
	def.flags = BPF_F_RDONLY_PROG;
	assert_int_equal(create_error(def), -EACCES);
	def.flags = 0;
	def.type = MAP_TYPE_LRU_HASH;
	assert_int_equal(create_error(def), -EOPNOTSUPP);
	btf_put(def.btf);
}

static void array_with_locks(void **state)
{
	locked_values(MAP_TYPE_ARRAY);
}

static void hash_with_locks(void **state)
{
	locked_values(MAP_TYPE_HASH);
}

static int count_key(void *arg, const void *key, const void *value)
{
	uint32_t *sum = arg;

	assert_memory_equal(key, value, 4);
	*sum += *(const uint32_t *)key;
	return *sum > 1000 ? -E2BIG : 0;
}

static void walk_calls_for_each(void **state)
{
	struct map *map = new_map(MAP_TYPE_HASH, 4, 4, 50);
	uint32_t sum = 0;

	for (uint32_t i = 0; i < 40; i++)
		map_update_elem(map, &i, &i, 0);
	assert_int_equal(map_walk(map, count_key, &sum), 0);
	assert_int_equal(sum, 39 * 40 / 2);
	assert_int_equal(map_walk(map, count_key, &sum), -E2BIG);
	map_put(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_bad_definitions),
		cmocka_unit_test(array_elements),
		cmocka_unit_test(array_windows_end_with_the_value),
		cmocka_unit_test(percpu_values_are_apart),
		cmocka_unit_test(hash_elements),
		cmocka_unit_test(hash_holds_what_it_promised),
		cmocka_unit_test(hash_walk_while_deleting),
		cmocka_unit_test(hash_next_key_of_a_missing_key_is_the_first),
		cmocka_unit_test(hash_windows_are_values),
		cmocka_unit_test(percpu_hash_elements),
		cmocka_unit_test(lru_makes_room),
		cmocka_unit_test(lru_percpu_makes_room),
		cmocka_unit_test(queue_and_stack),
		cmocka_unit_test(bloom_never_forgets),
		cmocka_unit_test(array_with_locks),
		cmocka_unit_test(hash_with_locks),
		cmocka_unit_test(permissions),
		cmocka_unit_test(walk_calls_for_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
