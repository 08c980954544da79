/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instructions as C values for tests: one initialiser per form, named after
 * the row of ops.def with the operands in the order dst, src, off, imm.
 */
#ifndef SKEP_TESTS_INSNS_H
#define SKEP_TESTS_INSNS_H

#include <linux/bpf.h>

#define INSN(op, d, s, o, i) ((struct bpf_insn){ \
	.code = (op), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })

#define MOV_IMM(d, i)		INSN(0xb7, d, 0, 0, i)
#define MOV_REG(d, s)		INSN(0xbf, d, s, 0, 0)
#define ADD_IMM(d, i)		INSN(0x07, d, 0, 0, i)
#define ADD_REG(d, s)		INSN(0x0f, d, s, 0, 0)
#define SUB_IMM(d, i)		INSN(0x17, d, 0, 0, i)
#define MUL_IMM(d, i)		INSN(0x27, d, 0, 0, i)
#define AND_IMM(d, i)		INSN(0x57, d, 0, 0, i)
#define XOR_REG(d, s)		INSN(0xaf, d, s, 0, 0)
#define LDX8(d, s, o)		INSN(0x71, d, s, o, 0)
#define LDX16(d, s, o)		INSN(0x69, d, s, o, 0)
#define LDX32(d, s, o)		INSN(0x61, d, s, o, 0)
#define LDX64(d, s, o)		INSN(0x79, d, s, o, 0)
#define LDSX32(d, s, o)		INSN(0x81, d, s, o, 0)
#define ST8(d, o, i)		INSN(0x72, d, 0, o, i)
#define ST32(d, o, i)		INSN(0x62, d, 0, o, i)
#define ST64(d, o, i)		INSN(0x7a, d, 0, o, i)
#define STX8(d, s, o)		INSN(0x73, d, s, o, 0)
#define STX32(d, s, o)		INSN(0x63, d, s, o, 0)
#define STX64(d, s, o)		INSN(0x7b, d, s, o, 0)
#define ATOMIC64(d, s, o, i)	INSN(0xdb, d, s, o, i)
#define JA(o)			INSN(0x05, 0, 0, o, 0)
#define JEQ_IMM(d, i, o)	INSN(0x15, d, 0, o, i)
#define JNE_IMM(d, i, o)	INSN(0x55, d, 0, o, i)
#define JGT_REG(d, s, o)	INSN(0x2d, d, s, o, 0)
#define MAY_GOTO(o)		INSN(0xe5, 0, 0, o, 0)
#define CALL(id)		INSN(0x85, 0, 0, 0, id)
#define CALL_LOCAL(distance)	INSN(0x85, 0, 1, 0, distance)
#define EXIT()			INSN(0x95, 0, 0, 0, 0)
#define LD64(d, s, i)		INSN(0x18, d, s, 0, (int32_t)(i)), \
				INSN(0, 0, 0, 0, (int32_t)((uint64_t)(i) >> 32))
#define LD_MAP(d, index)	LD64(d, 1, index)
#define LD_FUNC(d, distance)	LD64(d, 4, (uint32_t)(distance))

#endif
