/* SPDX-License-Identifier: Apache-2.0 */
/* Calls in the interpreter: frames, callbacks, tail calls. */
#include "interp_bench.h"

#include "map/prog_array.h"

static void calls_keep_r6_to_r9(void **state)
{
	GIVES(XDP, 1111, MOV_IMM(6, 1), MOV_IMM(7, 10), MOV_IMM(8, 100),
	      MOV_IMM(9, 1000), CALL_LOCAL(5), MOV_REG(0, 6), ADD_REG(0, 7),
	      ADD_REG(0, 8), ADD_REG(0, 9), EXIT(),
	      MOV_IMM(6, 5), MOV_IMM(7, 5), MOV_IMM(8, 5), MOV_IMM(9, 5),
	      EXIT());
	GIVES(XDP, 15, MOV_IMM(1, 1), MOV_IMM(2, 2), MOV_IMM(3, 3),
	      MOV_IMM(4, 4), MOV_IMM(5, 5), CALL_LOCAL(1), EXIT(),
	      MOV_REG(0, 1), ADD_REG(0, 2), ADD_REG(0, 3), ADD_REG(0, 4),
	      ADD_REG(0, 5), EXIT());
}

/* r1 counts down a recursion: 7 calls fit into 8 frames, 8 do not. */
static void eight_frames(void **state)
{
	GIVES(XDP, 9, MOV_IMM(1, 7), CALL_LOCAL(1), EXIT(), MOV_IMM(0, 9),
	      ADD_IMM(1, -1), JEQ_IMM(1, 0, 1), CALL_LOCAL(-4), EXIT());
	RUNS(XDP, RUN_FAULT_DEPTH, MOV_IMM(1, 8), CALL_LOCAL(1), EXIT(),
	     MOV_IMM(0, 9), ADD_IMM(1, -1), JEQ_IMM(1, 0, 1),
	     CALL_LOCAL(-4), EXIT());
}

/* bpf_loop: r1 rounds of r2(index, r3). */
#define LOOP(rounds, distance) MOV_IMM(1, rounds), LD_FUNC(2, distance), \
	MOV_REG(3, 10), ADD_IMM(3, -8), MOV_IMM(4, 0), CALL(181)

static void callbacks_run(void **state)
{
	GIVES(XDP, 45, LOOP(10, 7), LDX64(0, 10, -8), EXIT(),
	      LDX64(3, 2, 0), ADD_REG(3, 1), STX64(2, 3, 0), MOV_IMM(0, 0),
	      EXIT());
	GIVES(XDP, 4, LOOP(10, 6), EXIT(),
	      MOV_IMM(0, 0), JNE_IMM(1, 3, 1), MOV_IMM(0, 1), EXIT());
}

static void a_fault_in_a_callback_ends_the_run(void **state)
{
	RUNS(XDP, RUN_FAULT_LOAD, LOOP(10, 6), EXIT(), MOV_IMM(0, 0),
	     LDX8(0, 0, 0), EXIT());
	RUNS(XDP, RUN_FAULT_ARG, MOV_IMM(1, 3), MOV_IMM(2, 1), MOV_IMM(3, 0),
	     MOV_IMM(4, 0), CALL(181), EXIT());
}

/* Entry calls itself by tail call and counts in the packet's first byte. */
static void tail_calls_stop_at_33(void **state)
{
	static const struct bpf_insn insns[] = {
		LDX32(6, 1, 0), LDX8(7, 6, 0), ADD_IMM(7, 1), STX8(6, 7, 0),
		LD_MAP(2, 0), MOV_IMM(3, 0), CALL(12), LDX8(0, 6, 0), EXIT(),
	};
	struct bench b;

	bench_init(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns));
	bench_map(&b, MAP_TYPE_PROG_ARRAY, 4, 4, 1);
	assert_int_equal(interp_prepare(&b.prog, NULL), 0);
	assert_int_equal(interp_run(&b.run), 0);
	assert_int_equal(b.run.r0, 1);	/* an empty slot: falls through */
	assert_int_equal(prog_array_set(b.maps[0], 0, &b.prog, 1), 0);
	b.packet.data[0] = 0;
	assert_int_equal(interp_run(&b.run), 0);
	assert_int_equal(b.run.r0, 34);
	assert_int_equal(b.run.tail_calls, RUN_TAIL_CALLS_MAX);
	prog_array_set(b.maps[0], 0, NULL, 0);
	bench_fini(&b);
}

/* A tail call in a subprogram replaces it alone: its caller goes on. */
static void a_tail_call_in_a_subprogram_returns_to_its_caller(void **state)
{
	static const struct bpf_insn outer[] = {
		MOV_IMM(6, 100), CALL_LOCAL(2), ADD_REG(0, 6), EXIT(),
		LD_MAP(2, 0), MOV_IMM(3, 0), CALL(12), MOV_IMM(0, 1), EXIT(),
	};
	static const struct bpf_insn inner[] = {
		MOV_IMM(6, 3), LDX32(0, 1, 12), EXIT(),
	};
	struct bench b, target;

	bench_init(&target, PROG_TYPE_XDP, inner, ARRAY_SIZE(inner));
	assert_int_equal(interp_prepare(&target.prog, NULL), 0);
	bench_init(&b, PROG_TYPE_XDP, outer, ARRAY_SIZE(outer));
	bench_map(&b, MAP_TYPE_PROG_ARRAY, 4, 4, 1);
	b.packet.ifindex = b.packet.ingress_ifindex = 42;
	assert_int_equal(prog_array_set(b.maps[0], 0, &target.prog, 1), 0);
	assert_int_equal(interp_prepare(&b.prog, NULL), 0);
	assert_int_equal(interp_run(&b.run), 0);
	assert_int_equal(b.run.r0, 142);
	assert_ptr_equal(b.run.prog, &b.prog);
	prog_array_set(b.maps[0], 0, NULL, 0);
	bench_fini(&b);
	bench_fini(&target);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_keep_r6_to_r9),
		cmocka_unit_test(eight_frames),
		cmocka_unit_test(callbacks_run),
		cmocka_unit_test(a_fault_in_a_callback_ends_the_run),
		cmocka_unit_test(tail_calls_stop_at_33),
		cmocka_unit_test(
			a_tail_call_in_a_subprogram_returns_to_its_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
