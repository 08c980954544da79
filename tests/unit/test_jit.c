/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Native code around its instructions, which the conformance and differential
 * tests have: budgets, stopping, frames, tail calls, context fields, and that
 * it ends as the interpreter does, at the same instruction.
 */
#include "cmocka_all.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "../insns.h"
#include "interp/interp.h"
#include "jit/jit.h"
#include "map/map.h"
#include "map/prog_array.h"
#include "verify/flow/flow.h"

#define PROGS	2

/* All tests run with each: of the first program, and of the second. */
static enum jit_tier tiers[PROGS];

/* Programs that are proven, and what they run over. */
struct bench {
	struct prog progs[PROGS];
	uint32_t progs_cnt;
	struct verify_result *proofs[PROGS];
	struct map *maps[2];		/* a prog array, an array of 64 bytes */
	struct verify_map views[2];
	struct packet packet;
	uint8_t bytes[512];
	struct arena arena;
	struct run run;
	struct run_host host;
	uint32_t without;		/* enum jit_features */
	size_t plain;		/* bytes of a plain context; 0: the packet */
};

static const struct map_def defs[2] = {
	{ "progs", MAP_TYPE_PROG_ARRAY, 4, 4, 4 },
	{ "values", MAP_TYPE_ARRAY, 4, 64, 4 },
};

static void bench_init(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	arena_init(&b->arena);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(map_create(&b->maps[i], &defs[i], 1, NULL), 0);
		b->views[i] = (struct verify_map){
			.name = defs[i].name, .type = defs[i].type,
			.key_size = 4, .value_size = defs[i].value_size,
			.max_entries = 4,
		};
	}
	b->packet.head = b->bytes;
	b->packet.data_meta = b->packet.data = b->bytes + 256;
	b->packet.end = b->packet.data_end = b->packet.data + 60;
	b->run.host = &b->host;
	b->run.rng = 1;
}

static void bench_fini(struct bench *b)
{
	for (uint32_t i = 0; i < b->progs_cnt; i++)
		verify_free(b->proofs[i]);
	for (int i = 0; i < 2; i++)
		map_put(b->maps[i]);
	arena_fini(&b->arena);
}

static void add(struct bench *b, enum prog_type type,
		const struct bpf_insn *insns, uint32_t cnt)
{
	uint32_t index = b->progs_cnt++;
	struct prog *prog = &b->progs[index];
	struct verify_input in = { .prog = prog, .maps = b->views };

	*prog = (struct prog){
		.name = "test", .type = type, .gpl = true,
		.flags = type == PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0,
		.insns = insns, .insns_cnt = cnt,
		.maps = b->maps, .maps_cnt = 2,
	};
	assert_int_equal(flow_find_subprogs(&b->arena, insns, cnt,
					    &prog->subprogs,
					    &prog->subprogs_cnt), 0);
	assert_int_equal(verify_prog(&in, NULL, &b->proofs[index], NULL), 0);
}

#define ADD(b, type, ...) do { \
	static const struct bpf_insn insns_[] = { __VA_ARGS__ }; \
	add(b, PROG_TYPE_##type, insns_, ARRAY_SIZE(insns_)); \
} while (0)

static void compile(struct bench *b, bool counts)
{
	for (uint32_t i = 0; i < b->progs_cnt; i++) {
		struct jit_options options = {
			.facts = &b->proofs[i]->facts, .counts = counts,
			.tier = tiers[i], .check = true,
			.without = b->without,
		};

		assert_int_equal(jit_prepare(&b->progs[i], &options), 0);
		assert_int_not_equal(jit_code_size(&b->progs[i]), 0);
		assert_int_equal(prog_array_set(b->maps[0], i, &b->progs[i],
						i + 1), 0);
	}
	assert_int_equal(jit_attach(&b->run), 0);
}

static void interpret(struct bench *b)
{
	for (uint32_t i = 0; i < b->progs_cnt; i++) {
		assert_int_equal(interp_prepare(&b->progs[i], NULL), 0);
		prog_array_set(b->maps[0], i, &b->progs[i], i + 1);
	}
	assert_int_equal(interp_attach(&b->run), 0);
}

/* An array is of one engine for its life: each gets its own. */
static void drop(struct bench *b, void (*release)(struct prog *prog),
		 void (*detach)(struct run *run))
{
	detach(&b->run);
	for (uint32_t i = 0; i < b->progs_cnt; i++)
		release(&b->progs[i]);
	map_put(b->maps[0]);
	assert_int_equal(map_create(&b->maps[0], &defs[0], 1, NULL), 0);
}

static void ready(struct bench *b)
{
	b->run.prog = &b->progs[0];
	b->run.packet = b->plain ? NULL : &b->packet;
	b->run.ctx = b->plain ? (void *)b->bytes : &b->packet;
	b->run.ctx_len = b->plain ?: ctx_layout(b->progs[0].type)->size;
}

static int run_once(struct bench *b, int (*engine)(struct run *run))
{
	int err;

	ready(b);
	err = engine(&b->run);
	assert_ptr_equal(b->run.prog, &b->progs[0]);
	return err;
}

/* Both engines end in the same way, with the same result. */
static enum run_stop equal_runs(struct bench *b, uint64_t budget)
{
	struct run want;
	int err;

	b->run.budget = budget;
	interpret(b);
	err = run_once(b, interp_run);
	want = b->run;
	drop(b, interp_release, interp_detach);
	compile(b, budget);
	assert_int_equal(run_once(b, jit_run), err);
	drop(b, jit_release, jit_detach);
	assert_int_equal(b->run.fault.stop, want.fault.stop);
	assert_int_equal(b->run.insns, want.insns);
	assert_int_equal(b->run.tail_calls, want.tail_calls);
	if (err) {
		assert_int_equal(b->run.fault.insn, want.fault.insn);
		assert_ptr_equal(b->run.fault.prog, want.fault.prog);
		assert_int_equal(b->run.fault.addr, want.fault.addr);
	} else {
		assert_int_equal(b->run.r0, want.r0);
	}
	return want.fault.stop;
}

/* bpf_loop: r1 rounds of r2(index, r3). */
#define LOOP(rounds, distance) MOV_IMM(1, rounds), LD_FUNC(2, distance), \
	MOV_IMM(3, 0), MOV_IMM(4, 0), CALL(181)

static void budgets_end_at_the_same_instruction(void **state)
{
	enum run_stop stop = RUN_FAULT_BUDGET;
	struct bench b;

	bench_init(&b);
	ADD(&b, XDP, MOV_IMM(6, 3), CALL_LOCAL(10), ADD_IMM(6, -1),
	    JNE_IMM(6, 0, -3), LOOP(3, 10), MOV_IMM(0, 2), EXIT(),
	    /* the function, then the callback */
	    LD64(0, 0, 1ull << 40), ADD_IMM(0, 1), EXIT(),
	    MOV_IMM(0, 0), EXIT());
	b.progs_cnt = 1;
	for (uint64_t budget = 1; stop != RUN_EXITED; budget++) {
		assert_true(budget < 100);
		stop = equal_runs(&b, budget);
	}
	bench_fini(&b);
}

static void stop_at_a_line(void *arg, const char *text, size_t len)
{
	jit_stop(arg);
}

/* The program prints a line, which stops it; a jump back notices. */
static void stops_in_a_loop(void **state)
{
	struct bench b;

	bench_init(&b);
	ADD(&b, XDP, ST64(10, -8, 'a'), MOV_IMM(6, 100), MOV_REG(1, 10),
	    ADD_IMM(1, -8), MOV_IMM(2, 2), CALL(6), ADD_IMM(6, -1),
	    JNE_IMM(6, 0, -6), MOV_IMM(0, 1), EXIT());
	b.host = (struct run_host){ &b.run, stop_at_a_line, NULL };
	compile(&b, false);
	assert_int_not_equal(run_once(&b, jit_run), 0);
	assert_int_equal(b.run.fault.stop, RUN_FAULT_STOPPED);
	assert_int_equal(b.run.fault.insn, 7);
	/* and all later runs of this scratch */
	b.host.trace = NULL;
	assert_int_not_equal(run_once(&b, jit_run), 0);
	assert_int_equal(b.run.fault.stop, RUN_FAULT_STOPPED);
	drop(&b, jit_release, jit_detach);
	bench_fini(&b);
}

static void stops_in_callbacks(void **state)
{
	struct bench b;

	bench_init(&b);
	ADD(&b, XDP, LOOP(1000, 6), MOV_IMM(0, 1), EXIT(),
	    ST64(10, -8, 'a'), MOV_REG(1, 10), ADD_IMM(1, -8), MOV_IMM(2, 2),
	    CALL(6), MOV_IMM(0, 0), EXIT());
	b.host = (struct run_host){ &b.run, stop_at_a_line, NULL };
	compile(&b, false);
	assert_int_not_equal(run_once(&b, jit_run), 0);
	assert_int_equal(b.run.fault.stop, RUN_FAULT_STOPPED);
	assert_int_equal(b.run.fault.insn, 5);
	drop(&b, jit_release, jit_detach);
	bench_fini(&b);
}

/* Eight frames: a chain of as many functions as there may be. */
#define CHAIN_7 \
	CALL_LOCAL(1), EXIT(), CALL_LOCAL(1), EXIT(), CALL_LOCAL(1), EXIT(), \
	CALL_LOCAL(1), EXIT(), CALL_LOCAL(1), EXIT(), CALL_LOCAL(1), EXIT(), \
	CALL_LOCAL(1), EXIT(), MOV_IMM(0, 7), EXIT()

static void eight_frames(void **state)
{
	struct bench b;

	bench_init(&b);
	ADD(&b, XDP, CHAIN_7);
	assert_int_equal(equal_runs(&b, 0), RUN_EXITED);
	bench_fini(&b);
}

/* A tail call takes its caller's frame, wherever that is. */
static void a_tail_call_in_a_function(void **state)
{
	struct bench b;

	bench_init(&b);
	ADD(&b, XDP, MOV_IMM(6, 40), CALL_LOCAL(2), ADD_REG(0, 6), EXIT(),
	    MOV_IMM(6, 1), MOV_IMM(7, 1), LD_MAP(2, 0), MOV_IMM(3, 1),
	    CALL(12), MOV_IMM(0, 1), EXIT());
	ADD(&b, XDP, MOV_IMM(6, 2), MOV_IMM(0, 2), EXIT());
	assert_int_equal(equal_runs(&b, 0), RUN_EXITED);
	assert_int_equal(b.run.r0, 42);
	bench_fini(&b);
}

static void a_tail_call_into_too_many_frames(void **state)
{
	struct bench b;

	bench_init(&b);
	ADD(&b, XDP, CALL_LOCAL(1), EXIT(), LD_MAP(2, 0), MOV_IMM(3, 1),
	    CALL(12), MOV_IMM(0, 1), EXIT());
	ADD(&b, XDP, CHAIN_7);
	assert_int_equal(equal_runs(&b, 0), RUN_FAULT_DEPTH);
	bench_fini(&b);
}

/* From a function again and again: 33, on a stack that does not grow. */
static void tail_calls_from_functions_end(void **state)
{
	struct bench b;

	bench_init(&b);
	ADD(&b, XDP, LD_MAP(2, 0), MOV_IMM(3, 1), CALL(12), MOV_IMM(0, 5),
	    EXIT());
	ADD(&b, XDP, MOV_REG(6, 1), LD_MAP(2, 0), MOV_IMM(3, 0), CALL(12),
	    MOV_IMM(0, 6), EXIT());
	assert_int_equal(equal_runs(&b, 0), RUN_EXITED);
	assert_int_equal(b.run.tail_calls, RUN_TAIL_CALLS_MAX);
	bench_fini(&b);
}

static void one_engine_to_a_prog_array(void **state)
{
	struct bench b;

	bench_init(&b);
	ADD(&b, XDP, MOV_IMM(0, 1), EXIT());
	ADD(&b, XDP, MOV_IMM(0, 2), EXIT());
	compile(&b, false);
	jit_release(&b.progs[1]);
	assert_int_equal(interp_prepare(&b.progs[1], NULL), 0);
	assert_int_equal(prog_array_set(b.maps[0], 1, &b.progs[1], 9),
			 -EINVAL);
	interp_release(&b.progs[1]);
	b.progs_cnt = 1;
	drop(&b, jit_release, jit_detach);
	verify_free(b.proofs[1]);
	bench_fini(&b);
}

/* All words of a frame of `depth` bytes: their sum, and then 7 in each. */
static uint32_t read_and_fill(struct bpf_insn *insns, int depth)
{
	uint32_t cnt = 0;

	insns[cnt++] = MOV_IMM(0, 0);
	for (int16_t off = 8; off <= depth; off += 8) {
		insns[cnt++] = LDX64(1, 10, -off);
		insns[cnt++] = ADD_REG(0, 1);
		insns[cnt++] = ST64(10, -off, 7);
	}
	insns[cnt++] = EXIT();
	return cnt;
}

/* What an earlier run left on the stack is not seen by a later one. */
static void stacks_are_clear(void **state)
{
	static const int depths[] = { 8, 16, 24, 32, 40, 512 };

	for (size_t i = 0; i < ARRAY_SIZE(depths); i++) {
		struct bpf_insn insns[2 + 3 * 64];
		struct bench b;

		bench_init(&b);
		add(&b, PROG_TYPE_XDP, insns, read_and_fill(insns, depths[i]));
		compile(&b, false);
		for (int run = 0; run < 2; run++) {
			assert_int_equal(run_once(&b, jit_run), 0);
			assert_int_equal(b.run.r0, 0);
		}
		drop(&b, jit_release, jit_detach);
		bench_fini(&b);
	}
}

/* A context of plain memory is as long as the run says. */
static void a_short_context(void **state)
{
	for (size_t len = 1; len < 24; len++) {
		struct bench b;

		bench_init(&b);
		ADD(&b, SYSCALL, MOV_IMM(0, 3), STX32(1, 0, 4), LDX16(2, 1, 8),
		    LDX64(3, 1, 16), EXIT());
		b.plain = len;
		assert_int_equal(equal_runs(&b, 0), len < 8 ? RUN_FAULT_STORE :
				 RUN_FAULT_LOAD);
		bench_fini(&b);
	}
}

static void without_facts_nothing_is_compiled(void **state)
{
	struct jit_options options = { 0 };
	struct bench b;

	bench_init(&b);
	ADD(&b, XDP, MOV_IMM(0, 1), EXIT());
	assert_int_equal(jit_prepare(&b.progs[0], &options), -EOPNOTSUPP);
	assert_null(b.progs[0].engine);
	jit_release(&b.progs[0]);
	bench_fini(&b);
}

#define QUEUE_MAPPING	12
#define TC_INDEX	44
#define CB		48
#define TSTAMP		152

/* Narrow and wide accesses, fields that are narrower natively. */
static void context_fields(void **state)
{
	struct bench b;

	bench_init(&b);
	ADD(&b, SCHED_CLS, MOV_REG(6, 1), LDX8(2, 6, 9), LDX16(3, 6, 10),
	    LDX32(4, 6, TC_INDEX), LDX16(5, 6, TC_INDEX + 2),
	    LDX64(0, 6, TSTAMP), ADD_REG(0, 2), ADD_REG(0, 3), ADD_REG(0, 4),
	    ADD_REG(0, 5), LD64(7, 0, 0x1122334455667788),
	    STX32(6, 7, TC_INDEX), STX64(6, 7, TSTAMP), STX8(6, 7, CB + 3),
	    STX32(6, 7, 8), STX32(6, 7, QUEUE_MAPPING), MOV_IMM(7, 65534),
	    STX32(6, 7, QUEUE_MAPPING), MOV_IMM(7, 65535),
	    STX32(6, 7, QUEUE_MAPPING), EXIT());
	for (int i = 0; i < 2; i++) {
		struct packet *p = &b.packet;

		p->mark = 0xa1b2c3d4;
		p->tc_index = 0x12345678;
		p->tstamp = 1ull << 50;
		p->cb[0] = 0;
		if (i)
			compile(&b, false);
		else
			interpret(&b);
		assert_int_equal(run_once(&b, i ? jit_run : interp_run), 0);
		assert_int_equal(b.run.r0, (1ull << 50) + 0xc3 + 0xa1b2 +
				 0x5678);
		assert_int_equal(p->tc_index, 0x12347788);
		assert_int_equal(p->tstamp, 0x1122334455667788);
		assert_int_equal(p->cb[0], 0x88000000);
		assert_int_equal(p->mark, 0x55667788);
		assert_int_equal(p->queue_mapping, 65534);
		drop(&b, i ? jit_release : interp_release,
		     i ? jit_detach : interp_detach);
	}
	bench_fini(&b);
}

static void keep_text(void *arg, const char *text, size_t len)
{
	char *out = arg;

	memcpy(out, text, MIN(len, 31));
	out[MIN(len, 31)] = 0;
}

/* "%s" of an address in a map value, and of one that is nowhere. */
static void text_by_address(void **state)
{
	uint64_t value[8] = { 0x0041424344454647, 'x' };
	uint32_t key = 1;
	char text[32];
	struct bench b;

	bench_init(&b);
	ADD(&b, XDP, ST64(10, -8, '%' | 's' << 8), ST32(10, -12, 1),
	    LD_MAP(1, 1), MOV_REG(2, 10), ADD_IMM(2, -12), CALL(1),
	    JEQ_IMM(0, 0, 5), MOV_REG(3, 0), MOV_REG(1, 10), ADD_IMM(1, -8),
	    MOV_IMM(2, 3), CALL(6), MOV_IMM(0, 1), EXIT());
	assert_int_equal(map_update_elem(b.maps[1], &key, value, 0), 0);
	b.host = (struct run_host){ text, keep_text, NULL };
	compile(&b, false);
	assert_int_equal(run_once(&b, jit_run), 0);
	assert_memory_equal(text, "GFEDCBA", 7);
	drop(&b, jit_release, jit_detach);
	bench_fini(&b);
}

/* ---- distances ---- */

#define LONG	70000		/* numbers of 64 bits: more than 1 MB of code */

/*
 * A loop, a call and a budget before much straight code: what leads behind it
 * reaches on no machine by short branches.
 */
static void branches_over_long_code(void **state)
{
	static const struct bpf_insn head[] = {
		MOV_IMM(6, 3), CALL_LOCAL(2 * LONG + 5), ADD_IMM(6, -1),
		JNE_IMM(6, 0, -3), ADD_REG(0, 6),
	};
	static const struct bpf_insn tail[] = {
		ADD_REG(0, 6), EXIT(), MOV_IMM(0, 7), EXIT(),
	};
	static const uint64_t budgets[] = { 0, 4, 9, LONG, 2 * LONG };
	uint32_t cnt = ARRAY_SIZE(head) + 2 * LONG + ARRAY_SIZE(tail);
	struct bpf_insn *insns = calloc(cnt, sizeof(*insns)), *at = insns;
	struct bench b;

	at = memcpy(at, head, sizeof(head)) + sizeof(head);
	for (uint64_t i = 0; i < LONG; i++, at += 2)
		memcpy(at, (struct bpf_insn[]){
		       LD64(0, 0, 0x123456789abcdef0 + i) }, 2 * sizeof(*at));
	memcpy(at, tail, sizeof(tail));
	for (size_t i = 0; i < ARRAY_SIZE(budgets); i++) {
		bench_init(&b);
		add(&b, PROG_TYPE_XDP, insns, cnt);
		assert_int_equal(equal_runs(&b, budgets[i]),
				 budgets[i] && budgets[i] <= LONG ?
				 RUN_FAULT_BUDGET : RUN_EXITED);
		bench_fini(&b);
	}
	free(insns);
}

/* ---- threads ---- */

#define ROUNDS	200
#define RUNS	200
#define THREADS	4

/*
 * r7: a value. Adds 1 to its first two words, without fetching and fetching;
 * to the third when cmpxchg finds what was there before, which the seventh
 * counts. Sets a bit and toggles another in the fourth. The fifth takes part
 * in exchanges: what is there and what they gave sum up to the rounds.
 */
static const struct bpf_insn counting[] = {
	ST32(10, -4, 1), LD_MAP(1, 1), MOV_REG(2, 10), ADD_IMM(2, -4), CALL(1),
	JEQ_IMM(0, 0, 26), MOV_REG(7, 0), MOV_IMM(6, ROUNDS),
	/* a round */
	MOV_IMM(1, 1), ATOMIC64(7, 1, 0, 0x00),
	MOV_IMM(1, 1), ATOMIC64(7, 1, 8, 0x01),
	LDX64(0, 7, 16), MOV_REG(8, 0), MOV_REG(2, 0), ADD_IMM(2, 1),
	ATOMIC64(7, 2, 16, 0xf1), INSN(0x5d, 0, 8, 2, 0),
	MOV_IMM(1, 1), ATOMIC64(7, 1, 48, 0x00),
	MOV_IMM(1, 4), ATOMIC64(7, 1, 24, 0x41),
	MOV_IMM(1, 8), ATOMIC64(7, 1, 24, 0xa1),
	MOV_IMM(1, -2), ATOMIC64(7, 1, 24, 0x51),
	MOV_IMM(1, 1), ATOMIC64(7, 1, 32, 0xe1), ATOMIC64(7, 1, 40, 0x00),
	ADD_IMM(6, -1), JNE_IMM(6, 0, -23),
	MOV_IMM(0, 2), EXIT(),
};

static void *count_rounds(void *prog)
{
	uint8_t bytes[512] = { 0 };
	struct packet packet = {
		.head = bytes, .data_meta = bytes + 256, .data = bytes + 256,
		.data_end = bytes + 320, .end = bytes + 320,
	};
	struct run run = {
		.prog = prog, .ctx = &packet, .packet = &packet,
		.ctx_len = sizeof(struct xdp_md),
	};
	int err = jit_attach(&run);

	for (int i = 0; !err && i < RUNS; i++)
		err = jit_run(&run);
	jit_detach(&run);
	return (void *)(uintptr_t)(err ? 0 : run.r0);
}

/* Nothing is lost, by the machine's atomics and by what makes up for them. */
static void atomics_of_many_threads(void **state)
{
	uint64_t value[8], total = ROUNDS * RUNS * THREADS;

	for (uint32_t without = 0; without < 2; without++) {
		uint32_t key = 1;
		pthread_t threads[THREADS];
		struct bench b;
		void *r0;

		bench_init(&b);
		add(&b, PROG_TYPE_XDP, counting, ARRAY_SIZE(counting));
		b.without = without ? ~0u : 0;
		compile(&b, false);
		for (int i = 0; i < THREADS; i++)
			assert_int_equal(pthread_create(&threads[i], NULL,
							count_rounds,
							&b.progs[0]), 0);
		for (int i = 0; i < THREADS; i++) {
			pthread_join(threads[i], &r0);
			assert_int_equal((uintptr_t)r0, 2);
		}
		map_lookup_elem(b.maps[1], &key, value, 0);
		assert_int_equal(value[0], total);
		assert_int_equal(value[1], total);
		assert_int_equal(value[2], value[6]);
		assert_int_equal(value[3], 4);
		assert_int_equal(value[4] + value[5], total);
		drop(&b, jit_release, jit_detach);
		bench_fini(&b);
	}
}

int main(void)
{
	int failed = 0;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(budgets_end_at_the_same_instruction),
		cmocka_unit_test(stops_in_a_loop),
		cmocka_unit_test(stops_in_callbacks),
		cmocka_unit_test(eight_frames),
		cmocka_unit_test(a_tail_call_in_a_function),
		cmocka_unit_test(a_tail_call_into_too_many_frames),
		cmocka_unit_test(tail_calls_from_functions_end),
		cmocka_unit_test(one_engine_to_a_prog_array),
		cmocka_unit_test(stacks_are_clear),
		cmocka_unit_test(a_short_context),
		cmocka_unit_test(without_facts_nothing_is_compiled),
		cmocka_unit_test(context_fields),
		cmocka_unit_test(text_by_address),
		cmocka_unit_test(branches_over_long_code),
		cmocka_unit_test(atomics_of_many_threads),
	};

	if (!jit_usable()) {
		printf("skipped: no native code for this machine\n");
		return 77;
	}
	for (tiers[0] = JIT_QUICK; tiers[0] <= jit_best_tier(); tiers[0]++)
		for (tiers[1] = JIT_QUICK; tiers[1] <= jit_best_tier();
		     tiers[1]++)
			failed += cmocka_run_group_tests(tests, NULL, NULL);
	return failed;
}
