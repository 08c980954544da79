/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing eBPF with labels: each classic instruction is the label of its own
 * number, code in between takes new ones. Failures are remembered, so that
 * emitting code reads as a list.
 */
#ifndef SKEP_CBPF_EMIT_H
#define SKEP_CBPF_EMIT_H

#include <linux/bpf.h>

#include "base/vec.h"
#include "cbpf/cbpf.h"

/* Registers of a converted filter; 1 to 5 are scratch. */
enum cbpf_reg {
	REG_A = BPF_REG_0,
	REG_CTX = BPF_REG_6,
	REG_X = BPF_REG_7,
	REG_T = BPF_REG_8,	/* within one classic instruction */
	REG_U = BPF_REG_9,
	REG_FP = BPF_REG_10,
};

/* Below M[]: what code of one classic instruction keeps. */
#define SLOT_COUNT	-72
#define SLOT_PROTO	-80
#define SLOT_BYTES	-104	/* 24 bytes */

struct cbpf_fixup {
	size_t at;
	size_t label;
};

struct cbpf_emit {
	VEC(struct bpf_insn) insns;
	VEC(size_t) labels;		/* address of each */
	VEC(struct cbpf_fixup) fixups;
	const struct cbpf_convert_options *options;
	bool oom;
};

void cbpf_emit(struct cbpf_emit *e, struct bpf_insn insn);

size_t cbpf_label(struct cbpf_emit *e);
void cbpf_here(struct cbpf_emit *e, size_t label);

/* Any jump: `insn` is without its offset. */
void cbpf_emit_jump(struct cbpf_emit *e, struct bpf_insn insn, size_t label);

/* Code for PAY_OFFSET, NLATTR and NLATTR_NEST: A from A and X. */
void cbpf_emit_pay_offset(struct cbpf_emit *e);
void cbpf_emit_nlattr(struct cbpf_emit *e, bool nested);

/* Operands: w is 32 bits, r is 64. */
#define INSN(code, dst, src, off, imm) \
	((struct bpf_insn){ (code), (dst), (src), (off), (int32_t)(imm) })
#define W_IMM(op, dst, imm)	INSN(BPF_ALU | (op) | BPF_K, dst, 0, 0, imm)
#define W_REG(op, dst, src)	INSN(BPF_ALU | (op) | BPF_X, dst, src, 0, 0)
#define R_IMM(op, dst, imm)	INSN(BPF_ALU64 | (op) | BPF_K, dst, 0, 0, imm)
#define R_REG(op, dst, src)	INSN(BPF_ALU64 | (op) | BPF_X, dst, src, 0, 0)
#define IF_IMM(op, dst, imm)	INSN(BPF_JMP32 | (op) | BPF_K, dst, 0, 0, imm)
#define IF_REG(op, dst, src)	INSN(BPF_JMP32 | (op) | BPF_X, dst, src, 0, 0)
#define GOTO			INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0)
#define LOAD(size, dst, src, off) \
	INSN(BPF_LDX | BPF_MEM | (size), dst, src, off, 0)
#define STORE(size, dst, off, src) \
	INSN(BPF_STX | BPF_MEM | (size), dst, src, off, 0)
#define STORE_IMM(size, dst, off, imm) \
	INSN(BPF_ST | BPF_MEM | (size), dst, 0, off, imm)
#define CALL_HELPER(id)		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, id)
#define FROM_BE(dst, bits) \
	INSN(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, bits)
#define EXIT			INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

#endif
