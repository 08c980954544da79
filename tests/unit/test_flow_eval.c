/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What constant propagation computes, against the conformance tests' model of
 * every arithmetic and jump row, on edge values.
 */
#include "../conformance/model.h"
#include "cmocka_all.h"
#include "verify/flow/flow_pass.h"

static const uint64_t edges[] = {
	0, 1, 2, 3, 7, 31, 32, 33, 63, 64, 65, 0x7f, 0x80, 0xff, 0x7fff,
	0x8000, 0xffff, INT32_MAX, 1ull << 31, UINT32_MAX, 1ull << 32,
	INT64_MAX, 1ull << 63, UINT64_MAX, UINT64_MAX - 1,
	0xffffffff80000000, 0x0123456789abcdef, 0xfedcba9876543210,
};

static bool is_alu(const struct op_row *row)
{
	uint8_t class = BPF_CLASS(row->opcode);

	return class == BPF_ALU || class == BPF_ALU64;
}

static bool is_jump(const struct op_row *row, enum op op)
{
	return row->off.kind == FIELD_JUMP && op != OP_JA &&
	       op != OP_MAY_GOTO;
}

static bool equal(const struct bpf_insn *insn, const struct op_row *row,
		  uint64_t dst, uint64_t src)
{
	uint64_t out = 0;

	if (!is_alu(row))
		return flow_eval_jump(insn, dst, src) ==
		       model_jump(insn, dst, src);
	return flow_eval_alu(insn, dst, src, &out) &&
	       out == model_alu(insn, dst, src);
}

static void rows(void **state)
{
	uint32_t checked = 0;

	for (enum op op = 0; op < OP_CNT; op++) {
		const struct op_row *row = &op_rows[op];
		struct bpf_insn insn = {
			.code = row->opcode, .dst_reg = 1,
			.src_reg = row->src.kind == FIELD_REG ? 2 : 0,
			.off = (int16_t)row->off.fixed,
			.imm = row->imm.fixed,
		};

		if ((!is_alu(row) && !is_jump(row, op)) ||
		    insn_op(&insn) != op || op == OP_ADDR_SPACE_CAST)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(edges); i++)
			for (size_t j = 0; j < ARRAY_SIZE(edges); j++) {
				uint64_t src = edges[j];

				if (row->imm.kind == FIELD_ANY) {
					insn.imm = (int32_t)edges[j];
					src = (uint64_t)(int64_t)insn.imm;
				}
				if (!equal(&insn, row, edges[i], src))
					fail_msg("%s of %#llx and %#llx",
						 row->name,
						 (unsigned long long)edges[i],
						 (unsigned long long)src);
				checked++;
			}
	}
	assert_true(checked > 80 * ARRAY_SIZE(edges) * ARRAY_SIZE(edges));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
