/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assertions of facts in native code: true ones are of no consequence, each
 * kind of wrong one ends the run at the instruction that relies on it.
 */
#include "cmocka_all.h"

#include <errno.h>

#include "../insns.h"
#include "interp/interp.h"
#include "jit/audit.h"
#include "map/map.h"
#include "verify/flow/flow.h"
#include "verify/state/state.h"

#define RX_QUEUE	16	/* struct xdp_md */
#define QUEUE		5

#define OR_IMM(d, i)	INSN(0x47, d, 0, 0, i)
#define DIV_REG(d, s)	INSN(0x3f, d, s, 0, 0)

/* Each of the numbered instructions takes something from the proof. */
enum {
	LOADS_FIELD = 0, INDEXES = 7, DIVIDES = 10, STORES = 11, CALLS = 16,
	LOADS_VALUE = 18,
};

static const struct bpf_insn insns[] = {
	LDX32(6, 1, RX_QUEUE),
	AND_IMM(6, 7),
	ST64(10, -8, 0),
	ST64(10, -16, 0),
	MOV_REG(2, 10),
	ADD_REG(2, 6),
	ADD_IMM(2, -16),
	STX8(2, 6, 0),			/* 7 */
	OR_IMM(6, 1),
	MOV_IMM(7, 700),
	DIV_REG(7, 6),			/* 10 */
	STX32(10, 7, -4),		/* 11 */
	LD_MAP(1, 0),			/* 12, 13 */
	MOV_REG(2, 10),
	ADD_IMM(2, -4),
	CALL(1),			/* 16 */
	JEQ_IMM(0, 0, 3),
	LDX32(1, 0, 4),			/* 18 */
	MOV_REG(0, 1),
	ADD_REG(0, 7),
	EXIT(),
};

static const struct map_def defs[2] = {
	{ "values", MAP_TYPE_HASH, 4, 8, 4 },
	{ "others", MAP_TYPE_ARRAY, 4, 8, 4 },
};

struct bench {
	struct arena arena;
	struct prog prog;
	struct verify_result *proof;
	struct map *maps[2];
	struct verify_map views[2];
	struct packet packet;
	uint8_t bytes[256];
	struct run_host host;
	struct run run;
};

static void begin(struct bench *b)
{
	struct verify_input in = { .prog = &b->prog, .maps = b->views };
	uint32_t key = 700 / QUEUE, value[2] = { 0, 1000 };

	memset(b, 0, sizeof(*b));
	arena_init(&b->arena);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(map_create(&b->maps[i], &defs[i], 1, NULL), 0);
		b->views[i] = (struct verify_map){
			.name = defs[i].name, .type = defs[i].type,
			.key_size = 4, .value_size = 8, .max_entries = 4,
		};
	}
	assert_int_equal(map_update_elem(b->maps[0], &key, value, 0), 0);
	b->prog = (struct prog){
		.name = "audited", .type = PROG_TYPE_XDP, .gpl = true,
		.insns = insns, .insns_cnt = ARRAY_SIZE(insns),
		.maps = b->maps, .maps_cnt = 2,
	};
	assert_int_equal(flow_find_subprogs(&b->arena, insns,
					    ARRAY_SIZE(insns),
					    &b->prog.subprogs,
					    &b->prog.subprogs_cnt), 0);
	assert_int_equal(verify_prog(&in, NULL, &b->proof, NULL), 0);
	b->packet.head = b->bytes;
	b->packet.data_meta = b->packet.data = b->bytes + 64;
	b->packet.end = b->packet.data_end = b->packet.data + 60;
	b->packet.rx_queue_index = QUEUE;
	b->run = (struct run){ .prog = &b->prog, .host = &b->host, .rng = 1,
			       .ctx = &b->packet, .packet = &b->packet };
	b->run.ctx_len = ctx_layout(b->prog.type)->size;
}

static void end(struct bench *b)
{
	verify_free(b->proof);
	for (int i = 0; i < 2; i++)
		map_put(b->maps[i]);
	arena_fini(&b->arena);
}

/* One run in code of that tier, with assertions. */
static enum run_stop run_audited(struct bench *b, enum jit_tier tier)
{
	const struct jit_options options = {
		.tier = tier, .audit = true, .check = true,
		.facts = &b->proof->facts,
	};

	assert_int_equal(jit_prepare(&b->prog, &options), 0);
	assert_int_equal(jit_tier_of(&b->prog), tier);
	assert_int_equal(jit_attach(&b->run), 0);
	jit_run(&b->run);
	jit_detach(&b->run);
	jit_release(&b->prog);
	return b->run.fault.stop;
}

static void true_facts_hold(void **state)
{
	struct bench b;

	if (!jit_usable())
		skip();
	for (int tier = JIT_QUICK; tier <= (int)jit_best_tier(); tier++) {
		begin(&b);
		assert_int_equal(run_audited(&b, (enum jit_tier)tier),
				 RUN_EXITED);
		assert_int_equal(b.run.r0, 1000 + 700 / QUEUE);
		end(&b);
	}
}

/* What is wrong of which register at which instruction. */
static struct verify_operand *claim_of(struct bench *b, uint32_t slot,
				       unsigned int reg)
{
	struct verify_facts *facts = &b->proof->facts;
	struct verify_fact *fact = &facts->insns[slot];
	struct verify_operand *args = facts->args[fact->args];

	if (insn_op(&insns[slot]) == OP_CALL_HELPER)
		return &args[(reg - 1) % JIT_AUDITED_MAX];
	return reg == insns[slot].dst_reg ? &fact->dst : &fact->src;
}

static void number(struct verify_operand *claim, int64_t value)
{
	claim->num = scalar_const((uint64_t)value);
}

static void ends_there(uint32_t slot, unsigned int reg,
		       void (*break_it)(struct verify_operand *claim))
{
	struct bench b;

	if (!jit_usable())
		return;
	for (int tier = JIT_QUICK; tier <= (int)jit_best_tier(); tier++) {
		begin(&b);
		break_it(claim_of(&b, slot, reg));
		assert_int_equal(run_audited(&b, (enum jit_tier)tier),
				 RUN_FAULT_FACT);
		assert_int_equal(b.run.fault.insn, slot);
		assert_int_equal(run_fault_errno(RUN_FAULT_FACT), -EFAULT);
		end(&b);
	}
}

static void say_seven(struct verify_operand *claim)
{
	number(claim, 7);
}

static void say_packet(struct verify_operand *claim)
{
	claim->type = REG_PACKET;
	claim->num = scalar_unknown();
}

static void say_caller(struct verify_operand *claim)
{
	claim->frame = 1;
}

static void say_other_map(struct verify_operand *claim)
{
	claim->map = 1;
}

static void say_four(struct verify_operand *claim)
{
	number(claim, 4);
}

static void wrong_facts_end_runs(void **state)
{
	ends_there(LOADS_FIELD, 1, say_four);
	ends_there(INDEXES, 2, say_seven);
	ends_there(INDEXES, 2, say_packet);
	ends_there(DIVIDES, 6, say_seven);
	ends_there(STORES, 10, say_caller);
	ends_there(CALLS, 1, say_other_map);
	ends_there(CALLS, 2, say_caller);
	ends_there(LOADS_VALUE, 0, say_other_map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(true_facts_hold),
		cmocka_unit_test(wrong_facts_end_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
