/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What selection asks about values: what is the same, what fits into an
 * instruction, and whether an instruction may move down to where another one
 * is selected.
 */
#include "jit/x86/select.h"

#define SINK_MOST	64	/* instructions that one may move past */

/* ---- the same ---- */

/* A zero-extension of what has no more bits. */
ir_ref select_same(const struct select *s, ir_ref ref)
{
	const struct ir_insn *insn = select_at(s, ref);

	while (insn->op == IR_ZEXT &&
	       select_bits(s, insn->args[0]) <= insn->size * 8u) {
		ref = insn->args[0];
		insn = select_at(s, ref);
	}
	return ref;
}

static bool keeps_low(const struct select *s, const struct ir_insn *insn,
		      uint32_t size)
{
	uint64_t mask = size == 8 ? UINT64_MAX : (1ull << size * 8) - 1;
	const struct ir_insn *right;

	if (insn->op == IR_ZEXT || insn->op == IR_SEXT)
		return insn->size >= size;
	if (insn->op != IR_AND)
		return false;
	right = select_at(s, insn->args[1]);
	return right->op == IR_CONST && size <= (insn->wide ? 8 : 4) &&
	       ((uint64_t)right->imm & mask) == mask;
}

ir_ref select_low(const struct select *s, ir_ref ref, uint32_t size)
{
	while (keeps_low(s, select_at(s, ref), size))
		ref = select_at(s, ref)->args[0];
	return ref;
}

/* ---- numbers ---- */

bool select_number(const struct select *s, ir_ref ref, bool wide,
		   int64_t *number)
{
	const struct ir_insn *insn = select_at(s, ref);
	int64_t value = wide ? insn->imm : (int32_t)insn->imm;

	if (insn->op != IR_CONST || value != (int32_t)value)
		return false;
	*number = value;
	return true;
}

/* ---- moving down ---- */

/* Is it certain that the store does not write what the load reads? */
static bool is_apart(const struct select *s, const struct ir_insn *load,
		     const struct ir_insn *store)
{
	if (load->args[0] == store->args[0])
		return load->imm + load->size <= store->imm ||
		       store->imm + store->size <= load->imm;
	if (!load->region || !store->region)
		return false;
	if (load->region != store->region)
		return true;
	return load->region == IR_REGION_VALUE && load->map != store->map &&
	       load->map != UINT32_MAX && store->map != UINT32_MAX;
}

static bool may_pass(const struct select *s, const struct ir_insn *load,
		     const struct ir_insn *other)
{
	if (other->op == IR_STORE)
		return !other->ordered && is_apart(s, load, other);
	if (other->op == IR_LOAD)
		return !other->ordered;
	/* who leaves there has no use for what was loaded */
	if (other->op == IR_STOP || other->op == IR_DEPTH ||
	    other->op == IR_LIMIT)
		return true;
	return !ir_has(other, IR_F_STAYS | IR_F_WRITES);
}

bool select_takes_load(const struct select *s, ir_ref ref, uint32_t size)
{
	const struct ir_insn *load = select_at(s, ref), *other;
	uint32_t left = SINK_MOST;

	if (load->op != IR_LOAD || load->ordered || load->size < size ||
	    s->uses[ref] != 1 || s->needs[ref] || s->done[ref] ||
	    load->block != select_at(s, s->at)->block)
		return false;
	for (ir_ref at = load->next; at != s->at; at = other->next) {
		if (!at || !left--)
			return false;
		other = select_at(s, at);
		if (!may_pass(s, load, other))
			return false;
	}
	return true;
}

static bool names(const struct select *s, ir_ref user, ir_ref ref)
{
	struct ir_insn *insn = ir_at(s->f, user);

	for (uint32_t i = 0; i < insn->cnt; i++)
		if (ir_args(insn)[i] == ref)
			return true;
	return false;
}

bool select_may_sink(const struct select *s, ir_ref ref)
{
	const struct ir_insn *insn = select_at(s, ref);
	uint32_t left = SINK_MOST;

	if (!ir_has(insn, IR_F_PURE) || s->done[ref] ||
	    insn->block != select_at(s, s->at)->block)
		return false;
	for (ir_ref at = insn->next; at != s->at;
	     at = select_at(s, at)->next)
		if (!at || !left-- || names(s, at, ref))
			return false;
	return true;
}
