/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The optimiser's form of random programs (risky_random.h) that the verifier
 * accepts: it is well-formed behind each pass.
 *
 * SKEP_DIFF_COUNT (5,000) programs from seed SKEP_DIFF_SEED (1).
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "isa/insn.h"
#include "jit/opt/opt.h"
#include "risky_runs.h"
#include "verify/flow/flow.h"

#define COUNT	5000

struct test {
	struct risky_bench bench;
	unsigned long accepted, built, refused, insns, values;
};

static bool well_formed(struct ir_unit *unit)
{
	struct strbuf text = STRBUF_INIT;
	bool fine = true;

	for (size_t i = 0; fine && i < unit->funcs.len; i++) {
		struct ir_func *f = unit->funcs.data[i];

		fine = ir_check(f, &text);
		if (fine)
			continue;
		ir_print(&text, f);
		puts(strbuf_str(&text));
	}
	strbuf_fini(&text);
	return fine;
}

static void count_values(struct test *test, const struct ir_unit *unit)
{
	for (size_t i = 0; i < unit->funcs.len; i++) {
		const struct ir_func *f = unit->funcs.data[i];

		for (size_t k = 0; k < f->order.len; k++)
			ir_each_insn(f, ref, f->order.data[k])
				test->values++;
	}
}

static bool passes(struct ir_unit *unit, const struct verify_facts *facts)
{
	static void (*const all[])(struct ir_func *f,
				   const struct verify_facts *facts) = {
		opt_builtin, opt_stack, opt_thread, opt_blocks,
		opt_memory, opt_edges,
	};
	bool fine = true;

	for (size_t i = 0; fine && i < ARRAY_SIZE(all); i++) {
		for (size_t k = 0; k < unit->funcs.len; k++)
			all[i](unit->funcs.data[k], facts);
		fine = well_formed(unit);
	}
	return fine;
}

static bool build(struct test *test, const struct prog *prog,
		  const struct verify_facts *facts, struct arena *arena)
{
	struct jit_options options = { .facts = facts };
	struct ir_unit unit;
	bool fine;
	int err;

	test->accepted++;
	err = ir_build(&unit, prog, &options, arena);
	if (err) {
		test->refused++;
		return true;
	}
	test->built++;
	test->insns += prog->insns_cnt;
	fine = well_formed(&unit) && passes(&unit, facts);
	count_values(test, &unit);
	ir_unit_fini(&unit);
	return fine;
}

static bool one(struct test *test, const struct risky_program *program)
{
	struct prog prog = risky_prog(&test->bench, program);
	const struct verify_input in = {
		.prog = &prog, .maps = test->bench.views,
	};
	struct verify_result *result = NULL;
	struct arena arena;
	bool fine = true;

	arena_init(&arena);
	if (!insn_check(prog.insns, prog.insns_cnt, "random", NULL) &&
	    !flow_find_subprogs(&arena, prog.insns, prog.insns_cnt,
				&prog.subprogs, &prog.subprogs_cnt) &&
	    !verify_prog(&in, NULL, &result, NULL))
		fine = build(test, &prog, &result->facts, &arena);
	verify_free(result);
	arena_fini(&arena);
	return fine;
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

int main(void)
{
	static struct test test;
	static struct risky_program program;
	uint64_t seed = setting("SKEP_DIFF_SEED", 1);
	uint64_t count = setting("SKEP_DIFF_COUNT", COUNT);
	bool fine = !risky_bench_init(&test.bench, seed);

	for (uint64_t i = 0; fine && i < count; i++, seed++) {
		risky_random(&program, seed);
		fine = one(&test, &program);
		if (!fine) {
			printf("seed %llu\n", (unsigned long long)seed);
			risky_show(&program);
		}
	}
	printf("%lu accepted, %lu built, %lu refused; %lu slots, %lu values\n",
	       test.accepted, test.built, test.refused, test.insns,
	       test.values);
	risky_bench_fini(&test.bench);
	return !fine;
}
