/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses: [base + index * scale + disp] out of sums, shifts and constants.
 * What is taken apart is not computed any more when all of its users are
 * addresses; a sum of two values that is needed as it is stays one, since
 * both would be kept for it.
 *
 * Constants are addressed by another one that is near, if there was one: that
 * may be in a register still, and its 64 bits are loaded once.
 */
#include "jit/x86/select.h"

/* What is taken apart: for memory, or to be a number of 64 or 32 bits. */
enum purpose { MEMORY, WIDE_SUM, NARROW_SUM };

/*
 * Does it go when it is taken in? When it is computed for addresses only, or
 * for this sum alone, in this block.
 */
static bool vanishes(const struct select *s, ir_ref ref, enum purpose purpose)
{
	if (s->needs[ref])
		return false;
	if (purpose == MEMORY)
		return s->addresses[ref] == s->uses[ref];
	return s->uses[ref] == 1 &&
	       select_at(s, ref)->block == select_at(s, s->at)->block;
}

/* In this very loop, for few: else both operands are kept for too long. */
static bool splits(const struct select *s, ir_ref ref, enum purpose purpose)
{
	const struct ir_insn *insn = select_at(s, ref);

	return vanishes(s, ref, purpose) && s->uses[ref] <= 2 &&
	       ir_block(s->f, insn->block)->depth == s->depth;
}

static bool add_disp(struct select_address *mem, int64_t by)
{
	int64_t sum = mem->disp + by;

	if (by != (int32_t)by || sum != (int32_t)sum)
		return false;
	mem->disp = (int32_t)sum;
	return true;
}

/* A constant that is added or taken away. */
static bool take_number(const struct select *s, const struct ir_insn *insn,
			struct select_address *mem)
{
	int64_t number;

	if (!select_number(s, insn->args[1], insn->wide, &number))
		return false;
	if (insn->op == IR_ADD)
		return add_disp(mem, number);
	return insn->op == IR_SUB && add_disp(mem, -number);
}

static bool is_scale(const struct select *s, const struct ir_insn *insn)
{
	const struct ir_insn *cnt;

	if (insn->op != IR_SHL)
		return false;
	cnt = select_at(s, insn->args[1]);
	return cnt->op == IR_CONST && cnt->imm >= 1 && cnt->imm <= 3;
}

static void take_index(const struct select *s, ir_ref ref,
		       struct select_address *mem, enum purpose purpose)
{
	const struct ir_insn *insn = select_at(s, ref);

	mem->index = ref;
	mem->scale = 1;
	if ((!insn->wide && purpose != NARROW_SUM) || !is_scale(s, insn) ||
	    !vanishes(s, ref, purpose))
		return;
	mem->index = insn->args[0];
	mem->scale = (uint8_t)(1 << select_at(s, insn->args[1])->imm);
}

/* The one that is scaled becomes the index, and what has constants is base. */
static ir_ref take_sum(const struct select *s, const struct ir_insn *insn,
		       struct select_address *mem, enum purpose purpose)
{
	ir_ref left = insn->args[0], right = insn->args[1];

	if (is_scale(s, select_at(s, left)) ||
	    ir_is(s->f, right, IR_FRAME) || ir_is(s->f, right, IR_CONST)) {
		left = right;
		right = insn->args[0];
	}
	take_index(s, right, mem, purpose);
	return left;
}

static void take_base(struct select *s, ir_ref ref,
		      struct select_address *mem)
{
	const struct ir_insn *insn = select_at(s, ref);

	if (insn->op == IR_FRAME &&
	    add_disp(mem, insn->imm * JIT_FRAME_STRIDE)) {
		mem->kind = X86_BASE_FRAME;
		return;
	}
	mem->kind = insn->op == IR_THREAD ? X86_BASE_THREAD : X86_BASE_VALUE;
	mem->base = ref;
}

/* One more part of the address; what is left, or 0 when it is the base. */
static ir_ref take_part(struct select *s, ir_ref ref,
			struct select_address *mem, enum purpose purpose)
{
	const struct ir_insn *insn = select_at(s, ref);

	if ((insn->op != IR_ADD && insn->op != IR_SUB) ||
	    (!insn->wide && purpose != NARROW_SUM))
		return 0;
	if ((vanishes(s, ref, purpose) ||
	     ir_is(s->f, insn->args[0], IR_FRAME)) &&
	    take_number(s, insn, mem))
		return insn->args[0];
	if (insn->op == IR_ADD && !mem->scale && splits(s, ref, purpose))
		return take_sum(s, insn, mem, purpose);
	return 0;
}

/* All that is left of an address. */
static void take_rest(struct select *s, ir_ref ref,
		      struct select_address *mem, enum purpose purpose)
{
	ir_ref next = ref;

	while (next) {
		ref = purpose == NARROW_SUM ? next : select_same(s, next);
		next = take_part(s, ref, mem, purpose);
	}
	take_base(s, ref, mem);
}

static void take_anchor(struct select *s, struct select_address *mem)
{
	const struct ir_insn *insn = select_at(s, mem->base);
	int64_t *anchor;

	if (mem->kind != X86_BASE_VALUE || insn->op != IR_CONST)
		return;
	for (size_t i = 0; i < s->anchors.len; i++)
		if (add_disp(mem, insn->imm - s->anchors.data[i])) {
			mem->base = ir_const(s->f,
					     (uint64_t)s->anchors.data[i]);
			return;
		}
	anchor = vec_push(&s->anchors);
	if (anchor)
		*anchor = insn->imm;
}

struct select_address select_address(struct select *s, ir_ref ref,
				     int64_t disp)
{
	struct select_address mem = { 0 };

	/* offsets of instructions have 16 bits, those of passes 32 */
	if (!add_disp(&mem, disp))
		s->refused = true;
	take_rest(s, ref, &mem, MEMORY);
	take_anchor(s, &mem);
	return mem;
}

struct select_address select_memory(struct select *s, ir_ref ref)
{
	const struct ir_insn *insn = select_at(s, ref);

	return select_address(s, insn->args[0], insn->imm);
}

/* ---- sums ---- */

/* A scaled value alone: worth it when it is kept beside the result. */
static bool take_scaled(struct select *s, const struct ir_insn *insn,
			struct select_address *mem)
{
	if (!is_scale(s, insn) || !select_lives_on(s, insn->args[0]))
		return false;
	mem->index = insn->args[0];
	mem->scale = (uint8_t)(1 << select_at(s, insn->args[1])->imm);
	if (mem->scale > 2)
		return true;
	mem->kind = X86_BASE_VALUE;
	mem->base = mem->index;
	mem->scale = 1;
	return true;
}

/* Two of three parts are a sum in place, if one operand is not kept. */
static bool is_worth(struct select *s, const struct select_address *mem)
{
	bool base_stays = mem->kind != X86_BASE_VALUE ||
			  select_lives_on(s, mem->base);

	if (mem->scale > 1 || (mem->scale && mem->disp))
		return true;
	if (mem->scale)
		return base_stays && select_lives_on(s, mem->index);
	return base_stays && mem->disp;
}

bool select_sum_address(struct select *s, ir_ref ref,
			struct select_address *mem)
{
	const struct ir_insn *insn = select_at(s, ref);
	enum purpose purpose = insn->wide ? WIDE_SUM : NARROW_SUM;
	ir_ref rest = insn->args[0];

	*mem = (struct select_address){ 0 };
	if (insn->op == IR_SHL)
		return take_scaled(s, insn, mem);
	if (!take_number(s, insn, mem)) {
		if (insn->op != IR_ADD)
			return false;
		rest = take_sum(s, insn, mem, purpose);
	}
	take_rest(s, rest, mem, purpose);
	return is_worth(s, mem);
}
