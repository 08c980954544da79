/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counterexamples: an input that is found does it again, one that is no
 * counterexample does not, and a search ends.
 */
#include "cmocka_all.h"

#include <errno.h>

#include "base/str.h"
#include "text/asm.h"
#include "vm/example.h"

struct bench {
	struct object *obj;
	struct vm_trial *trial;
};

/* Of one program in that section; what vm_trial_open() says. */
static int open_bench(struct bench *bench, const char *section,
		      const char *body, enum vm_example_want want,
		      uint32_t insn)
{
	const struct vm_aim aim = { .want = want, .insn = insn };
	struct strbuf text = STRBUF_INIT, file = STRBUF_INIT;
	struct text_unit unit;
	struct prog *prog;

	*bench = (struct bench){ 0 };
	strbuf_printf(&text, ".section %s,\"ax\",@progbits\n.globl it\n"
		      ".type it,@function\nit: %s\n.Lend: .size it, "
		      ".Lend-it\n", section, body);
	assert_int_equal(text_assemble(&unit, "it.s", text.text, text.len,
				       TEXT_LLVM, NULL), 0);
	assert_int_equal(text_object(&unit, &file), 0);
	assert_int_equal(object_open_memory(&bench->obj, file.text, file.len,
					    "it.o", NULL), 0);
	text_unit_fini(&unit);
	strbuf_fini(&text);
	strbuf_fini(&file);
	assert_int_equal(object_link(bench->obj, NULL, NULL), 0);
	prog = object_prog(bench->obj, "it");
	assert_non_null(prog);
	return vm_trial_open(&bench->trial, bench->obj, prog, &aim);
}

static void close_bench(struct bench *bench)
{
	vm_trial_close(bench->trial);
	object_close(bench->obj);
}

static bool found(const char *section, const char *body,
		  enum vm_example_want want, uint32_t insn,
		  struct vm_example *out)
{
	struct bench bench;
	bool yes;

	assert_int_equal(open_bench(&bench, section, body, want, insn), 0);
	yes = vm_trial_search(bench.trial, out);
	if (yes)
		assert_true(vm_trial_replay(bench.trial, out));
	close_bench(&bench);
	return yes;
}

#define DATA	"r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\n"
#define CHECK(n) DATA "r4 = r2\nr4 += " #n "\nif r4 > r3 goto out\n"
#define OUT	"\nout: r0 = 2\nexit"

static void short_packets_are_found(void **state)
{
	struct vm_example e;

	(void)state;
	assert_true(found("xdp", CHECK(14) "r0 = *(u8 *)(r2 + 33)" OUT,
			  VM_EXAMPLE_FAULT, 5, &e));
	assert_in_range(e.len, 14, 33);
	assert_true(found("xdp", CHECK(14) "r0 = *(u8 *)(r2 + 14)" OUT,
			  VM_EXAMPLE_FAULT, 5, &e));
	assert_int_equal(e.len, 14);
	assert_true(found("tc", "r2 = *(u32 *)(r1 + 76)\n"
			  "r0 = *(u8 *)(r2 + 5)\nexit", VM_EXAMPLE_FAULT, 1,
			  &e));
	assert_in_range(e.len, 0, 5);
}

/* What the program compares with is tried, and nothing else stays. */
static void conditions_are_met(void **state)
{
	struct vm_example e;

	(void)state;
	assert_true(found("xdp", CHECK(24) "r0 = *(u16 *)(r2 + 20)\n"
			  "if r0 != 0x4d2 goto out\nr0 = *(u8 *)(r2 + 24)" OUT,
			  VM_EXAMPLE_FAULT, 7, &e));
	assert_int_equal(e.len, 24);
	for (uint32_t i = 0; i < e.len; i++)
		assert_int_equal(e.packet[i], i == 20 ? 0xd2 :
				 i == 21 ? 0x04 : 0);
	assert_false(e.fills);
	assert_int_equal(e.rx_queue, 0);
	assert_int_equal(e.mark, 0);
	assert_true(found("xdp", DATA "r4 = *(u32 *)(r1 + 16)\n"
			  "if r4 != 77 goto out\nr0 = *(u8 *)(r3 + 0)" OUT,
			  VM_EXAMPLE_FAULT, 4, &e));
	assert_int_equal(e.rx_queue, 77);
	assert_int_equal(e.len, 14);
}

static void safe_programs_have_none(void **state)
{
	struct vm_example e;

	(void)state;
	assert_false(found("xdp", CHECK(15) "r0 = *(u8 *)(r2 + 14)" OUT,
			   VM_EXAMPLE_FAULT, 5, &e));
	assert_false(found("xdp", "r0 = 2\nexit", VM_EXAMPLE_LEAK, 1, &e));
	assert_false(found("xdp", "r0 = 2\nexit", VM_EXAMPLE_ENDLESS, 1, &e));
}

/* A fault elsewhere shows nothing; behind arithmetic it does. */
static void the_place_counts(void **state)
{
	static const char body[] = DATA "r0 = *(u8 *)(r3 + 0)" OUT;
	struct vm_example e;

	(void)state;
	assert_true(found("xdp", body, VM_EXAMPLE_FAULT, 2, &e));
	assert_false(found("xdp", body, VM_EXAMPLE_FAULT, 1, &e));
	assert_false(found("xdp", body, VM_EXAMPLE_LEAK, 2, &e));
	assert_true(found("xdp", DATA "r3 += 64\nr0 = *(u8 *)(r3 + 0)" OUT,
			  VM_EXAMPLE_FAULT, 2, &e));
}

static void replays_tell_the_truth(void **state)
{
	struct strbuf said = STRBUF_INIT;
	struct vm_example e = { .len = 14 };
	struct bench bench;

	(void)state;
	assert_int_equal(open_bench(&bench, "xdp",
				    CHECK(14) "r0 = *(u8 *)(r2 + 14)" OUT,
				    VM_EXAMPLE_FAULT, 5), 0);
	assert_true(vm_trial_replay(bench.trial, &e));
	assert_int_equal(vm_trial_say(bench.trial, &said), 5);
	assert_non_null(strstr(strbuf_str(&said), "14 bytes"));
	e.len = 15;
	assert_false(vm_trial_replay(bench.trial, &e));
	e.len = 13;
	assert_false(vm_trial_replay(bench.trial, &e));
	e.len = 14;
	assert_true(vm_trial_replay(bench.trial, &e));
	close_bench(&bench);
	strbuf_fini(&said);
}

static void endless_programs_end(void **state)
{
	struct vm_example e;

	(void)state;
	assert_true(found("xdp", "r0 = 0\nagain: goto again\nexit",
			  VM_EXAMPLE_ENDLESS, 1, &e));
	/* runs to the budget each time, and never does what is asked */
	assert_false(found("xdp", "r0 = 0\nagain: goto again\nexit",
			   VM_EXAMPLE_FAULT, 1, &e));
}

static void some_cannot_be_tried(void **state)
{
	struct bench bench;

	(void)state;
	assert_false(vm_trial_takes(PROG_TYPE_KPROBE));
	assert_int_equal(open_bench(&bench, "kprobe/f", "r0 = 0\nexit",
				    VM_EXAMPLE_FAULT, 0), -EOPNOTSUPP);
	assert_null(bench.trial);
	close_bench(&bench);
	assert_int_equal(open_bench(&bench, "xdp", "r0 = 0\nexit",
				    VM_EXAMPLE_FAULT, 2), -EINVAL);
	close_bench(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_packets_are_found),
		cmocka_unit_test(conditions_are_met),
		cmocka_unit_test(safe_programs_have_none),
		cmocka_unit_test(the_place_counts),
		cmocka_unit_test(replays_tell_the_truth),
		cmocka_unit_test(endless_programs_end),
		cmocka_unit_test(some_cannot_be_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
