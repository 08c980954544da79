/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine of instruction selection: how operands become values, which row
 * fits, which instructions of a block are needed at all.
 */
#include "jit/x86/select.h"

#define FLAGS		true
#define BMI1		JIT_BMI1
#define BMI2		JIT_BMI2
#define MOVBE		JIT_MOVBE
#define _		0

static const struct select_row rows[] = {
#define SELECT(op, left, right, flags, needs, put, insn) \
	{ IR_##op, SELECT_##left, SELECT_##right, flags, needs, \
	  select_##put, X86_INSN_##insn },
#include "jit/x86/select.def"
#undef SELECT
};

const uint8_t x86_arguments[5] = {
	X86_RSI, X86_RDX, X86_RCX, X86_R8, X86_R9,
};

/* ---- values ---- */

static mach_value new_value(struct select *s)
{
	struct mach_value_info *info = vec_push(&s->m->values);

	if (!info) {
		s->m->failed = true;
		return 0;
	}
	info->hint = MACH_NO_REG;
	return (mach_value)(s->m->values.len - 1);
}

/* r10 of a frame, as it lies behind the function's own. */
static int64_t frame_at(const struct ir_insn *frame)
{
	return frame->imm * JIT_FRAME_STRIDE;
}

/* What is made anew wherever it is used. */
static bool how_made(const struct select *s, ir_ref ref,
		     struct mach_value_info *info)
{
	const struct ir_insn *insn = select_at(s, ref), *base;

	info->number = insn->imm;
	switch (insn->op) {
	case IR_CONST:
		info->make = MACH_NUMBER;
		return true;
	case IR_FUNC:
		info->make = MACH_CODE;
		return true;
	case IR_FRAME:
		info->make = MACH_ADDRESS;
		info->number = frame_at(insn);
		return true;
	case IR_ADD:
		base = select_at(s, insn->args[0]);
		if (base->op != IR_FRAME || !insn->wide ||
		    !select_number(s, insn->args[1], true, &info->number))
			return false;
		info->make = MACH_ADDRESS;
		info->number += frame_at(base);
		return true;
	default:
		return false;
	}
}

mach_value select_value(struct select *s, ir_ref ref)
{
	struct mach_value_info made = { .hint = MACH_NO_REG };

	if (s->values[ref])
		return s->values[ref];
	s->values[ref] = new_value(s);
	if (s->values[ref] && how_made(s, ref, &made))
		s->m->values.data[s->values[ref]] = made;
	return s->values[ref];
}

mach_value select_need(struct select *s, ir_ref ref)
{
	ref = select_same(s, ref);
	s->needs[ref]++;
	select_note_need(s, ref);
	return select_value(s, ref);
}

/* ---- instructions ---- */

struct mach_insn *select_insn(struct select *s, enum x86_insn op,
			      enum x86_shape shape, bool wide)
{
	static struct mach_insn nowhere;
	struct mach_insn *insn = vec_push(&s->insns);

	if (!insn) {
		s->m->failed = true;
		insn = &nowhere;
	}
	*insn = (struct mach_insn){
		.op = (uint16_t)op, .form = (uint8_t)shape, .wide = wide,
		.operands = (uint32_t)s->m->operands.len,
		.slot = select_at(s, s->at)->slot,
	};
	return insn;
}

static void add(struct select *s, const struct mach_operand *operand)
{
	struct mach_operand *at = vec_push(&s->m->operands);

	if (!at || !s->insns.len) {
		s->m->failed = true;
		return;
	}
	*at = *operand;
	at->place.reg = MACH_NO_REG;
	s->insns.data[s->insns.len - 1].operands_cnt++;
}

void select_result_over(struct select *s, ir_ref ref, uint8_t reg,
			uint8_t tied)
{
	add(s, &(struct mach_operand){ .value = select_value(s, ref),
		.role = MACH_DEF, .fixed = reg, .tied = tied });
}

void select_result_in(struct select *s, ir_ref ref, uint8_t reg)
{
	select_result_over(s, ref, reg, MACH_NOT_TIED);
}

void select_result(struct select *s, ir_ref ref)
{
	select_result_in(s, ref, MACH_NO_REG);
}

void select_scratch(struct select *s, uint8_t reg)
{
	add(s, &(struct mach_operand){ .value = new_value(s),
		.role = MACH_DEF, .fixed = reg, .tied = MACH_NOT_TIED });
}

mach_value select_between(struct select *s)
{
	return new_value(s);
}

void select_result_between(struct select *s, mach_value value)
{
	add(s, &(struct mach_operand){ .value = value, .role = MACH_DEF,
		.fixed = MACH_NO_REG, .tied = MACH_NOT_TIED });
}

void select_use_between(struct select *s, mach_value value)
{
	add(s, &(struct mach_operand){ .value = value, .role = MACH_USE,
		.fixed = MACH_NO_REG, .tied = MACH_NOT_TIED });
}

static void use(struct select *s, ir_ref ref, enum mach_role role,
		uint8_t reg, bool memory)
{
	add(s, &(struct mach_operand){ .value = select_need(s, ref),
		.role = (uint8_t)role, .fixed = reg, .tied = MACH_NOT_TIED,
		.memory = memory });
}

static ir_ref narrow(const struct select *s, ir_ref ref, bool wide)
{
	return wide ? ref : select_low(s, ref, 4);
}

void select_use(struct select *s, ir_ref ref, bool wide)
{
	use(s, narrow(s, ref, wide), MACH_USE, MACH_NO_REG, false);
}

void select_use_late(struct select *s, ir_ref ref, bool wide)
{
	use(s, narrow(s, ref, wide), MACH_USE_LATE, MACH_NO_REG, false);
}

void select_use_in(struct select *s, ir_ref ref, uint8_t reg)
{
	use(s, ref, MACH_USE, reg, false);
}

void select_use_right(struct select *s, ir_ref ref, bool wide)
{
	use(s, narrow(s, ref, wide), MACH_USE, MACH_NO_REG, true);
}

static void use_address(struct select *s, const struct select_address *mem,
			enum mach_role role)
{
	struct mach_insn *insn = &s->insns.data[s->insns.len - 1];

	insn->form |= (uint8_t)(mem->kind << X86_BASE_SHIFT);
	insn->scale = mem->scale;
	insn->disp = mem->disp;
	if (mem->kind == X86_BASE_VALUE)
		use(s, mem->base, role, MACH_NO_REG, false);
	if (mem->scale)
		use(s, mem->index, role, MACH_NO_REG, false);
}

void select_use_address(struct select *s, const struct select_address *mem)
{
	use_address(s, mem, MACH_USE);
}

void select_use_address_late(struct select *s,
			     const struct select_address *mem)
{
	use_address(s, mem, MACH_USE_LATE);
}

/* ---- matching ---- */

static bool fits(struct select *s, enum select_class class, ir_ref ref,
		 struct select_match *match)
{
	bool wide = match->wide;
	int64_t number;

	switch (class) {
	case SELECT_NUMBER:
		return select_number(s, ref, wide, &match->number);
	case SELECT_ZERO:
		return select_number(s, ref, wide, &number) && number == 0;
	case SELECT_ONES:
		return select_number(s, ref, wide, &number) && number == -1;
	case SELECT_LOAD:
		return select_takes_load(s, ref, wide ? 8 : 4);
	default:
		return true;
	}
}

static bool try(struct select *s, const struct select_row *row,
		struct select_match *match, ir_ref left, ir_ref right)
{
	match->row = row;
	match->left = left;
	match->right = right;
	return fits(s, row->left, left, match) &&
	       fits(s, row->right, right, match) && row->put(s, match);
}

static bool match_row(struct select *s, const struct select_row *row,
		      struct select_match *match)
{
	struct ir_insn *insn = ir_at(s->f, match->ref);
	ir_ref left = insn->cnt > 0 ? ir_args(insn)[0] : 0;
	ir_ref right = insn->cnt > 1 ? ir_args(insn)[1] : 0;

	if (row->features & ~s->features || (s->flags && !row->flags))
		return false;
	return try(s, row, match, left, right) ||
	       (ir_has(insn, IR_F_COMMUTES) &&
		try(s, row, match, right, left));
}

void select_now(struct select *s, ir_ref ref)
{
	const struct ir_insn *insn = select_at(s, ref);
	struct select_match match = { .ref = ref, .wide = insn->wide };

	s->done[ref] = true;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].op == insn->op && match_row(s, &rows[i], &match))
			return;
	s->refused = true;
}

static bool is_needed(const struct select *s, ir_ref ref)
{
	const struct ir_insn *insn = select_at(s, ref);
	struct mach_value_info info;

	if (insn->op == IR_PHI || s->done[ref] || how_made(s, ref, &info))
		return false;
	return s->needs[ref] || ir_has(insn, IR_F_STAYS) || insn->ordered ||
	       !ir_has(insn, IR_F_VALUE);
}

void select_block(struct select *s, ir_block_id id)
{
	const struct ir_block *blk = ir_block(s->f, id);

	s->block = id;
	s->depth = blk->depth;
	for (ir_ref ref = blk->last; ref; ref = select_at(s, ref)->prev) {
		if (!is_needed(s, ref))
			continue;
		s->at = ref;
		s->flags = false;
		select_now(s, ref);
	}
}
