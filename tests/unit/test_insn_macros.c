/* SPDX-License-Identifier: Apache-2.0 */
/* skep/insn.h: each macro makes the instruction that its text says. */
#include "cmocka_all.h"

#include <skep/insn.h>

#include "base/str.h"
#include "isa/disasm.h"

static const struct bpf_insn insns[] = {
	BPF_ALU64_REG(BPF_ADD, 1, 2),
	BPF_ALU32_REG(BPF_SUB, 1, 2),
	BPF_ALU64_IMM(BPF_MUL, 1, -7),
	BPF_ALU32_IMM(BPF_XOR, 1, 7),
	BPF_ALU64_REG_OFF(BPF_DIV, 1, 2, 1),
	BPF_ALU32_REG_OFF(BPF_MOD, 1, 2, 1),
	BPF_ALU64_IMM_OFF(BPF_MOD, 1, 5, 1),
	BPF_ALU32_IMM_OFF(BPF_DIV, 1, 5, 1),
	BPF_NEG64(3),
	BPF_NEG32(3),
	BPF_ENDIAN(BPF_TO_BE, 1, 16),
	BPF_ENDIAN(BPF_TO_LE, 1, 64),
	BPF_BSWAP(1, 32),
	BPF_MOV64_REG(1, 10),
	BPF_MOV32_REG(1, 2),
	BPF_MOV64_IMM(0, 2),
	BPF_MOV32_IMM(0, -1),
	BPF_MOVSX64_REG(1, 2, 32),
	BPF_MOVSX32_REG(1, 2, 8),
	BPF_ZEXT_REG(4),
	BPF_LD_IMM64(1, 0x1122334455667788ULL),
	BPF_LD_IMM64_RAW(1, 0, -1LL),
	BPF_LD_MAP_FD(1, 9),
	BPF_LD_MAP_VALUE(1, 9, 16),
	BPF_LD_FUNC(1, 4),
	BPF_LD_ABS(BPF_H, 12),
	BPF_LD_IND(BPF_W, 3, 4),
	BPF_LDX_MEM(BPF_DW, 1, 2, -8),
	BPF_LDX_MEMSX(BPF_B, 1, 2, 8),
	BPF_STX_MEM(BPF_H, 10, 1, -2),
	BPF_ST_MEM(BPF_W, 10, -4, 5),
	BPF_ATOMIC_OP(BPF_DW, BPF_ADD | BPF_FETCH, 1, 2, 8),
	BPF_ATOMIC_OP(BPF_W, BPF_CMPXCHG, 1, 2, 8),
	BPF_ATOMIC_OP(BPF_DW, BPF_LOAD_ACQ, 1, 2, 8),
	BPF_ATOMIC_OP(BPF_DW, BPF_STORE_REL, 1, 2, 8),
	BPF_STX_XADD(BPF_DW, 1, 2, 0),
	BPF_JMP_REG(BPF_JSGT, 1, 2, 3),
	BPF_JMP_IMM(BPF_JEQ, 1, 0, -3),
	BPF_JMP32_REG(BPF_JLT, 1, 2, 3),
	BPF_JMP32_IMM(BPF_JSET, 1, 8, 3),
	BPF_JMP_A(5),
	BPF_JMP32_A(70000),
	BPF_MAY_GOTO_INSN(2),
	BPF_CALL_REL(6),
	BPF_EMIT_CALL(BPF_FUNC_map_lookup_elem),
	BPF_CALL_KFUNC(0, 77),
	BPF_RAW_INSN(BPF_JMP | BPF_CALL | BPF_X, 3, 0, 0, 0),
	BPF_EXIT_INSN(),
};

static const char *const texts[] = {
	"r1 += r2", "w1 -= w2", "r1 *= -7", "w1 ^= 7", "r1 s/= r2",
	"w1 s%= w2", "r1 s%= 5", "w1 s/= 5", "r3 = -r3", "w3 = -w3",
	"r1 = be16 r1", "r1 = le64 r1", "r1 = bswap32 r1", "r1 = r10",
	"w1 = w2", "r0 = 2", "w0 = -1", "r1 = (s32)r2", "w1 = (s8)w2",
	"w4 = w4", "r1 = 1234605616436508552 ll", "r1 = -1 ll",
	"ld_pseudo\tr1, 1, 9", "ld_pseudo\tr1, 2, 9, 16",
	"ld_pseudo\tr1, 4, 4", "r0 = *(u16 *)skb[12]",
	"r0 = *(u32 *)skb[r3 + 4]", "r1 = *(u64 *)(r2 - 8)",
	"r1 = *(s8 *)(r2 + 8)", "*(u16 *)(r10 - 2) = r1",
	"*(u32 *)(r10 - 4) = 5",
	"r2 = atomic_fetch_add((u64 *)(r1 + 8), r2)",
	"w0 = cmpxchg32_32(r1 + 8, w0, w2)",
	"r1 = load_acquire((u64 *)(r2 + 8))",
	"store_release((u64 *)(r1 + 8), r2)",
	"lock *(u64 *)(r1 + 0) += r2", "if r1 s> r2 goto +3",
	"if r1 == 0 goto -3", "if w1 < w2 goto +3", "if w1 & 8 goto +3",
	"goto +5", "gotol +70000", "may_goto +2", "call local 6", "call 1",
	"call kfunc 77", "callx r3", "exit",
};

static void macros_mean_their_text(void **state)
{
	static const struct disasm_style style = {
		.decimal = true, .exact = true,
	};
	struct strbuf text = STRBUF_INIT;
	size_t n = 0;

	for (size_t pc = 0; pc < ARRAY_SIZE(insns); n++) {
		enum op op;

		strbuf_reset(&text);
		op = disasm_insn(&text, &insns[pc], &style);
		assert_true(n < ARRAY_SIZE(texts));
		assert_string_equal(strbuf_str(&text), texts[n]);
		pc += op_slots(op);
	}
	assert_int_equal(n, ARRAY_SIZE(texts));
	strbuf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(macros_mean_their_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
