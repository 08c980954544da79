/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk: how much of a program it looks at, that it ends, and that a path
 * which failed can be walked again.
 */
#include <stdlib.h>
#include <time.h>

#include "base/diag.h"
#include "base/str.h"
#include "cmocka_all.h"
#include "text/asm.h"
#include "verify/flow/flow.h"
#include "verify/verify.h"

struct outcome {
	int err;
	struct verify_stats stats;
	char id[40];
};

static void note(void *arg, const struct skep_diag *diag)
{
	struct outcome *out = arg;

	str_copy(out->id, sizeof(out->id), diag->id);
}

static struct outcome verify(const char *text,
			     const struct verify_options *opts)
{
	struct prog prog = {
		.name = "t", .type = PROG_TYPE_XDP, .gpl = true,
		.license = "GPL",
	};
	struct verify_input in = { .prog = &prog };
	struct outcome out = { 0 };
	struct diag_sink sink = { .fn = note, .arg = &out };
	struct verify_result *result;
	struct arena arena;
	size_t cnt;

	arena_init(&arena);
	if (text_insns(&arena, "t", text, &prog.insns, &cnt, NULL))
		fail_msg("not assembled:\n%s", text);
	prog.insns_cnt = (uint32_t)cnt;
	assert_int_equal(flow_find_subprogs(&arena, prog.insns,
					    prog.insns_cnt, &prog.subprogs,
					    &prog.subprogs_cnt), 0);
	out.err = verify_prog(&in, opts, &result, &sink);
	assert_non_null(result);
	assert_int_equal(result->accepted, !out.err);
	out.stats = result->stats;
	verify_free(result);
	arena_fini(&arena);
	return out;
}

static struct outcome verify_times(const char *head, const char *part,
				   unsigned int times, const char *tail)
{
	struct strbuf text = STRBUF_INIT;
	struct outcome out;

	strbuf_puts(&text, head);
	while (times--)
		strbuf_puts(&text, part);
	strbuf_puts(&text, tail);
	out = verify(strbuf_str(&text), NULL);
	strbuf_fini(&text);
	return out;
}

/* Each diamond doubles the paths; numbers that nothing needs are no cost. */
static void diamonds(void **state maybe_unused)
{
	static const char *const part =
		"call 7\n if r0 > 5 goto +1\n r6 += 3\n r6 ^= 1\n";
	struct outcome few = verify_times("r6 = 0\n", part, 20,
					  "r0 = 0\n exit\n");
	struct outcome many = verify_times("r6 = 0\n", part, 200,
					   "r0 = 0\n exit\n");

	assert_int_equal(few.err, 0);
	assert_true(few.stats.insns_processed < 400);
	assert_int_equal(many.err, 0);
	assert_true(many.stats.insns_processed < 4000);
	assert_true(many.stats.states > 20);
}

/* ... until one does: then all the sums are different states. */
static void diamonds_needed(void **state maybe_unused)
{
	static const char *const part =
		"call 7\n if r0 > 5 goto +1\n r6 += 1\n r7 = 0\n";
	struct outcome out = verify_times("r6 = 0\n", part, 10,
		"r1 = r10\n r6 &= 15\n r6 -= 16\n r1 += r6\n"
		"*(u8 *)(r1 + 0) = 0\n r0 = 0\n exit\n");

	assert_int_equal(out.err, 0);
	assert_true(out.stats.insns_processed > 100);
}

/*
 * A function that many places call. States of other calls cover nothing, and
 * that they do not must not count against a state that is kept: it would go,
 * and the function be walked again for each way to the call.
 */
static void calls(void **state maybe_unused)
{
	static const char *const part =
		"r1 = r10\n r1 += r9\n r2 = *(u32 *)(r7 + 16)\n"
		"if r2 > 5 goto +4\n *(u8 *)(r1 + 0) = 0\n r1 = r9\n"
		"call f\n r9 += 1\n";
	struct strbuf tail = STRBUF_INIT;
	struct outcome out;

	strbuf_puts(&tail, "r0 = 0\n exit\n f:\n r0 = 0\n");
	for (int i = 0; i < 50; i++)
		strbuf_puts(&tail, "r0 += 1\n");
	strbuf_puts(&tail, "exit\n");
	out = verify_times("r7 = r1\n r9 = -100\n", part, 40,
			   strbuf_str(&tail));
	strbuf_fini(&tail);
	assert_int_equal(out.err, 0);
	assert_true(out.stats.insns_processed < 60000);
}

static void loops(void **state maybe_unused)
{
	struct outcome out;

	out = verify("r6 = 0\n r6 += 1\n if r6 < 1000 goto -2\n"
		     "r0 = 0\n exit\n", NULL);
	assert_int_equal(out.err, 0);
	assert_int_equal(out.stats.insns_processed, 2003);

	out = verify("r6 = 0\n goto -2\n", NULL);
	assert_string_equal(out.id, "verify-loop");
	assert_true(out.stats.insns_processed < 100);

	out = verify("call 7\n if r0 != 3 goto -2\n r0 = 0\n exit\n", NULL);
	assert_string_equal(out.id, "verify-loop");

	/* two counters that go round together */
	out = verify("r6 = 0\n r6 += 1\n r6 &= 3\n if r6 < 7 goto -3\n"
		     "r0 = 0\n exit\n", NULL);
	assert_string_equal(out.id, "verify-loop");
	assert_true(out.stats.insns_processed < 1000);
}

static void limits(void **state maybe_unused)
{
	struct verify_options opts = { .insns_max = 5000 };
	clock_t start = clock();
	struct outcome out;

	out = verify("r6 = 0\n r6 += 2\n if r6 != 99 goto -2\n"
		     "r0 = 0\n exit\n", NULL);
	assert_string_equal(out.id, "verify-complex");
	assert_int_equal(out.stats.insns_processed, 1000001);
	/* no test of speed: of being far from a hang */
	assert_true(clock() - start < 20 * CLOCKS_PER_SEC);

	out = verify("r6 = 0\n r6 += 2\n if r6 != 99 goto -2\n"
		     "r0 = 0\n exit\n", &opts);
	assert_int_equal(out.stats.insns_processed, 5001);

	/* each round leaves a branch behind that waits */
	out = verify("r6 = 0\n call 7\n if r0 == 1 goto +3\n r6 += 1\n"
		     "if r6 < 9000 goto -4\n r0 = 0\n exit\n", NULL);
	assert_string_equal(out.id, "verify-complex");
	assert_true(out.stats.insns_processed < 50000);
}

/* The same verdict however often states are kept and compared. */
static void ways(void **state maybe_unused)
{
	static const struct {
		const char *text;
		bool fine;
	} cases[] = {
		{ "call 7\n r6 = -8\n if r0 > 5 goto +1\n r6 = -520\n"
		  "call 7\n if r0 > 9 goto +0\n r1 = r10\n r1 += r6\n"
		  "*(u8 *)(r1 + 0) = 0\n r0 = 0\n exit\n", false },
		{ "call 7\n r6 = -8\n if r0 > 5 goto +1\n r6 = -512\n"
		  "call 7\n if r0 > 9 goto +0\n r1 = r10\n r1 += r6\n"
		  "*(u8 *)(r1 + 0) = 0\n r0 = 0\n exit\n", true },
		/* the constant that bounds r7 differs by path */
		{ "call 7\n r6 = 8\n if r0 > 5 goto +1\n r6 = 600\n"
		  "call 7\n r7 = r0\n if r0 > 9 goto +0\n"
		  "if r7 > r6 goto +4\n r1 = r10\n r1 += r7\n r1 += -16\n"
		  "*(u8 *)(r1 + 0) = 0\n r0 = 0\n exit\n", false },
		/* what the slot holds differs, and is read at the end */
		{ "call 7\n *(u64 *)(r10 - 8) = -16\n if r0 > 5 goto +1\n"
		  "*(u64 *)(r10 - 8) = 16\n call 7\n if r0 > 9 goto +0\n"
		  "r6 = *(u64 *)(r10 - 8)\n r1 = r10\n r1 += r6\n"
		  "*(u8 *)(r1 + 0) = 0\n r0 = 0\n exit\n", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (unsigned int way = 0; way < 4; way++) {
			struct verify_options opts = {
				.exact = way & 1, .keep_often = way & 2,
			};

			assert_int_equal(!verify(cases[i].text, &opts).err,
					 cases[i].fine);
		}
}

/* The log has each instruction, and where a path was taken up. */
static void logs(void **state maybe_unused)
{
	struct strbuf log = STRBUF_INIT;
	struct verify_options opts = { .log = &log };
	struct outcome out;

	out = verify("call 7\n if r0 > 5 goto +1\n r0 = 1\n r0 &= 1\n exit\n",
		     &opts);
	assert_int_equal(out.err, 0);
	assert_non_null(strstr(strbuf_str(&log), "0: R1=ctx() R10=fp0\n"));
	assert_non_null(strstr(strbuf_str(&log), "; R0=1\n"));
	assert_non_null(strstr(strbuf_str(&log), "\nfrom 1 to 3: R0=scalar("));
	strbuf_fini(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(diamonds),
		cmocka_unit_test(diamonds_needed),
		cmocka_unit_test(calls),
		cmocka_unit_test(loops),
		cmocka_unit_test(limits),
		cmocka_unit_test(ways),
		cmocka_unit_test(logs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
