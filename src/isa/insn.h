/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instructions: the wire form is the UAPI's struct bpf_insn; the decoded form
 * adds the row of spec/ops.def that it is an instance of.
 */
#ifndef SKEP_ISA_INSN_H
#define SKEP_ISA_INSN_H

#include <linux/bpf.h>

#include "base/compiler.h"

/* One value per row of ops.def; OP_INVALID is no instruction. */
enum op {
#define OP(name, ...) OP_##name,
#include "spec/ops.def"
#undef OP
	OP_CNT,
	OP_INVALID = OP_CNT
};

/* What a row demands of a field; the legend of ops.def tells of each. */
enum field_kind {
	FIELD_ZERO,
	FIELD_REG,
	FIELD_ANY,
	FIELD_DISP,
	FIELD_JUMP,
	FIELD_WIDE,		/* WIDE and what follows it take two slots */
	FIELD_PAIR,
	FIELD_HEAD,
	FIELD_FUNC,
	FIELD_FIXED,		/* the row's value for the field counts */
};

struct op_field {
	enum field_kind kind;
	int32_t fixed;
};

struct op_row {
	const char *name;	/* "ADD64_IMM" */
	uint8_t opcode;
	struct op_field dst, src, off, imm;
	const char *group;	/* conformance group, lower case */
	uint32_t since;
	bool have;
	const char *llvm, *ubpf; /* syntax templates, see ops.def */
};

extern const struct op_row op_rows[];	/* OP_CNT rows */

/*
 * The row that `insn` is an instance of: its opcode and all fixed fields
 * match. Reserved fields are not looked at (insn_check does). OP_INVALID when
 * there is none. Constant time.
 */
enum op insn_op(const struct bpf_insn *insn);

/* True where a template of ops.def has a marker: % and a sign of the legend. */
static inline bool template_marker(const char *template)
{
	return template[0] == '%' && template[1] && template[1] != ' ' &&
	       template[1] != '=';
}

/* Registers are r0 to r10. */
#define INSN_REGS 11

/* Slots the operation takes: 2 for 64-bit immediates, else 1. */
static inline uint32_t op_slots(enum op op)
{
	enum field_kind imm = op_rows[op].imm.kind;

	return imm >= FIELD_WIDE && imm != FIELD_FIXED ? 2 : 1;
}

/* The 64-bit immediate of a two-slot instruction. */
static inline uint64_t insn_imm64(const struct bpf_insn *insn)
{
	return (uint32_t)insn[0].imm | (uint64_t)(uint32_t)insn[1].imm << 32;
}

/* Whether a store, load or atomic has its address in dst; else in src. */
static inline bool insn_base_is_dst(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_ST ||
	       (BPF_CLASS(insn->code) == BPF_STX &&
		(BPF_MODE(insn->code) != BPF_ATOMIC ||
		 insn->imm != 0x100 /* load-acquire */));
}

/*
 * True when the instruction names another one: a jump, a call of a
 * subprogram, a subprogram's address. *distance counts slots from the next.
 */
bool insn_target(const struct bpf_insn *insn, int64_t *distance);

struct diag_sink;

/*
 * Checks `cnt` instructions as text, without knowing what they do: opcodes,
 * reserved fields, register numbers, two-slot forms, jump and call targets
 * inside and not into a second slot, no fall off the end. 0 or -EINVAL with
 * a diagnostic that names the instruction. `program` may be NULL.
 */
int insn_check(const struct bpf_insn *insns, size_t cnt,
	       const char *program, struct diag_sink *sink);

#endif
