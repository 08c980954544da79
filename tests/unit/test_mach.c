/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register allocation of random functions: the checker finds nothing wrong,
 * and they read the same values in the same order as before.
 */
#include "cmocka_all.h"
#include "base/str.h"
#include "mach_random.h"

static void fail_with(const struct mach_func *before,
		      const struct mach_func *after, const char *why)
{
	struct strbuf text = STRBUF_INIT;

	mach_print(&text, before);
	strbuf_puts(&text, "---- after:\n");
	mach_print(&text, after);
	print_message("%s\n", strbuf_str(&text));
	strbuf_fini(&text);
	fail_msg("%s", why);
}

static void allocate(const struct mach_random *how)
{
	struct mach_func before, after;
	struct strbuf why = STRBUF_INIT;
	struct mach_run was, is;
	struct arena arena;

	arena_init(&arena);
	mach_random(&before, &arena, how);
	assert_int_equal(mach_copy(&after, &before), 0);
	assert_int_equal(mach_allocate(&after), 0);
	if (!mach_check(&before, &after, &why))
		fail_with(&before, &after, strbuf_str(&why));
	was = mach_eval(&before, false, 2000);
	is = mach_eval(&after, true, 2000);
	if (was.trace != is.trace)
		fail_with(&before, &after, "it computes something else");
	assert_true(was.steps > 0);
	strbuf_fini(&why);
	mach_fini(&before);
	mach_fini(&after);
	arena_fini(&arena);
}

static void test_random(void **state maybe_unused)
{
	for (uint64_t seed = 0; seed < 6000; seed++)
		allocate(&(struct mach_random){
			.seed = seed, .size = 5 + seed % 97,
			.regs = 6 + seed % 10, .pressure = 4 + seed % 29,
			.calls = seed % 3, .shuffle = seed % 4 == 0,
		});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
