/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where values are needed still. Who needs a value is known when the value's
 * turn comes: operands are noted with their blocks, from the last block to the
 * first. Whether one of them is reached from here is found by walking, but not
 * far: it decides only which of two good instructions is taken.
 *
 * A value of an outer loop is needed in the next round, whatever is noted.
 */
#include "jit/x86/select.h"

#define WALK_MOST	48	/* blocks */

void select_note_need(struct select *s, ir_ref ref)
{
	uint32_t last = s->places[ref];
	struct select_place *place;

	if (last && s->where.data[last].block == s->block)
		return;
	place = vec_push(&s->where);
	if (!place) {
		s->m->failed = true;
		return;
	}
	*place = (struct select_place){ s->block, last };
	s->places[ref] = (uint32_t)s->where.len - 1;
}

static bool is_needed_in(const struct select *s, ir_ref ref, ir_block_id id)
{
	for (uint32_t i = s->places[ref]; i; i = s->where.data[i].next)
		if (s->where.data[i].block == id)
			return true;
	return false;
}

/* Behind this block, before the value is made anew? */
static bool is_reached(struct select *s, ir_ref ref)
{
	ir_block_id stack[2 * WALK_MOST + 2], def = select_at(s, ref)->block;
	uint32_t left = WALK_MOST, len = 0;
	const struct ir_block *blk = ir_block(s->f, s->block);

	s->visit++;
	for (;;) {
		for (uint32_t i = 0; i < blk->succs_cnt; i++)
			stack[len++] = blk->succs[i];
		while (len && (s->visited[stack[len - 1]] == s->visit ||
			       stack[len - 1] == def))
			len--;
		if (!len)
			return false;
		if (is_needed_in(s, ref, stack[--len]) || !left--)
			return true;
		s->visited[stack[len]] = s->visit;
		blk = ir_block(s->f, stack[len]);
	}
}

bool select_lives_on(struct select *s, ir_ref ref)
{
	const struct ir_insn *insn;

	ref = select_same(s, ref);
	insn = select_at(s, ref);
	/* what an instruction cannot contain is worth keeping */
	if (insn->op == IR_CONST)
		return insn->imm != (int32_t)insn->imm;
	if (s->depth > (insn->block == IR_NOWHERE ? 0 :
			ir_block(s->f, insn->block)->depth))
		return true;
	return is_needed_in(s, ref, s->block) ||
	       (s->needs[ref] && is_reached(s, ref));
}
