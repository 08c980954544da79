/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flow analysis: programs as text with what is to be found at each
 * instruction. The notation of an expectation:
 *
 *	"16 PL @2"	r1 and r6 are live; a place to prune; a loop's head;
 *			in component 2
 *	P prune, F force, L loop, B calls back, j never jumps, f never falls
 *	"dead"		no path comes here
 */
#include <stdlib.h>

#include "base/str.h"
#include "cmocka_all.h"
#include "map/map.h"
#include "spec/diags.h"
#include "text/asm.h"
#include "verify/flow/flow.h"
#include "verify/env.h"

#define MAX_LINES	40

struct line {
	const char *text, *expect;
};

/* A program under test, and what it is analysed with. */
struct fixture {
	struct verify_env env;
	struct verify_input in;
	struct prog prog;
	struct flow flow;
};

static const uint32_t frozen[4] = { 7, 0xffffffff, 0, 0x80 };

static const struct verify_map maps[] = {
	{ .name = "frozen", .type = MAP_TYPE_ARRAY, .key_size = 4,
	  .value_size = sizeof(frozen), .max_entries = 1, .frozen = frozen },
	{ .name = "plain", .type = MAP_TYPE_ARRAY, .key_size = 4,
	  .value_size = sizeof(frozen), .max_entries = 1 },
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
	fx->prog.maps_cnt = ARRAY_SIZE(maps);
	assert_int_equal(insn_check(fx->prog.insns, cnt, "t", NULL), 0);
	assert_int_equal(flow_find_subprogs(&fx->env.arena, fx->prog.insns,
					    (uint32_t)cnt, &subs,
					    &fx->prog.subprogs_cnt), 0);
	fx->prog.subprogs = subs;
	fx->in = (struct verify_input){ .prog = &fx->prog, .maps = maps };
	fx->env.in = &fx->in;
	fx->env.prog = &fx->prog;
	fx->env.insns = fx->prog.insns;
	fx->env.flow = &fx->flow;
	fx->env.opts.stack_size = 512;
}

static void teardown(struct fixture *fx)
{
	arena_fini(&fx->env.arena);
}

static void describe(struct strbuf *out, const struct flow_insn *insn)
{
	static const struct {
		uint8_t flag;
		char letter;
	} letters[] = {
		{ FLOW_PRUNE, 'P' }, { FLOW_FORCE, 'F' }, { FLOW_LOOP, 'L' },
		{ FLOW_CALLS_BACK, 'B' }, { FLOW_NO_JUMP, 'j' },
		{ FLOW_NO_FALL, 'f' },
	};
	bool space = insn->live & 0x3ff;

	if (!(insn->flags & FLOW_REACHED)) {
		strbuf_puts(out, "dead");
		return;
	}
	for (int reg = 0; reg < 10; reg++)
		if (insn->live >> reg & 1)
			strbuf_printf(out, "%d", reg);
	for (size_t i = 0; i < ARRAY_SIZE(letters); i++) {
		if (!(insn->flags & letters[i].flag))
			continue;
		if (space)
			strbuf_putc(out, ' ');
		space = false;
		strbuf_putc(out, letters[i].letter);
	}
	if (insn->scc)
		strbuf_printf(out, "%s@%u", out->len ? " " : "", insn->scc);
}

static void assert_lines(const struct line *lines)
{
	struct strbuf text = STRBUF_INIT, got = STRBUF_INIT;
	struct fixture fx;
	uint32_t slot = 0;

	for (const struct line *l = lines; l->text; l++)
		strbuf_printf(&text, "%s\n", l->text);
	setup(&fx, strbuf_str(&text));
	if (flow_analyse(&fx.env, &fx.flow))
		fail_msg("%s: %s", fx.env.why.message, strbuf_str(&text));
	for (const struct line *l = lines; l->text; l++) {
		strbuf_reset(&got);
		describe(&got, &fx.flow.insns[slot]);
		if (!str_eq(strbuf_str(&got), l->expect))
			fail_msg("slot %u '%s': '%s', not '%s'", slot, l->text,
				 strbuf_str(&got), l->expect);
		slot += op_slots(insn_op(&fx.prog.insns[slot]));
	}
	assert_int_equal(slot, fx.prog.insns_cnt);
	strbuf_fini(&text);
	strbuf_fini(&got);
	teardown(&fx);
}

static void live_registers(void **state)
{
	assert_lines((const struct line[]){
		{ "r6 = r1",				"1" },
		{ "r2 = 5",				"6" },
		{ "r3 = 6",				"26" },
		{ "r2 += 1",				"26" },
		{ "*(u64 *)(r10 - 8) = r2",		"26" },
		{ "r0 = *(u32 *)(r6 + 4)",		"6" },
		{ "if r0 == 0 goto out",		"06 P" },
		{ "r0 = r6",				"6" },
		{ "out: exit",				"0 P" },
		{ 0 } });
	/* arguments by the rows: lookup reads two, ktime none */
	assert_lines((const struct line[]){
		{ "r3 = 1",				"12" },
		{ "call 1",				"12" },
		{ "call 5",				"" },
		{ "exit",				"0" },
		{ 0 } });
	/* atomics, byte swaps, loads of the packet */
	assert_lines((const struct line[]){
		{ "r6 = r1",				"1234" },
		{ "r3 = atomic_fetch_add((u64 *)(r2 + 0), r3)", "2346" },
		{ "r0 = r3",				"2346" },
		{ "r0 = cmpxchg_64(r2 + 0, r0, r4)",	"0246" },
		{ "r0 = be32 r0",			"06" },
		{ "lock *(u64 *)(r10 - 8) += r0",	"06" },
		{ "r0 = *(u8 *)skb[14]",		"6" },
		{ "exit",				"0" },
		{ 0 } });
}

static void loops(void **state)
{
	assert_lines((const struct line[]){
		{ "r0 = 0",				"1" },
		{ "r2 = 3",				"01" },
		{ "loop: r0 += r1",			"012 PL @2" },
		{ "r2 -= 1",				"012 @2" },
		{ "if r2 != 0 goto loop",		"012 P @2" },
		{ "goto own",				"0" },
		{ "own: if r0 s> 5 goto own",		"0 PL @1" },
		{ "exit",				"0" },
		{ 0 } });
	/* one loop inside of another is one component */
	assert_lines((const struct line[]){
		{ "r0 = 0",				"1" },
		{ "outer: r2 = r1",			"01 PL @1" },
		{ "inner: r2 -= 1",			"012 PL @1" },
		{ "if r2 != 0 goto inner",		"012 P @1" },
		{ "if r1 > 9 goto outer",		"01 P @1" },
		{ "exit",				"0" },
		{ 0 } });
	assert_lines((const struct line[]){
		{ "r0 = 0",				"" },
		{ "may_goto +1",			"0 PF" },
		{ "r0 += 1",				"0" },
		{ "exit",				"0 P" },
		{ 0 } });
}

static void constants(void **state)
{
	/* a switch in .rodata cuts a poisoned call */
	assert_lines((const struct line[]){
		{ "ld_pseudo r1, 2, 0",			"" },
		{ "r2 = *(u32 *)(r1 + 8)",		"1" },
		{ "r0 = 0",				"2" },
		{ "if r2 == 0 goto out",		"02 f" },
		{ "call 195896080",			"dead" },
		{ "out: exit",				"0 P" },
		{ 0 } });
	/* sign, offsets of the address itself, arithmetic on what was read */
	assert_lines((const struct line[]){
		{ "ld_pseudo r1, 2, 0",			"" },
		{ "r1 += 8",				"1" },
		{ "r3 = *(s8 *)(r1 + 4)",		"1" },
		{ "r1 -= 4",				"13" },
		{ "r4 = *(u32 *)(r1 + 0)",		"13" },
		{ "w4 s>>= 31",				"34" },
		{ "r0 = 0",				"34" },
		{ "if r3 != -128 goto bad",		"034 j" },
		{ "if w4 != -1 goto bad",		"04 j" },
		{ "exit",				"0" },
		{ "bad: call 195896080",		"dead" },
		{ "exit",				"dead" },
		{ 0 } });
	/* only whole loads inside of the value; only frozen maps */
	assert_lines((const struct line[]){
		{ "ld_pseudo r1, 2, 0",			"" },
		{ "r2 = *(u64 *)(r1 + 12)",		"1" },
		{ "ld_pseudo r1, 2, 1",			"2" },
		{ "r3 = *(u32 *)(r1 + 0)",		"12" },
		{ "r0 = 0",				"23" },
		{ "if r2 == 0 goto out",		"023 P" },
		{ "if r3 == 0 goto out",		"03 P" },
		{ "out: exit",				"0 P" },
		{ 0 } });
	/* equal on both ways: still known; else not */
	assert_lines((const struct line[]){
		{ "r6 = 1",				"1" },
		{ "r7 = 1",				"16" },
		{ "if r1 == 0 goto +2",			"167 P" },
		{ "r6 = 1",				"" },
		{ "r7 = 2",				"6" },
		{ "r0 = 0",				"67 P" },
		{ "if r6 != 1 goto +2",			"067 j" },
		{ "if r7 != 1 goto +1",			"07 P" },
		{ "r0 = 1",				"" },
		{ "exit",				"0 P" },
		{ 0 } });
	/* a loop makes its counter unknown */
	assert_lines((const struct line[]){
		{ "r0 = 0",				"" },
		{ "r0 += 1",				"0 PL @1" },
		{ "if r0 < 5 goto -2",			"0 P @1" },
		{ "exit",				"0" },
		{ 0 } });
}

static void calls(void **state)
{
	/* the callee reads r1 alone; what follows the call may be pruned */
	assert_lines((const struct line[]){
		{ "r6 = r1",				"1" },
		{ "r2 = 7",				"16" },
		{ "call f",				"16 P" },
		{ "r0 += r6",				"06 P" },
		{ "exit",				"0" },
		{ "f: r0 = r1",				"1 P" },
		{ "exit",				"0" },
		{ 0 } });
	/* bpf_loop runs its callback; bpf_timer_set_callback does not */
	assert_lines((const struct line[]){
		{ "r1 = 10",				"" },
		{ "ld_pseudo r2, 4, 5",			"1" },
		{ "r3 = 0",				"12" },
		{ "r4 = 0",				"123" },
		{ "call 181",				"1234 PFB @1" },
		{ "exit",				"0" },
		{ "r0 = 0",				"" },
		{ "exit",				"0" },
		{ 0 } });
	assert_lines((const struct line[]){
		{ "ld_pseudo r2, 4, 3",			"1" },
		{ "call 170",				"12 P" },
		{ "exit",				"0" },
		{ "r0 = 0",				"" },
		{ "exit",				"0" },
		{ 0 } });
}

static void subprograms(void **state)
{
	struct fixture fx;

	/* main calls a, takes b's address for a timer; a and b call c */
	setup(&fx, "call a; ld_pseudo r2, 4, 6; call 170; exit\n"
		   "a: call c; r0 = 0; exit\n"
		   "b: call c; call c; r0 = 0; exit\n"
		   "c: r0 = 0; call 44; exit;");
	assert_int_equal(flow_analyse(&fx.env, &fx.flow), 0);
	assert_int_equal(fx.prog.subprogs_cnt, 4);
	for (int i = 0; i < 4; i++) {
		const struct flow_subprog *sub = &fx.flow.subprogs[i];

		assert_true(sub->reached);
		assert_int_equal(sub->sync, i != 2);
		assert_int_equal(sub->async, i >= 2);
		assert_int_equal(sub->later, i == 2);
		assert_int_equal(sub->callback, i == 2);
		assert_true(sub->moves_packet);
		assert_false(sub->might_sleep);
		assert_int_equal(fx.flow.order[sub->order], i);
	}
	assert_true(fx.flow.subprogs[3].order < fx.flow.subprogs[1].order);
	assert_true(fx.flow.subprogs[1].order < fx.flow.subprogs[0].order);
	teardown(&fx);

	/* called from dead code alone */
	setup(&fx, "r0 = 0; if r0 == 0 goto +1; call f; exit\n"
		   "f: call 44; r0 = 0; exit");
	assert_int_equal(flow_analyse(&fx.env, &fx.flow), 0);
	assert_false(fx.flow.subprogs[1].reached);
	assert_false(fx.flow.subprogs[0].moves_packet);
	teardown(&fx);
}

static void refused(void **state)
{
	static const struct {
		const char *text;
		enum verify_profile profile;
		int diag;
		uint32_t insn;
		const char *kernel;
	} t[] = {
		{ "r0 = 0; exit; r0 = 1; exit", VERIFY_STRICT,
		  DIAG_VERIFY_UNREACHABLE, 2, "unreachable insn 2" },
		{ "r0 = 0; goto +1; r0 = 1; exit", VERIFY_STRICT,
		  DIAG_VERIFY_UNREACHABLE, 2, "unreachable insn 2" },
		{ "call f; exit\nf: if r1 == 0 goto -2; r0 = 0; exit",
		  VERIFY_STRICT, DIAG_VERIFY_FALL, 2,
		  "jump out of range from insn 2 to 1" },
		{ "call f; r0 = 0\nf: r0 = 0; exit", VERIFY_STRICT,
		  DIAG_VERIFY_FALL, 1, "last insn is not an exit or jmp" },
		{ "r0 = 0; r0 += 1; if r0 < 9 goto -2; exit",
		  VERIFY_UNPRIVILEGED, DIAG_VERIFY_BACK_EDGE, 2,
		  "back-edge from insn 2 to 1" },
		{ "call f; exit\nf: call g; exit\ng: call f; exit",
		  VERIFY_STRICT, DIAG_VERIFY_RECURSION, 4,
		  "recursive call from () to ()" },
		{ "call local -1; exit", VERIFY_STRICT,
		  DIAG_VERIFY_RECURSION, 0, "recursive call from () to ()" },
		/* recursion in code that is dead is recursion still */
		{ "call f; exit\nf: r0 = 0; if r0 == 0 goto +1; call f; exit",
		  VERIFY_STRICT, DIAG_VERIFY_RECURSION, 2,
		  "recursive call from () to ()" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		const struct diag_row *row = &diag_rows[t[i].diag];
		struct fixture fx;

		setup(&fx, t[i].text);
		fx.env.opts.profile = t[i].profile;
		if (flow_analyse(&fx.env, &fx.flow) != row->err ||
		    fx.env.why.row != row || fx.env.why.insn != t[i].insn ||
		    !str_eq(fx.env.why.kernel, t[i].kernel))
			fail_msg("'%s': %s at %u, '%s'", t[i].text,
				 fx.env.why.row ? fx.env.why.row->id : "fine",
				 fx.env.why.insn, fx.env.why.kernel);
		teardown(&fx);
	}
}

static void stack_depth(void **state)
{
	static const char chain[] =
		"call a; exit\na: call b; exit\nb: r0 = 0; exit";
	static const char tail[] =
		"r6 = r1; call a; exit\na: call 12; r0 = 0; exit";
	static const char nine[] =
		"call a; exit\na: call b; exit\nb: call c; exit\n"
		"c: call d; exit\nd: call e; exit\ne: call f; exit\n"
		"f: call g; exit\ng: call h; exit\nh: r0 = 0; exit";
	static const struct {
		const char *text;
		uint32_t used[3];
		int diag;		/* 0: fine */
		uint32_t depth;
	} t[] = {
		{ chain, { 0, 0, 0 }, 0, 0 },
		{ chain, { 1, 8, 17 }, 0, 64 },
		{ chain, { 256, 128, 128 }, 0, 512 },
		{ chain, { 256, 129, 112 }, 0, 512 },
		{ chain, { 256, 129, 113 }, DIAG_VERIFY_STACK_DEPTH, 0 },
		{ tail, { 240, 64 }, 0, 304 },
		{ tail, { 241, 64 }, DIAG_VERIFY_STACK_DEPTH, 0 },
	};
	static const uint32_t none[9] = { 0 };
	struct fixture fx;
	uint32_t depth;

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		depth = 0;
		setup(&fx, t[i].text);
		assert_int_equal(flow_analyse(&fx.env, &fx.flow), 0);
		assert_int_equal(flow_stack_depth(&fx.env, t[i].used, &depth),
				 t[i].diag ? diag_rows[t[i].diag].err : 0);
		assert_int_equal(depth, t[i].depth);
		teardown(&fx);
	}
	setup(&fx, nine);
	assert_int_equal(flow_analyse(&fx.env, &fx.flow), 0);
	assert_int_equal(flow_stack_depth(&fx.env, none, &depth),
			 diag_rows[DIAG_VERIFY_CALL_DEPTH].err);
	teardown(&fx);
}

/* A million instructions in one line, and as many blocks, take no time. */
static void big(void **state)
{
	struct fixture fx = { 0 };
	uint32_t cnt = 1000000;
	struct bpf_insn *insns = calloc(cnt, sizeof(*insns));
	const struct subprog sub = { .name = "", .cnt = cnt };

	/* each jumps over the next, or back to the first */
	for (uint32_t i = 0; i < cnt - 1; i++)
		insns[i] = (struct bpf_insn){
			.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = i % 10,
			.off = i < 30000 && i % 2 ? (int16_t)-(i + 1) :
			       i < cnt - 2 };
	insns[cnt - 1] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	arena_init(&fx.env.arena);
	fx.prog = (struct prog){ .name = "t", .insns = insns,
				 .insns_cnt = cnt, .subprogs = &sub,
				 .subprogs_cnt = 1 };
	fx.in.prog = fx.env.prog = &fx.prog;
	fx.env.in = &fx.in;
	fx.env.insns = insns;
	assert_int_equal(flow_analyse(&fx.env, &fx.flow), 0);
	assert_true(fx.flow.insns[0].flags & FLOW_LOOP);
	assert_int_equal(fx.flow.insns[0].live, 0x3ff);
	assert_int_equal(fx.flow.insns[29999].scc, fx.flow.insns[0].scc);
	assert_int_equal(fx.flow.insns[30001].scc, 0);
	teardown(&fx);
	free(insns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_registers),
		cmocka_unit_test(loops),
		cmocka_unit_test(constants),
		cmocka_unit_test(calls),
		cmocka_unit_test(subprograms),
		cmocka_unit_test(refused),
		cmocka_unit_test(stack_depth),
		cmocka_unit_test(big),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
