/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building and changing functions of the intermediate form: instructions in
 * and out of their blocks' lists, edges at both of their ends, replacement.
 */
#include "jit/ir/ir.h"

#include <string.h>

#define VALUE		IR_F_VALUE
#define PURE		IR_F_PURE
#define FLOATS		IR_F_FLOATS
#define COMMUTES	IR_F_COMMUTES
#define READS		IR_F_READS
#define WRITES		IR_F_WRITES
#define STAYS		IR_F_STAYS
#define ENDS		IR_F_ENDS
#define MANY		IR_MANY

const struct ir_row ir_rows[IR_OPS] = {
#define IR(name, text, args, flags) { text, args, (flags) },
#include "jit/ir/ir.def"
#undef IR
};

const uint8_t ir_exchanged[IR_CONDS] = {
	[IR_EQ] = IR_EQ, [IR_NE] = IR_NE,
	[IR_ULT] = IR_UGT, [IR_UGE] = IR_ULE,
	[IR_ULE] = IR_UGE, [IR_UGT] = IR_ULT,
	[IR_SLT] = IR_SGT, [IR_SGE] = IR_SLE,
	[IR_SLE] = IR_SGE, [IR_SGT] = IR_SLT,
	[IR_NONE] = IR_NONE, [IR_ANY] = IR_ANY,
};

void ir_init(struct ir_func *f, const struct prog *prog, struct arena *arena)
{
	memset(f, 0, sizeof(*f));
	f->prog = prog;
	f->arena = arena;
	f->frames = 1;
	if (!vec_push(&f->insns))
		f->failed = true;
	else
		f->insns.data[0] = (struct ir_insn){ .op = IR_GONE,
						     .block = IR_NOWHERE };
	ir_new_block(f);
}

void ir_fini(struct ir_func *f)
{
	for (size_t i = 0; i < f->blocks.len; i++)
		vec_free(&f->blocks.data[i].preds);
	vec_free(&f->blocks);
	vec_free(&f->insns);
	vec_free(&f->order);
}

ir_block_id ir_new_block(struct ir_func *f)
{
	if (!vec_push(&f->blocks)) {
		f->failed = true;
		return 0;
	}
	return (ir_block_id)f->blocks.len - 1;
}

/* ---- instructions ---- */

static ir_ref new_insn(struct ir_func *f, const struct ir_insn *from)
{
	struct ir_insn copy = *from, *insn = vec_push(&f->insns);
	uint8_t args = ir_rows[from->op].args;

	if (!insn) {
		f->failed = true;
		return 0;
	}
	*insn = copy;
	insn->prev = insn->next = 0;
	if (args != IR_MANY)
		insn->cnt = args;
	return (ir_ref)f->insns.len - 1;
}

/* Between two that are neighbours; 0: the end of the block's list. */
static void link_in(struct ir_func *f, ir_ref ref, ir_block_id block,
		    ir_ref prev, ir_ref next)
{
	struct ir_block *blk = ir_block(f, block);
	struct ir_insn *insn = ir_at(f, ref);

	insn->block = block;
	insn->prev = prev;
	insn->next = next;
	if (prev)
		ir_at(f, prev)->next = ref;
	else
		blk->first = ref;
	if (next)
		ir_at(f, next)->prev = ref;
	else
		blk->last = ref;
}

ir_ref ir_append(struct ir_func *f, ir_block_id block,
		 const struct ir_insn *insn)
{
	ir_ref ref = new_insn(f, insn);

	if (ref)
		link_in(f, ref, block, ir_block(f, block)->last, 0);
	return ref;
}

ir_ref ir_insert(struct ir_func *f, ir_ref before, const struct ir_insn *insn)
{
	ir_ref ref = new_insn(f, insn);

	if (ref)
		link_in(f, ref, ir_at(f, before)->block,
			ir_at(f, before)->prev, before);
	return ref;
}

ir_ref *ir_list(struct ir_func *f, uint32_t cnt)
{
	ir_ref *list = arena_array(f->arena, cnt ?: 1, sizeof(*list));

	if (!list)
		f->failed = true;
	return list;
}

ir_ref ir_phi(struct ir_func *f, ir_block_id block, uint32_t cnt)
{
	struct ir_insn insn = { .op = IR_PHI, .wide = true, .cnt = cnt,
				.list = ir_list(f, cnt) };
	ir_ref ref = insn.list ? new_insn(f, &insn) : 0;

	if (ref)
		link_in(f, ref, block, 0, ir_block(f, block)->first);
	return ref;
}

/* What floats has no place, so its links are free for a chain. */
ir_ref ir_float(struct ir_func *f, enum ir_op op, int64_t imm)
{
	struct ir_insn insn = { .op = (uint8_t)op, .wide = true, .imm = imm };
	uint64_t mixed = ((uint64_t)imm ^ (uint64_t)op << 56) *
			 0x9e3779b97f4a7c15ull;
	ir_ref *head = &f->consts[mixed >> 58], ref;

	static_assert(ARRAY_SIZE(f->consts) == 64, "six bits of the hash");
	for (ref = *head; ref; ref = ir_at(f, ref)->next)
		if (ir_at(f, ref)->imm == imm && ir_at(f, ref)->op == op)
			return ref;
	ref = new_insn(f, &insn);
	if (!ref)
		return 0;
	ir_at(f, ref)->block = IR_NOWHERE;
	ir_at(f, ref)->next = *head;
	*head = ref;
	return ref;
}

ir_ref ir_const(struct ir_func *f, uint64_t value)
{
	return ir_float(f, IR_CONST, (int64_t)value);
}

static void unlink_insn(struct ir_func *f, ir_ref ref)
{
	struct ir_insn *insn = ir_at(f, ref);
	struct ir_block *blk;

	if (insn->block == IR_NOWHERE)
		return;
	blk = ir_block(f, insn->block);
	if (insn->prev)
		ir_at(f, insn->prev)->next = insn->next;
	else
		blk->first = insn->next;
	if (insn->next)
		ir_at(f, insn->next)->prev = insn->prev;
	else
		blk->last = insn->prev;
	insn->block = IR_NOWHERE;
	insn->prev = insn->next = 0;
}

void ir_remove(struct ir_func *f, ir_ref ref)
{
	unlink_insn(f, ref);
	ir_at(f, ref)->op = IR_GONE;
	ir_at(f, ref)->cnt = 0;
}

void ir_replace(struct ir_func *f, ir_ref old, ir_ref with)
{
	struct ir_insn *insn = ir_at(f, old);

	with = ir_value(f, with);
	assert(with != old && !ir_has(insn, IR_F_FLOATS));
	unlink_insn(f, old);
	insn->op = IR_COPY;
	insn->cnt = 1;
	insn->args[0] = with;
}

/* Chains are shortened on the way, so that they stay short. */
ir_ref ir_value(const struct ir_func *f, ir_ref ref)
{
	ir_ref end = ref;

	while (ir_at(f, end)->op == IR_COPY)
		end = ir_at(f, end)->args[0];
	while (ref != end) {
		ir_ref next = ir_at(f, ref)->args[0];

		ir_at(f, ref)->args[0] = end;
		ref = next;
	}
	return end;
}

/* ---- edges ---- */

static void add_edge(struct ir_func *f, ir_block_id from, ir_block_id to)
{
	struct ir_block *blk = ir_block(f, from);
	ir_block_id *pred = vec_push(&ir_block(f, to)->preds);

	if (!pred) {
		f->failed = true;
		return;
	}
	*pred = from;
	blk->succs[blk->succs_cnt++] = to;
}

void ir_jump(struct ir_func *f, ir_block_id from, ir_block_id to,
	     uint32_t slot)
{
	ir_append(f, from, &(struct ir_insn){ .op = IR_JUMP, .slot = slot });
	add_edge(f, from, to);
}

void ir_branch(struct ir_func *f, ir_block_id from,
	       const struct ir_insn *branch, ir_block_id then,
	       ir_block_id otherwise)
{
	if (then == otherwise) {
		ir_jump(f, from, then, branch->slot);
		return;
	}
	ir_append(f, from, branch);
	add_edge(f, from, then);
	add_edge(f, from, otherwise);
}

static void drop_pred(struct ir_func *f, ir_block_id to, size_t index)
{
	struct ir_block *blk = ir_block(f, to);

	memmove(&blk->preds.data[index], &blk->preds.data[index + 1],
		(blk->preds.len - index - 1) * sizeof(*blk->preds.data));
	blk->preds.len--;
	for (ir_ref ref = blk->first; ref && ir_is(f, ref, IR_PHI);
	     ref = ir_at(f, ref)->next) {
		struct ir_insn *phi = ir_at(f, ref);

		memmove(&phi->list[index], &phi->list[index + 1],
			(phi->cnt - index - 1) * sizeof(*phi->list));
		phi->cnt--;
	}
}

static size_t pred_index(const struct ir_func *f, ir_block_id from,
			 ir_block_id to)
{
	const struct ir_block *blk = ir_block(f, to);
	size_t i = 0;

	while (i < blk->preds.len && blk->preds.data[i] != from)
		i++;
	assert(i < blk->preds.len);
	return i;
}

void ir_cut_edge(struct ir_func *f, ir_block_id from, ir_block_id to)
{
	struct ir_block *blk = ir_block(f, from);

	drop_pred(f, to, pred_index(f, from, to));
	if (blk->succs_cnt == 2 && blk->succs[0] == to)
		blk->succs[0] = blk->succs[1];
	blk->succs_cnt--;
}

void ir_add_operand(struct ir_func *f, ir_ref phi, ir_ref value)
{
	uint32_t cnt = ir_at(f, phi)->cnt;
	ir_ref *list = ir_list(f, cnt + 1);

	if (!list)
		return;
	memcpy(list, ir_at(f, phi)->list, cnt * sizeof(*list));
	list[cnt] = value;
	ir_at(f, phi)->list = list;
	ir_at(f, phi)->cnt = cnt + 1;
}

void ir_turn_edge(struct ir_func *f, ir_block_id from, ir_block_id to,
		  ir_block_id with)
{
	struct ir_block *blk = ir_block(f, from);
	uint32_t which = blk->succs[0] == to ? 0 : 1;
	ir_block_id *pred = vec_push(&ir_block(f, with)->preds);

	if (!pred) {
		f->failed = true;
		return;
	}
	*pred = from;
	drop_pred(f, to, pred_index(f, from, to));
	blk->succs[which] = with;
}

ir_block_id ir_split(struct ir_func *f, ir_ref ref)
{
	ir_block_id from = ir_at(f, ref)->block, to = ir_new_block(f);
	struct ir_block *old = ir_block(f, from), *new = ir_block(f, to);

	if (f->failed)
		return 0;
	new->first = ref;
	new->last = old->last;
	old->last = ir_at(f, ref)->prev;
	if (old->last)
		ir_at(f, old->last)->next = 0;
	else
		old->first = 0;
	ir_at(f, ref)->prev = 0;
	for (ir_ref at = ref; at; at = ir_at(f, at)->next)
		ir_at(f, at)->block = to;
	new->succs_cnt = old->succs_cnt;
	old->succs_cnt = 0;
	for (uint32_t i = 0; i < new->succs_cnt; i++) {
		ir_block_id succ = new->succs[i] = old->succs[i];

		ir_block(f, succ)->preds.data[pred_index(f, from, succ)] = to;
	}
	return to;
}

void ir_decide(struct ir_func *f, ir_block_id block, unsigned int which)
{
	struct ir_insn *last = ir_at(f, ir_block(f, block)->last);

	assert(last->op == IR_BRANCH);
	ir_cut_edge(f, block, ir_block(f, block)->succs[!which]);
	last->op = IR_JUMP;
	last->cnt = 0;
}
