/* SPDX-License-Identifier: Apache-2.0 */
/* The section patterns, against the matching rule and against libbpf's own. */
#include <linux/bpf.h>
#ifdef HAVE_LIBBPF
#include <bpf/libbpf.h>
#endif

#include "base/str.h"
#include "cmocka_all.h"
#include "spec/sections.h"

/* What the rule says about names at its edges. */
static const struct {
	const char *sec, *pattern, *target;
} section_cases[] = {
	{ "xdp", "xdp", NULL },
	{ "xdp/", NULL, NULL },
	{ "xdp/whatever", NULL, NULL },
	{ "xdp/devmap", "xdp/devmap", NULL },
	{ "xdp.frags", "xdp.frags", NULL },
	{ "tc/ingress", "tc/ingress", NULL },
	{ "tcx/egress", "tcx/egress", NULL },
	{ "kprobe", "kprobe+", NULL },
	{ "kprobe/", "kprobe+", "" },
	{ "kprobe/do_unlinkat", "kprobe+", "do_unlinkat" },
	{ "kprobes", NULL, NULL },
	{ "kprobe.multi/tcp_*", "kprobe.multi+", "tcp_*" },
	{ "uprobe.multi.s//bin/sh:main", "uprobe.multi.s+", "/bin/sh:main" },
	{ "uprobe.session/a:b", "uprobe.session+", "a:b" },
	{ "tp/syscalls/sys_enter_bpf", "tp+", "syscalls/sys_enter_bpf" },
	{ "lsm.s/bprm_check", "lsm.s+", "bprm_check" },
	{ "iter/task", "iter+", "task" },
	{ "struct_ops", "struct_ops+", NULL },
	{ "socket1", NULL, NULL },
	{ "", NULL, NULL },
	{ "+", NULL, NULL },
	{ "kprobe+", NULL, NULL },
	{ "?xdp", NULL, NULL },
};

/* Objects may have any number for a map's type. */
static void test_map_sets(void **state)
{
	uint64_t types = helper_map_types(HELPER_map_push_elem);

	assert_true(map_type_in(types, MAP_TYPE_QUEUE));
	assert_false(map_type_in(types, MAP_TYPE_ARRAY));
	assert_false(map_type_in(UINT64_MAX, MAP_TYPE_END));
	assert_false(map_type_in(UINT64_MAX, 64 + MAP_TYPE_QUEUE));
	assert_false(map_type_in(UINT64_MAX, UINT32_MAX));
}

static void test_section_rule(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(section_cases); i++) {
		const char *target = "untouched";
		const struct section_row *row;

		row = section_row_match(section_cases[i].sec, &target);
		if (!section_cases[i].pattern) {
			assert_null(row);
			assert_string_equal(target, "untouched");
			continue;
		}
		assert_non_null(row);
		assert_string_equal(row->pattern, section_cases[i].pattern);
		if (section_cases[i].target)
			assert_string_equal(target, section_cases[i].target);
		else
			assert_null(target);
	}
}

/* A name that falls under the row: the pattern, or with a target. */
static const char *sample(const struct section_row *row, bool with_target,
			  char buf[64])
{
	size_t len = strlen(row->pattern);

	if (row->pattern[len - 1] != '+')
		return row->pattern;
	str_copy(buf, 64, row->pattern);
	str_copy(buf + len - 1, 64 - len, with_target ? "/a/b" : "");
	return buf;
}

static void test_section_rows_do_not_overlap(void **state)
{
	char buf[64];

	for (size_t i = 0; i < section_rows_cnt; i++)
		for (int with = 0; with < 2; with++)
			assert_ptr_equal(
				section_row_match(sample(&section_rows[i],
							 with, buf), NULL),
				&section_rows[i]);
}

static void test_section_flags(void **state)
{
	assert_int_equal(section_row_match("xdp.frags", NULL)->flags,
			 SECTION_FRAGS);
	assert_int_equal(section_row_match("fexit.s/x", NULL)->flags,
			 SECTION_SLEEPABLE | SECTION_BTF);
	assert_true(section_row_match("cgroup_skb/ingress", NULL)->has_attach);
	assert_false(section_row_match("socket", NULL)->has_attach);
	assert_int_equal(section_row_match("tc/ingress", NULL)->attach,
			 ATTACH_TYPE_TCX_INGRESS);
}

#ifdef HAVE_LIBBPF
static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	return 0;
}

/* Patterns that the oldest libbpf that skep builds with (1.1) lacks. */
static const char *const newer_patterns[] = {
	"tc/", "tcx/", "netkit/", "netfilter", "sk_skb/verdict", "_unix",
	"kprobe.session", "uprobe.multi", "uretprobe.multi", "usdt.s",
	"uprobe.session", "struct_ops.s",
};

static bool may_be_newer(const struct section_row *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(newer_patterns); i++)
		if (strstr(row->pattern, newer_patterns[i]))
			return true;
	return false;
}

static void test_sections_as_libbpf(void **state)
{
	size_t compared = 0;
	char buf[64];

	libbpf_set_print(quiet);
	for (size_t i = 0; i < section_rows_cnt * 2; i++) {
		const struct section_row *row = &section_rows[i / 2];
		const char *sec = sample(row, i % 2, buf);
		enum bpf_attach_type attach = 0;
		enum bpf_prog_type type = 0;

		if (libbpf_prog_type_by_name(sec, &type, &attach) != 0) {
			assert_true(may_be_newer(row));
			continue;
		}
		compared++;
		assert_int_equal(type, row->prog);
		assert_int_equal(attach, row->attach);
	}
	for (size_t i = 0; i < ARRAY_SIZE(section_cases); i++) {
		enum bpf_attach_type attach;
		enum bpf_prog_type type;

		if (!section_cases[i].pattern)
			assert_int_not_equal(
				libbpf_prog_type_by_name(section_cases[i].sec,
							 &type, &attach), 0);
	}
	assert_true(compared > 150);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map_sets),
		cmocka_unit_test(test_section_rule),
		cmocka_unit_test(test_section_rows_do_not_overlap),
		cmocka_unit_test(test_section_flags),
#ifdef HAVE_LIBBPF
		cmocka_unit_test(test_sections_as_libbpf),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
