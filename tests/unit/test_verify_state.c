/* SPDX-License-Identifier: Apache-2.0 */
/* States: frames shared until written, what is held, how they print. */
#include <string.h>

#include "base/str.h"
#include "cmocka_all.h"
#include "verify/env.h"

static int setup(void **state)
{
	static struct verify_env env;

	env = (struct verify_env){ 0 };
	arena_init(&env.arena);
	assert_int_equal(values_init(&env.values), 0);
	env.cur = state_new(&env);
	assert_non_null(env.cur);
	assert_int_equal(state_push_frame(&env, env.cur, 0, 0, FRAME_PROGRAM),
			 0);
	*state = &env;
	return 0;
}

static int teardown(void **state)
{
	struct verify_env *env = *state;

	state_free(env, env->cur);
	values_fini(&env->values);
	arena_fini(&env->arena);
	return 0;
}

static struct reg *own_reg(struct verify_env *env, struct state *st,
			   unsigned int reg)
{
	struct frame *fr = state_own(env, st, st->depth);

	assert_non_null(fr);
	return &fr->regs[reg];
}

static void test_share(void **state)
{
	struct verify_env *env = *state;
	struct state *st = env->cur;
	struct state *copy;
	struct slot *slot;

	reg_set_const(own_reg(env, st, 1), 7, 0);
	slot = frame_slot(env, state_own(env, st, 0), 9);
	assert_non_null(slot);
	slot->kind[0] = SLOT_ZERO;
	copy = state_copy(env, st);
	assert_ptr_equal(copy->frames[0], st->frames[0]);
	assert_int_equal(st->frames[0]->refs, 2);

	reg_set_const(own_reg(env, copy, 1), 8, 0);
	assert_ptr_not_equal(copy->frames[0], st->frames[0]);
	assert_true(scalar_is(&state_reg(st, 1)->num, 7));
	assert_true(scalar_is(&state_reg(copy, 1)->num, 8));
	copy->frames[0]->slots[9].kind[0] = SLOT_MISC;
	assert_int_equal(st->frames[0]->slots[9].kind[0], SLOT_ZERO);
	assert_int_equal(copy->frames[0]->slots_cnt, 10);
	state_free(env, copy);
	assert_int_equal(st->frames[0]->refs, 1);
}

static void test_frames(void **state)
{
	struct verify_env *env = *state;
	struct state *st = env->cur;
	struct state *copy;

	for (uint32_t i = 1; i < VERIFY_FRAMES; i++) {
		assert_int_equal(state_push_frame(env, st, i, i * 10,
						  FRAME_SUBPROG), 0);
		assert_int_equal(st->depth, i);
		assert_int_equal(state_reg(st, 10)->type, REG_STACK);
		assert_int_equal(state_reg(st, 10)->frame, i);
		assert_int_equal(state_reg(st, 1)->type, REG_UNSET);
	}
	copy = state_copy(env, st);
	while (st->depth)
		state_pop_frame(env, st);
	assert_int_equal(copy->depth, VERIFY_FRAMES - 1);
	assert_int_equal(copy->frames[7]->callsite, 70);
	assert_int_equal(copy->frames[7]->refs, 1);
	assert_int_equal(copy->frames[0]->refs, 2);
	state_free(env, copy);
}

/* Slots keep what they hold as the stack grows, and start unset. */
static void test_slots(void **state)
{
	struct verify_env *env = *state;
	struct frame *fr = state_own(env, env->cur, 0);

	for (uint32_t i = 0; i < 64; i++) {
		struct slot *slot = frame_slot(env, fr, i);

		assert_non_null(slot);
		assert_int_equal(slot->kind[0], SLOT_UNSET);
		slot->kind[0] = SLOT_MISC;
		slot->reg.id = i + 1;
	}
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(fr->slots[i].reg.id, i + 1);
	assert_int_equal(fr->slots_cnt, 64);
}

/* The pool is warm after one round: nothing more comes from the arena. */
static void test_pool(void **state)
{
	struct verify_env *env = *state;
	struct state *copy;
	size_t bytes = 0;

	frame_slot(env, state_own(env, env->cur, 0), 20)->kind[0] = SLOT_MISC;
	for (int i = 0; i < 100; i++) {
		copy = state_copy(env, env->cur);
		reg_set_unknown(own_reg(env, copy, 0), 0);
		state_free(env, copy);
		if (i == 0)
			bytes = env->pool.bytes;
		assert_int_equal(env->pool.bytes, bytes);
	}
}

static void test_held(void **state)
{
	struct verify_env *env = *state;
	struct state *st = env->cur;
	struct state *copy;
	uint32_t ids[6];

	for (int i = 0; i < 6; i++)
		ids[i] = state_hold(env, st, i == 3 ? HELD_LOCK : HELD_REF,
				    100 + (uint32_t)i, NULL);
	assert_int_equal(st->locks, 1);
	copy = state_copy(env, st);
	assert_true(state_unhold(st, ids[3]));
	assert_false(state_unhold(st, ids[3]));
	assert_int_equal(st->locks, 0);
	assert_int_equal(st->held_cnt, 5);
	assert_null(state_held(st, ids[3]));
	assert_int_equal(state_held(st, ids[4])->insn, 104);
	assert_int_equal(state_held(copy, ids[3])->insn, 103);
	assert_int_not_equal(state_hold(env, copy, HELD_REF, 1, NULL), 0);
	assert_int_equal(st->held_cnt, 5);
	state_free(env, copy);
}

static void count(void *arg, struct reg *reg)
{
	reg->id = 0;
	(*(int *)arg)++;
}

static bool has_id(const void *arg maybe_unused, const struct reg *reg)
{
	return reg->id == 5;
}

/* Frames in which nothing is to change stay shared. */
static void test_each(void **state)
{
	struct verify_env *env = *state;
	struct state *st = env->cur;
	struct state *copy;
	struct slot *slot;
	int cnt = 0;

	slot = frame_slot(env, state_own(env, st, 0), 2);
	memset(slot->kind, SLOT_SPILL, sizeof(slot->kind));
	slot->reg.id = 5;
	slot = frame_slot(env, state_own(env, st, 0), 1);
	slot->reg.id = 5;	/* no spill: means nothing */
	assert_int_equal(state_push_frame(env, st, 1, 1, FRAME_SUBPROG), 0);
	assert_int_equal(state_push_frame(env, st, 2, 2, FRAME_SUBPROG), 0);
	own_reg(env, st, 3)->id = 5;
	copy = state_copy(env, st);
	assert_int_equal(state_each_match(env, copy, has_id, count, &cnt), 0);
	assert_int_equal(cnt, 2);
	assert_ptr_equal(copy->frames[1], st->frames[1]);
	assert_ptr_not_equal(copy->frames[0], st->frames[0]);
	assert_int_equal(st->frames[0]->slots[2].reg.id, 5);
	assert_int_equal(copy->frames[0]->slots[2].reg.id, 0);
	cnt = 0;
	assert_int_equal(state_each_reg(env, copy, count, &cnt), 0);
	assert_int_equal(cnt, 3 * FRAME_REGS + 1);
	state_free(env, copy);
}

static void expect_reg(struct verify_env *env, const struct reg *reg,
		       const char *text)
{
	struct strbuf out = STRBUF_INIT;

	reg_print(&out, env, reg);
	assert_string_equal(strbuf_str(&out), text);
	strbuf_fini(&out);
}

static void test_print_reg(void **state)
{
	struct verify_env *env = *state;
	struct reg reg;

	reg_set_const(&reg, 7, 0);
	expect_reg(env, &reg, "7");
	reg_set_const(&reg, (uint64_t)-5, 0);
	expect_reg(env, &reg, "-5");
	reg_set_const(&reg, 0x12345678, 0);
	expect_reg(env, &reg, "0x12345678");
	reg_set_unknown(&reg, 0);
	expect_reg(env, &reg, "scalar()");
	reg.num = scalar_urange(0, 255);
	expect_reg(env, &reg, "scalar(smin=smin32=0,smax=umax=smax32=umax32="
		   "255,var_off=(0x0; 0xff))");
	reg_set_pointer(&reg, REG_STACK, 0, 0);
	reg.off = -16;
	expect_reg(env, &reg, "fp-16");
	reg_set_pointer(&reg, REG_PACKET, 0, 0);
	reg.id = 1;
	reg.off = 4;
	reg.range = 14;
	expect_reg(env, &reg, "pkt(id=1,off=4,r=14)");
	reg_set_pointer(&reg, REG_MEM, REG_NULLABLE | REG_RDONLY, 0);
	reg.size = 8;
	reg.id = 3;
	expect_reg(env, &reg, "rdonly_mem_or_null(id=3,sz=8)");
}

static void test_print_state(void **state)
{
	struct verify_env *env = *state;
	struct frame *fr = state_own(env, env->cur, 0);
	struct strbuf out = STRBUF_INIT;
	struct slot *slot;

	reg_set_const(&fr->regs[3], 9,
		      value_new(&env->values, VALUE_CONST, 0, 0, 0));
	value_mark(&env->values, fr->regs[3].value, VALUE_PRECISE);
	slot = frame_slot(env, fr, 0);
	memset(slot->kind, SLOT_SPILL, 8);
	reg_set_pointer(&slot->reg, REG_CTX, 0, 0);
	slot = frame_slot(env, fr, 1);
	memset(slot->kind, SLOT_SPILL, 4);
	memset(slot->kind + 4, SLOT_ZERO, 4);
	reg_set_const(&slot->reg, 1, 0);
	slot = frame_slot(env, fr, 2);
	slot->kind[0] = SLOT_MISC;
	state_hold(env, env->cur, HELD_REF, 0, NULL);
	state_print(&out, env, env->cur);
	assert_string_equal(strbuf_str(&out),
			    " R3=P9 R10=fp0 fp-8=ctx() fp-16=00001 "
			    "fp-24=???????m refs=1");
	strbuf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_share, setup, teardown),
		cmocka_unit_test_setup_teardown(test_frames, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slots, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pool, setup, teardown),
		cmocka_unit_test_setup_teardown(test_held, setup, teardown),
		cmocka_unit_test_setup_teardown(test_each, setup, teardown),
		cmocka_unit_test_setup_teardown(test_print_reg, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_print_state, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
