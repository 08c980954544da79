/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operands in order. What is done here holds of the operations' definitions
 * alone: a narrow operation, an extension, a store read so many low bits of an
 * operand, and some operations leave those bits of theirs as they are.
 */
#include "jit/fold/place.h"

/* Operations with an address, and displacements that they can have. */
static bool has_address(const struct ir_insn *insn)
{
	switch (insn->op) {
	case IR_LOAD:
	case IR_STORE:
	case IR_ATOMIC:
	case IR_CMPXCHG:
	case IR_LIMIT:
	case IR_FAULT:
		return true;
	default:
		return false;
	}
}

/* How many low bits of operand `index` decide what the instruction does. */
static unsigned int bits_read(const struct ir_insn *insn, uint32_t index)
{
	switch (insn->op) {
	case IR_ZEXT:
	case IR_SEXT:
	case IR_BSWAP:
		return insn->size * 8u;
	case IR_STORE:
		return index == 1 ? insn->size * 8u : 64;
	case IR_ATOMIC:
	case IR_CMPXCHG:
		return index ? insn->wide ? 64 : 32 : 64;
	case IR_SELECT:
		return index < 2 && !insn->wide ? 32 : 64;
	case IR_BRANCH:
	case IR_ADD ... IR_NEG:
		return insn->wide ? 64 : 32;
	default:
		return 64;
	}
}

/* The value below operations that keep the low `bits` bits. */
static ir_ref see_through(const struct fold *m, ir_ref ref, unsigned int bits)
{
	while (bits < 64) {
		const struct ir_insn *insn = ir_at(m->f, ref);
		uint64_t mask;

		if (insn->op == IR_ZEXT || insn->op == IR_SEXT) {
			if (insn->size * 8u < bits)
				break;
		} else if (insn->op == IR_AND) {
			if (!fold_const(m, fold_arg(m, ref, 1), insn->wide,
					&mask) ||
			    ~mask & fold_ones(bits))
				break;
		} else {
			break;
		}
		ref = fold_arg(m, ref, 0);
	}
	return ref;
}

static bool set_arg(struct fold *m, ir_ref ref, uint32_t index, ir_ref arg)
{
	struct ir_insn *insn = ir_at(m->f, ref);
	ir_ref old = ir_value(m->f, insn->args[index]);

	insn->args[index] = arg;
	if (arg == old)
		return false;
	if (old < m->uses.len)
		m->uses.data[old]--;
	if (arg < m->uses.len)
		m->uses.data[arg]++;
	return true;
}

/* Constants of narrow operands have no upper half: equal ones are one. */
static ir_ref cut_const(struct fold *m, ir_ref ref, unsigned int bits)
{
	uint64_t value;

	if (bits < 64 && fold_const(m, ref, true, &value) &&
	    value & ~fold_ones(bits))
		return ir_const(m->f, value & fold_ones(bits)) ?: ref;
	return ref;
}

static void swap(struct ir_insn *insn)
{
	ir_ref arg = insn->args[0];

	insn->args[0] = insn->args[1];
	insn->args[1] = arg;
}

/* x + c + imm: imm is 32 bits, signed, as instructions have it. */
static bool take_displacement(struct fold *m, ir_ref ref)
{
	bool any = false;

	for (;;) {
		struct ir_insn *insn = ir_at(m->f, ref);
		ir_ref sum = fold_arg(m, ref, 0);
		uint64_t offset;
		int64_t imm;

		if (!fold_is(m, sum, IR_ADD) || !fold_width(m, sum, true) ||
		    !fold_const(m, fold_arg(m, sum, 1), true, &offset))
			return any;
		imm = (int64_t)((uint64_t)insn->imm + offset);
		if (imm != (int32_t)imm)
			return any;
		insn->imm = imm;
		any |= set_arg(m, ref, 0, fold_arg(m, sum, 0));
	}
}

bool fold_place_operands(struct fold *m, ir_ref ref)
{
	bool any = false;

	if (ir_rows[ir_at(m->f, ref)->op].args == IR_MANY)
		return false;
	for (uint32_t i = 0; i < ir_at(m->f, ref)->cnt; i++) {
		unsigned int bits = bits_read(ir_at(m->f, ref), i);
		ir_ref arg = see_through(m, fold_arg(m, ref, i), bits);

		any |= set_arg(m, ref, i, cut_const(m, arg, bits));
	}
	if (ir_has(ir_at(m->f, ref), IR_F_COMMUTES) &&
	    fold_is(m, ir_at(m->f, ref)->args[0], IR_CONST))
		swap(ir_at(m->f, ref));
	if (has_address(ir_at(m->f, ref)))
		any |= take_displacement(m, ref);
	return any;
}

bool fold_place_cond(struct fold *m, ir_ref ref)
{
	bool any = fold_place_operands(m, ref);
	struct ir_insn *insn = ir_at(m->f, ref);

	if (!fold_is(m, insn->args[0], IR_CONST) ||
	    fold_is(m, insn->args[1], IR_CONST))
		return any;
	swap(insn);
	insn->cond = ir_exchanged[insn->cond];
	return true;
}
