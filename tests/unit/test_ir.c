/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The optimiser's form: order, dominators and loops of small functions, what
 * cleaning leaves, and that the check notices what is broken.
 */
#include "cmocka_all.h"

#include "base/str.h"
#include "jit/ir/ir.h"

struct fixture {
	struct arena arena;
	struct ir_func f;
};

static int begin(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));

	arena_init(&fx->arena);
	ir_init(&fx->f, NULL, &fx->arena);
	*state = fx;
	return 0;
}

static int end(void **state)
{
	struct fixture *fx = *state;

	ir_fini(&fx->f);
	arena_fini(&fx->arena);
	free(fx);
	return 0;
}

static ir_ref binary(struct ir_func *f, ir_block_id block, enum ir_op op,
		     ir_ref a, ir_ref b)
{
	return ir_append(f, block, &(struct ir_insn){
		.op = (uint8_t)op, .wide = true, .args = { a, b } });
}

/* Values first: instructions move when one is made. */
static void give(struct ir_func *f, ir_ref phi, uint32_t i, ir_ref value)
{
	ir_at(f, phi)->list[i] = value;
}

static void finish(struct ir_func *f, ir_block_id block, ir_ref value)
{
	ir_append(f, block, &(struct ir_insn){ .op = IR_RET,
					       .args = { value } });
}

/* i = 0; do i += 1; while (i < r1); return i */
static ir_ref make_loop(struct ir_func *f)
{
	ir_block_id loop = ir_new_block(f), out = ir_new_block(f);
	ir_ref phi, sum;

	ir_jump(f, 0, loop, 0);
	phi = ir_phi(f, loop, 2);
	sum = binary(f, loop, IR_ADD, phi, ir_const(f, 1));
	ir_branch(f, loop, &(struct ir_insn){
		.op = IR_BRANCH, .wide = true, .cond = IR_ULT,
		.args = { sum, ir_float(f, IR_ARG, 0) } }, loop, out);
	give(f, phi, 0, ir_const(f, 0));
	give(f, phi, 1, sum);
	finish(f, out, sum);
	ir_order(f);
	return phi;
}

static void test_rows(void **state)
{
	for (size_t i = 0; i < IR_OPS; i++) {
		const struct ir_row *row = &ir_rows[i];

		assert_true(row->args <= 4 || row->args == IR_MANY);
		if (row->flags & IR_F_PURE)
			assert_true(row->flags & IR_F_VALUE);
		if (row->flags & IR_F_FLOATS)
			assert_int_equal(row->args, 0);
	}
	for (unsigned int cond = 0; cond < IR_CONDS; cond += 2)
		assert_int_equal(cond ^ 1, cond + 1);
}

static void test_floats(void **state)
{
	struct fixture *fx = *state;
	struct ir_func *f = &fx->f;

	assert_int_equal(ir_const(f, 7), ir_const(f, 7));
	assert_int_not_equal(ir_const(f, 7), ir_const(f, 8));
	assert_int_not_equal(ir_const(f, 1), ir_float(f, IR_ARG, 1));
	for (uint64_t i = 0; i < 1000; i++)
		ir_const(f, i << 20);
	assert_int_equal(ir_at(f, ir_const(f, 5 << 20))->imm, 5 << 20);
}

static void test_loop(void **state)
{
	struct fixture *fx = *state;
	struct ir_func *f = &fx->f;
	struct strbuf text = { 0 };

	make_loop(f);
	assert_true(ir_check(f, &text));
	assert_int_equal(f->order.len, 3);
	assert_int_equal(ir_block(f, 0)->depth, 0);
	assert_int_equal(ir_block(f, 1)->depth, 1);
	assert_int_equal(ir_block(f, 2)->depth, 0);
	assert_int_equal(ir_block(f, 2)->idom, 1);
	ir_print(&text, f);
	assert_string_equal(strbuf_str(&text),
		"b0:\n  jump b1\n"
		"b1: from b0 b1, 1 loop\n  v2 = phi 0, v4\n"
		"  v4 = add v2, 1\n  branch v4 ult arg0, b1, b2\n"
		"b2: from b1\n  ret v4\n");
	strbuf_fini(&text);
}

/* A branch whose outcome is known: one arm and its PHI's operand go. */
static void test_decide(void **state)
{
	struct fixture *fx = *state;
	struct ir_func *f = &fx->f;
	ir_block_id then = ir_new_block(f), other = ir_new_block(f);
	ir_block_id join = ir_new_block(f);
	ir_ref phi;

	ir_branch(f, 0, &(struct ir_insn){ .op = IR_BRANCH, .cond = IR_EQ,
		.args = { ir_const(f, 1), ir_const(f, 1) } }, then, other);
	ir_jump(f, then, join, 0);
	ir_jump(f, other, join, 0);
	phi = ir_phi(f, join, 2);
	give(f, phi, 0, ir_const(f, 10));
	give(f, phi, 1, ir_const(f, 20));
	finish(f, join, phi);
	ir_order(f);
	assert_true(ir_check(f, NULL));
	ir_decide(f, 0, 1);
	ir_order(f);
	ir_clean(f);
	assert_true(ir_check(f, NULL));
	assert_int_equal(f->order.len, 3);
	assert_int_equal(ir_at(f, ir_block(f, join)->last)->args[0],
			 ir_const(f, 20));
}

static void test_clean(void **state)
{
	struct fixture *fx = *state;
	struct ir_func *f = &fx->f;
	ir_ref phi = make_loop(f), dead, copy;
	ir_ref last = ir_block(f, 1)->last;

	dead = ir_insert(f, last, &(struct ir_insn){
		.op = IR_LOAD, .size = 8, .args = { phi } });
	copy = ir_insert(f, last, &(struct ir_insn){
		.op = IR_XOR, .wide = true,
		.args = { dead, ir_const(f, 3) } });
	ir_replace(f, copy, phi);
	assert_int_equal(ir_value(f, copy), phi);
	ir_clean(f);
	assert_int_equal(ir_at(f, dead)->op, IR_GONE);
	assert_true(ir_check(f, NULL));
}

static void test_check_notices(void **state)
{
	struct fixture *fx = *state;
	struct ir_func *f = &fx->f;
	ir_ref phi = make_loop(f), sum = ir_at(f, phi)->next;
	struct strbuf why = { 0 };

	ir_at(f, sum)->args[0] = sum;
	assert_false(ir_check(f, &why));
	assert_true(why.len > 0);
	ir_at(f, sum)->args[0] = phi;
	assert_true(ir_check(f, NULL));
	ir_at(f, phi)->cnt = 1;
	assert_false(ir_check(f, NULL));
	ir_at(f, phi)->cnt = 2;
	give(f, phi, 0, sum);
	assert_false(ir_check(f, NULL));
	give(f, phi, 0, ir_const(f, 0));
	ir_at(f, ir_block(f, 2)->last)->args[0] = ir_block(f, 1)->last;
	assert_false(ir_check(f, NULL));
	strbuf_fini(&why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test_setup_teardown(test_floats, begin, end),
		cmocka_unit_test_setup_teardown(test_loop, begin, end),
		cmocka_unit_test_setup_teardown(test_decide, begin, end),
		cmocka_unit_test_setup_teardown(test_clean, begin, end),
		cmocka_unit_test_setup_teardown(test_check_notices, begin,
						end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
