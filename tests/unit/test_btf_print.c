/* SPDX-License-Identifier: Apache-2.0 */
/* btf/: declarations, values by type, and types whose text has no end. */
#include "cmocka_all.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"
#include "btf/btf.h"
#include "btf/dump.h"
#include "btf/value.h"
#include "btf_blob.h"

#define BITS(cnt)	(cnt)
#define SIGNED_BITS(cnt) (1u << 24 | (cnt))

static struct btf *parse(const struct btf_blob *blob)
{
	static uint8_t out[64 << 10];
	struct btf *btf = NULL;

	assert_int_equal(btf_parse(&btf, out, blob_write(blob, out), "blob",
				   NULL), 0);
	return btf;
}

static void expect_decl(const struct btf *btf, uint32_t id, const char *text)
{
	struct strbuf out = STRBUF_INIT;

	assert_int_equal(btf_print_type(&out, btf, id, "x"), 0);
	assert_string_equal(strbuf_str(&out), text);
	strbuf_fini(&out);
}

static void declarations_read_as_c(void **state)
{
	struct btf_blob blob;
	struct btf *btf;

	blob_init(&blob);
	blob_type(&blob, "int", INFO(BTF_KIND_INT, 0), 4, SIGNED_BITS(32));
	blob_type(&blob, "", INFO(BTF_KIND_CONST, 0), 1);
	blob_type(&blob, "", INFO(BTF_KIND_PTR, 0), 2);
	blob_type(&blob, "", INFO(BTF_KIND_ARRAY, 0), 0, 3, 1, 4);
	blob_type(&blob, "", INFO(BTF_KIND_PTR, 0), 4);
	blob_type(&blob, "", INFO(BTF_KIND_FUNC_PROTO, 2), 5, 0, 1, 0, 0);
	blob_type(&blob, "", INFO(BTF_KIND_PTR, 0), 6);
	blob_type(&blob, "", INFO(BTF_KIND_STRUCT, 0), 8);
	blob_type(&blob, "", INFO(BTF_KIND_CONST, 0), 7);
	btf = parse(&blob);
	expect_decl(btf, 0, "void x");
	expect_decl(btf, 2, "const int x");
	expect_decl(btf, 3, "const int *x");
	expect_decl(btf, 4, "const int *x[4]");
	expect_decl(btf, 5, "const int *(*x)[4]");
	expect_decl(btf, 7, "const int *(* (*x)(int, ...))[4]");
	expect_decl(btf, 8, "struct x");
	expect_decl(btf, 9, "const int *(* (* const x)(int, ...))[4]");
	btf_put(btf);
}

static void expect_shown(const struct btf *btf, uint32_t id, const void *data,
			 size_t size, enum btf_value_form form,
			 const char *text)
{
	struct strbuf out = STRBUF_INIT;
	struct json json;
	void *copy = malloc(size);		/* of exact size */

	memcpy(copy, data, size);
	json_init(&json, &out, false);
	assert_int_equal(btf_print_value(&json, btf, id, copy, size, form), 0);
	assert_string_equal(strbuf_str(&out), text);
	strbuf_fini(&out);
	free(copy);
}

/* What the types of the next test are; every struct member is one case. */
enum {
	INT = 1, U64, CHAR, BOOL, FLOAT, ENUM, ENUM64, PTR, TEXT, PAIR, S,
	VAR, SECTION, OLD_BITS,
};

static struct btf *value_types(void)
{
	struct btf_blob blob;

	blob_init(&blob);
	blob_type(&blob, "int", INFO(BTF_KIND_INT, 0), 4, SIGNED_BITS(32));
	blob_type(&blob, "u64", INFO(BTF_KIND_INT, 0), 8, BITS(64));
	blob_type(&blob, "char", INFO(BTF_KIND_INT, 0), 1, SIGNED_BITS(8));
	blob_type(&blob, "bool", INFO(BTF_KIND_INT, 0), 1, 4u << 24 | 8);
	blob_type(&blob, "double", INFO(BTF_KIND_FLOAT, 0), 8);
	blob_type(&blob, "e", INFO(BTF_KIND_ENUM, 1), 4,
		  blob_str(&blob, "MINUS"), -1u);
	blob_type(&blob, "e64", INFO(BTF_KIND_ENUM64, 1), 8,
		  blob_str(&blob, "WIDE"), 0, 1);
	blob_type(&blob, "", INFO(BTF_KIND_PTR, 0), INT);
	blob_type(&blob, "", INFO(BTF_KIND_ARRAY, 0), 0, CHAR, INT, 4);
	blob_type(&blob, "", INFO(BTF_KIND_ARRAY, 0), 0, INT, INT, 2);
	blob_type(&blob, "s", KFLAG | INFO(BTF_KIND_STRUCT, 3), 8,
		  blob_str(&blob, "low"), INT, 3u << 24,
		  blob_str(&blob, "high"), INT, 29u << 24 | 3,
		  blob_str(&blob, "text"), TEXT, 32);
	blob_type(&blob, "v", INFO(BTF_KIND_VAR, 0), INT, 1);
	blob_type(&blob, ".data", INFO(BTF_KIND_DATASEC, 1), 8, VAR, 4, 4);
	blob_type(&blob, "old", INFO(BTF_KIND_INT, 0), 4, 2 << 16 | 5);
	return parse(&blob);
}

static void values_are_shown_by_type(void **state)
{
	static const struct {
		uint32_t id;
		uint8_t data[8];
		uint32_t size;
		const char *json, *plain;
	} cases[] = {
		{ INT, { 0xfe, 255, 255, 255 }, 4, "-2", "-2" },
		{ U64, { 0, 0, 0, 0, 0, 0, 0, 128 }, 8,
		  "9223372036854775808", "9223372036854775808" },
		{ CHAR, { 'a' }, 1, "97", "97" },
		{ BOOL, { 1 }, 1, "true", "true" },
		{ FLOAT, { 0, 0, 0, 0, 0, 0, 0xf8, 0x3f }, 8, "1.5", "1.5" },
		{ FLOAT, { 0, 0, 0, 0, 0, 0, 0xf0, 0x7f }, 8, "null",
		  "\"inf\"" },
		{ ENUM, { 255, 255, 255, 255 }, 4, "\"MINUS\"", "\"MINUS\"" },
		{ ENUM, { 7 }, 4, "7", "7" },
		{ ENUM64, { 0, 0, 0, 0, 1 }, 8, "\"WIDE\"", "\"WIDE\"" },
		{ PTR, { 0x10 }, 8, "16", "0x10" },
		{ PTR, { 0 }, 8, "0", "(nil)" },
		{ TEXT, "abc", 4, "\"abc\"", "\"abc\"" },
		{ TEXT, { 'a', 'b', 'c', 'd' }, 4, "[97,98,99,100]",
		  "[97,98,99,100]" },
		{ TEXT, { 'a', 7 }, 4, "[97,7,0,0]", "[97,7,0,0]" },
		{ PAIR, { 1, 0, 0, 0, 2 }, 8, "[1,2]", "[1,2]" },
		{ S, { 0xfd, 0, 0, 0x80, 'o', 'k' }, 8,
		  "{\"low\":\"0x5\",\"high\":\"0x1000001f\",\"text\":\"ok\"}",
		  "{\"low\":0x5,\"high\":0x1000001f,\"text\":\"ok\"}" },
		{ SECTION, { 9, 9, 9, 9, 5 }, 8, "{\".data\":[{\"v\":5}]}",
		  "{\".data\":[{\"v\":5}]}" },
		{ OLD_BITS, { 0x7c }, 4, "\"0x1f\"", "0x1f" },
	};
	struct btf *btf = value_types();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		expect_shown(btf, cases[i].id, cases[i].data, cases[i].size,
			     BTF_VALUE_JSON, cases[i].json);
		expect_shown(btf, cases[i].id, cases[i].data, cases[i].size,
			     BTF_VALUE_PLAIN, cases[i].plain);
	}
	btf_put(btf);
}

static void values_that_do_not_fit(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct btf *btf = value_types();
	struct json json;

	json_init(&json, &out, false);
	assert_int_equal(btf_print_value(&json, btf, S, "1234567", 7,
					 BTF_VALUE_JSON), -EINVAL);
	assert_string_equal(strbuf_str(&out), "null");
	strbuf_reset(&out);
	json_init(&json, &out, false);
	assert_int_equal(btf_print_value(&json, btf, SECTION, "1234567", 7,
					 BTF_VALUE_JSON), -EINVAL);
	assert_string_equal(strbuf_str(&out), "{\".data\":[{\"v\":null}]}");
	strbuf_fini(&out);
	btf_put(btf);
}

/* 2^32 structs of no bytes, and structs in structs doubling each time. */
static void values_end(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct btf_blob blob;
	struct json json;
	struct btf *btf;

	blob_init(&blob);
	blob_type(&blob, "", INFO(BTF_KIND_STRUCT, 0), 0);
	for (uint32_t i = 1; i < 60; i++)
		blob_type(&blob, "", INFO(BTF_KIND_STRUCT, 2), 0, 0, i, 0,
			  0, i, 0);
	blob_type(&blob, "", INFO(BTF_KIND_ARRAY, 0), 0, 1, 1,
		  UINT32_MAX - 1);
	btf = parse(&blob);
	json_init(&json, &out, false);
	assert_int_equal(btf_print_value(&json, btf, 60, "", 0,
					 BTF_VALUE_JSON), -E2BIG);
	strbuf_reset(&out);
	json_init(&json, &out, false);
	assert_int_equal(btf_print_value(&json, btf, 61, "", 0,
					 BTF_VALUE_JSON), -E2BIG);
	assert_true(out.len < 16 << 20);
	strbuf_fini(&out);
	btf_put(btf);
}

static void expect_no_c(const struct btf_blob *blob, int err)
{
	struct strbuf out = STRBUF_INIT;
	struct btf *btf = parse(blob);

	assert_int_equal(btf_dump_c(&out, btf, NULL), err);
	strbuf_fini(&out);
	btf_put(btf);
}

static void c_that_cannot_be_written(void **state)
{
	struct btf_blob blob;

	blob_init(&blob);	/* an anonymous struct inside itself */
	blob_type(&blob, "", INFO(BTF_KIND_PTR, 0), 2);
	blob_type(&blob, "", INFO(BTF_KIND_STRUCT, 1), 8, 0, 1, 0);
	expect_no_c(&blob, -ELOOP);

	blob_init(&blob);	/* a function that takes itself */
	blob_type(&blob, "", INFO(BTF_KIND_FUNC_PROTO, 1), 0, 0, 2);
	blob_type(&blob, "", INFO(BTF_KIND_PTR, 0), 1);
	expect_no_c(&blob, -E2BIG);

	blob_init(&blob);	/* a line per word of a huge struct */
	blob_type(&blob, "huge", INFO(BTF_KIND_STRUCT, 0), UINT32_MAX - 1);
	expect_no_c(&blob, -E2BIG);

	blob_init(&blob);	/* anonymous structs, doubling */
	blob_type(&blob, "", INFO(BTF_KIND_STRUCT, 0), 0);
	for (uint32_t i = 1; i < 50; i++)
		blob_type(&blob, "", INFO(BTF_KIND_STRUCT, 2), 0, 0, i, 0,
			  0, i, 0);
	blob_type(&blob, "s", INFO(BTF_KIND_STRUCT, 1), 0, 0, 50, 0);
	expect_no_c(&blob, -E2BIG);
}

static void lists_limit_what_is_printed(void **state)
{
	const uint32_t ids[] = { 5 };
	const struct btf_id_list list = { ids, 1 };
	struct strbuf out = STRBUF_INIT;
	struct btf *btf = value_types();

	btf_dump_raw(&out, btf, &list);
	assert_string_equal(strbuf_str(&out), "[5] FLOAT 'double' size=8\n");
	strbuf_reset(&out);
	btf_dump_json(&out, btf, &list, false);
	assert_string_equal(strbuf_str(&out), "{\"types\":[{\"id\":5,\"kind\":"
			    "\"FLOAT\",\"name\":\"double\",\"size\":8}]}\n");
	strbuf_reset(&out);
	assert_int_equal(btf_dump_c(&out, btf, &list), 0);
	assert_null(strstr(strbuf_str(&out), "struct s"));
	strbuf_fini(&out);
	btf_put(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(declarations_read_as_c),
		cmocka_unit_test(values_are_shown_by_type),
		cmocka_unit_test(values_that_do_not_fit),
		cmocka_unit_test(values_end),
		cmocka_unit_test(c_that_cannot_be_written),
		cmocka_unit_test(lists_limit_what_is_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
