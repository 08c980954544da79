/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Soundness by running: random programs that the verifier accepts, about half
 * of those of risky_random.h, run with random packets, contexts and maps.
 * Before each instruction, the registers that it reads must hold what the
 * verifier's facts say; no run may fault.
 *
 * At least SKEP_DIFF_COUNT (50,000) runs from seed SKEP_DIFF_SEED (1); with
 * a second look, as the verifier always takes it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "isa/insn.h"
#include "risky_runs.h"
#include "verify/flow/flow.h"

#define RUNS	64		/* of each program */
#define COUNT	50000		/* of all */

struct test {
	struct risky_bench bench;
	unsigned long programs, accepted;
};

static bool try_program(struct test *test, const struct risky_program *program)
{
	struct prog prog = risky_prog(&test->bench, program);
	const struct verify_input in = {
		.prog = &prog, .maps = test->bench.views,
	};
	struct verify_result *result = NULL;
	struct arena arena;
	bool fine = true;

	test->programs++;
	arena_init(&arena);
	if (!insn_check(prog.insns, prog.insns_cnt, "random", NULL) &&
	    !flow_find_subprogs(&arena, prog.insns, prog.insns_cnt,
				&prog.subprogs, &prog.subprogs_cnt) &&
	    !verify_prog(&in, NULL, &result, NULL)) {
		test->accepted++;
		fine = risky_runs(&test->bench, &prog, &result->facts, RUNS);
	}
	verify_free(result);
	arena_fini(&arena);
	return fine;
}

static bool still_fails(void *arg, const struct risky_program *program)
{
	return !try_program(arg, program);
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

	for (; fine && test.bench.runs < count; seed++) {
		risky_random(&program, seed);
		fine = try_program(&test, &program);
		if (fine)
			continue;
		risky_reduce(&program, seed, still_fails, &test);
		printf("seed %llu\n", (unsigned long long)seed);
		risky_show(&program);
	}
	printf("%lu programs, %lu accepted; %llu runs of them, %llu "
	       "instructions, %llu operands as the facts say\n",
	       test.programs, test.accepted,
	       (unsigned long long)test.bench.runs,
	       (unsigned long long)test.bench.insns,
	       (unsigned long long)test.bench.checked);
	risky_bench_fini(&test.bench);
	return !fine || test.accepted * 4 < test.programs;
}
