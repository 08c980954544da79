/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Global functions are walked side by side, and nobody can tell: verdict,
 * diagnostics, log, figures and facts are those of one thread. Needs the
 * object that clang built of bpf/roots.bpf.c.
 */
#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "object/verify.h"

#define ROUNDS	4

struct outcome {
	struct object *obj;
	struct object_verdicts verdicts;
	const struct object_verdict *verdict;
};

static void verify(struct outcome *out, const char *name, uint32_t threads,
		   uint32_t insns)
{
	struct object_verify_options options = {
		.threads = threads, .log = true,
		.verify.insns_max = insns,
	};
	const char *build = getenv("SKEP_BUILD");
	struct prog *progs;
	char path[4096];
	uint32_t cnt;

	snprintf(path, sizeof(path), "%s/tests/unit/roots.bpf.o",
		 build ? build : ".");
	assert_int_equal(object_open(&out->obj, path, NULL), 0);
	progs = object_progs(out->obj, &cnt);
	for (uint32_t i = 0; i < cnt; i++)
		progs[i].load = str_eq(progs[i].name, name);
	assert_int_equal(object_verify(out->obj, &options, &out->verdicts,
				       NULL), 0);
	assert_int_equal(out->verdicts.cnt, 1);
	out->verdict = &out->verdicts.list[0];
	assert_non_null(out->verdict->result);
}

static void drop(struct outcome *out)
{
	object_verdicts_fini(&out->verdicts);
	object_close(out->obj);
}

static void same_diags(const struct diag_log *a, const struct diag_log *b)
{
	struct strbuf x = STRBUF_INIT, y = STRBUF_INIT;

	assert_int_equal(a->records.len, b->records.len);
	for (size_t i = 0; i < a->records.len; i++) {
		strbuf_reset(&x);
		strbuf_reset(&y);
		diag_render_json(&x, &a->records.data[i]);
		diag_render_json(&y, &b->records.data[i]);
		assert_string_equal(strbuf_str(&x), strbuf_str(&y));
	}
	strbuf_fini(&x);
	strbuf_fini(&y);
}

static void same_result(const struct verify_result *a,
			const struct verify_result *b)
{
	struct verify_stats x = a->stats, y = b->stats;
	const struct verify_facts *f = &a->facts, *g = &b->facts;

	x.usec = y.usec = 0;
	assert_int_equal(a->accepted, b->accepted);
	assert_memory_equal(&x, &y, sizeof(x));
	assert_int_equal(f->insns_cnt, g->insns_cnt);
	assert_int_equal(f->args_cnt, g->args_cnt);
	if (!f->insns_cnt)
		return;
	assert_memory_equal(f->insns, g->insns,
			    f->insns_cnt * sizeof(*f->insns));
	assert_memory_equal(f->args, g->args,
			    f->args_cnt * sizeof(*f->args));
}

/* The diagnostic of one thread's verdict, "" when there is none. */
static void expect(const char *name, uint32_t insns, const char *id,
		   const char *says)
{
	static const uint32_t threads[] = { 2, 3, 8 };
	struct outcome one, more;
	const struct diag_log *diags;

	verify(&one, name, 1, insns);
	diags = &one.verdict->diags;
	assert_int_equal(diags->records.len, *id ? 1 : 0);
	if (*id) {
		assert_string_equal(diags->records.data[0].id, id);
		assert_non_null(strstr(diags->records.data[0].message, says));
	}
	for (unsigned int i = 0; i < ROUNDS * ARRAY_SIZE(threads); i++) {
		verify(&more, name, threads[i % ARRAY_SIZE(threads)], insns);
		assert_int_equal(more.verdict->err, one.verdict->err);
		same_diags(&more.verdict->diags, diags);
		assert_string_equal(strbuf_str(&more.verdict->log),
				    strbuf_str(&one.verdict->log));
		same_result(more.verdict->result, one.verdict->result);
		drop(&more);
	}
	drop(&one);
}

static void all_are_safe(void **state maybe_unused)
{
	expect("fine", 50000, "", "");
}

static void the_first_fault_is_told(void **state maybe_unused)
{
	expect("two_faults", 50000, "verify-null", "");
	expect("own_fault", 50000, "verify-unbounded", "");
}

/* The limit is of all together. */
static void the_limit_is_shared(void **state maybe_unused)
{
	struct outcome out;
	uint64_t all;

	verify(&out, "fine", 1, 0);
	all = out.verdict->result->stats.insns_processed;
	drop(&out);
	expect("fine", (uint32_t)all, "", "");
	expect("fine", (uint32_t)all - 1, "verify-complex", "instructions");
	expect("too_much", 6000, "verify-complex", "6001 instructions");
}

/* ... and so is what an instruction reaches. */
static void kinds_are_shared(void **state maybe_unused)
{
	expect("two_kinds", 50000, "verify-insn", "another kind");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_safe),
		cmocka_unit_test(the_first_fault_is_told),
		cmocka_unit_test(the_limit_is_shared),
		cmocka_unit_test(kinds_are_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
