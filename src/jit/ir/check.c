/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks that a function is what ir.h says it is. Passes are run with it in
 * tests and debug builds: what breaks the form is found behind the pass that
 * did it.
 */
#include "jit/ir/ir.h"

#include "base/str.h"

struct check {
	struct ir_func *f;
	struct strbuf *why;
	uint32_t *place;	/* of each instruction: its turn in its block */
};

#define WRONG(c, ...) \
	((c)->why ? strbuf_printf((c)->why, __VA_ARGS__) : (void)0, \
	 false)

/* ---- blocks ---- */

static bool has_edge(const struct ir_func *f, ir_block_id from,
		     ir_block_id to)
{
	const struct ir_block *blk = ir_block(f, from);

	return (blk->succs_cnt > 0 && blk->succs[0] == to) ||
	       (blk->succs_cnt > 1 && blk->succs[1] == to);
}

static bool check_edges(struct check *c, ir_block_id id)
{
	const struct ir_block *blk = ir_block(c->f, id);
	const struct ir_insn *last = ir_at(c->f, blk->last);
	uint32_t succs = last->op == IR_BRANCH ? 2 : last->op == IR_JUMP;

	if (!blk->last || !ir_has(last, IR_F_ENDS))
		return WRONG(c, "block %u does not end\n", id);
	if (blk->succs_cnt != succs)
		return WRONG(c, "block %u: %u successors\n", id,
			     blk->succs_cnt);
	for (size_t i = 0; i < blk->preds.len; i++)
		if (!has_edge(c->f, blk->preds.data[i], id))
			return WRONG(c, "block %u: no edge from %u\n", id,
				     blk->preds.data[i]);
	return true;
}

static bool check_links(struct check *c, ir_block_id id)
{
	ir_ref prev = 0;
	uint32_t turn = 0;
	bool phis = true;

	ir_each_insn(c->f, ref, id) {
		const struct ir_insn *insn = ir_at(c->f, ref);

		c->place[ref] = turn++;
		if (insn->prev != prev || insn->block != id ||
		    insn->op >= IR_OPS || ir_has(insn, IR_F_FLOATS))
			return WRONG(c, "v%u is not in block %u\n", ref, id);
		if (insn->op == IR_PHI && !phis)
			return WRONG(c, "v%u: a phi that is not first\n", ref);
		if (ir_has(insn, IR_F_ENDS) && insn->next)
			return WRONG(c, "v%u ends a block too early\n", ref);
		phis &= insn->op == IR_PHI;
		prev = ref;
	}
	if (prev != ir_block(c->f, id)->last)
		return WRONG(c, "block %u: its last is another\n", id);
	return true;
}

/* ---- operands ---- */

/* Is `arg` there at the end of block `from`? */
static bool there_at_end(const struct check *c, ir_ref arg, ir_block_id from)
{
	const struct ir_insn *def = ir_at(c->f, arg);

	return ir_has(def, IR_F_FLOATS) ||
	       (def->block != IR_NOWHERE &&
		ir_dominates(c->f, def->block, from));
}

static bool there_before(const struct check *c, ir_ref arg, ir_ref user)
{
	const struct ir_insn *def = ir_at(c->f, arg);
	const struct ir_insn *insn = ir_at(c->f, user);

	if (!ir_has(def, IR_F_FLOATS) && def->block == insn->block)
		return c->place[arg] < c->place[user];
	return there_at_end(c, arg, insn->block);
}

static bool check_phi(struct check *c, ir_ref ref)
{
	const struct ir_insn *phi = ir_at(c->f, ref);
	const struct ir_block *blk = ir_block(c->f, phi->block);

	if (phi->cnt != blk->preds.len)
		return WRONG(c, "v%u: %u values, %zu predecessors\n", ref,
			     phi->cnt, blk->preds.len);
	for (uint32_t i = 0; i < phi->cnt; i++)
		if (!there_at_end(c, ir_value(c->f, phi->list[i]),
				  blk->preds.data[i]))
			return WRONG(c, "v%u: v%u is not there\n", ref,
				     phi->list[i]);
	return true;
}

static bool check_insn(struct check *c, ir_ref ref)
{
	struct ir_insn *insn = ir_at(c->f, ref);
	uint8_t args = ir_rows[insn->op].args;

	if (args != IR_MANY && insn->cnt != args)
		return WRONG(c, "v%u: %u operands\n", ref, insn->cnt);
	for (uint32_t i = 0; i < insn->cnt; i++) {
		ir_ref arg = ir_value(c->f, ir_args(insn)[i]);

		if (!ir_has(ir_at(c->f, arg), IR_F_VALUE))
			return WRONG(c, "v%u: v%u is no value\n", ref, arg);
		if (insn->op != IR_PHI && !there_before(c, arg, ref))
			return WRONG(c, "v%u: v%u is not there\n", ref, arg);
	}
	return insn->op != IR_PHI || check_phi(c, ref);
}

static bool check_all(struct check *c)
{
	const struct ir_func *f = c->f;

	for (size_t i = 0; i < f->order.len; i++)
		if (!check_links(c, f->order.data[i]) ||
		    !check_edges(c, f->order.data[i]))
			return false;
	for (size_t i = 0; i < f->order.len; i++)
		ir_each_insn(f, ref, f->order.data[i])
			if (!check_insn(c, ref))
				return false;
	return true;
}

bool ir_check(struct ir_func *f, struct strbuf *why)
{
	struct check c = { .f = f, .why = why };
	bool fine;

	c.place = calloc(f->insns.len, sizeof(*c.place));
	fine = c.place && check_all(&c);
	free(c.place);
	return fine;
}
