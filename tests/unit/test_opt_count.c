/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What opt_count() knows of a loop's counter, held against the loop itself:
 * all small first and last numbers, all conditions of going round, of the
 * counter and of its next value, in both widths; and of each such loop, all
 * comparisons with small numbers. Whatever is decided is so in every round.
 */
#include "cmocka_all.h"

#include <stdio.h>

#include "jit/fold/eval.h"
#include "jit/opt/opt.h"

#define NUMBERS	6
#define ROUNDS	30

struct loop {
	uint64_t first, last;
	enum ir_cond cond;
	bool of_next, wide;
	enum ir_cond asked;
	uint64_t with;
};

/*
 *	0:	jump 1
 *	1:	i = phi first, next; branch i `asked` with, 2, 3
 *	2, 3:	jump 4
 *	4:	next = i + 1; branch (i or next) `cond` last, 1, 5
 *	5:	ret i
 */
static void make(struct ir_func *f, const struct loop *loop)
{
	ir_ref first = ir_const(f, loop->first), one = ir_const(f, 1);
	ir_ref last = ir_const(f, loop->last), with = ir_const(f, loop->with);
	ir_ref phi, next;

	for (int i = 1; i < 6; i++)
		ir_new_block(f);
	ir_jump(f, 0, 1, 0);
	phi = ir_phi(f, 1, 2);
	ir_branch(f, 1, &(struct ir_insn){
		.op = IR_BRANCH, .wide = loop->wide, .cond = loop->asked,
		.args = { phi, with } }, 2, 3);
	ir_jump(f, 2, 4, 0);
	ir_jump(f, 3, 4, 0);
	next = ir_append(f, 4, &(struct ir_insn){
		.op = IR_ADD, .wide = loop->wide, .args = { phi, one } });
	ir_branch(f, 4, &(struct ir_insn){
		.op = IR_BRANCH, .wide = loop->wide, .cond = loop->cond,
		.args = { loop->of_next ? next : phi, last } }, 1, 5);
	ir_append(f, 5, &(struct ir_insn){ .op = IR_RET, .args = { phi } });
	ir_at(f, phi)->list[0] = first;
	ir_at(f, phi)->list[1] = next;
	ir_order(f);
}

/* Bit 0: some round's answer is no; bit 1: yes. */
static unsigned int answers(const struct loop *loop)
{
	unsigned int seen = 0;
	uint64_t i = loop->first;

	for (int round = 0; round < ROUNDS; round++) {
		uint64_t next = loop->wide ? i + 1 : (uint32_t)(i + 1);

		seen |= 1u << fold_eval_cond(loop->asked, loop->wide, i,
					     loop->with);
		if (!fold_eval_cond(loop->cond, loop->wide,
				    loop->of_next ? next : i, loop->last))
			break;
		i = next;
	}
	return seen;
}

static bool try_loop(const struct loop *loop)
{
	struct arena arena;
	struct ir_func f;
	const struct ir_block *head;
	bool decided;

	arena_init(&arena);
	ir_init(&f, NULL, &arena);
	make(&f, loop);
	assert_true(ir_check(&f, NULL));
	opt_count(&f, NULL);
	assert_true(ir_check(&f, NULL));
	head = ir_block(&f, 1);
	decided = head->succs_cnt == 1;
	if (decided)
		assert_int_equal(answers(loop),
				 head->succs[0] == 2 ? 2 : 1);
	ir_fini(&f);
	arena_fini(&arena);
	return decided;
}

static void test_all(void **state)
{
	unsigned long loops = 0, decided = 0;
	struct loop l;

	for (unsigned int bits = 0; bits < 4; bits++)
	for (l.cond = 0; l.cond < IR_CONDS; l.cond++)
	for (l.asked = 0; l.asked < IR_CONDS; l.asked++)
	for (l.first = 0; l.first < NUMBERS; l.first++)
	for (l.last = 0; l.last < NUMBERS; l.last++)
	for (l.with = 0; l.with < NUMBERS + 2; l.with++) {
		l.of_next = bits & 1;
		l.wide = bits & 2;
		loops++;
		decided += try_loop(&l);
	}
	printf("%lu loops, %lu decided\n", loops, decided);
	assert_true(decided > loops / 50);
}

/* The bound of an array that a loop goes through. */
static void test_bound(void **state)
{
	struct loop l = { .first = 0, .last = 64, .cond = IR_NE,
			  .asked = IR_ULT, .with = 64 };

	for (unsigned int bits = 0; bits < 4; bits++) {
		l.of_next = bits & 1;
		l.wide = bits & 2;
		l.with = l.of_next ? 64 : 65;
		assert_true(try_loop(&l));
		l.with--;
		assert_false(try_loop(&l));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
