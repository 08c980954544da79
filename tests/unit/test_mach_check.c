/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker of register allocation, on functions that were allocated well
 * and then broken in one place: whenever the broken function computes
 * something else, the checker has to say so. (It may also find fault with one
 * that happens to compute the same.)
 */
#include "base/compiler.h"
#include "base/str.h"
#include "cmocka_all.h"
#include "mach_random.h"

struct broken {
	struct mach_func *f;
	struct mach_block *blk;
	struct mach_insn *insn;
	uint64_t seed;
};

static struct mach_operand *operand(struct broken *b)
{
	if (!b->insn->operands_cnt)
		return NULL;
	return &b->f->operands.data[b->insn->operands +
				    b->seed % b->insn->operands_cnt];
}

static bool other_register(struct broken *b)
{
	struct mach_operand *op = operand(b);

	if (!op || op->place.reg == MACH_NO_REG)
		return false;
	op->place.reg = (op->place.reg + 1 + b->seed % 3) % 8;
	return true;
}

static bool other_slot(struct broken *b)
{
	struct mach_operand *op = operand(b);

	if (!op || op->place.reg != MACH_NO_REG || b->f->slots < 2)
		return false;
	op->place.slot = (op->place.slot + 1) % b->f->slots;
	return true;
}

static bool drop(struct broken *b)
{
	uint32_t i = b->insn - b->f->insns.data - b->blk->first;

	if (b->insn->op >= MACH_OWN || i + 1 == b->blk->cnt)
		return false;
	memmove(b->insn, b->insn + 1,
		(b->blk->cnt - i - 1) * sizeof(*b->insn));
	b->blk->cnt--;
	return true;
}

static bool exchange(struct broken *b)
{
	uint32_t i = b->insn - b->f->insns.data - b->blk->first;
	struct mach_insn insn = b->insn[0];

	if (b->insn->op >= MACH_OWN || i + 2 >= b->blk->cnt)
		return false;
	b->insn[0] = b->insn[1];
	b->insn[1] = insn;
	return true;
}

static bool turn_round(struct broken *b)
{
	struct mach_operand *op = operand(b);
	struct mach_place place;

	if (b->insn->op != MACH_MOVE)
		return false;
	op = &b->f->operands.data[b->insn->operands];
	place = op[0].place;
	op[0].place = op[1].place;
	op[1].place = place;
	return true;
}

static bool other_constant(struct broken *b)
{
	struct mach_operand *op = operand(b);

	if (b->insn->op != MACH_MAKE)
		return false;
	op->value = 1 + op->value % 6;
	return true;
}

static bool (*const breaks[])(struct broken *b) = {
	other_register, other_slot, drop, exchange, turn_round, other_constant,
};

struct tally {
	uint64_t tried, noticed, harmful;
};

static void break_it(const struct mach_func *before,
		     const struct mach_func *good, uint64_t seed,
		     struct tally *tally)
{
	struct mach_func bad;
	struct broken b = { .f = &bad, .seed = seed / 13 };
	struct mach_run was, is;
	bool noticed;

	assert_int_equal(mach_copy(&bad, good), 0);
	b.blk = &bad.blocks.data[seed % bad.blocks.len];
	b.insn = &bad.insns.data[b.blk->first + seed / 7 % b.blk->cnt];
	if (breaks[seed % ARRAY_SIZE(breaks)](&b)) {
		noticed = !mach_check(before, &bad, NULL);
		was = mach_eval(good, true, 300);
		is = mach_eval(&bad, true, 300);
		tally->tried++;
		tally->noticed += noticed;
		tally->harmful += was.trace != is.trace;
		if (was.trace != is.trace && !noticed)
			fail_msg("break %u of seed %u is not noticed",
				 (unsigned int)(seed % ARRAY_SIZE(breaks)),
				 (unsigned int)seed);
	}
	mach_fini(&bad);
}

static void test_breaks(void **state maybe_unused)
{
	struct tally tally = { 0 };

	for (uint64_t seed = 0; seed < 600; seed++) {
		struct mach_func before, good;
		struct arena arena;

		arena_init(&arena);
		mach_random(&before, &arena, &(struct mach_random){
			.seed = seed, .size = 20 + seed % 60,
			.regs = 7 + seed % 3, .pressure = 20,
			.calls = seed % 2,
		});
		assert_int_equal(mach_copy(&good, &before), 0);
		assert_int_equal(mach_allocate(&good), 0);
		for (uint64_t i = 0; i < 40; i++)
			break_it(&before, &good, seed * 7919 + i * 104729,
				 &tally);
		mach_fini(&before);
		mach_fini(&good);
		arena_fini(&arena);
	}
	print_message("%u breaks, %u noticed, %u did harm\n",
		      (unsigned int)tally.tried, (unsigned int)tally.noticed,
		      (unsigned int)tally.harmful);
	assert_true(tally.harmful > 1000);
	assert_true(tally.noticed >= tally.harmful);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_breaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
