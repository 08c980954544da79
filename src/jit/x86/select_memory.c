/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads, stores, atomics. x86 orders loads and stores as acquire and release
 * do, and its locked instructions order everything.
 */
#include "jit/x86/select.h"

SELECT_PUT(load)
{
	const struct ir_insn *load = select_at(s, match->ref);
	struct select_address mem = select_memory(s, match->ref);
	struct mach_insn *insn;

	insn = select_insn(s, match->row->insn, X86_SHAPE_RM,
			   load->sign || load->size == 8);
	insn->size = load->size;
	insn->form |= load->sign ? X86_SIGN : 0;
	select_result(s, match->ref);
	select_use_address(s, &mem);
	return true;
}

/* ---- stores ---- */

/* A number as `size` bytes of memory take it. */
static bool stored_number(const struct select *s, ir_ref ref, uint32_t size,
			  int64_t *number)
{
	const struct ir_insn *insn = select_at(s, ref);
	uint32_t unused = 64 - size * 8;

	*number = (int64_t)((uint64_t)insn->imm << unused) >> unused;
	return insn->op == IR_CONST && *number == (int32_t)*number;
}

/* A sequence of values that only this store uses, as far as `size` bytes. */
static ir_ref stored_value(const struct select *s, ir_ref ref, uint32_t size)
{
	ir_ref low = select_low(s, ref, size);

	while (ref != low) {
		if (s->uses[ref] != 1)
			return 0;
		ref = select_at(s, ref)->args[0];
	}
	return s->uses[low] == 1 && !s->needs[low] && !s->done[low] ? low : 0;
}

static const uint16_t changes[IR_OPS] = {
	[IR_ADD] = X86_INSN_ADD, [IR_SUB] = X86_INSN_SUB,
	[IR_AND] = X86_INSN_AND, [IR_OR] = X86_INSN_OR,
	[IR_XOR] = X86_INSN_XOR,
};

/* Does the value come from where it is stored, with nothing between? */
static bool comes_from(const struct select *s, ir_ref ref,
		       const struct ir_insn *store)
{
	const struct ir_insn *load;

	ref = stored_value(s, ref, store->size);
	load = select_at(s, ref);
	return ref && load->op == IR_LOAD && load->size == store->size &&
	       load->args[0] == store->args[0] && load->imm == store->imm &&
	       select_takes_load(s, ref, store->size);
}

/* What [mem] op= other needs; 0 when it is nothing of the kind. */
static ir_ref other_operand(const struct select *s,
			    const struct ir_insn *value,
			    const struct ir_insn *store)
{
	if (comes_from(s, value->args[0], store))
		return value->args[1];
	if (value->op != IR_SUB && comes_from(s, value->args[1], store))
		return value->args[0];
	return 0;
}

static void put_on_memory(struct select *s, ir_ref value,
			  enum x86_insn op, uint32_t size, uint8_t flags,
			  const struct select_address *mem)
{
	int64_t number;
	bool by_number = stored_number(s, value, size, &number);
	struct mach_insn *insn =
		select_insn(s, op, by_number ? X86_SHAPE_MI : X86_SHAPE_MR,
			    size == 8);

	insn->size = (uint8_t)size;
	insn->form |= flags;
	if (by_number)
		insn->imm = number;
	else
		select_use(s, select_low(s, value, size), true);
	select_use_address(s, mem);
}

/* [mem] op= x */
SELECT_PUT(change)
{
	const struct ir_insn *store = select_at(s, match->ref), *value;
	struct select_address mem;
	ir_ref ref, other;

	ref = stored_value(s, match->right, store->size);
	value = select_at(s, ref);
	if (!ref || store->ordered || value->op >= IR_OPS ||
	    !changes[value->op] || (store->size == 8 && !value->wide) ||
	    !select_may_sink(s, ref))
		return false;
	other = other_operand(s, value, store);
	if (!other)
		return false;
	mem = select_memory(s, match->ref);
	put_on_memory(s, other, changes[value->op], store->size, 0, &mem);
	return true;
}

SELECT_PUT(store_swapped)
{
	const struct ir_insn *store = select_at(s, match->ref), *value;
	struct select_address mem;
	struct mach_insn *insn;
	ir_ref ref;

	ref = stored_value(s, match->right, store->size);
	value = select_at(s, ref);
	if (!ref || value->op != IR_BSWAP || value->size != store->size ||
	    !select_may_sink(s, ref))
		return false;
	mem = select_memory(s, match->ref);
	insn = select_insn(s, match->row->insn, X86_SHAPE_MR,
			   store->size == 8);
	insn->size = store->size;
	select_use(s, value->args[0], store->size == 8);
	select_use_address(s, &mem);
	return true;
}

SELECT_PUT(store)
{
	struct select_address mem = select_memory(s, match->ref);

	put_on_memory(s, match->right, match->row->insn,
		      select_at(s, match->ref)->size, 0, &mem);
	return true;
}

/* The lowest bytes first, sixteen at a time: emission knows how. */
SELECT_PUT(clear)
{
	const struct ir_insn *clear = select_at(s, match->ref);
	struct select_address mem = select_memory(s, match->ref);

	select_insn(s, match->row->insn, X86_SHAPE_M, true)->imm =
		clear->bytes;
	select_use_address(s, &mem);
	return true;
}

/* ---- atomics ---- */

static const struct {
	uint16_t plain, fetch;
} atomics[] = {
	[IR_ATOMIC_ADD]	 = { X86_INSN_ADD, X86_INSN_XADD },
	[IR_ATOMIC_OR]	 = { X86_INSN_OR, X86_INSN_FETCH_OR },
	[IR_ATOMIC_AND]	 = { X86_INSN_AND, X86_INSN_FETCH_AND },
	[IR_ATOMIC_XOR]	 = { X86_INSN_XOR, X86_INSN_FETCH_XOR },
	[IR_ATOMIC_XCHG] = { X86_INSN_XCHG, X86_INSN_XCHG },
};

/* The machine fetches by itself: into the register that had the operand. */
static void put_fetch(struct select *s, const struct select_match *match,
		      enum x86_insn op, const struct select_address *mem)
{
	select_insn(s, op, X86_SHAPE_MR, match->wide);
	select_result_over(s, match->ref, MACH_NO_REG, 1);
	select_use(s, match->right, match->wide);
	select_use_address(s, mem);
}

/* It does not: a loop around cmpxchg, whose old value is in rax. */
static void put_fetch_loop(struct select *s, const struct select_match *match,
			   enum x86_insn op, const struct select_address *mem)
{
	select_insn(s, op, X86_SHAPE_MR, match->wide);
	select_result_in(s, match->ref, X86_RAX);
	select_scratch(s, MACH_NO_REG);
	select_use_late(s, match->right, match->wide);
	select_use_address_late(s, mem);
}

SELECT_PUT(atomic)
{
	uint8_t kind = select_at(s, match->ref)->cond;
	bool fetch = kind & IR_ATOMIC_FETCH && s->needs[match->ref];
	uint32_t size = match->wide ? 8 : 4;
	struct select_address mem = select_memory(s, match->ref);
	enum x86_insn op;

	kind &= (uint8_t)~IR_ATOMIC_FETCH;
	if (kind >= ARRAY_SIZE(atomics))
		return false;
	op = fetch ? atomics[kind].fetch : atomics[kind].plain;
	if (op == X86_INSN_XADD || op == X86_INSN_XCHG)
		put_fetch(s, match, op, &mem);
	else if (fetch)
		put_fetch_loop(s, match, op, &mem);
	else
		put_on_memory(s, match->right, op, size, X86_LOCKED, &mem);
	return true;
}

/* If [mem] is rax, it becomes the operand; rax = what it was. */
SELECT_PUT(cmpxchg)
{
	ir_ref expected = select_at(s, match->ref)->args[2];
	struct select_address mem = select_memory(s, match->ref);

	select_insn(s, match->row->insn, X86_SHAPE_MR, match->wide);
	select_result_over(s, match->ref, X86_RAX, 1);
	select_use_in(s, expected, X86_RAX);
	select_use(s, match->right, match->wide);
	select_use_address(s, &mem);
	return true;
}
