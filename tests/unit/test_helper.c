/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers that need neither packet nor map: clocks, the process, text. The
 * others are in test_helper_packet.c and test_helper_map.c.
 */
#include "helper_bench.h"

#include <unistd.h>

static void test_clocks(void **state)
{
	uint64_t t = CALL(ktime_get_ns, 0), jiffies = CALL(jiffies64, 0);

	assert_true(CALL(ktime_get_ns, 0) >= t);
	assert_true(CALL(ktime_get_boot_ns, 0) >= t);
	assert_true(t + 1000000000 > CALL(ktime_get_coarse_ns, 0));
	assert_true(CALL(ktime_get_tai_ns, 0) > 1000000000);
	assert_true(CALL(jiffies64, 0) >= jiffies);
}

static void test_process(void **state)
{
	char comm[16], small[4];

	assert_int_equal(CALL(get_smp_processor_id, 0), 1);
	assert_true(CALL(get_numa_node_id, 0) < 1024);
	assert_int_equal(CALL(get_current_pid_tgid, 0) >> 32, getpid());
	assert_int_equal((uint32_t)CALL(get_current_uid_gid, 0), getuid());
	assert_int_equal(CALL(get_current_comm, PTR(comm), 16), 0);
	assert_string_equal(comm, "test_helper");
	assert_int_equal(CALL(get_current_comm, PTR(small), 4), 0);
	assert_string_equal(small, "tes");
	assert_true(CALL(get_prandom_u32, 0) != CALL(get_prandom_u32, 0));
}

static const struct {
	const char *text;
	uint64_t flags;
	int64_t signed_ret, value;
	int64_t unsigned_ret;
} number_cases[] = {
	{ "12",			  0,  2, 12,		2 },
	{ " \t-12x",		  0,  5, -12,		-EINVAL },
	{ "0x1f",		  0,  4, 31,		4 },
	{ "017",		  0,  3, 15,		3 },
	{ "017",		  10, 3, 17,		3 },
	{ "0x1f",		  16, 4, 31,		4 },
	{ "0xg",		  0,  1, 0,		1 },
	{ "08",			  0,  1, 0,		1 },
	{ "",			  0,  -EINVAL, 0,	-EINVAL },
	{ "x",			  0,  -EINVAL, 0,	-EINVAL },
	{ "-",			  0,  -EINVAL, 0,	-EINVAL },
	{ "1",			  7,  -EINVAL, 0,	-EINVAL },
	{ "1",			  32, -EINVAL, 0,	-EINVAL },
	{ "-9223372036854775808", 0,  20, INT64_MIN,	-EINVAL },
	{ "9223372036854775808",  0,  -ERANGE, 0,	19 },
	{ "18446744073709551616", 0,  -ERANGE, 0,	-ERANGE },
};

static void test_numbers(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(number_cases); i++) {
		const char *text = number_cases[i].text;
		int64_t value = 99;

		assert_int_equal(CALL(strtol, PTR(text), strlen(text) + 1,
				      number_cases[i].flags, PTR(&value)),
				 number_cases[i].signed_ret);
		assert_int_equal(value, number_cases[i].value);
		assert_int_equal(CALL(strtoul, PTR(text), strlen(text) + 1,
				      number_cases[i].flags, PTR(&value)),
				 number_cases[i].unsigned_ret);
	}
	assert_int_equal(CALL(strncmp, PTR("abc"), 4, PTR("abd")), ERR(1));
	assert_int_equal(CALL(strncmp, PTR("abc"), 2, PTR("abd")), 0);
	assert_int_equal(CALL(strncmp, PTR("b"), 2, PTR("abd")), 1);
}

/* What each format makes of the arguments below; or the error. */
static const struct {
	const char *fmt;
	uint32_t args;
	const char *text;
	int err;
} format_cases[] = {
	{ "plain",		0, "plain", 0 },
	{ "100%%",		0, "100%", 0 },
	{ "%d %u",		2, "-1 4294967295", 0 },
	{ "%lld|%lu",		2, "-1|18446744073709551615", 0 },
	{ "%5d|%-5d|%05d|%+d",	4, "   -1|-1   |-0001|-1", 0 },
	{ "%x %X %lx",		3, "ffffffff FFFFFFFF ffffffffffffffff", 0 },
	{ "%d%d",		1, NULL, -EINVAL },
	{ "%f",			1, NULL, -EINVAL },
	{ "%",			1, NULL, -EINVAL },
	{ "%hd",		1, NULL, -EINVAL },
	{ "%#x",		1, NULL, -EINVAL },
	{ "%.3d",		1, NULL, -EINVAL },
	{ "%sx",		1, NULL, -EINVAL },
	{ "%pz",		1, NULL, -EINVAL },
	{ "\a",			0, NULL, -EINVAL },
};

static void test_formats(void **state)
{
	uint64_t args[4] = { ~0ull, ~0ull, ~0ull, ~0ull };
	char out[128];

	for (size_t i = 0; i < ARRAY_SIZE(format_cases); i++) {
		int64_t ret = (int64_t)CALL(snprintf, PTR(out), sizeof(out),
					    PTR(format_cases[i].fmt),
					    PTR(args),
					    format_cases[i].args * 8);

		if (format_cases[i].err) {
			assert_int_equal(ret, format_cases[i].err);
			continue;
		}
		assert_string_equal(out, format_cases[i].text);
		assert_int_equal(ret, strlen(out) + 1);
	}
}

static void test_format_of_memory(void **state)
{
	const uint8_t ip4[] = { 10, 0, 200, 1 };
	const uint8_t ip6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	uint64_t args[] = {
		PTR("word"), PTR(ip4), PTR(ip4), PTR(ip6), PTR(ip6), 16,
	};
	char out[256];

	CALL(snprintf, PTR(out), sizeof(out),
	     PTR("%6s %pI4 %pi4 %pI6 %pi6 %px"), PTR(args), sizeof(args));
	assert_string_equal(out, "  word 10.0.200.1 010.000.200.001 "
			    "2001:0db8:0000:0000:0000:0000:0000:0001 "
			    "20010db8000000000000000000000001 "
			    "0000000000000010");
	args[0] = 16;
	CALL(snprintf, PTR(out), sizeof(out), PTR("<%s>"), PTR(args), 8);
	assert_string_equal(out, "<>");
	/* what does not fit is cut, and counted */
	assert_int_equal(CALL(snprintf, PTR(out), 4, PTR("abcdef"), 0, 0), 7);
	assert_string_equal(out, "abc");
	assert_int_equal(CALL(snprintf, 0, 0, PTR("abcdef"), 0, 0), 7);
	assert_int_equal(CALL(snprintf, PTR(out), 4, PTR("a"), 0, 8),
			 ERR(EINVAL));
}

static void test_trace(void **state)
{
	const uint64_t args[] = { 1, 2, 3, 4, 5 };

	assert_int_equal(CALL(trace_printk, PTR("%d-%d-%c\n"), 10, 7, 8, 'x'),
			 6);
	assert_string_equal(traced, "7-8-x\n");
	assert_int_equal(CALL(trace_printk, PTR("abc"), 3, 0, 0, 0),
			 ERR(EINVAL));
	assert_int_equal(CALL(trace_vprintk, PTR("%d%d%d%d%d"), 11, PTR(args),
			      sizeof(args)), 5);
	assert_string_equal(traced, "12345");
	assert_int_equal(CALL(trace_vprintk, PTR("a"), 2, PTR(args), 7),
			 ERR(EINVAL));
	run.host = NULL;
	assert_int_equal(CALL(trace_printk, PTR("a"), 2, 0, 0, 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_clocks, start),
		cmocka_unit_test_setup(test_process, start),
		cmocka_unit_test_setup(test_numbers, start),
		cmocka_unit_test_setup(test_formats, start),
		cmocka_unit_test_setup(test_format_of_memory, start),
		cmocka_unit_test_setup(test_trace, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
