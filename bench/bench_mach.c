/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Register allocation of random functions: time for an instruction as
 * functions grow, and how good the result is: moves and uses of memory for each
 * instruction, as often as they are thought to be executed.
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

struct weights {
	double insns, added, memory;
};

/* As often as blocks are thought to be executed. */
static void weigh(const struct mach_func *f, struct weights *sum)
{
	for (size_t id = 0; id < f->blocks.len; id++) {
		const struct mach_block *blk = &f->blocks.data[id];
		double freq = blk->seldom ? 1.0 / 1024 : 1;

		for (uint32_t d = 0; d < blk->depth; d++)
			freq *= 8;
		for (uint32_t i = 0; i < blk->cnt; i++) {
			const struct mach_insn *insn =
				&f->insns.data[blk->first + i];
			const struct mach_operand *op =
				&f->operands.data[insn->operands];
			bool moves = insn->op < MACH_OWN;

			moves &= insn->op != MACH_MOVE ||
				 memcmp(&op[0].place, &op[1].place,
					sizeof(op->place));
			sum->insns += insn->op < MACH_OWN ? 0 : freq;
			sum->added += moves ? freq : 0;
			for (unsigned int k = 0; k < insn->operands_cnt; k++)
				if (op[k].place.reg == MACH_NO_REG)
					sum->memory += freq;
		}
	}
}

static void measure(const struct mach_random *how)
{
	struct weights sum = { 0 };
	struct mach_func before, after;
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
	weigh(&after, &sum);
	printf("%8zu insns, %2u regs, reach %3u: %5.0f ns an insn, check %4.0f"
	       "; moves %5.3f, memory %5.3f of an insn, slots %u%s\n",
	       before.insns.len, how->regs, how->pressure,
	       (allocated - start) / before.insns.len,
	       (checked - allocated) / before.insns.len,
	       sum.added / sum.insns, sum.memory / sum.insns,
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
