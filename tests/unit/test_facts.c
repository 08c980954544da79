/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts of small programs, as facts_print has them: one line for each
 * instruction that is reached. States are kept as often as can be, so that
 * paths that meet are cut, and what is not noted behind the cut must leak.
 */
#include "base/str.h"
#include "cmocka_all.h"
#include "map/map.h"
#include "text/asm.h"
#include "verify/facts/facts.h"
#include "verify/flow/flow.h"

static const uint32_t frozen[2] = { 7, 9 };

static const struct verify_map maps[] = {
	{ .name = "frozen", .type = MAP_TYPE_ARRAY, .key_size = 4,
	  .value_size = sizeof(frozen), .max_entries = 1,
	  .flags = BPF_F_RDONLY_PROG, .frozen = frozen },
	{ .name = "hash", .type = MAP_TYPE_HASH, .key_size = 4,
	  .value_size = 16, .max_entries = 8 },
};

static void print_facts(struct strbuf *out, const char *text)
{
	const struct verify_options opts = { .keep_often = true };
	struct verify_result *result;
	struct verify_input in;
	struct prog prog = {
		.name = "t", .type = PROG_TYPE_XDP, .gpl = true,
		.license = "GPL", .maps_cnt = ARRAY_SIZE(maps),
	};
	struct arena arena;
	size_t cnt;

	arena_init(&arena);
	assert_int_equal(text_insns(&arena, "t", text, &prog.insns, &cnt,
				    NULL), 0);
	prog.insns_cnt = (uint32_t)cnt;
	assert_int_equal(flow_find_subprogs(&arena, prog.insns,
					    prog.insns_cnt, &prog.subprogs,
					    &prog.subprogs_cnt), 0);
	in = (struct verify_input){ .prog = &prog, .maps = maps };
	if (verify_prog(&in, &opts, &result, NULL))
		fail_msg("rejected: %s", text);
	facts_print(out, &prog, &result->facts);
	verify_free(result);
	arena_fini(&arena);
}

/* Each line of `want` is one of the program's; the others do not matter. */
static void assert_facts(const char *text, const char *const *want)
{
	struct strbuf out = STRBUF_INIT, line = STRBUF_INIT;

	print_facts(&out, text);
	for (; *want; want++) {
		strbuf_reset(&line);
		strbuf_printf(&line, "\n%4.*s:%s\n",
			      (int)strcspn(*want, ":"), *want,
			      strchr(*want, ':') + 1);
		if (out.len && **want == '0' ?
		    strncmp(strbuf_str(&out), strbuf_str(&line) + 1,
			    line.len - 1) != 0 :
		    !strstr(strbuf_str(&out), strbuf_str(&line)))
			fail_msg("no '%s' in\n%s", *want, strbuf_str(&out));
	}
	strbuf_fini(&out);
	strbuf_fini(&line);
}

#define FACTS(...) (const char *const[]){ __VA_ARGS__, NULL }

#define RANDOM	"r6 = r1; call 7; "	/* r0: a number that nobody knows */

static void operands(void **state)
{
	assert_facts("r2 = *(u32 *)(r1 + 16); r2 &= 7; r2 <<= 1;"
		     "*(u64 *)(r10 - 16) = r2; r0 = 0; exit",
		     FACTS("0: <- r1 ctx", "1: r2 0..4294967295",
			   "2: r2 0..7",
			   "3: r10 stack <- r2 0..14/0:e"));
	/* calls, their maps, what may be NULL */
	assert_facts("*(u32 *)(r10 - 4) = 1; r2 = r10; r2 += -4;"
		     "ld_pseudo r1, 1, 1; call 1; if r0 == 0 goto +1;"
		     "r1 = *(u64 *)(r0 + 8); r0 = 0; exit",
		     FACTS("5: r1 map 1, r2 stack-4",
			   "6: r0 value 1 or NULL", "7: <- r0 value 1"));
}

static void branches(void **state)
{
	assert_facts("ld_pseudo r1, 2, 0; r2 = *(u32 *)(r1 + 4);"
		     "if r2 == 9 goto +1; r0 = 7; r0 = 0; exit",
		     FACTS("3: r2 9 always jumps", "5:"));
	assert_facts(RANDOM "r0 &= 3; if r0 > 3 goto +1; if r0 > 2 goto +0;"
		     "r0 = 0; exit",
		     FACTS("3: r0 0..3 never jumps", "4: r0 0..3"));
}

/* The second path is cut where they meet. */
static void leaks(void **state)
{
	static const char *const tails[][2] = {
		/* itself, what is computed of it, a spill and its fill */
		{ "r2 = r1", "7: <- r1 ?" },
		{ "r1 += 1; r2 = r1", "8: <- r1 ?" },
		{ "*(u64 *)(r10 - 8) = r1; r3 = *(u64 *)(r10 - 8); r2 = r3",
		  "9: <- r3 ?" },
		/* past a conditional jump that no number decides */
		{ "may_goto +1; r3 = 1; r2 = r1", "9: <- r1 ?" },
		/* a subprogram's argument and what it returns */
		{ "call f; r2 = r0", "8: <- r0 ?" },
	};
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(tails); i++) {
		strbuf_reset(&text);
		strbuf_puts(&text, RANDOM "if r0 > 5 goto +2; r1 = 1; goto m;"
			    "r1 = 100; goto m\nm: ");
		strbuf_puts(&text, tails[i][0]);
		strbuf_puts(&text, "; r0 = 0; exit");
		if (strstr(tails[i][0], "call"))
			strbuf_puts(&text, "\nf: r0 = r1; exit");
		assert_facts(strbuf_str(&text), FACTS(tails[i][1]));
	}
	strbuf_fini(&text);
}

/* What is narrowed against a leaked number, and what is linked with that. */
static void leaks_narrow(void **state)
{
	assert_facts(RANDOM "r7 = r0; call 7; r8 = r0; r8 &= 1023; r9 = r8;"
		     "r1 = 100; if r7 > 5 goto +1; r1 = 1\n"
		     "if r8 > r1 goto +1; r2 = r9; r0 = 0; exit",
		     FACTS("6: <- r8 0..1023", "10: r8 0..1023 <- r1 ?",
			   "11: <- r9 ?"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operands),
		cmocka_unit_test(branches),
		cmocka_unit_test(leaks),
		cmocka_unit_test(leaks_narrow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
