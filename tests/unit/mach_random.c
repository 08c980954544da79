/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random machine functions of straight lines, arms, loops and unlikely arms,
 * with the operands that machines have: tied results, shift counts, divisions,
 * calls. A value may be read wherever its definition dominates, so what is in
 * scope is a stack that grows with each definition and is cut back where a
 * construct ends.
 */
#include "mach_random.h"

#include "base/compiler.h"

struct block {
	VEC(struct mach_insn) insns;
	struct mach_block is;
	uint32_t number;	/* in the function's order */
};

struct gen {
	struct mach_func *f;
	struct mach_random how;
	VEC(struct block) blocks;
	VEC(mach_value) scope;
	uint32_t now;		/* the block that is built */
	uint32_t left;		/* instructions to make */
	uint32_t depth;
	bool seldom;
	uint64_t state;
};

static uint32_t any(struct gen *g, uint32_t below)
{
	g->state ^= g->state << 13;
	g->state ^= g->state >> 7;
	g->state ^= g->state << 17;
	return (g->state >> 11) % below;
}

static uint32_t new_block(struct gen *g)
{
	struct block *blk = vec_push(&g->blocks);

	blk->is.depth = g->depth;
	blk->is.seldom = g->seldom;
	return g->blocks.len - 1;
}

static mach_value new_value(struct gen *g)
{
	struct mach_value_info *info = vec_push(&g->f->values);

	info->hint = MACH_NO_REG;
	return g->f->values.len - 1;
}

static mach_value in_scope(struct gen *g)
{
	uint32_t far = MIN(g->scope.len, g->how.pressure);

	if (!any(g, 12)) {
		mach_value made = 1 + any(g, 6);

		return made;
	}
	if (!any(g, 30))
		return g->scope.data[any(g, MIN(g->scope.len, 8))];
	if (!any(g, 30))
		far = MIN(g->scope.len, 100);
	return g->scope.data[g->scope.len - 1 - any(g, far)];
}

static struct mach_insn *new_insn(struct gen *g, uint16_t op)
{
	struct mach_insn *insn = vec_push(&g->blocks.data[g->now].insns);

	insn->op = op;
	insn->imm = any(g, 1000);
	insn->operands = g->f->operands.len;
	if (g->left)
		g->left--;
	return insn;
}

static struct mach_operand *add(struct gen *g, struct mach_insn *insn,
				enum mach_role role, mach_value value,
				uint8_t fixed)
{
	struct mach_operand *op = vec_push(&g->f->operands);

	*op = (struct mach_operand){
		.value = value, .role = role, .fixed = fixed,
		.tied = MACH_NOT_TIED,
	};
	insn->operands_cnt++;
	return op;
}

static mach_value define(struct gen *g, struct mach_insn *insn, uint8_t fixed)
{
	mach_value value = new_value(g);

	add(g, insn, MACH_DEF, value, fixed);
	return value;
}

static void bring_in(struct gen *g, mach_value value)
{
	*(mach_value *)vec_push(&g->scope) = value;
}

enum { OP_PLAIN = MACH_OWN, OP_TIED, OP_SHIFT, OP_DIVIDE, OP_CALL, OP_STORE,
       OP_LATE, OP_JUMP, OP_BRANCH, OP_RETURN, OP_START };

/* ---- straight lines ---- */

static void make_plain(struct gen *g)
{
	struct mach_insn *insn = new_insn(g, OP_PLAIN);
	mach_value d = define(g, insn, MACH_NO_REG);

	for (uint32_t i = any(g, 3); i-- > 0;)
		add(g, insn, MACH_USE, in_scope(g), MACH_NO_REG)->memory =
			!any(g, 3);
	bring_in(g, d);
}

static void make_tied(struct gen *g)
{
	struct mach_insn *insn = new_insn(g, OP_TIED);
	mach_value d = define(g, insn, MACH_NO_REG);

	g->f->operands.data[g->f->operands.len - 1].tied = 1;
	add(g, insn, MACH_USE, in_scope(g), MACH_NO_REG);
	add(g, insn, MACH_USE, in_scope(g), MACH_NO_REG)->memory = any(g, 2);
	bring_in(g, d);
}

static void make_shift(struct gen *g)
{
	struct mach_insn *insn = new_insn(g, OP_SHIFT);
	mach_value d = define(g, insn, MACH_NO_REG);

	g->f->operands.data[g->f->operands.len - 1].tied = 1;
	add(g, insn, MACH_USE, in_scope(g), MACH_NO_REG);
	add(g, insn, MACH_USE, in_scope(g), 1);
	bring_in(g, d);
}

static void make_divide(struct gen *g)
{
	struct mach_insn *insn = new_insn(g, OP_DIVIDE);
	mach_value q = define(g, insn, 0), r = 0;

	if (any(g, 2))
		r = define(g, insn, 2);
	else
		insn->lost = 1 << 2;
	add(g, insn, MACH_USE, in_scope(g), 0);
	add(g, insn, MACH_USE, in_scope(g), 2);
	add(g, insn, MACH_USE_LATE, in_scope(g), MACH_NO_REG)->memory =
		any(g, 2);
	bring_in(g, q);
	if (r)
		bring_in(g, r);
}

static void make_call(struct gen *g)
{
	struct mach_insn *insn = new_insn(g, OP_CALL);
	mach_value d = define(g, insn, 0);
	uint32_t args = any(g, 4);

	insn->lost = (1u << (g->how.regs / 2 + 1)) - 2;
	for (uint32_t i = 0; i < args; i++)
		add(g, insn, MACH_USE, in_scope(g), i + 1);
	if (!any(g, 4))
		add(g, insn, MACH_USE, in_scope(g), MACH_NO_REG);
	bring_in(g, d);
}

static void make_store(struct gen *g)
{
	struct mach_insn *insn = new_insn(g, OP_STORE);

	for (uint32_t i = 1 + any(g, 3); i-- > 0;)
		add(g, insn, MACH_USE, in_scope(g), MACH_NO_REG);
}

static void make_late(struct gen *g)
{
	struct mach_insn *insn = new_insn(g, OP_LATE);
	mach_value d = define(g, insn, MACH_NO_REG);

	g->f->operands.data[insn->operands].memory = any(g, 2);
	add(g, insn, MACH_USE_LATE, in_scope(g), MACH_NO_REG);
	add(g, insn, MACH_USE, in_scope(g), MACH_NO_REG);
	bring_in(g, d);
}

static void make_copy(struct gen *g)
{
	struct mach_insn *insn = new_insn(g, MACH_MOVE);
	mach_value d = define(g, insn, any(g, 4) ? MACH_NO_REG : 3);

	add(g, insn, MACH_USE, in_scope(g), MACH_NO_REG);
	bring_in(g, d);
}

static void make_line(struct gen *g)
{
	static void (*const kinds[])(struct gen *g) = {
		make_plain, make_plain, make_tied, make_tied, make_tied,
		make_shift, make_divide, make_store, make_late, make_copy,
	};

	for (uint32_t i = 1 + any(g, 8); i-- > 0;) {
		if (g->how.calls && !any(g, 8))
			make_call(g);
		else
			kinds[any(g, ARRAY_SIZE(kinds))](g);
	}
}

/* ---- constructs ---- */

static void list(struct gen *g, mach_value **to, uint32_t *to_cnt,
		 const mach_value *from, uint32_t cnt)
{
	*to = arena_copy(g->f->arena, from, cnt * sizeof(*from));
	*to_cnt = cnt;
}

static void jump(struct gen *g, uint32_t to, const mach_value *args,
		 uint32_t cnt)
{
	struct mach_block *is;

	new_insn(g, OP_JUMP);
	is = &g->blocks.data[g->now].is;
	is->succs[0] = to;
	is->succs_cnt = 1;
	if (cnt)
		list(g, &is->args, &is->args_cnt, args, cnt);
}

static void branch(struct gen *g, uint32_t a, uint32_t b)
{
	struct mach_insn *insn = new_insn(g, OP_BRANCH);
	struct mach_block *is = &g->blocks.data[g->now].is;

	add(g, insn, MACH_USE, in_scope(g), MACH_NO_REG)->memory = any(g, 2);
	is->succs[0] = a;
	is->succs[1] = b;
	is->succs_cnt = 2;
}

#define MOST_PARAMS	6

static void pick(struct gen *g, mach_value *args, uint32_t cnt)
{
	for (uint32_t i = 0; i < cnt; i++)
		args[i] = in_scope(g);
}

static uint32_t make_params(struct gen *g, uint32_t block, mach_value *params)
{
	uint32_t cnt = any(g, MOST_PARAMS + 1);
	struct mach_block *is = &g->blocks.data[block].is;

	for (uint32_t i = 0; i < cnt; i++)
		params[i] = new_value(g);
	if (cnt)
		list(g, &is->params, &is->params_cnt, params, cnt);
	return cnt;
}

static void make_body(struct gen *g, uint32_t nesting);

static void make_arms(struct gen *g, uint32_t nesting)
{
	uint32_t arms[2] = { new_block(g), new_block(g) };
	uint32_t scope = g->scope.len, join;
	mach_value params[MOST_PARAMS], args[MOST_PARAMS];
	uint32_t cnt;

	branch(g, arms[0], arms[1]);
	join = new_block(g);
	cnt = make_params(g, join, params);
	for (int i = 0; i < 2; i++) {
		g->now = arms[i];
		make_body(g, nesting);
		pick(g, args, cnt);
		jump(g, join, args, cnt);
		g->scope.len = scope;
	}
	g->now = join;
	for (uint32_t i = 0; i < cnt; i++)
		bring_in(g, params[i]);
}

/* Next values of the parameters: among them they may change places. */
static void next_round(struct gen *g, const mach_value *params,
		       mach_value *args, uint32_t cnt)
{
	pick(g, args, cnt);
	for (uint32_t i = 0; i < cnt; i++)
		if (any(g, 2))
			args[i] = params[(i + 1) % cnt];
}

static void make_loop(struct gen *g, uint32_t nesting)
{
	mach_value params[MOST_PARAMS], args[MOST_PARAMS];
	uint32_t cnt, head, back, out, scope = g->scope.len;

	g->depth++;
	head = new_block(g);
	cnt = make_params(g, head, params);
	pick(g, args, cnt);
	jump(g, head, args, cnt);
	g->now = head;
	for (uint32_t i = 0; i < cnt; i++)
		bring_in(g, params[i]);
	make_body(g, nesting);
	back = new_block(g);
	g->depth--;
	out = new_block(g);
	branch(g, back, out);
	g->now = back;
	make_line(g);
	next_round(g, params, args, cnt);
	jump(g, head, args, cnt);
	g->scope.len = scope + cnt;
	g->now = out;
}

/* An unlikely arm: it comes back, or returns. */
static void make_seldom(struct gen *g)
{
	bool was = g->seldom, back = any(g, 2);
	uint32_t over = new_block(g), rest = new_block(g), arm;
	uint32_t scope = g->scope.len;

	g->seldom = true;
	arm = new_block(g);
	g->seldom = was;
	branch(g, over, arm);
	g->now = over;
	jump(g, rest, NULL, 0);
	g->now = arm;
	if (g->how.calls)
		make_call(g);
	make_line(g);
	if (back)
		jump(g, rest, NULL, 0);
	else
		add(g, new_insn(g, OP_RETURN), MACH_USE, in_scope(g), 0);
	g->scope.len = scope;
	g->now = rest;
}

static void make_body(struct gen *g, uint32_t nesting)
{
	make_line(g);
	for (uint32_t i = 1 + any(g, 3); i-- > 0 && g->left && nesting;) {
		switch (any(g, 4)) {
		case 0: make_arms(g, nesting - 1); break;
		case 1: make_loop(g, nesting - 1); break;
		case 2: make_seldom(g); break;
		default: make_line(g);
		}
	}
}

/* ---- the function ---- */

static void emit_block(struct gen *g, struct block *blk)
{
	struct mach_func *f = g->f;
	struct mach_block *is = vec_push(&f->blocks);

	*is = blk->is;
	is->first = f->insns.len;
	is->cnt = blk->insns.len;
	for (size_t i = 0; i < blk->insns.len; i++)
		*(struct mach_insn *)vec_push(&f->insns) = blk->insns.data[i];
	for (int s = 0; s < is->succs_cnt; s++)
		is->succs[s] = g->blocks.data[is->succs[s]].number;
}

/* Likely blocks in the order in which they were made, then the others. */
static void put_in_order(struct gen *g, uint32_t *order)
{
	uint32_t cnt = 0;

	for (int seldom = 0; seldom < 2; seldom++)
		for (size_t i = 0; i < g->blocks.len; i++)
			if (g->blocks.data[i].is.seldom == seldom)
				order[cnt++] = i;
	for (uint32_t i = cnt; g->how.shuffle && i-- > 2;) {
		uint32_t k = 1 + any(g, i), block = order[i];

		order[i] = order[k];
		order[k] = block;
	}
	for (uint32_t i = 0; i < cnt; i++)
		g->blocks.data[order[i]].number = i;
}

static void emit(struct gen *g)
{
	uint32_t *order = arena_array(g->f->arena, g->blocks.len,
				      sizeof(*order));

	put_in_order(g, order);
	for (size_t i = 0; i < g->blocks.len; i++)
		emit_block(g, &g->blocks.data[order[i]]);
	for (size_t i = 0; i < g->blocks.len; i++)
		vec_free(&g->blocks.data[i].insns);
}

static void make_start(struct gen *g)
{
	struct mach_insn *insn;

	vec_push(&g->f->values);
	for (uint32_t i = 0; i < 6; i++) {
		struct mach_value_info *info =
			&g->f->values.data[new_value(g)];

		info->make = MACH_NUMBER + i % 3;
		info->number = 100 + i;
	}
	g->now = new_block(g);
	insn = new_insn(g, OP_START);
	for (uint8_t i = 0; i < 5; i++)
		bring_in(g, define(g, insn, i + 1));
}

void mach_random(struct mach_func *f, struct arena *arena,
		 const struct mach_random *how)
{
	struct gen g = { .f = f, .how = *how, .left = how->size };

	g.state = how->seed * 0x9e3779b97f4a7c15 + 0x1234567;
	*f = (struct mach_func){ .arena = arena };
	f->regs = (UINT32_C(1) << how->regs) - 1;
	f->dear = f->regs & ~((UINT32_C(1) << (how->regs / 2 + 1)) - 1);
	make_start(&g);
	while (g.left)
		make_body(&g, 4);
	add(&g, new_insn(&g, OP_RETURN), MACH_USE, in_scope(&g), 0);
	emit(&g);
	vec_free(&g.blocks);
	vec_free(&g.scope);
}
