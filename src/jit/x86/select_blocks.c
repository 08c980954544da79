/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blocks of a selected function: those of the form in their new order, and
 * one for each edge between a block with two successors and one with several
 * predecessors, so that moves have a place. A jump to where nothing is done
 * but to return is a return.
 */
#include "jit/x86/select.h"

#include <errno.h>

#include "base/arena.h"

/* ---- blocks ---- */

/* A block of the function, or an edge (`from` to `to`); or the start. */
struct spot {
	ir_block_id from, to;
	bool edge, start;
	uint8_t rank;		/* enum x86_rank */
	uint32_t first, cnt;	/* in s->insns */
};

struct blocks {
	struct spot *spots;
	uint32_t cnt;
	uint32_t *at;		/* of blocks: their spot */
	uint32_t (*edges)[2];	/* of their successors, 0: none */
	uint8_t *ranks;		/* of blocks: enum x86_rank */
};

/* Is it part of all that lead to it? */
static bool is_absorbed(const struct ir_func *f, ir_block_id id)
{
	const struct ir_block *blk = ir_block(f, id);

	return id && x86_is_return(f, id) &&
	       (blk->preds.len > 1 ||
		ir_block(f, blk->preds.data[0])->succs_cnt == 1);
}

static bool is_critical(const struct ir_func *f, ir_block_id from,
			uint32_t which)
{
	const struct ir_block *blk = ir_block(f, from);

	return blk->succs_cnt == 2 &&
	       (ir_block(f, blk->succs[which])->preds.len > 1 ||
		!blk->succs[which]);
}

static void place_block(struct blocks *b, ir_block_id id)
{
	b->at[id] = b->cnt;
	b->spots[b->cnt++] = (struct spot){ .from = id,
					    .rank = b->ranks[id] };
}

/* Who leaves the function here does so less often than who goes on. */
static uint8_t edge_rank(const struct select *s, const struct blocks *b,
			 ir_block_id id, uint32_t which)
{
	const struct ir_block *blk = ir_block(s->f, id);
	uint8_t rank = MAX(b->ranks[id], b->ranks[blk->succs[which]]);
	bool leaves = x86_is_return(s->f, blk->succs[which]) &&
		      !x86_is_return(s->f, blk->succs[!which]);

	return leaves ? MAX(rank, X86_LATE) : rank;
}

/* The edges that lie with their block, or those that do not. */
static void place_edges(struct select *s, struct blocks *b, ir_block_id id,
			bool apart)
{
	const struct ir_block *blk = ir_block(s->f, id);

	for (uint32_t i = 0; i < blk->succs_cnt; i++) {
		uint8_t rank;

		if (!is_critical(s->f, id, i))
			continue;
		rank = edge_rank(s, b, id, i);
		if ((rank != b->ranks[id]) != apart)
			continue;
		b->edges[id][i] = b->cnt;
		b->spots[b->cnt++] = (struct spot){
			.from = id, .to = blk->succs[i], .edge = true,
			.rank = rank };
	}
}

static int place_blocks(struct select *s, struct blocks *b)
{
	size_t cnt = s->f->blocks.len, most = 3 * cnt + 1;
	struct arena *arena = s->f->arena;
	const ir_block_id *order;

	b->spots = arena_array(arena, most, sizeof(*b->spots));
	b->at = arena_array(arena, cnt, sizeof(*b->at));
	b->edges = arena_array(arena, cnt, sizeof(*b->edges));
	b->ranks = arena_array(arena, cnt, sizeof(*b->ranks));
	if (!b->spots || !b->at || !b->edges || !b->ranks)
		return -ENOMEM;
	order = x86_layout(s->f, b->ranks);
	if (!order)
		return -ENOMEM;
	if (ir_block(s->f, 0)->preds.len)
		b->spots[b->cnt++] = (struct spot){ .start = true };
	for (size_t i = 0; i < s->f->order.len; i++) {
		if (is_absorbed(s->f, order[i]))
			continue;
		place_block(b, order[i]);
		place_edges(s, b, order[i], false);
	}
	for (size_t i = 0; i < s->f->order.len; i++)
		place_edges(s, b, order[i], true);
	return 0;
}

static uint32_t count_phis(const struct ir_func *f, ir_block_id id)
{
	uint32_t cnt = 0;

	ir_each_insn(f, ref, id)
		cnt += ir_is(f, ref, IR_PHI);
	return cnt;
}

static void take_params(struct select *s, struct mach_block *blk,
			ir_block_id id)
{
	uint32_t cnt = count_phis(s->f, id);

	if (!cnt)
		return;
	blk->params = arena_array(s->f->arena, cnt, sizeof(*blk->params));
	if (!blk->params) {
		s->m->failed = true;
		return;
	}
	ir_each_insn(s->f, ref, id)
		if (ir_is(s->f, ref, IR_PHI))
			blk->params[blk->params_cnt++] = select_value(s, ref);
}

static uint32_t pred_index(const struct ir_func *f, ir_block_id from,
			   ir_block_id to)
{
	const struct ir_block *blk = ir_block(f, to);
	uint32_t i = 0;

	while (blk->preds.data[i] != from)
		i++;
	return i;
}

static void give_args(struct select *s, struct mach_block *blk,
		      ir_block_id from, ir_block_id to)
{
	uint32_t cnt = count_phis(s->f, to), index;

	if (!cnt)
		return;
	blk->args = arena_array(s->f->arena, cnt, sizeof(*blk->args));
	if (!blk->args) {
		s->m->failed = true;
		return;
	}
	index = pred_index(s->f, from, to);
	s->block = from;
	ir_each_insn(s->f, ref, to)
		if (ir_is(s->f, ref, IR_PHI))
			blk->args[blk->args_cnt++] =
				select_need(s, select_at(s, ref)->list[index]);
}

static void link_edge(struct select *s, const struct blocks *b,
		      struct mach_block *blk, const struct spot *spot)
{
	ir_block_id to = spot->start ? 0 : spot->to;

	if (!spot->start && is_absorbed(s->f, to))
		return;
	blk->succs[blk->succs_cnt++] = b->at[to];
	if (spot->start)
		return;
	blk->depth = MIN(ir_block(s->f, spot->from)->depth,
			 ir_block(s->f, to)->depth);
	give_args(s, blk, spot->from, to);
}

static void link_block(struct select *s, const struct blocks *b,
		       struct mach_block *blk, ir_block_id id)
{
	const struct ir_block *from = ir_block(s->f, id);

	blk->depth = from->depth;
	take_params(s, blk, id);
	if (from->succs_cnt == 1 && is_absorbed(s->f, from->succs[0]))
		return;
	for (uint32_t i = 0; i < from->succs_cnt; i++)
		blk->succs[i] = b->edges[id][i] ?: b->at[from->succs[i]];
	blk->succs_cnt = from->succs_cnt;
	if (from->succs_cnt == 1)
		give_args(s, blk, id, from->succs[0]);
}

static void link_blocks(struct select *s, const struct blocks *b)
{
	for (uint32_t i = 0; i < b->cnt; i++) {
		struct mach_block *blk = vec_push(&s->m->blocks);

		if (!blk) {
			s->m->failed = true;
			return;
		}
		blk->seldom = b->spots[i].rank == X86_SELDOM;
		if (b->spots[i].edge || b->spots[i].start)
			link_edge(s, b, blk, &b->spots[i]);
		else
			link_block(s, b, blk, b->spots[i].from);
	}
}

/* ---- the whole ---- */

/* A jump, or the return that it leads to. */
static void put_jump(struct select *s, ir_block_id from, ir_block_id to)
{
	const struct ir_insn *ret = select_at(s, ir_block(s->f, to)->last);
	const struct ir_insn *value;
	ir_ref result;

	if (!is_absorbed(s->f, to)) {
		select_insn(s, X86_INSN_JMP, X86_SHAPE_R, true);
		return;
	}
	result = ret->args[0];
	value = select_at(s, result);
	if (value->op == IR_PHI && value->block == to)
		result = value->list[pred_index(s->f, from, to)];
	select_insn(s, X86_INSN_RET, X86_SHAPE_R, true);
	select_use_in(s, result, X86_RAX);
}

SELECT_PUT(jump)
{
	ir_block_id from = select_at(s, match->ref)->block;

	put_jump(s, from, ir_block(s->f, from)->succs[0]);
	return true;
}

static void select_start(struct select *s)
{
	ir_ref thread = ir_float(s->f, IR_THREAD, 0);

	if (thread && s->needs[thread]) {
		select_insn(s, X86_INSN_THREAD, X86_SHAPE_R, true);
		select_result(s, thread);
	}
	select_insn(s, X86_INSN_START, X86_SHAPE_R, true);
	for (uint32_t i = 0; i < 5; i++) {
		ir_ref arg = ir_float(s->f, IR_ARG, i);

		if (arg && s->needs[arg])
			select_result_in(s, arg, x86_arguments[i]);
	}
}

/* The first spot's START, and the JMP of what has no instructions else. */
static void select_spot(struct select *s, struct spot *spot, bool first)
{
	spot->first = (uint32_t)s->insns.len;
	s->at = 0;
	s->block = spot->from;
	if (spot->edge)
		put_jump(s, spot->from, spot->to);
	else if (spot->start)
		select_insn(s, X86_INSN_JMP, X86_SHAPE_R, true);
	else
		select_block(s, spot->from);
	s->at = 0;
	if (first)
		select_start(s);
	spot->cnt = (uint32_t)s->insns.len - spot->first;
}

static void select_blocks(struct select *s, struct blocks *b)
{
	for (uint32_t i = 0; i < b->cnt; i++)
		if (b->spots[i].edge)
			select_spot(s, &b->spots[i], false);
	for (size_t i = s->f->order.len; i-- > 0;) {
		ir_block_id id = s->f->order.data[i];

		if (!is_absorbed(s->f, id))
			select_spot(s, &b->spots[b->at[id]], !b->at[id]);
	}
	if (b->spots[0].start)
		select_spot(s, &b->spots[0], true);
}

/* Into the function: blocks in their order, each from its start. */
static void put_insns(struct select *s, const struct blocks *b)
{
	struct mach_func *m = s->m;

	for (uint32_t i = 0; i < b->cnt && !m->failed; i++) {
		const struct spot *spot = &b->spots[i];

		m->blocks.data[i].first = (uint32_t)m->insns.len;
		m->blocks.data[i].cnt = spot->cnt;
		for (uint32_t k = spot->cnt; k-- > 0;) {
			struct mach_insn *insn = vec_push(&m->insns);

			if (insn)
				*insn = s->insns.data[spot->first + k];
			else
				m->failed = true;
		}
	}
}

static bool is_address(const struct ir_insn *insn)
{
	return insn->op == IR_LOAD || insn->op == IR_STORE ||
	       insn->op == IR_ATOMIC || insn->op == IR_CMPXCHG ||
	       insn->op == IR_LIMIT || insn->op == IR_FAULT;
}

/* Sums and scaled values whose users are addresses are parts of these. */
static void count_addresses(struct select *s, ir_ref ref)
{
	const struct ir_insn *insn = select_at(s, ref);

	if (is_address(insn))
		s->addresses[insn->args[0]]++;
	if (!insn->wide || s->addresses[ref] != s->uses[ref])
		return;
	if (insn->op == IR_ADD || insn->op == IR_SUB || insn->op == IR_SHL)
		s->addresses[insn->args[0]]++;
	if (insn->op == IR_ADD)
		s->addresses[insn->args[1]]++;
}

static bool take_tables(struct select *s)
{
	size_t cnt;

	for (uint32_t i = 0; i < 5; i++)
		ir_float(s->f, IR_ARG, i);
	ir_float(s->f, IR_THREAD, 0);
	cnt = s->f->insns.len;
	s->values = arena_array(s->f->arena, cnt, sizeof(*s->values));
	s->needs = arena_array(s->f->arena, cnt, sizeof(*s->needs));
	s->addresses = arena_array(s->f->arena, cnt, sizeof(*s->addresses));
	s->done = arena_array(s->f->arena, cnt, sizeof(*s->done));
	s->bits = arena_array(s->f->arena, cnt, sizeof(*s->bits));
	s->places = arena_array(s->f->arena, cnt, sizeof(*s->places));
	s->visited = arena_array(s->f->arena, s->f->blocks.len,
				 sizeof(*s->visited));
	s->uses = ir_count_uses(s->f);
	if (!s->values || !s->needs || !s->addresses || !s->done ||
	    !s->bits || !s->places || !s->visited || !s->uses ||
	    !vec_push(&s->where))
		return false;
	select_find_bits(s);
	for (size_t i = s->f->order.len; i-- > 0;)
		for (ir_ref ref = ir_block(s->f, s->f->order.data[i])->last;
		     ref; ref = select_at(s, ref)->prev)
			count_addresses(s, ref);
	return vec_push(&s->m->values) != NULL;
}

int x86_select(struct mach_func *m, struct ir_func *f, uint32_t features)
{
	struct select s = { .f = f, .m = m, .features = features };
	struct blocks b = { 0 };
	bool frame = x86_needs_frame(f);
	uint32_t kept = X86_KEPT | (frame ? 0 : X86_BIT(X86_RBP));

	memset(m, 0, sizeof(*m));
	m->arena = f->arena;
	m->regs = X86_LOST | kept;
	m->dear = kept;
	if (!take_tables(&s) || place_blocks(&s, &b))
		return -ENOMEM;
	link_blocks(&s, &b);
	if (!m->failed)
		select_blocks(&s, &b);
	put_insns(&s, &b);
	vec_free(&s.insns);
	vec_free(&s.anchors);
	vec_free(&s.where);
	if (m->failed || f->failed)
		return -ENOMEM;
	return s.refused ? -EOPNOTSUPP : 0;
}
