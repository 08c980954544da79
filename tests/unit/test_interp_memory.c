/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the interpreter takes for memory: windows exact to the byte, whatever
 * a program knows of their addresses.
 */
#include "interp_bench.h"

#include <errno.h>

static void packet_ends_at_its_last_byte(void **state)
{
	GIVES(XDP, 0, PACKET_AT(0), LDX8(0, 2, 0), EXIT());
	GIVES(XDP, 0, PACKET_AT(0), LDX8(0, 2, 59), EXIT());
	GIVES(XDP, 0, PACKET_AT(0), LDX64(0, 2, 52), EXIT());
	GIVES(XDP, 7, PACKET_AT(59), ST8(2, 0, 1), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, PACKET_AT(0), LDX8(0, 2, 60), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, PACKET_AT(0), LDX64(0, 2, 53), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, PACKET_AT(0), LDX8(0, 2, -1), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, PACKET_AT(0), LDX64(0, 2, -1), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, PACKET_AT(0), LDX64(0, 2, -8), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, PACKET_AT(60), ST8(2, 0, 1), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, PACKET_AT(57), ST32(2, 0, 1), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, PACKET_AT(0), ST32(2, -1, 1), EXIT());
}

/* The hint of an access must not let the next one through. */
static void a_warm_hint_still_checks(void **state)
{
	RUNS(XDP, RUN_FAULT_LOAD, PACKET_AT(0), LDX64(0, 2, 0),
	     ADD_IMM(2, 1), JA(-3), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, PACKET_AT(52), STX64(2, 0, 0),
	     SUB_IMM(2, 1), JA(-3), EXIT());
}

/*
 * A window that has shrunk below the access, and a displacement near 2^63:
 * no sum or difference of the two may wrap around to "inside".
 */
static enum run_stop far_from_short(const struct bpf_insn *insns,
				    uint32_t cnt, uint64_t len)
{
	struct bench b;
	enum run_stop stop;

	bench_init(&b, PROG_TYPE_XDP, insns, cnt);
	assert_int_equal(interp_prepare(&b.prog, NULL), 0);
	assert_int_equal(interp_run(&b.run), 0);
	b.packet.data_end = b.packet.data + len;
	b.packet.ifindex = b.packet.ingress_ifindex = 1;
	interp_run(&b.run);
	stop = b.run.fault.stop;
	bench_fini(&b);
	return stop;
}

#define FAR(far, access) { \
	LDX32(2, 1, 0), LDX32(3, 1, 12), MOV_IMM(0, 0), JEQ_IMM(3, 0, 3), \
	LD64(4, 0, far), ADD_REG(2, 4), access, EXIT() }

static void a_short_window_does_not_wrap(void **state)
{
	for (uint64_t far = INT64_MAX - 16; far < (1ULL << 63) + 16; far++) {
		const struct bpf_insn load[] = FAR(far, LDX64(0, 2, 0));
		const struct bpf_insn store[] = FAR(far, STX64(2, 0, 0));

		for (uint64_t len = 0; len < 9; len++) {
			assert_int_equal(far_from_short(load, ARRAY_SIZE(load),
							len),
					 RUN_FAULT_LOAD);
			assert_int_equal(far_from_short(store,
							ARRAY_SIZE(store),
							len),
					 RUN_FAULT_STORE);
		}
	}
}

static void metadata_ends_at_data(void **state)
{
	static const struct bpf_insn insns[] = {
		LDX32(2, 1, 8), LDX32(0, 2, 0), LDX8(3, 2, 4), EXIT(),
	};
	struct bench b;

	bench_init(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns));
	b.packet.data_meta -= 4;
	b.packet.data_meta[0] = 9;
	assert_int_equal(interp_prepare(&b.prog, NULL), 0);
	assert_int_equal(interp_run(&b.run), 0);
	assert_int_equal(b.run.r0, 9);
	b.packet.data_meta--;
	b.packet.data_meta++;
	b.packet.data += 2;
	assert_int_equal(interp_run(&b.run), 0);
	b.packet.data -= 3;
	assert_int_equal(interp_run(&b.run), -EFAULT);
	assert_int_equal(b.run.fault.near.cls, MEM_PACKET_META);
	bench_fini(&b);
}

static void types_without_packet_access(void **state)
{
	RUNS(SOCKET_FILTER, RUN_FAULT_CTX, LDX32(2, 1, 76), EXIT());
	RUNS(CGROUP_SKB, RUN_FAULT_STORE, LDX32(2, 1, 76), ST8(2, 0, 1),
	     EXIT());
	GIVES(SCHED_CLS, 5, LDX32(2, 1, 76), ST8(2, 0, 5), LDX8(0, 2, 0),
	      EXIT());
}

static void context_fields_only(void **state)
{
	RUNS(XDP, RUN_FAULT_CTX, LDX64(0, 1, 0), EXIT());
	RUNS(XDP, RUN_FAULT_CTX, LDX32(0, 1, 2), EXIT());
	RUNS(XDP, RUN_FAULT_CTX, LDX32(0, 1, 20), EXIT());
	RUNS(XDP, RUN_FAULT_CTX, LDSX32(0, 1, 0), EXIT());
	RUNS(XDP, RUN_FAULT_CTX, STX32(1, 0, 12), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, LDX32(0, 1, 24), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, LDX32(0, 1, -4), EXIT());
	RUNS(SCHED_CLS, RUN_FAULT_CTX, ST32(1, 0, 1), EXIT());
	GIVES(SCHED_CLS, 0x34, ST32(1, 8, 0x1234), LDX8(0, 1, 8), EXIT());
	RUNS(XDP, RUN_FAULT_CTX, ATOMIC64(1, 0, 8, 0), EXIT());
}

static void stack_is_512_bytes_and_zeroed(void **state)
{
	GIVES(XDP, 0, LDX64(0, 10, -512), EXIT());
	GIVES(XDP, 0, MOV_REG(2, 10), LDX64(0, 2, -512), EXIT());
	GIVES(XDP, 3, ST64(10, -8, 3), MOV_REG(2, 10), LDX64(0, 2, -8),
	      EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, LDX64(0, 10, -520), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, LDX64(0, 10, -513), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, LDX64(0, 10, -7), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, ST8(10, 0, 1), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, MOV_REG(2, 10), STX8(2, 0, 0), EXIT());
}

/* What an earlier run left on the stack is not seen by a later one. */
static void runs_do_not_see_each_other(void **state)
{
	static const struct bpf_insn insns[] = {
		LDX64(0, 10, -512), MOV_REG(2, 10), LDX64(3, 2, -256),
		ADD_REG(0, 3), ADD_REG(0, 7), ST64(10, -512, 1),
		ST64(10, -256, 1), MOV_IMM(7, 1), EXIT(),
	};
	struct bench b;

	assert_int_equal(stop_of(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns)),
			 RUN_EXITED);
	assert_int_equal(b.run.r0, 0);
	assert_int_equal(interp_run(&b.run), 0);
	assert_int_equal(b.run.r0, 0);
	bench_fini(&b);
}

static void nothing_else_is_memory(void **state)
{
	RUNS(XDP, RUN_FAULT_LOAD, MOV_IMM(2, 0), LDX8(0, 2, 0), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, MOV_IMM(2, -1), LDX8(0, 2, 0), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, MOV_IMM(2, -4), LDX64(0, 2, 0), EXIT());
	RUNS(XDP, RUN_FAULT_LOAD, LD_FUNC(2, 2), LDX64(0, 2, 0), EXIT(),
	     MOV_IMM(0, 0), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, LD64(2, 0, 0x7fffffffffffffffULL),
	     STX64(2, 2, 8), EXIT());
}

static void a_callee_reaches_its_callers_stack(void **state)
{
	GIVES(XDP, 42, ST64(10, -16, 0), MOV_REG(1, 10), ADD_IMM(1, -16),
	      CALL_LOCAL(2), LDX64(0, 10, -16), EXIT(),
	      ST64(10, -16, 1), ST64(1, 0, 42), EXIT());
	/* one byte past it is nobody's, though frames lie side by side */
	RUNS(XDP, RUN_FAULT_STORE, MOV_REG(1, 10), CALL_LOCAL(1), EXIT(),
	     ST8(1, 0, 42), EXIT());
	RUNS(XDP, RUN_FAULT_STORE, MOV_REG(1, 10), CALL_LOCAL(1), EXIT(),
	     ST8(1, -513, 42), EXIT());
	/* a frame that has returned is gone */
	RUNS(XDP, RUN_FAULT_LOAD, CALL_LOCAL(2), LDX64(0, 0, -8), EXIT(),
	     ST64(10, -8, 1), MOV_REG(0, 10), LDX64(2, 0, -8), EXIT());
}

/* Frames end where their function's use of r10 does. */
static void a_callees_frame_is_no_longer_than_it_uses(void **state)
{
	/* the callee keeps r10 on its stack and reads far below it */
	GIVES(XDP, 0, ST64(10, -512, 7), CALL_LOCAL(1), EXIT(),
	      STX64(10, 10, -8), LDX64(1, 10, -8), LDX64(0, 1, -512), EXIT());
	/* the callee uses 8 bytes; its frame is guessed from the caller's */
	RUNS(XDP, RUN_FAULT_LOAD, MOV_REG(1, 10), CALL_LOCAL(1), EXIT(),
	     ST64(10, -8, 1), LDX64(0, 1, 576 - 16), EXIT());
}

static void atomics_are_not_for_packets(void **state)
{
	RUNS(XDP, RUN_FAULT_STORE, PACKET_AT(0), MOV_IMM(3, 1),
	     ATOMIC64(2, 3, 0, 0), EXIT());
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(packet_ends_at_its_last_byte),
		cmocka_unit_test(a_warm_hint_still_checks),
		cmocka_unit_test(a_short_window_does_not_wrap),
		cmocka_unit_test(metadata_ends_at_data),
		cmocka_unit_test(types_without_packet_access),
		cmocka_unit_test(context_fields_only),
		cmocka_unit_test(stack_is_512_bytes_and_zeroed),
		cmocka_unit_test(runs_do_not_see_each_other),
		cmocka_unit_test(nothing_else_is_memory),
		cmocka_unit_test(a_callee_reaches_its_callers_stack),
		cmocka_unit_test(a_callees_frame_is_no_longer_than_it_uses),
		cmocka_unit_test(atomics_are_not_for_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
