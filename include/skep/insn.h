/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BPF instructions as C initialisers, with the names that the kernel's own
 * programs use, so that a program can be written as an array:
 *
 *	struct bpf_insn prog[] = {
 *		BPF_MOV64_IMM(BPF_REG_0, 2),
 *		BPF_EXIT_INSN(),
 *	};
 *
 * Works in C and in C++. Each macro is left alone when something else has
 * defined it; constants newer than the installed <linux/bpf.h> are added.
 */
#ifndef SKEP_INSN_H
#define SKEP_INSN_H

#include <linux/bpf.h>

/* Newer than some <linux/bpf.h>. */
#ifndef BPF_MEMSX
#define BPF_MEMSX		0x80	/* load with sign extension */
#endif
#ifndef BPF_JCOND
#define BPF_JCOND		0xe0	/* may_goto */
#endif
#ifndef BPF_LOAD_ACQ
#define BPF_LOAD_ACQ		0x100
#endif
#ifndef BPF_STORE_REL
#define BPF_STORE_REL		0x110
#endif
#ifndef BPF_ADDR_SPACE_CAST
#define BPF_ADDR_SPACE_CAST	1
#endif
#ifndef BPF_PSEUDO_MAP_IDX
#define BPF_PSEUDO_MAP_IDX	5
#endif
#ifndef BPF_PSEUDO_MAP_IDX_VALUE
#define BPF_PSEUDO_MAP_IDX_VALUE 6
#endif
#ifndef BPF_PSEUDO_KFUNC_CALL
#define BPF_PSEUDO_KFUNC_CALL	2
#endif

/* Any instruction, by its fields. */
#ifndef BPF_RAW_INSN
#ifdef __cplusplus
#define BPF_RAW_INSN(CODE, DST, SRC, OFF, IMM) \
	bpf_insn { (__u8)(CODE), (__u8)((DST) & 0xf), (__u8)((SRC) & 0xf), \
		   (__s16)(OFF), (__s32)(IMM) }
#else
#define BPF_RAW_INSN(CODE, DST, SRC, OFF, IMM) \
	((struct bpf_insn){ .code = (__u8)(CODE), .dst_reg = (DST), \
			    .src_reg = (SRC), .off = (__s16)(OFF), \
			    .imm = (__s32)(IMM) })
#endif
#endif

/* dst op= src, dst op= imm; OP is BPF_ADD, BPF_SUB, ... */
#ifndef BPF_ALU64_REG
#define BPF_ALU64_REG(OP, DST, SRC) BPF_ALU64_REG_OFF(OP, DST, SRC, 0)
#endif
#ifndef BPF_ALU32_REG
#define BPF_ALU32_REG(OP, DST, SRC) BPF_ALU32_REG_OFF(OP, DST, SRC, 0)
#endif
#ifndef BPF_ALU64_IMM
#define BPF_ALU64_IMM(OP, DST, IMM) BPF_ALU64_IMM_OFF(OP, DST, IMM, 0)
#endif
#ifndef BPF_ALU32_IMM
#define BPF_ALU32_IMM(OP, DST, IMM) BPF_ALU32_IMM_OFF(OP, DST, IMM, 0)
#endif
/* The same with off, which makes BPF_DIV and BPF_MOD signed when 1. */
#ifndef BPF_ALU64_REG_OFF
#define BPF_ALU64_REG_OFF(OP, DST, SRC, OFF) \
	BPF_RAW_INSN(BPF_ALU64 | BPF_OP(OP) | BPF_X, DST, SRC, OFF, 0)
#endif
#ifndef BPF_ALU32_REG_OFF
#define BPF_ALU32_REG_OFF(OP, DST, SRC, OFF) \
	BPF_RAW_INSN(BPF_ALU | BPF_OP(OP) | BPF_X, DST, SRC, OFF, 0)
#endif
#ifndef BPF_ALU64_IMM_OFF
#define BPF_ALU64_IMM_OFF(OP, DST, IMM, OFF) \
	BPF_RAW_INSN(BPF_ALU64 | BPF_OP(OP) | BPF_K, DST, 0, OFF, IMM)
#endif
#ifndef BPF_ALU32_IMM_OFF
#define BPF_ALU32_IMM_OFF(OP, DST, IMM, OFF) \
	BPF_RAW_INSN(BPF_ALU | BPF_OP(OP) | BPF_K, DST, 0, OFF, IMM)
#endif

/* dst = -dst */
#ifndef BPF_NEG64
#define BPF_NEG64(DST) BPF_RAW_INSN(BPF_ALU64 | BPF_NEG, DST, 0, 0, 0)
#endif
#ifndef BPF_NEG32
#define BPF_NEG32(DST) BPF_RAW_INSN(BPF_ALU | BPF_NEG, DST, 0, 0, 0)
#endif

/* To BPF_TO_LE or BPF_TO_BE byte order; BPF_BSWAP swaps always. */
#ifndef BPF_ENDIAN
#define BPF_ENDIAN(TYPE, DST, LEN) \
	BPF_RAW_INSN(BPF_ALU | BPF_END | BPF_SRC(TYPE), DST, 0, 0, LEN)
#endif
#ifndef BPF_BSWAP
#define BPF_BSWAP(DST, LEN) \
	BPF_RAW_INSN(BPF_ALU64 | BPF_END | BPF_TO_LE, DST, 0, 0, LEN)
#endif

#ifndef BPF_MOV64_REG
#define BPF_MOV64_REG(DST, SRC) BPF_ALU64_REG(BPF_MOV, DST, SRC)
#endif
#ifndef BPF_MOV32_REG
#define BPF_MOV32_REG(DST, SRC) BPF_ALU32_REG(BPF_MOV, DST, SRC)
#endif
#ifndef BPF_MOV64_IMM
#define BPF_MOV64_IMM(DST, IMM) BPF_ALU64_IMM(BPF_MOV, DST, IMM)
#endif
#ifndef BPF_MOV32_IMM
#define BPF_MOV32_IMM(DST, IMM) BPF_ALU32_IMM(BPF_MOV, DST, IMM)
#endif
/* The low 8, 16 or 32 bits of src, sign-extended. */
#ifndef BPF_MOVSX64_REG
#define BPF_MOVSX64_REG(DST, SRC, BITS) \
	BPF_ALU64_REG_OFF(BPF_MOV, DST, SRC, BITS)
#endif
#ifndef BPF_MOVSX32_REG
#define BPF_MOVSX32_REG(DST, SRC, BITS) \
	BPF_ALU32_REG_OFF(BPF_MOV, DST, SRC, BITS)
#endif
/* dst = (u32)dst: plain here; the kernel's own marks it with an imm of 1. */
#ifndef BPF_ZEXT_REG
#define BPF_ZEXT_REG(DST) BPF_MOV32_REG(DST, DST)
#endif

/* 64-bit constants and addresses: two slots. */
#ifndef BPF_LD_IMM64_RAW
#define BPF_LD_IMM64_RAW(DST, SRC, IMM) \
	BPF_LD_IMM64_PAIR(DST, SRC, (__u32)(IMM), (__u64)(IMM) >> 32)
#endif
#ifndef BPF_LD_IMM64_PAIR
#define BPF_LD_IMM64_PAIR(DST, SRC, LOW, HIGH) \
	BPF_RAW_INSN(BPF_LD | BPF_DW | BPF_IMM, DST, SRC, 0, LOW), \
	BPF_RAW_INSN(0, 0, 0, 0, HIGH)
#endif
#ifndef BPF_LD_IMM64
#define BPF_LD_IMM64(DST, IMM) BPF_LD_IMM64_RAW(DST, 0, IMM)
#endif
#ifndef BPF_LD_MAP_FD
#define BPF_LD_MAP_FD(DST, FD) \
	BPF_LD_IMM64_PAIR(DST, BPF_PSEUDO_MAP_FD, FD, 0)
#endif
#ifndef BPF_LD_MAP_VALUE
#define BPF_LD_MAP_VALUE(DST, FD, OFFSET) \
	BPF_LD_IMM64_PAIR(DST, BPF_PSEUDO_MAP_VALUE, FD, OFFSET)
#endif
/* The function that is DISTANCE slots after the next slot. */
#ifndef BPF_LD_FUNC
#define BPF_LD_FUNC(DST, DISTANCE) \
	BPF_LD_IMM64_PAIR(DST, BPF_PSEUDO_FUNC, DISTANCE, 0)
#endif

/* r0 = packet[imm], packet[src + imm]: legacy packet access. */
#ifndef BPF_LD_ABS
#define BPF_LD_ABS(SIZE, IMM) \
	BPF_RAW_INSN(BPF_LD | BPF_SIZE(SIZE) | BPF_ABS, 0, 0, 0, IMM)
#endif
#ifndef BPF_LD_IND
#define BPF_LD_IND(SIZE, SRC, IMM) \
	BPF_RAW_INSN(BPF_LD | BPF_SIZE(SIZE) | BPF_IND, 0, SRC, 0, IMM)
#endif

/* dst = *(SIZE *)(src + off), and its sign-extending form */
#ifndef BPF_LDX_MEM
#define BPF_LDX_MEM(SIZE, DST, SRC, OFF) \
	BPF_RAW_INSN(BPF_LDX | BPF_SIZE(SIZE) | BPF_MEM, DST, SRC, OFF, 0)
#endif
#ifndef BPF_LDX_MEMSX
#define BPF_LDX_MEMSX(SIZE, DST, SRC, OFF) \
	BPF_RAW_INSN(BPF_LDX | BPF_SIZE(SIZE) | BPF_MEMSX, DST, SRC, OFF, 0)
#endif
/* *(SIZE *)(dst + off) = src, = imm */
#ifndef BPF_STX_MEM
#define BPF_STX_MEM(SIZE, DST, SRC, OFF) \
	BPF_RAW_INSN(BPF_STX | BPF_SIZE(SIZE) | BPF_MEM, DST, SRC, OFF, 0)
#endif
#ifndef BPF_ST_MEM
#define BPF_ST_MEM(SIZE, DST, OFF, IMM) \
	BPF_RAW_INSN(BPF_ST | BPF_SIZE(SIZE) | BPF_MEM, DST, 0, OFF, IMM)
#endif
/*
 * On *(SIZE *)(dst + off): OP is BPF_ADD, _AND, _OR, _XOR, each also with
 * BPF_FETCH, BPF_XCHG, BPF_CMPXCHG, BPF_STORE_REL; or BPF_LOAD_ACQ, where
 * the address is in src.
 */
#ifndef BPF_ATOMIC_OP
#define BPF_ATOMIC_OP(SIZE, OP, DST, SRC, OFF) \
	BPF_RAW_INSN(BPF_STX | BPF_SIZE(SIZE) | BPF_ATOMIC, DST, SRC, OFF, OP)
#endif
#ifndef BPF_STX_XADD
#define BPF_STX_XADD(SIZE, DST, SRC, OFF) \
	BPF_ATOMIC_OP(SIZE, BPF_ADD, DST, SRC, OFF)
#endif

/* if (dst op src) goto pc + off; OP is BPF_JEQ, BPF_JGT, ... */
#ifndef BPF_JMP_REG
#define BPF_JMP_REG(OP, DST, SRC, OFF) \
	BPF_RAW_INSN(BPF_JMP | BPF_OP(OP) | BPF_X, DST, SRC, OFF, 0)
#endif
#ifndef BPF_JMP_IMM
#define BPF_JMP_IMM(OP, DST, IMM, OFF) \
	BPF_RAW_INSN(BPF_JMP | BPF_OP(OP) | BPF_K, DST, 0, OFF, IMM)
#endif
#ifndef BPF_JMP32_REG
#define BPF_JMP32_REG(OP, DST, SRC, OFF) \
	BPF_RAW_INSN(BPF_JMP32 | BPF_OP(OP) | BPF_X, DST, SRC, OFF, 0)
#endif
#ifndef BPF_JMP32_IMM
#define BPF_JMP32_IMM(OP, DST, IMM, OFF) \
	BPF_RAW_INSN(BPF_JMP32 | BPF_OP(OP) | BPF_K, DST, 0, OFF, IMM)
#endif
#ifndef BPF_JMP_A
#define BPF_JMP_A(OFF) BPF_RAW_INSN(BPF_JMP | BPF_JA, 0, 0, OFF, 0)
#endif
#ifndef BPF_JMP32_A
#define BPF_JMP32_A(IMM) BPF_RAW_INSN(BPF_JMP32 | BPF_JA, 0, 0, 0, IMM)
#endif
#ifndef BPF_MAY_GOTO_INSN
#define BPF_MAY_GOTO_INSN(OFF) BPF_RAW_INSN(BPF_JMP | BPF_JCOND, 0, 0, OFF, 0)
#endif

/* A function of the program, a helper by id, a kernel function by BTF id. */
#ifndef BPF_CALL_REL
#define BPF_CALL_REL(DISTANCE) \
	BPF_RAW_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, DISTANCE)
#endif
#ifndef BPF_EMIT_CALL
#define BPF_EMIT_CALL(HELPER) \
	BPF_RAW_INSN(BPF_JMP | BPF_CALL, 0, 0, 0, HELPER)
#endif
#ifndef BPF_CALL_KFUNC
#define BPF_CALL_KFUNC(OFF, BTF_ID) \
	BPF_RAW_INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, OFF, BTF_ID)
#endif
#ifndef BPF_EXIT_INSN
#define BPF_EXIT_INSN() BPF_RAW_INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#endif

#endif
