/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the passes beside the rules make of small functions, and what they
 * leave alone: a store, a way out or another address in between.
 */
#include "../unit/cmocka_all.h"

#include "jit/fold/fold.h"

struct fixture {
	struct arena arena;
	struct ir_func f;
	ir_ref base;
};

static int begin(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));

	arena_init(&fx->arena);
	ir_init(&fx->f, NULL, &fx->arena);
	fx->base = ir_float(&fx->f, IR_ARG, 0);
	*state = fx;
	return 0;
}

static int end(void **state)
{
	struct fixture *fx = *state;

	assert_false(fx->f.failed);
	assert_true(ir_check(&fx->f, NULL));
	ir_fini(&fx->f);
	arena_fini(&fx->arena);
	free(fx);
	return 0;
}

static ir_ref op2(struct ir_func *f, enum ir_op op, ir_ref x, ir_ref y)
{
	return ir_append(f, 0, &(struct ir_insn){
		.op = (uint8_t)op, .wide = true, .args = { x, y } });
}

static ir_ref load(struct fixture *fx, uint8_t size, int64_t imm)
{
	return ir_append(&fx->f, 0, &(struct ir_insn){
		.op = IR_LOAD, .wide = true, .size = size, .imm = imm,
		.region = IR_REGION_PACKET, .args = { fx->base } });
}

static ir_ref store(struct fixture *fx, uint8_t size, int64_t imm,
		    ir_ref value, enum ir_region region)
{
	return ir_append(&fx->f, 0, &(struct ir_insn){
		.op = IR_STORE, .wide = true, .size = size, .imm = imm,
		.region = (uint8_t)region, .args = { fx->base, value } });
}

static void ret(struct fixture *fx, ir_block_id block, ir_ref value)
{
	ir_append(&fx->f, block, &(struct ir_insn){ .op = IR_RET,
						    .args = { value } });
}

static uint32_t count(const struct ir_func *f, enum ir_op op)
{
	uint32_t cnt = 0;

	for (size_t i = 0; i < f->order.len; i++)
		ir_each_insn(f, ref, f->order.data[i])
			cnt += ir_is(f, ref, op);
	return cnt;
}

static const struct ir_insn *find(const struct ir_func *f, enum ir_op op)
{
	for (size_t i = 0; i < f->order.len; i++)
		ir_each_insn(f, ref, f->order.data[i])
			if (ir_is(f, ref, op))
				return ir_at(f, ref);
	return NULL;
}

/* ---- loads ---- */

/* Bytes 4..7 of the packet as a number, `swapped`: the first one highest. */
static ir_ref field(struct fixture *fx, bool swapped, unsigned int between)
{
	ir_ref sum = 0;

	for (unsigned int i = 0; i < 4; i++) {
		ir_ref part = load(fx, 1, 4 + i);
		unsigned int to = (swapped ? 3 - i : i) * 8;

		if (i == 1 && between)
			store(fx, between == 4 ? 4 : 1, between, part,
			      IR_REGION_PACKET);
		if (to)
			part = op2(&fx->f, IR_SHL, part, ir_const(&fx->f, to));
		sum = sum ? op2(&fx->f, IR_OR, sum, part) : part;
	}
	return sum;
}

static void test_field(void **state)
{
	struct fixture *fx = *state;

	ret(fx, 0, field(fx, false, 0));
	ir_order(&fx->f);
	assert_true(fold_combine_loads(&fx->f));
	assert_int_equal(count(&fx->f, IR_LOAD), 1);
	assert_int_equal(find(&fx->f, IR_LOAD)->size, 4);
	assert_int_equal(find(&fx->f, IR_LOAD)->imm, 4);
	assert_int_equal(count(&fx->f, IR_OR), 0);
	assert_int_equal(count(&fx->f, IR_BSWAP), 0);
}

static void test_field_swapped(void **state)
{
	struct fixture *fx = *state;

	ret(fx, 0, field(fx, true, 0));
	ir_order(&fx->f);
	assert_true(fold_combine_loads(&fx->f));
	assert_int_equal(count(&fx->f, IR_LOAD), 1);
	assert_int_equal(find(&fx->f, IR_LOAD)->imm, 4);
	assert_int_equal(find(&fx->f, IR_BSWAP)->size, 4);
}

static void test_field_written(void **state)
{
	struct fixture *fx = *state;

	/* into what has been read and what will be */
	ret(fx, 0, field(fx, false, 4));
	ir_order(&fx->f);
	fold_combine_loads(&fx->f);
	/* bytes 4 and 5 at once, 5 again for the store, 6, 7 */
	assert_int_equal(count(&fx->f, IR_LOAD), 4);
}

static void test_field_written_beside(void **state)
{
	struct fixture *fx = *state;

	ret(fx, 0, field(fx, false, 8));
	ir_order(&fx->f);
	assert_true(fold_combine_loads(&fx->f));
	assert_int_equal(count(&fx->f, IR_OR), 0);
}

/* The loads are in a block before the one that puts them together. */
static void test_field_elsewhere(void **state)
{
	struct fixture *fx = *state;
	ir_block_id next = ir_new_block(&fx->f);
	ir_ref low = load(fx, 1, 0), high = load(fx, 1, 1);

	ir_jump(&fx->f, 0, next, 0);
	high = ir_append(&fx->f, next, &(struct ir_insn){
		.op = IR_SHL, .wide = true,
		.args = { high, ir_const(&fx->f, 8) } });
	ret(fx, next, ir_append(&fx->f, next, &(struct ir_insn){
		.op = IR_OR, .wide = true, .args = { low, high } }));
	ir_order(&fx->f);
	assert_true(fold_combine_loads(&fx->f));
	assert_int_equal(count(&fx->f, IR_LOAD), 1);
}

/* ---- stores ---- */

static void test_store_constants(void **state)
{
	struct fixture *fx = *state;

	for (unsigned int i = 0; i < 8; i++)
		store(fx, 1, i, ir_const(&fx->f, 0xf0 + i), IR_REGION_VALUE);
	ret(fx, 0, fx->base);
	ir_order(&fx->f);
	assert_true(fold_combine_stores(&fx->f));
	assert_int_equal(count(&fx->f, IR_STORE), 1);
	assert_int_equal(find(&fx->f, IR_STORE)->size, 8);
	assert_true(ir_at(&fx->f, find(&fx->f, IR_STORE)->args[1])->imm ==
		    (int64_t)0xf7f6f5f4f3f2f1f0ull);
}

static void store_pieces(struct fixture *fx, enum ir_op between)
{
	ir_ref value = ir_float(&fx->f, IR_ARG, 1), high;

	high = op2(&fx->f, IR_SHR, value, ir_const(&fx->f, 8));
	store(fx, 1, 0, high, IR_REGION_PACKET);
	if (between == IR_LOAD)
		store(fx, 8, 32, load(fx, 2, 0), IR_REGION_PACKET);
	if (between == IR_STOP)
		ir_append(&fx->f, 0, &(struct ir_insn){ .op = IR_STOP });
	store(fx, 1, 1, value, IR_REGION_PACKET);
	ret(fx, 0, fx->base);
	ir_order(&fx->f);
	fold_combine_stores(&fx->f);
}

static void test_store_swapped(void **state)
{
	struct fixture *fx = *state;

	store_pieces(fx, IR_RET);
	assert_int_equal(count(&fx->f, IR_STORE), 1);
	assert_int_equal(find(&fx->f, IR_STORE)->imm, 0);
	assert_int_equal(find(&fx->f, IR_BSWAP)->size, 2);
}

static void test_store_read(void **state)
{
	struct fixture *fx = *state;

	store_pieces(fx, IR_LOAD);
	assert_int_equal(count(&fx->f, IR_STORE), 3);
}

static void test_store_stopped(void **state)
{
	struct fixture *fx = *state;

	store_pieces(fx, IR_STOP);
	assert_int_equal(count(&fx->f, IR_STORE), 2);
}

/* Ethernet's two addresses are exchanged byte by byte. */
static void exchange(struct fixture *fx, bool stops)
{
	for (unsigned int i = 0; i < 6; i++) {
		ir_ref one = load(fx, 1, i), other = load(fx, 1, 6 + i);

		store(fx, 1, i, other, IR_REGION_PACKET);
		store(fx, 1, 6 + i, one, IR_REGION_PACKET);
		if (stops)
			ir_append(&fx->f, 0, &(struct ir_insn){
				.op = IR_STOP });
	}
	ret(fx, 0, fx->base);
	ir_order(&fx->f);
	fold_combine_stores(&fx->f);
}

static void test_exchange(void **state)
{
	struct fixture *fx = *state;

	exchange(fx, false);
	assert_int_equal(count(&fx->f, IR_STORE), 4);
	assert_int_equal(count(&fx->f, IR_LOAD), 4);
}

static void test_exchange_stopped(void **state)
{
	struct fixture *fx = *state;

	exchange(fx, true);
	assert_int_equal(count(&fx->f, IR_STORE), 12);
}

/* A word is swapped by shifts and masks. */
static void test_swap(void **state)
{
	struct fixture *fx = *state;
	struct ir_func *f = &fx->f;
	ir_ref sum = 0;

	for (unsigned int i = 0; i < 4; i++) {
		ir_ref part = op2(f, IR_SHR, fx->base, ir_const(f, i * 8));

		part = op2(f, IR_AND, part, ir_const(f, 0xff));
		part = op2(f, IR_SHL, part, ir_const(f, 24 - i * 8));
		sum = sum ? op2(f, IR_OR, sum, part) : part;
	}
	ret(fx, 0, sum);
	ir_order(f);
	assert_true(fold_combine_loads(f));
	assert_int_equal(count(f, IR_OR), 0);
	assert_int_equal(find(f, IR_BSWAP)->size, 4);
	assert_int_equal(find(f, IR_BSWAP)->args[0], fx->base);
}

/* The halves of a word change places: a rotation. */
static void test_halves(void **state)
{
	struct fixture *fx = *state;
	ir_ref high = load(fx, 2, 0), low = load(fx, 2, 2);

	high = op2(&fx->f, IR_SHL, high, ir_const(&fx->f, 16));
	ret(fx, 0, op2(&fx->f, IR_OR, high, low));
	ir_order(&fx->f);
	assert_true(fold_combine_loads(&fx->f));
	assert_int_equal(count(&fx->f, IR_LOAD), 1);
	assert_int_equal(count(&fx->f, IR_ROL), 1);
	assert_false(find(&fx->f, IR_ROL)->wide);
}

/* ---- operands ---- */

/* Of what is stored, only the bits that are count. */
static void masked(struct fixture *fx, uint64_t mask, bool passed)
{
	ir_ref value = ir_float(&fx->f, IR_ARG, 1), cut;

	cut = op2(&fx->f, IR_AND, value, ir_const(&fx->f, mask));
	store(fx, 1, 0, cut, IR_REGION_PACKET);
	ret(fx, 0, fx->base);
	ir_order(&fx->f);
	fold_func(&fx->f);
	assert_true((find(&fx->f, IR_STORE)->args[1] == value) == passed);
}

static void test_masked(void **state)
{
	masked(*state, 0xfff, true);
}

static void test_masked_within(void **state)
{
	masked(*state, 0xff7f, false);
}

/* ---- addresses ---- */

static void test_displacement(void **state)
{
	struct fixture *fx = *state;
	ir_ref base = fx->base;

	fx->base = op2(&fx->f, IR_ADD, base, ir_const(&fx->f, 40));
	fx->base = op2(&fx->f, IR_ADD, fx->base, ir_const(&fx->f, -100));
	ret(fx, 0, load(fx, 8, 3));
	ir_order(&fx->f);
	assert_true(fold_func(&fx->f));
	assert_int_equal(find(&fx->f, IR_LOAD)->imm, -57);
	assert_int_equal(find(&fx->f, IR_LOAD)->args[0], base);
	assert_int_equal(count(&fx->f, IR_ADD), 0);
}

static void test_displacement_too_far(void **state)
{
	struct fixture *fx = *state;

	fx->base = op2(&fx->f, IR_ADD, fx->base,
		       ir_const(&fx->f, INT32_MAX));
	ret(fx, 0, load(fx, 8, 1));
	ir_order(&fx->f);
	fold_func(&fx->f);
	assert_int_equal(find(&fx->f, IR_LOAD)->imm, 1);
}

/* ---- flow ---- */

/*
 * Behind a branch on r1 `cond` r2, one arm adds and multiplies like the block
 * before it, the other is empty; where they meet, the values do.
 */
static void diamond(struct fixture *fx, enum ir_cond cond, enum ir_op op)
{
	struct ir_func *f = &fx->f;
	ir_block_id arm = ir_new_block(f), join = ir_new_block(f);
	ir_ref other = ir_float(f, IR_ARG, 1), phi;
	ir_ref before = op2(f, op, fx->base, other), again;

	store(fx, 8, 0, before, IR_REGION_VALUE);
	ir_branch(f, 0, &(struct ir_insn){
		.op = IR_BRANCH, .wide = true, .cond = (uint8_t)cond,
		.args = { fx->base, other } }, arm, join);
	again = ir_append(f, arm, &(struct ir_insn){
		.op = (uint8_t)op, .wide = true, .args = { other, fx->base } });
	ir_jump(f, arm, join, 0);
	phi = ir_phi(f, join, 2);
	ir_at(f, phi)->list[0] = other;
	ir_at(f, phi)->list[1] = again;
	if (ir_block(f, join)->preds.data[0] == arm) {
		ir_at(f, phi)->list[0] = again;
		ir_at(f, phi)->list[1] = other;
	}
	ret(fx, join, phi);
	ir_order(f);
}

static void test_number(void **state)
{
	struct fixture *fx = *state;

	diamond(fx, IR_ULT, IR_ADD);
	assert_true(ir_number(&fx->f));
	assert_int_equal(count(&fx->f, IR_ADD), 1);
	assert_false(ir_number(&fx->f));
}

/* What does not commute is not equal with its operands exchanged. */
static void test_number_order(void **state)
{
	struct fixture *fx = *state;

	diamond(fx, IR_ULT, IR_SUB);
	assert_false(ir_number(&fx->f));
}

static void test_select(void **state)
{
	struct fixture *fx = *state;

	diamond(fx, IR_ULT, IR_ADD);
	assert_true(fold_select(&fx->f));
	assert_int_equal(count(&fx->f, IR_SELECT), 1);
	assert_int_equal(count(&fx->f, IR_BRANCH), 0);
	assert_int_equal(find(&fx->f, IR_SELECT)->cond, IR_ULT);
	/* if it holds, what the arm computes */
	assert_int_equal(find(&fx->f, IR_SELECT)->args[3],
			 ir_float(&fx->f, IR_ARG, 1));
}

static void test_select_foreseen(void **state)
{
	struct fixture *fx = *state;

	diamond(fx, IR_EQ, IR_ADD);
	assert_false(fold_select(&fx->f));
}

static void test_select_dear(void **state)
{
	struct fixture *fx = *state;

	diamond(fx, IR_ULT, IR_DIV);
	assert_false(fold_select(&fx->f));
}

/* An arm that is reached from elsewhere, too, stays where it is. */
static void test_select_shared(void **state)
{
	struct fixture *fx = *state;
	struct ir_func *f = &fx->f;
	ir_block_id second = ir_new_block(f), arm = ir_new_block(f);
	ir_block_id join = ir_new_block(f);
	ir_ref other = ir_float(f, IR_ARG, 1), sum, phi;
	struct ir_insn branch = { .op = IR_BRANCH, .wide = true,
				  .cond = IR_ULT,
				  .args = { fx->base, other } };

	ir_branch(f, 0, &branch, arm, second);
	branch.cond = IR_SLT;
	ir_branch(f, second, &branch, arm, join);
	sum = ir_append(f, arm, &(struct ir_insn){
		.op = IR_ADD, .wide = true, .args = { fx->base, other } });
	ir_jump(f, arm, join, 0);
	phi = ir_phi(f, join, 2);
	ir_at(f, phi)->list[0] = other;
	ir_at(f, phi)->list[1] = sum;
	ret(fx, join, phi);
	ir_order(f);
	assert_false(fold_select(f));
}

/* A decided branch: one block is left. */
static void test_decided(void **state)
{
	struct fixture *fx = *state;

	diamond(fx, IR_ULT, IR_ADD);
	ir_at(&fx->f, ir_block(&fx->f, 0)->last)->args[1] =
		ir_const(&fx->f, 0);
	assert_true(fold_func(&fx->f));
	assert_int_equal(count(&fx->f, IR_BRANCH), 0);
	assert_int_equal(count(&fx->f, IR_ADD), 1);
}

/* for (i = 0, x = r2 cut or not; i < r1; i++, x = x + 1): x cut again */
static void loop(struct fixture *fx, bool cut)
{
	struct ir_func *f = &fx->f;
	ir_block_id body = ir_new_block(f), out = ir_new_block(f);
	ir_ref first = ir_float(f, IR_ARG, 1), one = ir_const(f, 1), x, sum;

	if (cut)
		first = op2(f, IR_AND, first, ir_const(f, 0xfffff));
	ir_jump(f, 0, body, 0);
	x = ir_phi(f, body, 2);
	sum = ir_append(f, body, &(struct ir_insn){ .op = IR_ADD,
						    .args = { x, one } });
	ir_branch(f, body, &(struct ir_insn){
		.op = IR_BRANCH, .wide = true, .cond = IR_ULT,
		.args = { sum, fx->base } }, body, out);
	ir_at(f, x)->list[0] = first;
	ir_at(f, x)->list[1] = sum;
	ret(fx, out, ir_append(f, out, &(struct ir_insn){
		.op = IR_ZEXT, .wide = true, .size = 4, .args = { x } }));
	ir_order(f);
	fold_func(f);
}

static void test_narrow_loop(void **state)
{
	struct fixture *fx = *state;

	loop(fx, true);
	assert_int_equal(count(&fx->f, IR_ZEXT), 0);
}

static void test_wide_loop(void **state)
{
	struct fixture *fx = *state;

	loop(fx, false);
	assert_int_equal(count(&fx->f, IR_ZEXT), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(field), TEST(field_swapped), TEST(field_written),
		TEST(field_written_beside), TEST(field_elsewhere),
		TEST(masked), TEST(masked_within), TEST(select_shared),
		TEST(store_constants),
		TEST(store_swapped), TEST(store_read), TEST(store_stopped),
		TEST(exchange), TEST(exchange_stopped), TEST(halves),
		TEST(swap),
		TEST(displacement), TEST(displacement_too_far), TEST(number),
		TEST(number_order), TEST(select), TEST(select_foreseen),
		TEST(select_dear), TEST(decided), TEST(narrow_loop),
		TEST(wide_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
