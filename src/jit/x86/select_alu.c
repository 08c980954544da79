/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arithmetic. Most instructions destroy their left operand; where that is
 * still needed and another instruction leaves it alone, the other is taken.
 */
#include "jit/x86/select.h"

SELECT_PUT(sum)
{
	struct select_address mem;

	if (!select_sum_address(s, match->ref, &mem))
		return false;
	select_insn(s, match->row->insn, X86_SHAPE_RM, match->wide);
	select_result(s, match->ref);
	select_use_address(s, &mem);
	return true;
}

/* Is it what the PHI becomes in the next round? */
static bool is_next(const struct select *s, ir_ref ref, ir_ref phi)
{
	const struct ir_insn *insn = select_at(s, phi);

	for (uint32_t i = 0; insn->op == IR_PHI && i < insn->cnt; i++)
		if (insn->list[i] == ref)
			return true;
	return false;
}

/*
 * The operand that is not needed any more is the one to be destroyed; of two
 * such, the one whose register the result goes back to.
 */
static bool takes_right(struct select *s, const struct select_match *match)
{
	bool left = select_lives_on(s, match->left);
	bool right = select_lives_on(s, match->right);

	if (!ir_has(select_at(s, match->ref), IR_F_COMMUTES))
		return false;
	return left != right ? left : is_next(s, match->ref, match->right);
}

SELECT_PUT(two)
{
	bool swap = takes_right(s, match);

	select_insn(s, match->row->insn, X86_SHAPE_RR, match->wide);
	select_result_over(s, match->ref, MACH_NO_REG, 1);
	select_use(s, swap ? match->right : match->left, match->wide);
	select_use_right(s, swap ? match->left : match->right, match->wide);
	return true;
}

/* A mask without upper bits clears the upper half by itself. */
SELECT_PUT(with_number)
{
	bool wide = match->wide && !(match->row->op == IR_AND &&
				     match->number >= 0);

	select_insn(s, match->row->insn, X86_SHAPE_RI, wide)->imm =
		match->number;
	select_result_over(s, match->ref, MACH_NO_REG, 1);
	select_use(s, match->left, wide);
	return true;
}

SELECT_PUT(with_memory)
{
	struct select_address mem = select_memory(s, match->right);

	select_insn(s, match->row->insn, X86_SHAPE_RM, match->wide);
	select_result_over(s, match->ref, MACH_NO_REG, 1);
	select_use(s, match->left, match->wide);
	select_use_address(s, &mem);
	return true;
}

SELECT_PUT(one)
{
	ir_ref arg = match->row->left == SELECT_ZERO ? match->right :
						       match->left;

	select_insn(s, match->row->insn, X86_SHAPE_R, match->wide);
	select_result_over(s, match->ref, MACH_NO_REG, 1);
	select_use(s, arg, match->wide);
	return true;
}

/* ---- products ---- */

/* x * 3, 5 or 9 = [x + x * 2, 4 or 8]. */
SELECT_PUT(times)
{
	int64_t by = match->number;
	struct select_address mem = {
		.kind = X86_BASE_VALUE, .base = match->left,
		.index = match->left, .scale = (uint8_t)(by - 1),
	};

	if (by != 3 && by != 5 && by != 9)
		return false;
	select_insn(s, match->row->insn, X86_SHAPE_RM, match->wide);
	select_result(s, match->ref);
	select_use_address(s, &mem);
	return true;
}

SELECT_PUT(times_number)
{
	bool load = select_takes_load(s, match->left, match->wide ? 8 : 4);
	struct select_address mem;

	if (load)
		mem = select_memory(s, match->left);
	select_insn(s, match->row->insn, load ? X86_SHAPE_RMI : X86_SHAPE_RI,
		    match->wide)->imm = match->number;
	select_result(s, match->ref);
	if (load)
		select_use_address(s, &mem);
	else
		select_use_right(s, match->left, match->wide);
	return true;
}

/* The machine wants one operand in rax, and its results in rax and rdx. */
static void put_high(struct select *s, const struct select_match *match)
{
	select_insn(s, X86_INSN_MULHI, X86_SHAPE_RR, true);
	select_result_in(s, match->ref, X86_RDX);
	select_scratch(s, X86_RAX);
	select_use_in(s, match->left, X86_RAX);
	select_use_right(s, match->right, true);
}

/* Numbers go where there is no choice: their register is not kept. */
SELECT_PUT(times_high)
{
	struct select_match in = *match;
	struct select_address mem;
	bool load;

	if (select_is_number(s, in.right)) {
		in.left = match->right;
		in.right = match->left;
	}
	if (match->row->insn == X86_INSN_MULHI) {
		put_high(s, &in);
		return true;
	}
	load = select_takes_load(s, in.right, 8);
	if (load)
		mem = select_memory(s, in.right);
	select_insn(s, X86_INSN_MULX, load ? X86_SHAPE_RM : X86_SHAPE_RR,
		    true);
	select_result(s, match->ref);
	select_use_in(s, in.left, X86_RDX);
	if (load)
		select_use_address(s, &mem);
	else
		select_use_right(s, in.right, true);
	return true;
}

/* ---- bits ---- */

static void put_extension(struct select *s, ir_ref ref, ir_ref arg,
			  struct ir_insn how)
{
	bool load = select_takes_load(s, arg, how.size);
	struct select_address mem;
	struct mach_insn *insn;

	if (load)
		mem = select_memory(s, arg);
	insn = select_insn(s, X86_INSN_LOAD, load ? X86_SHAPE_RM :
			   X86_SHAPE_RR, how.wide);
	insn->size = how.size;
	insn->form |= how.sign ? X86_SIGN : 0;
	select_result(s, ref);
	if (load)
		select_use_address(s, &mem);
	else
		select_use_right(s, arg, how.size > 4);
}

/* And with the ones of a byte, a word, or the low half. */
SELECT_PUT(mask)
{
	const struct ir_insn *right = select_at(s, match->right);
	uint64_t value = (uint64_t)right->imm;
	uint8_t size;

	if (!match->wide)
		value = (uint32_t)value;
	size = value == UINT8_MAX ? 1 : value == UINT16_MAX ? 2 :
	       value == UINT32_MAX ? 4 : 0;
	if (right->op != IR_CONST || !size)
		return false;
	put_extension(s, match->ref, match->left,
		      (struct ir_insn){ .size = size });
	return true;
}

SELECT_PUT(extend)
{
	const struct ir_insn *insn = select_at(s, match->ref);

	put_extension(s, match->ref, match->left, (struct ir_insn){
		.size = insn->size, .sign = insn->op == IR_SEXT,
		.wide = insn->op == IR_SEXT && insn->wide });
	return true;
}

/* An operand that is computed for this instruction alone, here. */
static bool is_part(const struct select *s, ir_ref ref, bool wide)
{
	const struct ir_insn *insn = select_at(s, ref);

	return s->uses[ref] == 1 && !s->needs[ref] &&
	       (insn->wide || !wide) && select_may_sink(s, ref);
}

/* ~x & y; a number is cheaper as it is. */
SELECT_PUT(and_not)
{
	const struct ir_insn *not = select_at(s, match->left);
	bool wide = match->wide, load;
	struct select_address mem;
	int64_t number;

	if (not->op != IR_XOR || !is_part(s, match->left, wide) ||
	    !select_number(s, not->args[1], wide, &number) || number != -1 ||
	    select_number(s, match->right, wide, &number))
		return false;
	load = select_takes_load(s, match->right, wide ? 8 : 4);
	if (load)
		mem = select_memory(s, match->right);
	select_insn(s, match->row->insn, load ? X86_SHAPE_RM : X86_SHAPE_RR,
		    wide);
	select_result(s, match->ref);
	select_use(s, not->args[0], wide);
	if (load)
		select_use_address(s, &mem);
	else
		select_use_right(s, match->right, wide);
	return true;
}

/* x - 1, or -x: the other operand of what finds the lowest set bit. */
static bool is_neighbour(const struct select *s, ir_ref ref, ir_ref x,
			 bool negative, bool wide)
{
	const struct ir_insn *insn = select_at(s, ref);
	int64_t number;

	if (negative && insn->op == IR_NEG)
		return insn->args[0] == x;
	if (negative)
		return insn->op == IR_SUB && insn->args[1] == x &&
		       select_number(s, insn->args[0], wide, &number) &&
		       number == 0;
	if ((insn->op != IR_ADD && insn->op != IR_SUB) ||
	    insn->args[0] != x ||
	    !select_number(s, insn->args[1], wide, &number))
		return false;
	return number == (insn->op == IR_ADD ? -1 : 1);
}

SELECT_PUT(lowest)
{
	bool negative = match->row->insn == X86_INSN_BLSI;

	if (!is_neighbour(s, match->right, match->left, negative,
			  match->wide) ||
	    !is_part(s, match->right, match->wide))
		return false;
	select_insn(s, match->row->insn, X86_SHAPE_RR, match->wide);
	select_result(s, match->ref);
	select_use_right(s, match->left, match->wide);
	return true;
}

/* ---- shifts ---- */

/* The machine takes counts modulo the width, so masks of them say nothing. */
static ir_ref count_of(const struct select *s, ir_ref ref, bool wide)
{
	const struct ir_insn *insn = select_at(s, ref);
	uint64_t low = wide ? 63 : 31;

	while (insn->op == IR_ZEXT || insn->op == IR_SEXT ||
	       (insn->op == IR_AND && select_is_number(s, insn->args[1]) &&
		((uint64_t)select_at(s, insn->args[1])->imm & low) == low)) {
		ref = insn->args[0];
		insn = select_at(s, ref);
	}
	return ref;
}

SELECT_PUT(shift)
{
	int64_t by = match->number & (match->wide ? 63 : 31);

	if (!by) {
		put_extension(s, match->ref, match->left, (struct ir_insn){
			.size = match->wide ? 8 : 4 });
		return true;
	}
	select_insn(s, match->row->insn, X86_SHAPE_RI, match->wide)->imm = by;
	select_result_over(s, match->ref, MACH_NO_REG, 1);
	select_use(s, match->left, match->wide);
	return true;
}

SELECT_PUT(shift_by_cl)
{
	select_insn(s, match->row->insn, X86_SHAPE_RR, match->wide);
	select_result_over(s, match->ref, MACH_NO_REG, 1);
	select_use(s, match->left, match->wide);
	select_use_in(s, count_of(s, match->right, match->wide), X86_RCX);
	return true;
}

SELECT_PUT(shift_free)
{
	bool load = select_takes_load(s, match->left, match->wide ? 8 : 4);
	ir_ref count = count_of(s, match->right, match->wide);
	struct select_address mem;

	if (load)
		mem = select_memory(s, match->left);
	select_insn(s, match->row->insn, load ? X86_SHAPE_RM : X86_SHAPE_RR,
		    match->wide);
	select_result(s, match->ref);
	select_use(s, count, false);
	if (load)
		select_use_address(s, &mem);
	else
		select_use_right(s, match->left, match->wide);
	return true;
}

/* To the right, without destroying what is rotated. */
SELECT_PUT(rotate_free)
{
	int64_t width = match->wide ? 64 : 32;
	int64_t by = match->number & (width - 1);
	bool load = select_takes_load(s, match->left, match->wide ? 8 : 4);
	struct select_address mem;

	if (!by || (!load && !select_lives_on(s, match->left)))
		return false;
	if (load)
		mem = select_memory(s, match->left);
	select_insn(s, match->row->insn, load ? X86_SHAPE_RMI : X86_SHAPE_RI,
		    match->wide)->imm = width - by;
	select_result(s, match->ref);
	if (load)
		select_use_address(s, &mem);
	else
		select_use_right(s, match->left, match->wide);
	return true;
}

/* ---- division ---- */

static bool never_zero(const struct select *s, ir_ref ref, bool wide)
{
	const struct ir_insn *insn = select_at(s, ref);

	if (insn->op == IR_OR && (insn->wide || !wide))
		insn = select_at(s, insn->args[1]);
	return insn->op == IR_CONST &&
	       (wide ? insn->imm != 0 : (int32_t)insn->imm != 0);
}

static bool never_minus_one(const struct select *s, ir_ref ref, bool wide)
{
	const struct ir_insn *insn = select_at(s, ref);

	if (insn->op == IR_CONST)
		return wide ? insn->imm != -1 : (int32_t)insn->imm != -1;
	return select_bits(s, ref) < (wide ? 64 : 32);
}

/*
 * rax by the divisor: the quotient in rax, the remainder in rdx. Numbers
 * without upper halves are divided in less time.
 */
SELECT_PUT(divide)
{
	const struct ir_insn *insn = select_at(s, match->ref);
	bool mod = insn->op == IR_MOD || insn->op == IR_SMOD;
	bool sign = insn->op == IR_SDIV || insn->op == IR_SMOD;
	bool wide = match->wide;
	struct mach_insn *made;
	uint32_t bits;

	bits = MAX(select_bits(s, match->left), select_bits(s, match->right));
	if (bits <= (sign ? 31 : 32))
		wide = false;
	made = select_insn(s, match->row->insn, X86_SHAPE_RR, wide);
	if (insn->sure || never_zero(s, match->right, wide))
		made->form |= X86_SURE;
	made->imm = sign && !never_minus_one(s, match->right, wide);
	if (mod) {
		select_result_in(s, match->ref, X86_RDX);
		select_scratch(s, X86_RAX);
	} else {
		select_result_in(s, match->ref, X86_RAX);
		select_scratch(s, X86_RDX);
	}
	select_use_in(s, match->left, X86_RAX);
	select_use_late(s, match->right, wide);
	return true;
}

/* ---- bytes ---- */

SELECT_PUT(swap)
{
	const struct ir_insn *insn = select_at(s, match->ref);
	bool word = insn->size == 2;

	select_insn(s, word ? X86_INSN_ROL16 : X86_INSN_BSWAP, X86_SHAPE_R,
		    insn->size == 8)->imm =
		word && select_bits(s, match->left) > 16;
	select_result_over(s, match->ref, MACH_NO_REG, 1);
	select_use(s, match->left, insn->size == 8);
	return true;
}

SELECT_PUT(swap_loaded)
{
	uint8_t size = select_at(s, match->ref)->size;
	struct select_address mem;

	if (size == 2 || !select_takes_load(s, match->left, size))
		return false;
	mem = select_memory(s, match->left);
	select_insn(s, match->row->insn, X86_SHAPE_RM, size == 8);
	select_result(s, match->ref);
	select_use_address(s, &mem);
	return true;
}

/* ---- choices ---- */

static struct select_compare compare_of(struct select *s,
					const struct select_match *match)
{
	const struct ir_insn *insn = select_at(s, match->ref);

	return select_compare(s, (enum ir_cond)insn->cond, match->wide,
			      match->left, match->right);
}

/* 1 or 0. */
SELECT_PUT(choose_bit)
{
	const struct ir_insn *insn = select_at(s, match->ref);
	struct select_compare compare;
	int64_t then, otherwise;

	if (!select_number(s, insn->args[2], true, &then) ||
	    !select_number(s, insn->args[3], true, &otherwise) ||
	    (then != 0 && then != 1) || otherwise != !then)
		return false;
	compare = compare_of(s, match);
	select_insn(s, match->row->insn, X86_SHAPE_R, false)->cond =
		(uint8_t)compare.cond ^ (otherwise ? 1 : 0);
	select_result(s, match->ref);
	select_put_compare(s, &compare);
	return true;
}

/* Numbers that are 1, 2, 4 or 8 apart: the bit, scaled, and the lower one. */
SELECT_PUT(choose_number)
{
	const struct ir_insn *insn = select_at(s, match->ref);
	struct select_compare compare;
	int64_t then, otherwise, apart;
	struct mach_insn *made;
	mach_value bit;

	if (!select_number(s, insn->args[2], true, &then) ||
	    !select_number(s, insn->args[3], true, &otherwise))
		return false;
	apart = MAX(then, otherwise) - MIN(then, otherwise);
	if (apart != 1 && apart != 2 && apart != 4 && apart != 8)
		return false;
	compare = compare_of(s, match);
	bit = select_between(s);
	made = select_insn(s, X86_INSN_LEA, X86_SHAPE_RM, true);
	made->form |= (apart == 1 ? X86_BASE_VALUE : X86_BASE_NONE) <<
		      X86_BASE_SHIFT;
	made->scale = apart == 1 ? 0 : (uint8_t)apart;
	made->disp = (int32_t)MIN(then, otherwise);
	select_result(s, match->ref);
	select_use_between(s, bit);
	select_insn(s, X86_INSN_SETCC, X86_SHAPE_R, false)->cond =
		(uint8_t)compare.cond ^ (then < otherwise ? 1 : 0);
	select_result_between(s, bit);
	select_put_compare(s, &compare);
	return true;
}

/* The arm that is not needed any more is overwritten with the other. */
SELECT_PUT(choose)
{
	const struct ir_insn *insn = select_at(s, match->ref);
	ir_ref then = insn->args[2], otherwise = insn->args[3];
	bool wide = select_bits(s, match->ref) > 32;
	bool swap = select_lives_on(s, otherwise) && !select_lives_on(s, then);
	struct select_compare compare = compare_of(s, match);
	struct mach_insn *made;

	made = select_insn(s, match->row->insn, X86_SHAPE_RR, wide);
	made->cond = (uint8_t)compare.cond ^ (swap ? 1 : 0);
	select_result_over(s, match->ref, MACH_NO_REG, 1);
	select_use(s, swap ? then : otherwise, wide);
	select_use_right(s, swap ? otherwise : then, wide);
	select_put_compare(s, &compare);
	return true;
}
