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

static const char *show(struct fixture *fx)
{
	struct ir_func *f = fx->unit.funcs.data[0];
	struct strbuf why = { 0 };

	if (!ir_check(f, &why))
		fail_msg("%s", strbuf_str(&why));
	strbuf_fini(&why);
	strbuf_reset(&fx->text);
	ir_print(&fx->text, f);
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

static void test_x(void **state)
{
	struct fixture *fx = *state;

	BUILD(fx,
	      LDX32(3, 1, 16), STX32(10, 3, -4),
	      MOV_REG(2, 10), ADD_IMM(2, -4),
	      LD_MAP(1, ARRAY), CALL(1),
	      JEQ_IMM(0, 0, 1),
	      LDX64(0, 0, 0),
	      EXIT());
	puts(show(fx));
	opt_builtin(function(fx), NULL);
	puts(show(fx));
	opt_stack(function(fx), &fx->proof->facts);
	puts(show(fx));
	opt_thread(function(fx), NULL);
	puts(show(fx));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_x, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
