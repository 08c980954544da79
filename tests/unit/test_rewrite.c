/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rewrite, as text before and after. Facts are those of the flow analysis
 * alone (what constants decide), so that no other part has a say.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "cmocka_all.h"
#include "interp/interp.h"
#include "text/asm.h"
#include "verify/env.h"
#include "verify/facts/rewrite.h"

struct fixture {
	struct verify_env env;
	struct verify_input in;
	struct prog prog;
	struct flow flow;
	struct verify_facts facts;
};

static void setup(struct fixture *fx, const char *text)
{
	const struct subprog *subs;
	size_t cnt;

	*fx = (struct fixture){ 0 };
	arena_init(&fx->env.arena);
	if (text_insns(&fx->env.arena, "t", text, &fx->prog.insns, &cnt, NULL))
		fail_msg("not assembled:\n%s", text);
	fx->prog.name = "t";
	fx->prog.insns_cnt = (uint32_t)cnt;
	assert_int_equal(flow_find_subprogs(&fx->env.arena, fx->prog.insns,
					    (uint32_t)cnt, &subs,
					    &fx->prog.subprogs_cnt), 0);
	fx->prog.subprogs = subs;
	fx->in.prog = fx->env.prog = &fx->prog;
	fx->env.in = &fx->in;
	fx->env.insns = fx->prog.insns;
	if (flow_analyse(&fx->env, &fx->flow))
		fail_msg("%s: %s", fx->env.why.message, text);
}

static void facts_of_flow(struct fixture *fx)
{
	uint32_t cnt = fx->prog.insns_cnt;

	fx->facts.insns = arena_array(&fx->env.arena, cnt,
				      sizeof(*fx->facts.insns));
	fx->facts.insns_cnt = cnt;
	for (uint32_t i = 0; i < cnt; i++) {
		uint8_t flags = fx->flow.insns[i].flags;

		if (flags & FLOW_REACHED)
			fx->facts.insns[i].flags = FACT_REACHED |
				(flags & FLOW_NO_JUMP ? 0 : FACT_JUMPS) |
				(flags & FLOW_NO_FALL ? 0 : FACT_FALLS);
	}
}

static void assert_rewrites(const char *text, const char *want)
{
	const struct bpf_insn *insns;
	struct fixture fx;
	struct prog out;
	size_t cnt;

	setup(&fx, text);
	facts_of_flow(&fx);
	assert_int_equal(verify_rewrite(&fx.prog, &fx.facts, &fx.env.arena,
					&out), 0);
	if (text_insns(&fx.env.arena, "t", want, &insns, &cnt, NULL))
		fail_msg("not assembled:\n%s", want);
	if (cnt != out.insns_cnt ||
	    memcmp(insns, out.insns, cnt * sizeof(*insns)))
		fail_msg("'%s' does not become '%s'", text, want);
	assert_int_equal(insn_check(out.insns, out.insns_cnt, "t", NULL), 0);
	for (uint32_t i = 0; i < out.insns_cnt; i++)
		assert_true(out.origin[i] < fx.prog.insns_cnt &&
			    (!i || out.origin[i] > out.origin[i - 1]));
	arena_fini(&fx.env.arena);
}

static void dead_code(void **state)
{
	static const struct {
		const char *text, *want;
	} t[] = {
		{ "r0 = 1; exit", "r0 = 1; exit" },
		/* never jumps: gone; always jumps: so is what it jumps over */
		{ "r0 = 1; if r0 == 2 goto +1; r0 = 3; exit",
		  "r0 = 1; r0 = 3; exit" },
		{ "r0 = 1; if r0 == 1 goto +1; r0 = 3; exit",
		  "r0 = 1; exit" },
		/* distances over what is left out, both ways, both forms */
		{ "r0 = 1; if r1 == 0 goto +3; if r0 == 1 goto +1; r0 = 3;"
		  "r0 = 4; exit",
		  "r0 = 1; if r1 == 0 goto +1; r0 = 4; exit" },
		{ "r0 = 1; if r0 != 1 goto +1; if r1 == 0 goto -3; exit",
		  "r0 = 1; if r1 == 0 goto -2; exit" },
		{ "r0 = 1; if r1 == 0 goto +1; gotol +2; if r0 == 1 goto +1;"
		  "r0 = 2; exit", "r0 = 1; if r1 == 0 goto +0; exit" },
		/* two slots */
		{ "r0 = 1; if r0 == 1 goto +3; r3 = 5 ll; exit;"
		  "r2 = 7 ll; r0 = r2; exit",
		  "r0 = 1; r2 = 7 ll; r0 = r2; exit" },
		/* a chain of jumps that all go nowhere */
		{ "r0 = 1; goto +0; if r0 == 1 goto +1; goto -2; exit",
		  "r0 = 1; exit" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++)
		assert_rewrites(t[i].text, t[i].want);
}

static void subprograms(void **state)
{
	assert_rewrites("r0 = 1; if r0 == 1 goto +1; call f; call g; exit\n"
			"f: r0 = 2; exit\n"
			"g: r0 = 3; if r0 == 3 goto +1; r0 = 4; exit",
			"r0 = 1; call g; exit\n"
			"g: r0 = 3; exit");
}

/* A callback that is named and never run; text behind a call for ever. */
static void unreached(void **state)
{
	static const char text[] =
		"r0 = 0; ld_pseudo r2, 4, 4; call f; r0 = 1; exit\n"
		"f: r0 = 2; r0 = 3; exit";
	static const uint8_t reach[] = { 1, 1, 0, 1, 0, 0, 0, 0, 0 };
	struct fixture fx;
	struct prog out;

	setup(&fx, text);
	facts_of_flow(&fx);
	for (uint32_t i = 0; i < ARRAY_SIZE(reach); i++)
		if (!reach[i])
			fx.facts.insns[i].flags = 0;
	assert_int_equal(verify_rewrite(&fx.prog, &fx.facts, &fx.env.arena,
					&out), 0);
	assert_int_equal(out.insns_cnt, 6);
	assert_int_equal(out.insns[1].imm, 3);
	assert_int_equal(out.insns[3].imm, 1);
	assert_int_equal(insn_op(&out.insns[4]), OP_EXIT);
	assert_int_equal(insn_op(&out.insns[5]), OP_EXIT);
	assert_int_equal(insn_check(out.insns, out.insns_cnt, "t", NULL), 0);
	assert_int_equal(out.subprogs_cnt, 2);
	assert_int_equal(out.subprogs[1].start, 5);
	assert_int_equal(out.subprogs[1].cnt, 1);
	arena_fini(&fx.env.arena);
}

/* Nothing calls it, so that only its index tells where it is. */
static void exception(void **state)
{
	static const char text[] =
		"r0 = 1; if r0 == 1 goto +2; call f; call g; exit\n"
		"f: r0 = 2; exit\n"
		"g: r0 = 3; exit";
	struct fixture fx;
	struct prog out;

	setup(&fx, text);
	facts_of_flow(&fx);
	assert_int_equal(fx.prog.subprogs_cnt, 3);
	fx.prog.exception = 2;
	fx.facts.insns[7].flags = fx.facts.insns[8].flags = FACT_REACHED;
	assert_int_equal(verify_rewrite(&fx.prog, &fx.facts, &fx.env.arena,
					&out), 0);
	assert_int_equal(out.subprogs_cnt, 2);
	assert_int_equal(out.exception, 1);
	assert_int_equal(out.subprogs[out.exception].start, 2);
	arena_fini(&fx.env.arena);
}

/* An engine speaks of the program as it was linked. */
static void a_fault_names_what_was_linked(void **state)
{
	static struct packet packet;
	struct run run = { .ctx = &packet, .packet = &packet };
	struct fixture fx;
	struct prog out;

	setup(&fx, "r0 = 1; if r0 == 2 goto +1; r0 = *(u64 *)(r0 + 0); exit");
	facts_of_flow(&fx);
	fx.prog.type = PROG_TYPE_XDP;
	assert_int_equal(verify_rewrite(&fx.prog, &fx.facts, &fx.env.arena,
					&out), 0);
	assert_int_equal(out.insns_cnt, 3);
	assert_int_equal(interp_prepare(&out, NULL), 0);
	assert_int_equal(interp_attach(&run), 0);
	run.prog = &out;
	assert_int_equal(interp_run(&run), -EFAULT);
	assert_int_equal(run.fault.stop, RUN_FAULT_LOAD);
	assert_ptr_equal(run.fault.prog, &fx.prog);
	assert_int_equal(run.fault.insn, 2);
	interp_release(&out);
	interp_detach(&run);
	arena_fini(&fx.env.arena);
}

static void lines(void **state)
{
	static const struct prog_line in_lines[] = {
		{ .insn = 0, .line = 1 }, { .insn = 1, .line = 2 },
		{ .insn = 2, .line = 3 }, { .insn = 3, .line = 4 },
	};
	struct fixture fx;
	struct prog out;

	setup(&fx, "r0 = 1; if r0 == 1 goto +1; r0 = 2; exit");
	facts_of_flow(&fx);
	fx.prog.lines = in_lines;
	fx.prog.lines_cnt = ARRAY_SIZE(in_lines);
	assert_int_equal(verify_rewrite(&fx.prog, &fx.facts, &fx.env.arena,
					&out), 0);
	assert_int_equal(out.insns_cnt, 2);
	assert_int_equal(out.lines_cnt, 2);
	assert_int_equal(prog_line_at(&out, 0)->line, 1);
	assert_int_equal(prog_line_at(&out, 1)->line, 4);
	arena_fini(&fx.env.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dead_code),
		cmocka_unit_test(subprograms),
		cmocka_unit_test(unreached),
		cmocka_unit_test(exception),
		cmocka_unit_test(a_fault_names_what_was_linked),
		cmocka_unit_test(lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
