/* SPDX-License-Identifier: Apache-2.0 */
/* Walks all rows of src/spec/: each must be complete, and unlike the others. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "cmocka_all.h"
#include "helper/helper.h"
#include "spec/diags.h"
#include "spec/spec.h"

/* `name` is `upper` in lower case. */
static void assert_lower(const char *name, const char *upper)
{
	assert_int_equal(strlen(name), strlen(upper));
	for (size_t i = 0; name[i]; i++)
		assert_int_equal(name[i], tolower((unsigned char)upper[i]));
}

static const char *const PROG_NAMES[] = {
#define PROG(id, name, ...) #name,
#include "spec/progs.def"
#undef PROG
};

static const char *const MAP_NAMES[] = {
#define MAP(id, name, ...) #name,
#include "spec/maps.def"
#undef MAP
};

static const char *const ATTACH_NAMES[] = {
#define ATTACH(id, name, ...) #name,
#include "spec/attach.def"
#undef ATTACH
};

/* What rows of types have in common; ids must be their places. */
#define CHECK_ROWS(kind, NAMES) \
static void test_##kind##_rows(void **state) \
{ \
	for (size_t i = 0; i < kind##_rows_cnt; i++) { \
		const struct kind##_row *row = &kind##_rows[i]; \
 \
		assert_int_equal(row->id, i); \
		assert_lower(row->name, NAMES[i]); \
		assert_ptr_equal(kind##_row(i), row); \
		assert_ptr_equal(kind##_row_by_name(row->name), row); \
		assert_true(row->since >= KERNEL_RELEASE(3, 18)); \
		assert_true(*row->doc); \
	} \
	assert_null(kind##_row(kind##_rows_cnt)); \
	assert_null(kind##_row_by_name("")); \
}

CHECK_ROWS(prog, PROG_NAMES)
CHECK_ROWS(map, MAP_NAMES)
CHECK_ROWS(attach, ATTACH_NAMES)

static void test_attach_rows_have_programs(void **state)
{
	for (size_t i = 0; i < attach_rows_cnt; i++)
		assert_true(attach_rows[i].progs);
}

/* A helper's memory argument is followed by its size. */
static bool wants_size(enum arg_kind kind)
{
	return kind >= ARG_MEM && kind <= ARG_MEM_INOUT;
}

static void check_args(const struct helper_row *row)
{
	for (int i = 0; i < 5; i++) {
		if (row->args[i] == ARG_NONE && i < 4)
			assert_int_equal(row->args[i + 1], ARG_NONE);
		if (!wants_size(row->args[i]))
			continue;
		assert_true(i < 4);
		assert_true(row->args[i + 1] == ARG_SIZE ||
			    row->args[i + 1] == ARG_SIZE_OR_ZERO);
	}
}

static void test_helper_rows(void **state)
{
	assert_null(helper_row(0));
	assert_null(helper_row(helper_rows_cnt + 1));
	for (size_t i = 0; i < helper_rows_cnt; i++) {
		const struct helper_row *row = &helper_rows[i];

		assert_int_equal(row->id, i + 1);
		assert_ptr_equal(helper_row(row->id), row);
		assert_ptr_equal(helper_row_by_name(row->name), row);
		assert_true(row->since >= KERNEL_RELEASE(3, 19));
		assert_true(*row->doc);
		assert_true(row->progs);
		assert_false(row->progs & PROG_BIT(UNSPEC));
		check_args(row);
	}
}

/* Releases grow with ids: nothing was ever inserted. */
static void test_releases_are_in_order(void **state)
{
	for (size_t i = 1; i < prog_rows_cnt; i++)
		assert_true(prog_rows[i - 1].since <= prog_rows[i].since);
	for (size_t i = 1; i < map_rows_cnt; i++)
		assert_true(map_rows[i - 1].since <= map_rows[i].since);
	for (size_t i = 1; i < attach_rows_cnt; i++)
		assert_true(attach_rows[i - 1].since <= attach_rows[i].since);
	for (size_t i = 1; i < helper_rows_cnt; i++)
		assert_true(helper_rows[i - 1].since <= helper_rows[i].since);
}

static void test_helpers_have_functions(void **state)
{
	for (uint32_t id = 0; id <= helper_rows_cnt + 1; id++) {
		const struct helper_row *row = helper_row(id);
		bool yes = row && row->have == HELPER_HAVE_YES;

		assert_true(yes == (helper_function(id) != NULL));
	}
}

static void test_diag_rows(void **state)
{
	for (size_t i = 0; i < DIAG_CNT; i++) {
		assert_ptr_equal(diag_by_id(diag_rows[i].id), &diag_rows[i]);
		assert_true(*diag_rows[i].title);
		assert_true(strlen(diag_rows[i].page) > 40);
		for (const char *p = diag_rows[i].id; *p; p++)
			assert_true(islower((unsigned char)*p) ||
				    isdigit((unsigned char)*p) || *p == '-');
	}
}

/* Appends the text of every C source in a folder of tests. */
static void add_folder(struct strbuf *out, const char *folder)
{
	char path[4096], line[4096];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/tests/%s", getenv("SKEP_SRC"),
		 folder);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		const char *dot = strrchr(entry->d_name, '.');
		FILE *file;

		if (!dot || (!str_eq(dot, ".c") && !str_eq(dot, ".s")))
			continue;
		snprintf(path, sizeof(path), "%s/tests/%s/%s",
			 getenv("SKEP_SRC"), folder, entry->d_name);
		file = fopen(path, "r");
		while (file && fgets(line, sizeof(line), file))
			strbuf_puts(out, line);
		if (file)
			fclose(file);
	}
	closedir(dir);
}

static bool names(const struct strbuf *text, const char *prefix,
		  const char *name)
{
	char full[64];
	const char *at = strbuf_str(text);
	size_t len;

	snprintf(full, sizeof(full), "%s%s", prefix, name);
	len = strlen(full);
	while ((at = strstr(at, full))) {
		at += len;
		if (!isalnum((unsigned char)*at) && *at != '_')
			return true;
	}
	return false;
}

static void test_helpers_have_tests(void **state)
{
	struct strbuf text = STRBUF_INIT;
	size_t missing = 0;

	assert_non_null(getenv("SKEP_SRC"));
	add_folder(&text, "unit");
	add_folder(&text, "diff");
	add_folder(&text, "e2e");
	for (size_t i = 0; i < helper_rows_cnt; i++) {
		const char *name = helper_rows[i].name;

		if (helper_rows[i].have != HELPER_HAVE_YES ||
		    names(&text, "helper_", name) ||
		    names(&text, "HELPER_", name) ||
		    names(&text, "CALL(", name) ||
		    names(&text, "BPF_FUNC_", name))
			continue;
		print_error("no test names helper %s\n", name);
		missing++;
	}
	strbuf_fini(&text);
	assert_int_equal(missing, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prog_rows),
		cmocka_unit_test(test_map_rows),
		cmocka_unit_test(test_attach_rows),
		cmocka_unit_test(test_attach_rows_have_programs),
		cmocka_unit_test(test_helper_rows),
		cmocka_unit_test(test_releases_are_in_order),
		cmocka_unit_test(test_helpers_have_functions),
		cmocka_unit_test(test_helpers_have_tests),
		cmocka_unit_test(test_diag_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
