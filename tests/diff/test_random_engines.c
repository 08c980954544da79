/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interpreter and native code on random programs, without the kernel: on
 * any machine, by the features that it has and without them in turn.
 *
 * Runs SKEP_DIFF_COUNT (1500) programs from seed SKEP_DIFF_SEED (1), each over
 * 3 packets, SKEP_DIFF_ROUNDS (3) times. Of one that differs it prints the
 * smallest that still does, and its seed.
 */
#include <stdio.h>
#include <string.h>

#include "random_sides.h"

static bool differs(struct sides *sides, const struct random_program *program,
		    uint64_t seed, bool verbose)
{
	struct outcome interp;

	sides_packets(&interp, seed);
	return !sides_interpret(sides, program, &interp) &&
	       sides_native_differs(sides, program, seed, &interp,
				    verbose);
}

int main(void)
{
	uint64_t first = sides_setting("SKEP_DIFF_SEED", 1);
	uint64_t cnt = sides_setting("SKEP_DIFF_COUNT", 1500), bad = 0;
	struct random_program program = { .cnt = 0 };
	struct sides sides = {
		.rounds = (uint32_t)sides_setting("SKEP_DIFF_ROUNDS", 3) - 1,
	};

	if (!jit_usable()) {
		printf("skipped: no native code for this machine\n");
		return 77;
	}
	if (sides_init(&sides))
		return 1;
	for (uint64_t seed = first; seed - first < cnt && bad < 3; seed++) {
		sides.without = seed & 1 ? ~0u : 0;
		random_program(&program, seed);
		if (!differs(&sides, &program, seed, false))
			continue;
		bad++;
		sides_reduce(&sides, seed, differs);
	}
	printf("%llu programs from seed %llu, %llu compiled quickly, %llu "
	       "optimised, %u runs of each, %llu differ\n",
	       (unsigned long long)cnt, (unsigned long long)first,
	       (unsigned long long)sides.compiled[JIT_QUICK],
	       (unsigned long long)sides.compiled[JIT_OPT],
	       (sides.rounds + 1) * SIDES_PACKETS,
	       (unsigned long long)bad);
	sides_fini(&sides);
	return bad || !sides_compiled(&sides, cnt / 2);
}
