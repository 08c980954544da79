/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of ops.def as a table, the decoder, and the syntax check.
 *
 * Decoding looks the opcode up in a 256-entry index and then walks the rows
 * that share it, which ops.def keeps together (OP, then ALSO rows): at most
 * a dozen. The check is the part of RFC 9669 that needs no knowledge of what
 * a program does; everything about values is the verifier's.
 */
#include "isa/insn.h"

#include <errno.h>

#include "base/str.h"
#include "spec/diags.h"
#include "spec/spec.h"

#define GROUP_BASE32	"base32"
#define GROUP_BASE64	"base64"
#define GROUP_DIVMUL32	"divmul32"
#define GROUP_DIVMUL64	"divmul64"
#define GROUP_ATOMIC32	"atomic32"
#define GROUP_ATOMIC64	"atomic64"
#define GROUP_PACKET	"packet"
#define GROUP_KERNEL	"kernel"
#define GROUP_ARENA	"arena"
#define GROUP_ACQREL	"acqrel"
#define GROUP_LLVM	"llvm"

/* A field column is one of these or, from 0 on, the number it must be. */
enum column {
	ZERO	= -1 - FIELD_ZERO,
	REG	= -1 - FIELD_REG,
	ANY	= -1 - FIELD_ANY,
	DISP	= -1 - FIELD_DISP,
	JUMP	= -1 - FIELD_JUMP,
	WIDE	= -1 - FIELD_WIDE,
	PAIR	= -1 - FIELD_PAIR,
	HEAD	= -1 - FIELD_HEAD,
	FUNC	= -1 - FIELD_FUNC,
};

enum { NO, YES };

#define FIELD(col) { \
	.kind = (col) < 0 ? (enum field_kind)(-1 - (col)) : FIELD_FIXED, \
	.fixed = (col) < 0 ? 0 : (col), \
}
#define V(major, minor) KERNEL_RELEASE(major, minor)

const struct op_row op_rows[] = {
#define OP(name, opcode, dst, src, off, imm, group, since, have, llvm, ubpf) \
	{ #name, opcode, FIELD(dst), FIELD(src), FIELD(off), FIELD(imm), \
	  GROUP_##group, since, have, llvm, ubpf },
#include "spec/ops.def"
#undef OP
};

static_assert(ARRAY_SIZE(op_rows) == OP_CNT, "one row per operation");
static_assert(OP_CNT < UINT8_MAX, "an index entry is a byte");

/* The OP row of each opcode, plus one; 0: no instruction has this opcode. */
static const uint8_t op_index[256] = {
#define OP(name, opcode, ...) [opcode] = OP_##name + 1,
#define ALSO(...)
#include "spec/ops.def"
#undef OP
#undef ALSO
};

static bool fixed_fits(const struct op_field *field, int32_t value)
{
	return field->kind != FIELD_FIXED || field->fixed == value;
}

static bool row_fits(const struct op_row *row, const struct bpf_insn *insn)
{
	return fixed_fits(&row->dst, insn->dst_reg) &&
	       fixed_fits(&row->src, insn->src_reg) &&
	       fixed_fits(&row->off, insn->off) &&
	       fixed_fits(&row->imm, insn->imm);
}

/*
 * An OP row without a fixed field fits everything (DIV64_IMM beside
 * SDIV64_IMM), so ALSO rows are asked first.
 */
enum op insn_op(const struct bpf_insn *insn)
{
	unsigned int first = op_index[insn->code];

	if (!first--)
		return OP_INVALID;
	for (unsigned int op = first + 1;
	     op < OP_CNT && op_rows[op].opcode == insn->code; op++)
		if (row_fits(&op_rows[op], insn))
			return op;
	return row_fits(&op_rows[first], insn) ? first : OP_INVALID;
}

struct check {
	const struct bpf_insn *insns;
	size_t cnt;
	const char *program;
	struct diag_sink *sink;
};

#define fail(check, pc, id, ...) \
	diag_report((check)->sink, id, &(struct diag_where){ \
		.program = (check)->program, .insn = (int64_t)(pc) }, \
		__VA_ARGS__)

static int check_field(const struct check *check, size_t pc, const char *name,
		       const struct op_field *field, int32_t value)
{
	if (field->kind == FIELD_ZERO && value)
		return fail(check, pc, DIAG_ISA_RESERVED,
			    "%s is %d and must be 0", name, value);
	if (field->kind == FIELD_REG && value >= INSN_REGS)
		return fail(check, pc, DIAG_ISA_REGISTER,
			    "%s is register r%d; there is r0 to r%d", name,
			    value, INSN_REGS - 1);
	return 0;
}

static int check_second_slot(const struct check *check, size_t pc,
			     const struct op_row *row)
{
	const struct bpf_insn *insn = check->insns + pc + 1;

	if (pc + 1 >= check->cnt)
		return fail(check, pc, DIAG_ISA_SECOND_SLOT,
			    "the program ends inside a two-slot instruction");
	if (insn->code || insn->dst_reg || insn->src_reg || insn->off)
		return fail(check, pc, DIAG_ISA_SECOND_SLOT,
			    "the second slot has more than an immediate");
	if (insn->imm && (row->imm.kind == FIELD_HEAD ||
			  row->imm.kind == FIELD_FUNC))
		return fail(check, pc, DIAG_ISA_RESERVED,
			    "imm of the second slot is %d and must be 0",
			    insn->imm);
	return 0;
}

/* Fields of the instruction at `pc`; *slots is how many it takes. */
static int check_fields(const struct check *check, size_t pc, uint32_t *slots)
{
	const struct bpf_insn *insn = check->insns + pc;
	enum op op = insn_op(insn);
	const struct op_row *row;
	int err;

	if (op == OP_INVALID)
		return fail(check, pc, DIAG_ISA_OPCODE, op_index[insn->code] ?
			    "no instruction of opcode 0x%02x has src %d, "
			    "off %d, imm %d" : "no instruction has opcode "
			    "0x%02x", insn->code, insn->src_reg, insn->off,
			    insn->imm);
	row = &op_rows[op];
	if ((err = check_field(check, pc, "dst", &row->dst, insn->dst_reg)) ||
	    (err = check_field(check, pc, "src", &row->src, insn->src_reg)) ||
	    (err = check_field(check, pc, "off", &row->off, insn->off)) ||
	    (err = check_field(check, pc, "imm", &row->imm, insn->imm)))
		return err;
	*slots = op_slots(op);
	return *slots == 2 ? check_second_slot(check, pc, row) : 0;
}

bool insn_target(const struct bpf_insn *insn, int64_t *distance)
{
	enum op op = insn_op(insn);

	if (op == OP_INVALID)
		return false;
	if (op_rows[op].off.kind == FIELD_JUMP)
		*distance = insn->off;
	else if (op_rows[op].imm.kind == FIELD_JUMP ||
		 op_rows[op].imm.kind == FIELD_FUNC)
		*distance = insn->imm;
	else
		return false;
	return true;
}

/* A checked slot of opcode 0 is the second of two: no row has opcode 0. */
static int check_target(const struct check *check, size_t pc)
{
	int64_t distance, target;

	if (!insn_target(check->insns + pc, &distance))
		return 0;
	target = (int64_t)pc + 1 + distance;
	if (target < 0 || target >= (int64_t)check->cnt)
		return fail(check, pc, DIAG_ISA_TARGET,
			    "target %lld is outside of the program's %zu slots",
			    (long long)target, check->cnt);
	if (!check->insns[target].code)
		return fail(check, pc, DIAG_ISA_TARGET,
			    "target %lld is the second slot of a two-slot "
			    "instruction", (long long)target);
	return 0;
}

static int check_end(const struct check *check)
{
	enum op last = insn_op(&check->insns[check->cnt - 1]);

	if (last == OP_EXIT || last == OP_JA || last == OP_JA32)
		return 0;
	return fail(check, check->cnt - 1, DIAG_ISA_FALLS_OFF,
		    "the last instruction is neither exit nor goto");
}

int insn_check(const struct bpf_insn *insns, size_t cnt,
	       const char *program, struct diag_sink *sink)
{
	struct check check = { insns, cnt, program, sink };
	uint32_t slots = 1;
	int err;

	if (!cnt)
		return fail(&check, -1, DIAG_ISA_EMPTY,
			    "the program has no instruction");
	for (size_t pc = 0; pc < cnt; pc += slots) {
		err = check_fields(&check, pc, &slots);
		if (err)
			return err;
	}
	for (size_t pc = 0; pc < cnt; pc++) {
		err = check_target(&check, pc);
		if (err)
			return err;
	}
	return check_end(&check);
}
