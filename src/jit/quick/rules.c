/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which way each operation is translated, on every machine. What is in no row
 * is not compiled; the interpreter runs it, or says what is missing.
 */
#include "jit/quick/quick.h"

#define BOTH(name, kind, op, has_sign) \
	[OP_##name##64_REG] = { QUICK_##kind##_REG, op, true, has_sign }, \
	[OP_##name##32_REG] = { QUICK_##kind##_REG, op, false, has_sign }, \
	[OP_##name##64_IMM] = { QUICK_##kind##_IMM, op, true, has_sign }, \
	[OP_##name##32_IMM] = { QUICK_##kind##_IMM, op, false, has_sign }
#define ALU(name)	BOTH(name, ALU, BPF_##name, false)
#define SHIFT(name)	BOTH(name, SHIFT, BPF_##name, false)
#define BRANCH(name)	BOTH(name, BRANCH, BPF_##name, false)
#define SWAP(bits) \
	[OP_LE##bits] = { QUICK_CUT, .size = bits / 8 }, \
	[OP_BE##bits] = { QUICK_SWAP, .size = bits / 8 }, \
	[OP_BSWAP##bits] = { QUICK_SWAP, .size = bits / 8 }
#define MEMORY(bits) \
	[OP_LDX##bits] = { QUICK_LOAD, .size = bits / 8 }, \
	[OP_ST##bits] = { QUICK_STORE_IMM, .size = bits / 8 }, \
	[OP_STX##bits] = { QUICK_STORE_REG, .size = bits / 8 }, \
	[OP_LOAD_ACQ##bits] = { QUICK_LOAD_ACQUIRE, .size = bits / 8 }, \
	[OP_STORE_REL##bits] = { QUICK_STORE_RELEASE, .size = bits / 8 }
#define SIGNED(bits) \
	[OP_LDSX##bits] = { QUICK_LOAD, .sign = true, .size = bits / 8 }
#define ATOMIC(name, kind, op, bits) \
	[OP_ATOMIC_##name##bits] = { QUICK_##kind, op, bits == 64, false, \
				     bits / 8 }
#define ATOMICS(bits) \
	ATOMIC(ADD, ATOMIC, BPF_ADD, bits), ATOMIC(OR, ATOMIC, BPF_OR, bits), \
	ATOMIC(AND, ATOMIC, BPF_AND, bits), \
	ATOMIC(XOR, ATOMIC, BPF_XOR, bits), \
	ATOMIC(FETCH_ADD, FETCH, BPF_ADD, bits), \
	ATOMIC(FETCH_OR, FETCH, BPF_OR, bits), \
	ATOMIC(FETCH_AND, FETCH, BPF_AND, bits), \
	ATOMIC(FETCH_XOR, FETCH, BPF_XOR, bits), \
	ATOMIC(XCHG, EXCHANGE, 0, bits), \
	ATOMIC(CMPXCHG, COMPARE_EXCHANGE, 0, bits)
#define LEGACY(bits) \
	[OP_LD_ABS##bits] = { QUICK_LEGACY, .size = bits / 8 }, \
	[OP_LD_IND##bits] = { QUICK_LEGACY, .sign = true, .size = bits / 8 }

const struct quick_rule quick_rules[OP_CNT] = {
	ALU(ADD), ALU(SUB), ALU(OR), ALU(AND), ALU(XOR), ALU(MUL),
	SHIFT(LSH), SHIFT(RSH), SHIFT(ARSH),
	BOTH(DIV, DIVIDE, BPF_DIV, false), BOTH(SDIV, DIVIDE, BPF_DIV, true),
	BOTH(MOD, DIVIDE, BPF_MOD, false), BOTH(SMOD, DIVIDE, BPF_MOD, true),
	[OP_MOV64_REG] = { QUICK_ALU_REG, BPF_MOV, true },
	[OP_MOV32_REG] = { QUICK_ALU_REG, BPF_MOV, false },
	[OP_MOV64_IMM] = { QUICK_NUMBER, .wide = true },
	[OP_MOV32_IMM] = { QUICK_NUMBER, .wide = false },
	[OP_MOVSX64_8] = { QUICK_EXTEND, .wide = true, .size = 1 },
	[OP_MOVSX64_16] = { QUICK_EXTEND, .wide = true, .size = 2 },
	[OP_MOVSX64_32] = { QUICK_EXTEND, .wide = true, .size = 4 },
	[OP_MOVSX32_8] = { QUICK_EXTEND, .wide = false, .size = 1 },
	[OP_MOVSX32_16] = { QUICK_EXTEND, .wide = false, .size = 2 },
	[OP_NEG64] = { QUICK_NEGATE, .wide = true },
	[OP_NEG32] = { QUICK_NEGATE, .wide = false },
	SWAP(16), SWAP(32), SWAP(64),

	[OP_JA] = { QUICK_GOTO }, [OP_JA32] = { QUICK_GOTO },
	[OP_MAY_GOTO] = { QUICK_MAY_GOTO },
	BRANCH(JEQ), BRANCH(JNE), BRANCH(JGT), BRANCH(JGE), BRANCH(JLT),
	BRANCH(JLE), BRANCH(JSGT), BRANCH(JSGE), BRANCH(JSLT), BRANCH(JSLE),
	BRANCH(JSET),

	[OP_CALL_HELPER] = { QUICK_HELPER }, [OP_CALL_LOCAL] = { QUICK_LOCAL },
	[OP_EXIT] = { QUICK_RETURN },

	MEMORY(8), MEMORY(16), MEMORY(32), MEMORY(64),
	SIGNED(8), SIGNED(16), SIGNED(32),
	ATOMICS(64), ATOMICS(32),

	[OP_LD_IMM64] = { QUICK_NUMBER }, [OP_LD_FUNC] = { QUICK_FUNCTION },
	[OP_LD_MAP_FD] = { QUICK_NUMBER }, [OP_LD_MAP_IDX] = { QUICK_NUMBER },
	[OP_LD_MAP_VALUE] = { QUICK_NUMBER },
	[OP_LD_MAP_IDX_VALUE] = { QUICK_NUMBER },
	LEGACY(8), LEGACY(16), LEGACY(32),
};
