/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interpreter's promises: what it gives and refuses, the budget, how a
 * fault is told, being stopped, many threads. Memory, maps and calls are in
 * test_interp_memory.c, test_interp_map.c, test_interp_call.c.
 */
#include "interp_bench.h"

#include <errno.h>
#include <linux/filter.h>
#include <pthread.h>
#include <unistd.h>

#include "spec/diags.h"

static void budget_counts_instructions(void **state)
{
	static const struct bpf_insn insns[] = {
		MOV_IMM(2, 10), ADD_IMM(2, -1), JNE_IMM(2, 0, -2), EXIT(),
	};
	struct bench b;

	assert_int_equal(stop_of(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns)),
			 RUN_EXITED);
	b.run.budget = 22;
	assert_int_equal(interp_run(&b.run), 0);
	assert_int_equal(b.run.insns, 22);
	b.run.budget = 21;
	assert_int_equal(interp_run(&b.run), -E2BIG);
	assert_int_equal(b.run.fault.stop, RUN_FAULT_BUDGET);
	assert_int_equal(b.run.fault.insn, 3);
	bench_fini(&b);
}

static bool sees_three(struct run *run, const struct prog *prog, uint32_t insn)
{
	uint32_t *seen = run->watch_arg;

	assert_int_equal(insn, (*seen)++);
	return *seen < 3;
}

static void a_watch_may_end_a_run(void **state)
{
	static const struct bpf_insn insns[] = {
		MOV_IMM(0, 1), ADD_IMM(0, 1), ADD_IMM(0, 1), EXIT(),
	};
	uint32_t seen = 0;
	struct bench b;

	bench_init(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns));
	assert_int_equal(interp_prepare(&b.prog, NULL), 0);
	b.run.watch = sees_three;
	b.run.watch_arg = &seen;
	assert_int_equal(interp_run(&b.run), 0);
	assert_int_equal(seen, 0);
	b.run.budget = 100;
	assert_int_equal(interp_run(&b.run), -E2BIG);
	assert_int_equal(seen, 3);
	assert_int_equal(b.run.fault.insn, 2);
	bench_fini(&b);
}

#define LSH(d, i)	INSN(0x67, d, 0, 0, i)
#define RSH(d, i)	INSN(0x77, d, 0, 0, i)
#define OR_REG(d, s)	INSN(0x4f, d, s, 0, 0)

/* Operations that share a handler give what they give one by one. */
static void pairs_are_two_operations(void **state)
{
	static const struct bpf_insn insns[] = {
		MOV_IMM(2, 0x1234), MOV_IMM(3, 5), MOV_IMM(0, 0),
		MOV_REG(4, 2), ADD_IMM(4, -7), ADD_REG(0, 4),
		MOV_REG(4, 2), AND_IMM(4, 0xf0), XOR_REG(0, 4),
		MOV_REG(4, 2), LSH(4, 40), ADD_REG(0, 4),
		MOV_REG(4, 2), RSH(4, 3), XOR_REG(0, 4),
		MOV_REG(4, 2), ADD_REG(4, 3), ADD_REG(0, 4),
		MOV_REG(4, 2), ADD_REG(4, 4), ADD_REG(0, 4),
		MOV_REG(4, 2), XOR_REG(4, 3), ADD_REG(0, 4),
		MOV_REG(4, 2), XOR_REG(4, 4), ADD_REG(0, 4),
		MOV_REG(4, 2), LSH(4, 60), RSH(4, 50), ADD_REG(0, 4),
		LSH(2, 7), OR_REG(2, 3), ADD_REG(0, 2),
		LSH(2, 7), OR_REG(2, 2), ADD_REG(0, 2),
		/* a jump to the second of two */
		MOV_IMM(5, 1), JEQ_IMM(5, 1, 1), MOV_REG(5, 2), ADD_IMM(5, 3),
		MUL_IMM(0, 31), ADD_REG(0, 5), EXIT(),
	};
	uint64_t v = 0x1234, r0 = v - 7;
	struct bench b;

	r0 ^= v & 0xf0;
	r0 += v << 40;
	r0 ^= v >> 3;
	r0 += v + 5;
	r0 += v + v;
	r0 += v ^ 5;
	r0 += v << 60 >> 50;
	v = v << 7 | 5;
	r0 += v;
	r0 += v << 7;
	r0 = r0 * 31 + 4;
	assert_int_equal(stop_of(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns)),
			 RUN_EXITED);
	assert_int_equal(b.run.r0, r0);
	b.run.budget = 1000;
	assert_int_equal(interp_run(&b.run), 0);
	assert_int_equal(b.run.r0, r0);
	assert_int_equal(b.run.insns, ARRAY_SIZE(insns) - 1);
	bench_fini(&b);
}

static void may_goto_ends_a_loop(void **state)
{
	GIVES(XDP, 8 << 20, MOV_IMM(0, 0), MAY_GOTO(2), ADD_IMM(0, 1), JA(-3),
	      EXIT());
}

static void legacy_loads(void **state)
{
#define LD_ABS(op, i) MOV_REG(6, 1), MOV_IMM(0, 9), INSN(op, 0, 0, 0, i), \
		      ADD_IMM(0, 1), EXIT()
	static const struct {
		struct bpf_insn insns[5];
		uint64_t want;
	} rows[] = {
		{ { LD_ABS(0x30, 0) }, 0x80 + 1 },
		{ { LD_ABS(0x28, 0) }, 0x8081 + 1 },
		{ { LD_ABS(0x20, 0) }, 0x80818283ULL + 1 },
		{ { LD_ABS(0x30, 59) }, 0xbb + 1 },
		{ { LD_ABS(0x30, 60) }, 0 },
		{ { LD_ABS(0x28, 59) }, 0 },
		{ { LD_ABS(0x20, 57) }, 0 },
		{ { LD_ABS(0x30, 0x7fffffff) }, 0 },
		{ { LD_ABS(0x30, SKF_LL_OFF + 1) }, 0x81 + 1 },
		{ { LD_ABS(0x30, SKF_NET_OFF) }, 0x8e + 1 },
		{ { LD_ABS(0x30, -1) }, 0 },
		{ { LD_ABS(0x30, SKF_LL_OFF - 1) }, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bench b;

		bench_init(&b, PROG_TYPE_SOCKET_FILTER, rows[i].insns, 5);
		for (int j = 0; j < 60; j++)
			b.packet.data[j] = (uint8_t)(0x80 + j);
		assert_int_equal(interp_prepare(&b.prog, NULL), 0);
		assert_int_equal(interp_run(&b.run), 0);
		assert_int_equal(b.run.r0, rows[i].want);
		bench_fini(&b);
	}
	/* r6 must be the context */
	RUNS(SOCKET_FILTER, RUN_FAULT_OP, INSN(0x30, 0, 0, 0, 0), EXIT());
}

static int refused(const struct bpf_insn *insns, uint32_t cnt)
{
	struct bench b;
	int err;

	bench_init(&b, PROG_TYPE_XDP, insns, cnt);
	err = interp_prepare(&b.prog, NULL);
	bench_fini(&b);
	return err;
}

#define REFUSES(err, ...) do { \
	const struct bpf_insn insns_[] = { __VA_ARGS__ }; \
	assert_int_equal(refused(insns_, ARRAY_SIZE(insns_)), err); \
} while (0)

static void what_is_refused(void **state)
{
	REFUSES(-EACCES, MOV_IMM(10, 0), EXIT());
	REFUSES(-EACCES, LDX64(10, 1, 0), EXIT());
	REFUSES(-EACCES, ATOMIC64(10, 10, -8, 1), EXIT());
	REFUSES(-EINVAL, LD_MAP(1, 0), EXIT());
	REFUSES(-EINVAL, MOV_IMM(0, 0));
	REFUSES(-EINVAL, JA(5), EXIT());
	/* callx, and a helper of the kernel that no skep has yet */
	REFUSES(-ENOTSUP, INSN(0x8d, 2, 0, 0, 0), EXIT());
	REFUSES(-ENOTSUP, INSN(0x85, 0, 2, 0, 0), EXIT());
}

static void dead_calls_do_not_matter(void **state)
{
	GIVES(XDP, 1, MOV_IMM(0, 1), EXIT(), INSN(0x85, 0, 2, 0, 0), EXIT());
	GIVES(XDP, 1, MOV_IMM(0, 1), JEQ_IMM(0, 1, 1), CALL(0xbad2310),
	      EXIT());
	RUNS(XDP, RUN_FAULT_CALL, MOV_IMM(0, 1), CALL(0xbad2310), EXIT());
}

static void a_fault_says_where(void **state)
{
	static const struct bpf_insn insns[] = {
		PACKET_AT(0), LDX32(0, 2, 60), EXIT(),
	};
	struct bench b;

	assert_int_equal(stop_of(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns)),
			 RUN_FAULT_LOAD);
	assert_int_equal(b.run.fault.insn, 3);
	assert_int_equal(b.run.fault.size, 4);
	assert_ptr_equal(b.run.fault.addr, b.packet.data_end);
	assert_int_equal(b.run.fault.near.cls, MEM_PACKET);
	assert_int_equal(b.run.fault.near.len, 60);
	assert_ptr_equal(b.run.fault.prog, &b.prog);
	bench_fini(&b);
}

static void note_diag(void *arg, const struct skep_diag *diag)
{
	*(struct skep_diag *)arg = *diag;
}

static void note_insn(void *arg, const struct skep_diag *diag)
{
	*(bool *)arg = strstr(diag->message, "r0 = *(u32 *)(r2 + 0x0)");
}

static void a_fault_is_reported(void **state)
{
	bool shown = false;
	static const struct bpf_insn insns[] = {
		MOV_IMM(2, 0), LDX32(0, 2, 0), EXIT(),
	};
	static const struct prog_line lines[] = {
		{ .insn = 1, .file = "a.c", .text = "x = *p;", .line = 7,
		  .column = 5 },
	};
	struct skep_diag diag = { 0 };
	struct diag_sink sink = { .fn = note_diag, .arg = &diag };
	struct bench b;

	assert_int_equal(stop_of(&b, PROG_TYPE_XDP, insns, ARRAY_SIZE(insns)),
			 RUN_FAULT_LOAD);
	b.prog.lines = lines;
	b.prog.lines_cnt = 1;
	assert_int_equal(run_fault_report(&b.run, &sink), -EFAULT);
	assert_string_equal(diag.id, "run-load");
	assert_int_equal(diag.insn, 1);
	assert_int_equal(diag.line, 7);
	sink.fn = note_insn;
	sink.arg = &shown;
	run_fault_report(&b.run, &sink);
	assert_true(shown);
	sink.errors--;
	assert_int_equal(sink.errors, 1);
	bench_fini(&b);
}

static void *stop_soon(void *arg)
{
	usleep(20000);
	interp_stop(arg);
	return NULL;
}

static void an_endless_run_is_stopped(void **state)
{
	static const struct bpf_insn loop[] = { JA(-1), EXIT() };

	for (uint64_t budget = 0; budget < 2; budget++) {
		pthread_t thread;
		struct bench b;

		bench_init(&b, PROG_TYPE_XDP, loop, ARRAY_SIZE(loop));
		b.run.budget = budget ? UINT64_MAX : 0;
		assert_int_equal(interp_prepare(&b.prog, NULL), 0);
		assert_int_equal(pthread_create(&thread, NULL, stop_soon,
						&b.run), 0);
		assert_int_equal(interp_run(&b.run), -EINTR);
		assert_int_equal(b.run.fault.stop, RUN_FAULT_STOPPED);
		pthread_join(thread, NULL);
		/* whatever comes next does not run either */
		b.run.budget = budget ? 0 : 5;
		assert_int_equal(interp_run(&b.run), -EINTR);
		bench_fini(&b);
	}
}

static void *run_many(void *arg)
{
	struct run run = { .prog = arg };
	uint64_t sum = 0, memory[2] = { 5, 7 };

	run.ctx = memory;
	run.ctx_len = sizeof(memory);
	if (interp_attach(&run))
		return NULL;
	for (int i = 0; i < 10000; i++)
		sum += interp_run(&run) ? 0 : run.r0;
	interp_detach(&run);
	return (void *)(uintptr_t)sum;
}

static void one_program_on_many_threads(void **state)
{
	static const struct bpf_insn insns[] = {
		ST64(10, -8, 1), LDX64(0, 1, 0), LDX64(2, 1, 8),
		ADD_REG(0, 2), LDX64(2, 10, -8), ADD_REG(0, 2), EXIT(),
	};
	struct prog prog = {
		.name = "t", .type = PROG_TYPE_SYSCALL, .insns = insns,
		.insns_cnt = ARRAY_SIZE(insns),
	};
	pthread_t threads[4];
	void *sum;

	assert_int_equal(interp_prepare(&prog, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_many,
						&prog), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		pthread_join(threads[i], &sum);
		assert_int_equal(sum, 130000);
	}
	interp_release(&prog);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(budget_counts_instructions),
		cmocka_unit_test(a_watch_may_end_a_run),
		cmocka_unit_test(pairs_are_two_operations),
		cmocka_unit_test(may_goto_ends_a_loop),
		cmocka_unit_test(legacy_loads),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(dead_calls_do_not_matter),
		cmocka_unit_test(a_fault_says_where),
		cmocka_unit_test(a_fault_is_reported),
		cmocka_unit_test(an_endless_run_is_stopped),
		cmocka_unit_test(one_program_on_many_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
