/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The optimiser's passes on small proven programs: what is left of them. That
 * they do the same as before is what the differential tests are for.
 */
#include "cmocka_all.h"

#include <stdio.h>

#include "../insns.h"
#include "base/str.h"
#include "jit/opt/opt.h"
#include "map/map.h"
#include "verify/flow/flow.h"

enum { ARRAY, PERCPU, MAPS };

struct fixture {
	struct arena arena;
	struct map *maps[MAPS];
	struct verify_map views[MAPS];
	struct prog prog;
	struct verify_result *proof;
	struct ir_unit unit;
	struct strbuf text;
};

static const struct map_def defs[MAPS] = {
	[ARRAY] = { "array", MAP_TYPE_ARRAY, 4, 8, 4 },
	[PERCPU] = { "percpu", MAP_TYPE_PERCPU_ARRAY, 4, 8, 4 },
};

static int begin(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));

	arena_init(&fx->arena);
	for (int i = 0; i < MAPS; i++) {
		assert_int_equal(map_create(&fx->maps[i], &defs[i], 2, NULL),
				 0);
		fx->views[i] = (struct verify_map){
			.name = defs[i].name, .type = defs[i].type,
			.key_size = 4, .value_size = 8, .max_entries = 4,
		};
	}
	*state = fx;
	return 0;
}

static int end(void **state)
{
	struct fixture *fx = *state;

	ir_unit_fini(&fx->unit);
	verify_free(fx->proof);
	for (int i = 0; i < MAPS; i++)
		map_put(fx->maps[i]);
	strbuf_fini(&fx->text);
	arena_fini(&fx->arena);
	free(fx);
	return 0;
}

static void build(struct fixture *fx, const struct bpf_insn *insns,
		  uint32_t cnt)
{
	struct verify_input in = { .prog = &fx->prog, .maps = fx->views };
	struct jit_options options = { 0 };

	fx->prog = (struct prog){
		.name = "test", .type = PROG_TYPE_XDP, .gpl = true,
		.insns = insns, .insns_cnt = cnt,
		.maps = fx->maps, .maps_cnt = MAPS,
	};
	assert_int_equal(flow_find_subprogs(&fx->arena, insns, cnt,
					    &fx->prog.subprogs,
					    &fx->prog.subprogs_cnt), 0);
	assert_int_equal(verify_prog(&in, NULL, &fx->proof, NULL), 0);
	options.facts = &fx->proof->facts;
	assert_int_equal(ir_build(&fx->unit, &fx->prog, &options, &fx->arena),
			 0);
}

/* Writes NAME where the number is, which is another in each run. */
static void name_number(struct strbuf *text, uint64_t number,
			const char *name)
{
	char digits[24], *at;
	struct strbuf out = { 0 };

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	while ((at = strstr(strbuf_str(text), digits))) {
		size_t before = (size_t)(at - strbuf_str(text));

		strbuf_reset(&out);
		strbuf_add(&out, strbuf_str(text), before);
		strbuf_puts(&out, name);
		strbuf_puts(&out, at + strlen(digits));
		strbuf_reset(text);
		strbuf_puts(text, strbuf_str(&out));
	}
	strbuf_fini(&out);
}

static const char *show(struct fixture *fx)
{
	struct ir_func *f = fx->unit.funcs.data[0];
	struct strbuf why = { 0 };

	if (!ir_check(f, &why))
		fail_msg("%s", strbuf_str(&why));
	strbuf_fini(&why);
	strbuf_reset(&fx->text);
	ir_print(&fx->text, f);
	for (int i = 0; i < MAPS; i++) {
		name_number(&fx->text, (uintptr_t)fx->maps[i], "MAP");
		name_number(&fx->text, (uintptr_t)fx->maps[i]->region.base,
			    "VALUES");
	}
	return strbuf_str(&fx->text);
}

#define BUILD(fx, ...) do { \
	static const struct bpf_insn insns_[] = { __VA_ARGS__ }; \
	build(fx, insns_, ARRAY_SIZE(insns_)); \
} while (0)

static struct ir_func *function(struct fixture *fx)
{
	return fx->unit.funcs.data[0];
}

/* The passes before folding, and what is left then. */
static void expect(struct fixture *fx, const char *text)
{
	struct ir_func *f = function(fx);

	opt_builtin(f, &fx->proof->facts);
	show(fx);
	opt_stack(f, &fx->proof->facts);
	show(fx);
	opt_thread(f, &fx->proof->facts);
	show(fx);
	opt_blocks(f, &fx->proof->facts);
	assert_string_equal(show(fx), text);
}

/* A lookup and the null check behind it: one comparison. */
static void test_array(void **state)
{
	struct fixture *fx = *state;

	BUILD(fx,
	      LDX32(3, 1, 16), STX32(10, 3, -4),
	      MOV_REG(2, 10), ADD_IMM(2, -4),
	      LD_MAP(1, ARRAY), CALL(1),
	      JEQ_IMM(0, 0, 1),
	      LDX64(0, 0, 0),
	      EXIT());
	expect(fx,
		"b0:\n"
		"  v10 = load4 [arg0 + 84] ctx\n"
		"  v30 = zext4 v10\n"
		"  branch v30 ult 4, b4, b5\n"
		"b4: from b0\n"
		"  v26 = mul v30, 8\n"
		"  v28 = add v26, VALUES\n"
		"  v17 = load8 [v28] value\n"
		"  jump b2\n"
		"b5: from b0\n"
		"  jump b2\n"
		"b2: from b4 b5\n"
		"  v19 = phi v17, 0\n"
		"  ret v19\n");
}

static void test_percpu(void **state)
{
	struct fixture *fx = *state;

	BUILD(fx,
	      ST32(10, -4, 3),
	      MOV_REG(2, 10), ADD_IMM(2, -4),
	      LD_MAP(1, PERCPU), CALL(1),
	      JEQ_IMM(0, 0, 1),
	      LDX64(0, 0, 0),
	      EXIT());
	expect(fx,
		"b0:\n"
		"  branch 3 ult 4, b4, b5\n"
		"b4: from b0\n"
		"  v26 = mul 3, 8\n"
		"  v29 = load8 [thread0] run\n"
		"  v30 = load4 [v29 + 32] run\n"
		"  v32 = mul v30, 32\n"
		"  v33 = add v32, VALUES\n"
		"  v34 = add v26, v33\n"
		"  v17 = load8 [v34] value\n"
		"  jump b2\n"
		"b5: from b0\n"
		"  jump b2\n"
		"b2: from b4 b5\n"
		"  v19 = phi v17, 0\n"
		"  ret v19\n");
}

/* What is stored in pieces is loaded as one number, and the other way. */
static void test_pieces(void **state)
{
	struct fixture *fx = *state;

	BUILD(fx,
	      LDX32(3, 1, 16), STX32(10, 3, -8),
	      LDX32(4, 1, 12), STX8(10, 4, -4),
	      ST8(10, -3, 7), STX8(10, 3, -2), ST8(10, -1, 0),
	      LDX64(0, 10, -8), LDX16(5, 10, -6),
	      ADD_REG(0, 5),
	      EXIT());
	expect(fx,
		"b0:\n"
		"  v10 = load4 [arg0 + 84] ctx\n"
		"  v22 = zext2 v10\n"
		"  v24 = shr v10, 16\n"
		"  v25 = zext2 v24\n"
		"  v12 = load4 [arg0 + 80] ctx\n"
		"  v26 = zext1 v12\n"
		"  v27 = zext1 v10\n"
		"  v28 = shl v25, 16\n"
		"  v29 = or v22, v28\n"
		"  v31 = shl v26, 32\n"
		"  v32 = or v29, v31\n"
		"  v34 = or v32, 7696581394432\n"
		"  v36 = shl v27, 48\n"
		"  v37 = or v34, v36\n"
		"  v20 = add v37, v25\n"
		"  ret v20\n");
}

/* A helper finds key and value in memory, in whole words. */
static void test_update(void **state)
{
	struct fixture *fx = *state;

	BUILD(fx,
	      LDX32(3, 1, 16), STX32(10, 3, -4),
	      STX32(10, 3, -16), ST32(10, -12, 5),
	      MOV_REG(2, 10), ADD_IMM(2, -4),
	      MOV_REG(3, 10), ADD_IMM(3, -16),
	      MOV_IMM(4, 0),
	      LD_MAP(1, ARRAY), CALL(2),
	      LDX32(0, 10, -12),
	      EXIT());
	expect(fx,
		"b0:\n"
		"  v10 = load4 [arg0 + 84] ctx\n"
		"  v23 = zext4 v10\n"
		"  v24 = zext4 v10\n"
		"  v16 = add frame0, -4\n"
		"  v18 = add frame0, -16\n"
		"  store4 [frame0 - 4] stack = v23\n"
		"  v27 = or v24, 21474836480\n"
		"  store8 [frame0 - 16] stack = v27\n"
		"  v20 = call #2 MAP, v16, v18, 0\n"
		"  ret 5\n");
}

/* Bytes that are reached by an index stay in memory, others do not. */
static void test_index(void **state)
{
	struct fixture *fx = *state;

	BUILD(fx,
	      ST64(10, -16, 1), ST64(10, -8, 2), ST64(10, -24, 3),
	      LDX32(3, 1, 16), AND_IMM(3, 15),
	      MOV_REG(4, 10), ADD_IMM(4, -16), ADD_REG(4, 3),
	      LDX8(0, 4, 0), LDX64(5, 10, -24),
	      ADD_REG(0, 5),
	      EXIT());
	expect(fx,
		"b0:\n"
		"  clear 16 bytes [frame0 - 16] stack\n"
		"  store8 [frame0 - 16] stack = 1\n"
		"  store8 [frame0 - 8] stack = 2\n"
		"  v16 = load4 [arg0 + 84] ctx\n"
		"  v18 = and v16, 15\n"
		"  v20 = add frame0, -16\n"
		"  v21 = add v20, v18\n"
		"  v22 = load1 [v21] stack\n"
		"  v24 = add v22, 3\n"
		"  ret v24\n");
}

/* An operation on a frame is nobody else's business. */
static void test_atomic(void **state)
{
	struct fixture *fx = *state;

	BUILD(fx,
	      ST64(10, -8, 40), MOV_IMM(3, 2),
	      ATOMIC64(10, 3, -8, BPF_ADD | BPF_FETCH),
	      LDX64(0, 10, -8), ADD_REG(0, 3),
	      EXIT());
	expect(fx,
		"b0:\n"
		"  v17 = add 40, 2\n"
		"  v15 = add v17, 40\n"
		"  ret v15\n");
}

/* A subprogram is built in, with a frame of its own. */
static void test_callee(void **state)
{
	struct fixture *fx = *state;

	BUILD(fx,
	      LDX32(1, 1, 16), ST64(10, -8, 1),
	      CALL_LOCAL(3),
	      LDX64(3, 10, -8), ADD_REG(0, 3),
	      EXIT(),
	      STX64(10, 1, -8),
	      LDX64(0, 10, -8), JEQ_IMM(0, 9, 1), ADD_IMM(0, 1),
	      EXIT());
	expect(fx,
		"b0:\n"
		"  v10 = load4 [arg0 + 84] ctx\n"
		"  depth #1\n"
		"  branch v10 eq 9, b3, b2\n"
		"b2: from b0\n"
		"  v21 = add v10, 1\n"
		"  jump b3\n"
		"b3: from b0 b2\n"
		"  v23 = phi v10, v21\n"
		"  v26 = add v23, 1\n"
		"  ret v26\n");
}

/* bpf_loop and its callback are a loop. */
static void test_loop(void **state)
{
	struct fixture *fx = *state;

	BUILD(fx,
	      LDX32(1, 1, 16), ST64(10, -8, 0),
	      LD_FUNC(2, 7),
	      MOV_REG(3, 10), ADD_IMM(3, -8), MOV_IMM(4, 0),
	      CALL(181),
	      LDX64(0, 10, -8),
	      EXIT(),
	      LDX64(3, 2, 0), ADD_REG(3, 1), STX64(2, 3, 0),
	      MOV_IMM(0, 0),
	      EXIT());
	expect(fx,
		"b0:\n"
		"  v10 = load4 [arg0 + 84] ctx\n"
		"  v17 = zext4 v10\n"
		"  branch v17 ugt 8388608, b1, b3\n"
		"b3: from b0\n"
		"  jump b2\n"
		"b2: from b3 b7, 1 loop\n"
		"  v37 = phi 0, v28\n"
		"  v20 = phi 0, v31\n"
		"  branch v20 uge v17, b1, b4\n"
		"b4: from b2, 1 loop\n"
		"  stop\n"
		"  depth #1\n"
		"  v28 = add v37, v20\n"
		"  v31 = add v20, 1\n"
		"  branch 0 ne 0, b1, b7\n"
		"b1: from b0 b2 b4\n"
		"  v38 = phi 0, v37, v28\n"
		"  ret v38\n"
		"b7: from b4, 1 loop\n"
		"  jump b2\n");
}

static uint32_t count_stops(const struct ir_func *f)
{
	uint32_t cnt = 0;

	for (size_t i = 0; i < f->order.len; i++)
		ir_each_insn(f, ref, f->order.data[i])
			cnt += ir_is(f, ref, IR_STOP);
	return cnt;
}

/*
 * Two jumps back to a loop's step, one from before to behind the loop, which
 * leads backward in the text alone: one question is left, at the loop's head.
 */
static void test_stops(void **state)
{
	struct fixture *fx = *state;
	struct ir_func *f;
	ir_ref ref = 0;

	BUILD(fx,
	      LDX32(3, 1, 16), MOV_IMM(2, 0), MOV_IMM(0, 0), JA(2),
	      MOV_IMM(0, 1), EXIT(),
	      JEQ_IMM(3, 7, -3),
	      ADD_IMM(2, 1), JEQ_IMM(2, 9, -5),
	      JEQ_IMM(3, 8, -3),
	      ADD_IMM(0, 1), JA(-5));
	f = function(fx);
	opt_blocks(f, &fx->proof->facts);
	assert_int_equal(count_stops(f), 4);
	opt_stops(f, &fx->proof->facts);
	show(fx);
	assert_int_equal(count_stops(f), 1);
	for (size_t i = 0; i < f->order.len; i++)
		ir_each_insn(f, at, f->order.data[i])
			if (ir_is(f, at, IR_STOP))
				ref = at;
	assert_int_equal(ir_block(f, ir_at(f, ref)->block)->depth, 1);
	assert_int_equal(ir_block(f, ir_at(f, ref)->block)->preds.len, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_array, begin, end),
		cmocka_unit_test_setup_teardown(test_percpu, begin, end),
		cmocka_unit_test_setup_teardown(test_pieces, begin, end),
		cmocka_unit_test_setup_teardown(test_update, begin, end),
		cmocka_unit_test_setup_teardown(test_index, begin, end),
		cmocka_unit_test_setup_teardown(test_atomic, begin, end),
		cmocka_unit_test_setup_teardown(test_callee, begin, end),
		cmocka_unit_test_setup_teardown(test_loop, begin, end),
		cmocka_unit_test_setup_teardown(test_stops, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
