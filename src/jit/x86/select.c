/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine of instruction selection: which instructions are needed, which
 * row fits, how operands become values; and the blocks of the result: those of
 * the function in their new order, and one for each edge between a block with
 * two successors and one with several predecessors, so that moves have a
 * place.
 */
#include "jit/x86/select.h"

#include <errno.h>

#include "base/arena.h"

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

static mach_value value_of(struct select *s, ir_ref ref)
{
	struct mach_value_info made = { .hint = MACH_NO_REG };

	if (s->values[ref])
		return s->values[ref];
	s->values[ref] = new_value(s);
	if (s->values[ref] && how_made(s, ref, &made))
		s->m->values.data[s->values[ref]] = made;
	return s->values[ref];
}

static mach_value need(struct select *s, ir_ref ref)
{
	ref = select_same(s, ref);
	s->needs[ref]++;
	return value_of(s, ref);
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
	add(s, &(struct mach_operand){ .value = value_of(s, ref),
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

static void use(struct select *s, ir_ref ref, enum mach_role role,
		uint8_t reg, bool memory)
{
	add(s, &(struct mach_operand){ .value = need(s, ref),
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

static void select_block(struct select *s, ir_block_id id)
{
	const struct ir_block *blk = ir_block(s->f, id);

	s->depth = blk->depth;
	for (ir_ref ref = blk->last; ref; ref = select_at(s, ref)->prev) {
		if (!is_needed(s, ref))
			continue;
		s->at = ref;
		s->flags = false;
		select_now(s, ref);
	}
}

/* ---- blocks ---- */

/* A block of the function, or an edge (`from` to `to`); or the start. */
struct spot {
	ir_block_id from, to;
	bool edge, start, seldom;
	uint32_t first, cnt;	/* in s->insns */
};

struct blocks {
	struct spot *spots;
	uint32_t cnt;
	uint32_t *at;		/* of blocks: their spot */
	uint32_t (*edges)[2];	/* of their successors, 0: none */
	bool *seldom;
};

static bool is_critical(const struct ir_func *f, ir_block_id from,
			uint32_t which)
{
	const struct ir_block *blk = ir_block(f, from);

	return blk->succs_cnt == 2 &&
	       (ir_block(f, blk->succs[which])->preds.len > 1 ||
		!blk->succs[which]);
}

static void place_block(struct select *s, struct blocks *b, ir_block_id id)
{
	b->at[id] = b->cnt;
	b->spots[b->cnt++] = (struct spot){ .from = id,
					    .seldom = b->seldom[id] };
}

static void place_edges(struct select *s, struct blocks *b, ir_block_id id,
			bool seldom)
{
	const struct ir_block *blk = ir_block(s->f, id);

	for (uint32_t i = 0; i < blk->succs_cnt; i++) {
		bool is_seldom = b->seldom[id] || b->seldom[blk->succs[i]];

		if (!is_critical(s->f, id, i) || is_seldom != seldom)
			continue;
		b->edges[id][i] = b->cnt;
		b->spots[b->cnt++] = (struct spot){
			.from = id, .to = blk->succs[i], .edge = true,
			.seldom = seldom };
	}
}

/* Edges follow the block that they come from; seldom ones lie at the end. */
static int place_blocks(struct select *s, struct blocks *b)
{
	size_t cnt = s->f->blocks.len, most = 3 * cnt + 1;
	struct arena *arena = s->f->arena;
	const ir_block_id *order;

	b->spots = arena_array(arena, most, sizeof(*b->spots));
	b->at = arena_array(arena, cnt, sizeof(*b->at));
	b->edges = arena_array(arena, cnt, sizeof(*b->edges));
	b->seldom = arena_array(arena, cnt, sizeof(*b->seldom));
	if (!b->spots || !b->at || !b->edges || !b->seldom)
		return -ENOMEM;
	order = x86_layout(s->f, b->seldom);
	if (!order)
		return -ENOMEM;
	if (ir_block(s->f, 0)->preds.len)
		b->spots[b->cnt++] = (struct spot){ .start = true };
	for (size_t i = 0; i < s->f->order.len; i++) {
		place_block(s, b, order[i]);
		place_edges(s, b, order[i], b->seldom[order[i]]);
	}
	for (size_t i = 0; i < s->f->order.len; i++)
		if (!b->seldom[order[i]])
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
			blk->params[blk->params_cnt++] = value_of(s, ref);
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
	ir_each_insn(s->f, ref, to)
		if (ir_is(s->f, ref, IR_PHI))
			blk->args[blk->args_cnt++] =
				need(s, select_at(s, ref)->list[index]);
}

static void link_edge(struct select *s, const struct blocks *b,
		      struct mach_block *blk, const struct spot *spot)
{
	ir_block_id to = spot->start ? 0 : spot->to;

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
		blk->seldom = b->spots[i].seldom;
		if (b->spots[i].edge || b->spots[i].start)
			link_edge(s, b, blk, &b->spots[i]);
		else
			link_block(s, b, blk, b->spots[i].from);
	}
}

/* ---- the whole ---- */

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
	if (spot->edge || spot->start)
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
	for (size_t i = s->f->order.len; i-- > 0;)
		select_spot(s, &b->spots[b->at[s->f->order.data[i]]],
			    !b->at[s->f->order.data[i]]);
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
	s->uses = ir_count_uses(s->f);
	if (!s->values || !s->needs || !s->addresses || !s->done || !s->uses)
		return false;
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
	m->dear = f->entry ? kept & ~X86_KEPT : kept;
	if (!take_tables(&s) || place_blocks(&s, &b))
		return -ENOMEM;
	link_blocks(&s, &b);
	if (!m->failed)
		select_blocks(&s, &b);
	put_insns(&s, &b);
	vec_free(&s.insns);
	vec_free(&s.anchors);
	if (m->failed || f->failed)
		return -ENOMEM;
	return s.refused ? -EOPNOTSUPP : 0;
}
