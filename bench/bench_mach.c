/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register allocation of random functions: time for an instruction as
 * functions grow, and how good the result is: moves and uses of memory for
 * each instruction that is executed.
 */
#include <stdio.h>
#include <time.h>

#include "base/str.h"
#include "mach_random.h"

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static void measure(const struct mach_random *how)
{
	struct mach_func before, after;
	struct mach_run run;
	struct arena arena;
	double start, allocated, checked;
	bool good;

	arena_init(&arena);
	mach_random(&before, &arena, how);
	if (mach_copy(&after, &before))
		return;
	start = now();
	if (mach_allocate(&after))
		return;
	allocated = now();
	good = mach_check(&before, &after, NULL);
	checked = now();
	run = mach_eval(&after, true, 100000);
	printf("%8zu insns, %2u regs, reach %3u: %5.0f ns an insn, check %4.0f"
	       "; added %4.2f, run: moves %4.2f, memory %4.2f, slots %u%s\n",
	       before.insns.len, how->regs, how->pressure,
	       (allocated - start) / before.insns.len,
	       (checked - allocated) / before.insns.len,
	       (double)(after.insns.len - before.insns.len) /
	       before.insns.len,
	       (double)run.moves / run.steps, (double)run.memory / run.steps,
	       after.slots, good ? "" : " WRONG");
	mach_fini(&before);
	mach_fini(&after);
	arena_fini(&arena);
}

int main(void)
{
	static const unsigned int reaches[] = { 6, 12, 24, 60 };

	for (uint32_t size = 1000; size <= 1000000; size *= 10)
		measure(&(struct mach_random){
			.seed = 1, .size = size, .regs = 15, .pressure = 10,
			.calls = true,
		});
	for (size_t i = 0; i < 4; i++)
		for (int calls = 0; calls < 2; calls++)
			measure(&(struct mach_random){
				.seed = 2, .size = 20000, .regs = 15,
				.pressure = reaches[i], .calls = calls,
			});
	return 0;
}
