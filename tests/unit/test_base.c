/* SPDX-License-Identifier: Apache-2.0 */
/* base/: arena, vec, strings, hash, json, region. */
#include "cmocka_all.h"

#include <errno.h>

#include "base/arena.h"
#include "base/bits.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/region.h"
#include "base/str.h"
#include "base/vec.h"

static void arena_pieces_are_zero_and_aligned(void **state)
{
	struct arena arena;

	arena_init(&arena);
	for (size_t size = 0; size < 200000; size = size * 3 + 1) {
		uint8_t *piece = arena_alloc(&arena, size);

		assert_non_null(piece);
		assert_int_equal((uintptr_t)piece % 16, 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(piece[i], 0);
		memset(piece, 0xff, size);
	}
	assert_null(arena_array(&arena, SIZE_MAX / 4, 8));
	assert_string_equal(arena_printf(&arena, "%d-%s", 7, "x"), "7-x");
	arena_fini(&arena);
}

static void vec_grows(void **state)
{
	VEC(int) v = { 0 };

	for (int i = 0; i < 1000; i++)
		*vec_push(&v) = i;
	assert_int_equal(v.len, 1000);
	assert_int_equal(v.data[999], 999);
	vec_free(&v);
}

static void numbers_fill_the_text(void **state)
{
	uint64_t u = 5;
	int64_t s;

	assert_int_equal(str_to_u64("0x10", &u), 0);
	assert_int_equal(u, 16);
	assert_int_equal(str_to_u64("12x", &u), -EINVAL);
	assert_int_equal(str_to_u64("", &u), -EINVAL);
	assert_int_equal(str_to_u64("-1", &u), -EINVAL);
	assert_int_equal(str_to_u64("99999999999999999999", &u), -ERANGE);
	assert_int_equal(u, 16);
	assert_int_equal(str_to_s64("-3", &s), 0);
	assert_int_equal(s, -3);
}

static void strmap_finds_what_was_put(void **state)
{
	struct strmap map = { 0 };
	struct arena arena;
	uint64_t value;

	arena_init(&arena);
	for (uint64_t i = 0; i < 500; i++)
		assert_int_equal(strmap_put(&map, arena_printf(&arena, "k%d",
					    (int)i), i), 0);
	for (uint64_t i = 0; i < 500; i++) {
		assert_true(strmap_get(&map, arena_printf(&arena, "k%d",
				       (int)i), &value));
		assert_int_equal(value, i);
	}
	assert_false(strmap_get(&map, "k500", &value));
	assert_true(strmap_get_n(&map, "k12345", 3, &value));
	assert_int_equal(value, 12);
	strmap_fini(&map);
	arena_fini(&arena);
}

static void json_escapes_and_nests(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct json json;

	json_init(&json, &out, false);
	json_object_begin(&json);
	json_key(&json, "a\"b");
	json_array_begin(&json);
	json_string(&json, "x\n\xff\xc3\xa9");
	json_s64(&json, -1);
	json_array_end(&json);
	json_key(&json, "c");
	json_object_begin(&json);
	json_object_end(&json);
	json_object_end(&json);
	json_fini(&json);
	assert_string_equal(strbuf_str(&out),
		"{\"a\\\"b\":[\"x\\u000a\\u00ff\xc3\xa9\",-1],\"c\":{}}");
	strbuf_fini(&out);
}

static void regions_are_zero(void **state)
{
	struct region region;

	assert_int_equal(region_init(&region, 0, 0, "none"), -EINVAL);
	for (unsigned int flags = 0; flags < 2; flags++) {
		assert_int_equal(region_init(&region, 5000, flags, "t"), 0);
		assert_int_equal(region.base[4999], 0);
		assert_true((region.fd >= 0) == (flags == REGION_SHARED));
		region_fini(&region);
		assert_null(region.base);
	}
}

static void ranges_do_not_wrap(void **state)
{
	assert_true(range_fits(4, 4, 8));
	assert_false(range_fits(5, 4, 8));
	assert_false(range_fits(UINT64_MAX, 2, 8));
	assert_int_equal(round_up_pow2(5), 8);
	assert_int_equal(round_up_pow2((1ULL << 63) + 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_pieces_are_zero_and_aligned),
		cmocka_unit_test(vec_grows),
		cmocka_unit_test(numbers_fill_the_text),
		cmocka_unit_test(strmap_finds_what_was_put),
		cmocka_unit_test(json_escapes_and_nests),
		cmocka_unit_test(regions_are_zero),
		cmocka_unit_test(ranges_do_not_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
