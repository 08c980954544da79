/* SPDX-License-Identifier: Apache-2.0 */
/* isa/: decoding by the rows, and the syntax check. */
#include "cmocka_all.h"

#include <errno.h>

#include "isa/insn.h"
#include "spec/diags.h"
#include "spec/spec.h"

#define EXIT	{ .code = 0x95 }
#define NOP	{ .code = 0xb7 }

/* An instance of the row with every operand at a plain value. */
static void instance(const struct op_row *row, struct bpf_insn insn[2])
{
	static const int32_t plain[] = {
		[FIELD_REG] = 3, [FIELD_ANY] = 0x1234, [FIELD_WIDE] = 7,
		[FIELD_PAIR] = 7, [FIELD_HEAD] = 7, [FIELD_FUNC] = 1,
		[FIELD_DISP] = 8,
		[FIELD_FIXED] = 0,
	};

	memset(insn, 0, 2 * sizeof(*insn));
	insn->code = row->opcode;
	insn->dst_reg = plain[row->dst.kind] + row->dst.fixed;
	insn->src_reg = plain[row->src.kind] + row->src.fixed;
	insn->off = plain[row->off.kind] + row->off.fixed;
	insn->imm = plain[row->imm.kind] + row->imm.fixed;
}

static void each_row_decodes_to_itself(void **state)
{
	for (int op = 0; op < OP_CNT; op++) {
		struct bpf_insn insn[2];

		instance(&op_rows[op], insn);
		assert_string_equal(op_rows[insn_op(insn)].name,
				    op_rows[op].name);
	}
}

static void rows_of_an_opcode_are_together(void **state)
{
	for (int op = 1; op < OP_CNT; op++) {
		if (op_rows[op].opcode == op_rows[op - 1].opcode)
			continue;
		for (int before = 0; before < op; before++)
			assert_int_not_equal(op_rows[before].opcode,
					     op_rows[op].opcode);
	}
}

static void rows_say_all(void **state)
{
	static const char *const groups[] = {
		"base32", "base64", "divmul32", "divmul64", "atomic32",
		"atomic64", "packet", "kernel", "arena", "acqrel", "llvm",
	};

	for (int op = 0; op < OP_CNT; op++) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
			known |= strcmp(op_rows[op].group, groups[i]) == 0;
		assert_true(known);
		assert_true(op_rows[op].since >= KERNEL_RELEASE(3, 18) ||
			    op == OP_CALLX);
		assert_true(*op_rows[op].llvm && *op_rows[op].ubpf);
	}
}

static void invalid_is_no_row(void **state)
{
	static const struct bpf_insn bad[] = {
		{ .code = 0x00 }, { .code = 0xff }, { .code = 0x38 },
		{ .code = 0x85, .src_reg = 3 },
		{ .code = 0x18, .src_reg = 7 },
		{ .code = 0xdb, .imm = 0x20 },
		{ .code = 0xd4, .imm = 8 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(insn_op(&bad[i]), OP_INVALID);
}

static void note_id(void *arg, const struct skep_diag *diag)
{
	*(const char **)arg = diag->id;
}

static const char *verdict(const struct bpf_insn *insns, size_t cnt)
{
	const char *id = "accepted";
	struct diag_sink sink = { note_id, &id, 0 };
	int err = insn_check(insns, cnt, "p", &sink);

	assert_int_equal(err, sink.errors ? -EINVAL : 0);
	return id;
}

#define assert_check(id, ...) do { \
	const struct bpf_insn insns_[] = { __VA_ARGS__ }; \
	assert_string_equal(verdict(insns_, ARRAY_SIZE(insns_)), id); \
} while (0)

static void check_accepts_each_row(void **state)
{
	for (int op = 0; op < OP_CNT; op++) {
		struct bpf_insn insns[3] = { [1] = EXIT, [2] = EXIT };

		instance(&op_rows[op], insns);
		if (op_slots(op) == 1)
			insns[1].code = 0x95;
		assert_string_equal(verdict(insns, 3), "accepted");
	}
}

static void check_refuses(void **state)
{
	assert_string_equal(verdict(NULL, 0), "isa-empty");
	assert_check("isa-opcode", { .code = 0xff }, EXIT);
	assert_check("isa-register", { .code = 0xbf, .dst_reg = 11 }, EXIT);
	assert_check("isa-register", { .code = 0xbf, .src_reg = 15 }, EXIT);
	assert_check("isa-reserved", { .code = 0xb7, .off = 1 }, EXIT);
	assert_check("isa-reserved", { .code = 0x37, .off = 2 }, EXIT);
	assert_check("isa-reserved", { .code = 0xbf, .imm = 1 }, EXIT);
	assert_check("isa-reserved", { .code = 0x95, .dst_reg = 1 });
	assert_check("isa-second-slot", { .code = 0x18 });
	assert_check("isa-second-slot", { .code = 0x18 }, EXIT);
	assert_check("isa-second-slot", { .code = 0x18 }, { .off = 1 }, EXIT);
	assert_check("isa-reserved", { .code = 0x18, .src_reg = 1 },
		     { .imm = 1 }, EXIT);
	assert_check("accepted", { .code = 0x18, .src_reg = 2 },
		     { .imm = 1 }, EXIT);
	assert_check("isa-target", { .code = 0x05, .off = 1 }, EXIT);
	assert_check("isa-target", { .code = 0x05, .off = -2 }, EXIT);
	assert_check("isa-target", { .code = 0x05, .off = 1 },
		     { .code = 0x18 }, { .imm = 1 }, EXIT);
	assert_check("isa-target", { .code = 0x85, .src_reg = 1, .imm = 9 },
		     EXIT);
	assert_check("isa-target", { .code = 0x06, .imm = INT32_MAX }, EXIT);
	assert_check("isa-target", { .code = 0x06, .imm = INT32_MIN }, EXIT);
	assert_check("isa-falls-off", NOP);
	assert_check("accepted", NOP, { .code = 0x05, .off = -2 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_decodes_to_itself),
		cmocka_unit_test(rows_of_an_opcode_are_together),
		cmocka_unit_test(rows_say_all),
		cmocka_unit_test(invalid_is_no_row),
		cmocka_unit_test(check_accepts_each_row),
		cmocka_unit_test(check_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
