/* SPDX-License-Identifier: Apache-2.0 */
/* btf/: what the parser takes, what it refuses and why, and its readers. */
#include "cmocka_all.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>

#include "base/str.h"
#include "btf/btf.h"
#include "btf/ext.h"
#include "btf_blob.h"

#define U32_INT		32u
#define BLOB_BYTES	(64 << 10)

/* Types that every refused blob starts with: 1 is int, 2 is struct s. */
static void begin(struct btf_blob *blob)
{
	blob_init(blob);
	blob_type(blob, "int", INFO(BTF_KIND_INT, 0), 4, U32_INT);
	blob_type(blob, "s", INFO(BTF_KIND_STRUCT, 1), 4, 0, 1, 0);
}

struct seen {
	char id[32];
};

static void remember(void *arg, const struct skep_diag *diag)
{
	struct seen *seen = arg;

	str_copy(seen->id, sizeof(seen->id), diag->id);
	assert_true(*diag->message);
}

/* Parses, and checks that a refusal has a record and no BTF. */
static struct btf *parse(const uint8_t *data, size_t size, struct seen *seen)
{
	struct diag_sink sink = { remember, seen, 0 };
	struct btf *btf = NULL;
	uint8_t *copy = malloc(size ? size : 1);	/* of exact size */
	int err;

	memset(seen, 0, sizeof(*seen));
	memcpy(copy, data, size);
	err = btf_parse(&btf, copy, size, "blob", &sink);
	free(copy);
	assert_int_equal(!err, !!btf);
	assert_int_equal(!err, !*seen->id);
	assert_int_equal(!err, !sink.errors);
	return btf;
}

static struct btf *parse_blob(const struct btf_blob *blob, struct seen *seen)
{
	static uint8_t out[BLOB_BYTES];

	return parse(out, blob_write(blob, out), seen);
}

static void expect_refused(const struct btf_blob *blob, const char *id)
{
	struct seen seen;

	assert_null(parse_blob(blob, &seen));
	assert_string_equal(seen.id, id);
}

#define refuses(id, ...) do { \
	struct btf_blob blob_; \
	begin(&blob_); \
	blob_type(&blob_, __VA_ARGS__); \
	expect_refused(&blob_, id); \
} while (0)

#define takes(...) do { \
	struct btf_blob blob_; \
	struct seen seen_; \
	struct btf *btf_; \
	begin(&blob_); \
	blob_type(&blob_, __VA_ARGS__); \
	btf_ = parse_blob(&blob_, &seen_); \
	assert_string_equal(seen_.id, ""); \
	btf_put(btf_); \
} while (0)

static void kinds_are_held_to_their_rules(void **state)
{
	refuses("btf-kind", "", INFO(20, 0), 0);
	refuses("btf-kind", "", INFO(0, 0), 0);
	refuses("btf-type", "i", INFO(BTF_KIND_INT, 0), 4, 33);
	refuses("btf-type", "i", INFO(BTF_KIND_INT, 0), 4, 32 | 8 << 16);
	refuses("btf-type", "i", INFO(BTF_KIND_INT, 0), 4, 32 | 8u << 24);
	takes("i", INFO(BTF_KIND_INT, 0), 4, 32 | 3u << 24);
	takes("i", INFO(BTF_KIND_INT, 0), 16, 128);
	refuses("btf-type", "p", INFO(BTF_KIND_PTR, 0), 1);
	refuses("btf-ref", "", INFO(BTF_KIND_PTR, 0), 4);
	refuses("btf-ref", "", INFO(BTF_KIND_ARRAY, 0), 0, 9, 1, 1);
	refuses("btf-ref", "", INFO(BTF_KIND_ARRAY, 0), 0, 1, 9, 1);
	refuses("btf-size", "", INFO(BTF_KIND_ARRAY, 0), 0, 0, 1, 1);
	refuses("btf-size", "", INFO(BTF_KIND_ARRAY, 0), 0, 1, 1, 1u << 30);
	takes("", INFO(BTF_KIND_ARRAY, 0), 0, 1, 1, (1u << 30) - 1);
	refuses("btf-size", "t", INFO(BTF_KIND_STRUCT, 1), 4, 0, 1, 8);
	refuses("btf-size", "t", INFO(BTF_KIND_STRUCT, 1), 4, 0, 0, 0);
	refuses("btf-type", "u", INFO(BTF_KIND_UNION, 1), 8, 0, 1, 8);
	refuses("btf-ref", "t", INFO(BTF_KIND_STRUCT, 1), 4, 0, 7, 0);
	refuses("btf-strings", "t", INFO(BTF_KIND_STRUCT, 1), 4, 999, 1, 0);
	refuses("btf-size", "t", KFLAG | INFO(BTF_KIND_STRUCT, 1), 8, 0, 1,
		33u << 24);
	takes("t", KFLAG | INFO(BTF_KIND_STRUCT, 1), 4, 0, 1, 5u << 24 | 27);
	refuses("btf-size", "t", KFLAG | INFO(BTF_KIND_STRUCT, 1), 4, 0, 1,
		5u << 24 | 28);
	refuses("btf-type", "e", INFO(BTF_KIND_ENUM, 0), 3);
	refuses("btf-strings", "e", INFO(BTF_KIND_ENUM, 1), 4, 999, 0);
	refuses("btf-strings", "e", INFO(BTF_KIND_ENUM64, 1), 8, 999, 0, 0);
	refuses("btf-type", "", INFO(BTF_KIND_FWD, 0), 0);
	refuses("btf-type", "", INFO(BTF_KIND_TYPEDEF, 0), 1);
	refuses("btf-ref", "f", INFO(BTF_KIND_FUNC, 0), 1);
	refuses("btf-type", "", INFO(BTF_KIND_FUNC_PROTO, 2), 0, 0, 0, 0, 1);
	takes("", INFO(BTF_KIND_FUNC_PROTO, 2), 0, 0, 1, 0, 0);
	refuses("btf-type", "v", INFO(BTF_KIND_VAR, 0), 1, 3);
	refuses("btf-ref", "d", INFO(BTF_KIND_DATASEC, 1), 4, 1, 0, 4);
	refuses("btf-type", "f", INFO(BTF_KIND_FLOAT, 0), 5);
	refuses("btf-type", "tag", INFO(BTF_KIND_DECL_TAG, 0), 2, 1);
	refuses("btf-type", "tag", INFO(BTF_KIND_DECL_TAG, 0), 2, -2u);
	takes("tag", INFO(BTF_KIND_DECL_TAG, 0), 2, 0);
	takes("tag", INFO(BTF_KIND_DECL_TAG, 0), 2, -1u);
	takes("tag", INFO(BTF_KIND_TYPE_TAG, 0), 2);
}

static void sections_hold_variables_in_order(void **state)
{
	static const struct {
		uint32_t size, at[2];
		const char *id;
	} cases[] = {
		{ 0, { 0, 0 }, "" },	/* as compilers leave them */
		{ 8, { 0, 4 }, "" },
		{ 8, { 4, 0 }, "btf-type" },
		{ 8, { 0, 2 }, "btf-type" },
		{ 7, { 0, 4 }, "btf-type" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct btf_blob blob;
		struct seen seen;

		begin(&blob);
		blob_type(&blob, "v", INFO(BTF_KIND_VAR, 0), 1, 1);
		blob_type(&blob, ".data", INFO(BTF_KIND_DATASEC, 2),
			  cases[i].size, 3, cases[i].at[0], 4, 3,
			  cases[i].at[1], 4);
		btf_put(parse_blob(&blob, &seen));
		assert_string_equal(seen.id, cases[i].id);
	}
}

static void cycles_pass_through_a_pointer_and_a_struct(void **state)
{
	struct btf_blob blob;
	struct seen seen;

	refuses("btf-cycle", "", INFO(BTF_KIND_PTR, 0), 3);
	refuses("btf-cycle", "t", INFO(BTF_KIND_TYPEDEF, 0), 3);
	refuses("btf-cycle", "", INFO(BTF_KIND_ARRAY, 0), 0, 3, 1, 1);
	refuses("btf-cycle", "t", INFO(BTF_KIND_STRUCT, 1), 8, 0, 3, 0);

	begin(&blob);			/* two structs that hold each other */
	blob_type(&blob, "a", INFO(BTF_KIND_STRUCT, 1), 8, 0, 4, 0);
	blob_type(&blob, "b", INFO(BTF_KIND_STRUCT, 1), 8, 0, 3, 0);
	expect_refused(&blob, "btf-cycle");

	begin(&blob);			/* struct a { struct a *next; } */
	blob_type(&blob, "a", INFO(BTF_KIND_STRUCT, 1), 8, 0, 4, 0);
	blob_type(&blob, "", INFO(BTF_KIND_PTR, 0), 3);
	btf_put(parse_blob(&blob, &seen));
	assert_string_equal(seen.id, "");

	begin(&blob);			/* a chain that is too long */
	for (uint32_t i = 0; i < 100; i++)
		blob_type(&blob, "", INFO(BTF_KIND_PTR, 0), i + 2);
	expect_refused(&blob, "btf-cycle");

	begin(&blob);			/* structs too deep in one another */
	for (uint32_t i = 0; i < 100; i++)
		blob_type(&blob, "", INFO(BTF_KIND_STRUCT, 1), 4, 0, i + 2, 0);
	expect_refused(&blob, "btf-cycle");
}

/* Every field of the header set wrong in turn. */
static void headers_do_not_lie(void **state)
{
	static const struct {
		size_t at;
		uint8_t size;
		uint32_t value;
		const char *id;
	} cases[] = {
		{ 0, 2, 0x1234, "btf-header" },
		{ 0, 2, 0x9feb, "btf-endian" },
		{ 2, 1, 2, "btf-header" },
		{ 3, 1, 1, "btf-header" },
		{ 4, 4, 20, "btf-header" },
		{ 4, 4, 26, "btf-header" },
		{ 4, 4, ~0u, "btf-header" },
		{ 8, 4, 2, "btf-header" },
		{ 8, 4, ~3u, "btf-header" },
		{ 12, 4, ~0u, "btf-header" },
		{ 12, 4, 1000, "btf-header" },
		{ 12, 4, 39, "btf-truncated" },
		{ 16, 4, 8, "btf-header" },
		{ 16, 4, ~0u, "btf-header" },
		{ 20, 4, 0, "btf-strings" },
		{ 20, 4, 2, "btf-strings" },
		{ 20, 4, ~0u, "btf-header" },
	};
	uint8_t good[BLOB_BYTES], out[BLOB_BYTES];
	struct btf_blob blob;
	struct seen seen;
	size_t size;

	begin(&blob);
	size = blob_write(&blob, good);
	btf_put(parse(good, size, &seen));
	assert_string_equal(seen.id, "");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memcpy(out, good, size);
		memcpy(out + cases[i].at, &cases[i].value, cases[i].size);
		assert_null(parse(out, size, &seen));
		assert_string_equal(seen.id, cases[i].id);
	}
	for (size_t cut = 0; cut < size; cut++)
		assert_null(parse(good, cut, &seen));
}

/* The file of names: typedef t -> const -> struct s { int; }[3]. */
static void readers_answer(void **state)
{
	struct btf_blob blob;
	struct seen seen;
	struct btf *btf;

	begin(&blob);
	blob_type(&blob, "", INFO(BTF_KIND_CONST, 0), 2);
	blob_type(&blob, "t", INFO(BTF_KIND_TYPEDEF, 0), 3);
	blob_type(&blob, "", INFO(BTF_KIND_ARRAY, 0), 0, 4, 1, 3);
	blob_type(&blob, "t", INFO(BTF_KIND_ENUM, 0), 4);
	blob_type(&blob, "t___old", INFO(BTF_KIND_UNION, 0), 4);
	blob_type(&blob, "____t", INFO(BTF_KIND_UNION, 0), 4);
	btf = parse_blob(&blob, &seen);
	assert_non_null(btf);
	assert_int_equal(btf_type_cnt(btf), 9);
	assert_int_equal(btf_skip_modifiers(btf, 4), 2);
	assert_int_equal(btf_skip_modifiers(btf, 0), 0);
	assert_int_equal(btf_size(btf, 5), 12);
	assert_int_equal(btf_size(btf, 0), -EINVAL);
	assert_int_equal(btf_align(btf, 5), 4);
	assert_string_equal(btf_type_name(btf, 4), "t");
	assert_string_equal(btf_type_name(btf, 3), "");
	assert_int_equal(btf_find(btf, "t", BTF_KIND_TYPEDEF), 4);
	assert_int_equal(btf_find(btf, "t", BTF_KIND_ENUM), 6);
	assert_int_equal(btf_find(btf, "t", BTF_KIND_UNION), 0);
	assert_int_equal(btf_find(btf, "nothing", BTF_KIND_INT), 0);
	assert_int_equal(btf_find_next(btf, "t", 0), 4);
	assert_int_equal(btf_find_next(btf, "t", 4), 6);
	assert_int_equal(btf_find_next(btf, "t", 6), 0);
	assert_int_equal(btf_find_flavor(btf, "t___x", 1, 6), 7);
	assert_int_equal(btf_find_flavor(btf, "t", 1, 7), 0);
	assert_int_equal(btf_find_next(btf, "____t", 0), 8);
	assert_int_equal(btf_essential_len("a___b___c"), 5);
	assert_int_equal(btf_essential_len("___b"), 4);
	assert_int_equal(btf_essential_len("a___"), 4);
	btf_put(btf_get(btf));
	btf_put(btf);
	btf_put(NULL);
}

static void split_btf_counts_on_from_its_base(void **state)
{
	static uint8_t out[BLOB_BYTES];
	struct btf *base, *split = NULL;
	struct btf_blob blob;
	struct seen seen;
	size_t size;

	begin(&blob);
	base = parse_blob(&blob, &seen);
	assert_non_null(base);
	blob_init(&blob);
	blob.strs_len = 0;
	blob_type(&blob, "", INFO(BTF_KIND_PTR, 0), 2);
	blob_type(&blob, "", INFO(BTF_KIND_TYPEDEF, 0), 3);
	/* the first string of a split BTF comes after the base's last */
	blob.types[3] = 7;
	memcpy(blob.strs, "mine", 5);
	blob.strs_len = 5;
	size = blob_write(&blob, out);
	assert_int_equal(btf_parse_split(&split, base, out, size, "m", NULL),
			 0);
	btf_put(base);
	assert_int_equal(btf_first_id(split), 3);
	assert_int_equal(btf_type_cnt(split), 5);
	assert_string_equal(btf_type_name(split, 4), "mine");
	assert_string_equal(btf_type_name(split, 2), "s");
	assert_int_equal(btf_size(split, 4), 8);
	assert_int_equal(btf_size(split, 2), 4);
	assert_int_equal(btf_find(split, "mine", BTF_KIND_TYPEDEF), 4);
	assert_int_equal(btf_find(split, "s", BTF_KIND_STRUCT), 2);
	btf_put(split);
}

#define EXT_HDR(funcs, lines, relos) \
	BTF_MAGIC | 1 << 16, 32, 0, funcs, funcs, lines, \
	(funcs) + (lines), relos

/* int, s, a FUNC, and "0:1"; name 1 is "int", 5 is "s". */
static struct btf *ext_types(void)
{
	struct btf_blob blob;
	struct seen seen;
	struct btf *btf;

	begin(&blob);
	blob_type(&blob, "", INFO(BTF_KIND_FUNC_PROTO, 0), 0);
	blob_type(&blob, "f", INFO(BTF_KIND_FUNC, 0), 3);
	blob_str(&blob, "0:1");
	btf = parse_blob(&blob, &seen);
	assert_non_null(btf);
	return btf;
}

/* What is parsed borrows from a BTF that stays until the arena goes. */
static int parse_ext(struct btf_ext *ext, struct arena *arena,
		     const struct btf *btf, const uint32_t *words, size_t size)
{
	struct seen seen = { "" };
	struct diag_sink sink = { remember, &seen, 0 };
	int err = btf_ext_parse(ext, arena, btf, words, size, "ext", &sink);

	assert_string_equal(seen.id, err ? "btf-ext" : "");
	return err;
}

static const uint32_t good_ext[] = {
	EXT_HDR(28, 28, 28),
	8, 1, 2, 0, 4, 16, 4,
	16, 1, 1, 24, 1, 5, 7 << 10 | 3,
	16, 5, 1, 8, 2, 9, 0,
};

static void ext_records_are_read(void **state)
{
	const struct btf_ext_section *section;
	struct arena arena;
	struct btf_ext ext;
	struct btf *btf = ext_types();

	arena_init(&arena);
	assert_int_equal(parse_ext(&ext, &arena, btf, good_ext,
				   sizeof(good_ext)), 0);
	assert_int_equal(ext.sections_cnt, 2);
	section = &ext.sections[0];
	assert_int_equal(section->funcs_cnt, 2);
	assert_int_equal(section->funcs[1].insn, 2);
	assert_int_equal(section->lines_cnt, 1);
	assert_int_equal(section->lines[0].line, 7);
	assert_int_equal(section->lines[0].column, 3);
	assert_int_equal(ext.sections[1].relos_cnt, 1);
	assert_int_equal(ext.sections[1].relos[0].insn, 1);
	assert_null(btf_ext_section(&ext, "none"));
	arena_fini(&arena);
	btf_put(btf);
}

static void ext_lies_are_refused(void **state)
{
	static const struct { uint32_t word, value; } lies[] = {
		{ 0, 0x19feb }, { 0, 2 << 16 | BTF_MAGIC }, { 1, 20 },
		{ 1, 1000 }, { 2, 2 }, { 2, 1000 }, { 3, 1000 }, { 3, 27 },
		{ 3, 2 }, { 8, 4 }, { 8, 9 }, { 8, 1 << 30 }, { 9, 99 },
		{ 9, 0 }, { 10, 0 }, { 10, 3 }, { 10, ~0u }, { 11, 4 },
		{ 11, 16 }, { 12, 3 }, { 12, 99 }, { 18, 7 }, { 19, 999 },
		{ 20, 999 }, { 25, 1 }, { 26, 0 }, { 26, 99 }, { 27, 1 },
		{ 27, 999 }, { 28, 13 },
	};
	uint32_t words[ARRAY_SIZE(good_ext)];
	struct arena arena;
	struct btf_ext ext;
	struct btf *btf = ext_types();

	arena_init(&arena);
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		memcpy(words, good_ext, sizeof(words));
		words[lies[i].word] = lies[i].value;
		assert_int_equal(parse_ext(&ext, &arena, btf, words,
					   sizeof(words)), -EINVAL);
	}
	for (size_t cut = 0; cut < sizeof(good_ext); cut++)
		assert_int_not_equal(parse_ext(&ext, &arena, btf, good_ext,
					       cut), 0);
	arena_fini(&arena);
	btf_put(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_are_held_to_their_rules),
		cmocka_unit_test(sections_hold_variables_in_order),
		cmocka_unit_test(cycles_pass_through_a_pointer_and_a_struct),
		cmocka_unit_test(headers_do_not_lie),
		cmocka_unit_test(readers_answer),
		cmocka_unit_test(split_btf_counts_on_from_its_base),
		cmocka_unit_test(ext_records_are_read),
		cmocka_unit_test(ext_lies_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
