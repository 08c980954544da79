/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker of register allocation. It goes backward: an operand that reads
 * value v in place x is a need, "v in x", of the point before it. A move hands
 * the need on to where it copies from; the instruction that defines v in x (or
 * makes v's constant there) ends it; one that writes x otherwise while it is
 * needed is an error, and so is a need that reaches the function's first
 * instruction, one for a value other than the place is needed for already, and
 * one that passes the definition of its value. Needs at the start of a block
 * are those at the end of its predecessors, where parameters become arguments.
 *
 * That is the replay of registers and slots, read from the other end: only
 * needs are followed, so it takes the time of the live values at block starts,
 * and rounds as deep as loops are nested. It shares nothing with allocation
 * but mach.h.
 */
#include <stdarg.h>

#include "base/str.h"
#include "jit/mach/check.h"

bool mach_bad(struct mach_check *c, const char *fmt, ...)
{
	va_list args;

	if (!c->why)
		return false;
	strbuf_printf(c->why, "block %u, instruction %u: ", c->block, c->insn);
	va_start(args, fmt);
	strbuf_vprintf(c->why, fmt, args);
	va_end(args);
	return false;
}

/* ---- needs ---- */

static const struct mach_value_info *info_of(const struct mach_check *c,
					     mach_value value)
{
	return &c->before->values.data[value];
}

static bool same_value(const struct mach_check *c, mach_value a, mach_value b)
{
	const struct mach_value_info *x = info_of(c, a), *y = info_of(c, b);

	return a == b || (x->make != MACH_KEEP && x->make == y->make &&
			  x->number == y->number);
}

static mach_value needed(const struct mach_check *c, uint32_t place)
{
	uint32_t i = c->index[place];

	return i < c->now_cnt && c->now[i].place == place ? c->now[i].value : 0;
}

static bool need(struct mach_check *c, uint32_t place, mach_value value)
{
	mach_value other = needed(c, place);

	if (other)
		return same_value(c, other, value) ||
		       mach_bad(c, "place %u is to hold v%u and v%u", place,
				other, value);
	c->index[place] = c->now_cnt;
	c->now[c->now_cnt++] = (struct need){ place, value };
	c->times[value]++;
	return true;
}

/* The value that the place was needed for, which it is no longer; or 0. */
static mach_value satisfy(struct mach_check *c, uint32_t place)
{
	mach_value value = needed(c, place);
	struct need *last = &c->now[c->now_cnt - 1];

	if (!value)
		return 0;
	c->index[last->place] = c->index[place];
	c->now[c->index[place]] = *last;
	c->now_cnt--;
	c->times[value]--;
	return value;
}

static void drop_needs(struct mach_check *c)
{
	while (c->now_cnt)
		satisfy(c, c->now[c->now_cnt - 1].place);
}

static bool flow_added(struct mach_check *c, const struct mach_insn *insn)
{
	const struct mach_operand *op =
		&c->after->operands.data[insn->operands];
	uint32_t to = mach_place_index(&op[0].place);
	mach_value value = satisfy(c, to), other;
	uint32_t from;

	if (insn->op == MACH_MAKE)
		return !value || (info_of(c, value)->make != MACH_KEEP &&
				  same_value(c, value, op[0].value)) ||
		       mach_bad(c, "v%u is made for v%u", op[0].value, value);
	from = mach_place_index(&op[1].place);
	other = insn->op == MACH_SWAP ? satisfy(c, from) : 0;
	return (!value || need(c, from, value)) &&
	       (!other || need(c, to, other));
}

static bool flow_own(struct mach_check *c, const struct mach_insn *insn)
{
	const struct mach_operand *op =
		&c->after->operands.data[insn->operands];

	for (unsigned int i = 0; i < insn->operands_cnt; i++) {
		mach_value old;

		if (op[i].role != MACH_DEF)
			continue;
		old = satisfy(c, mach_place_index(&op[i].place));
		if (old && old != op[i].value)
			return mach_bad(c, "v%u overwrites v%u", op[i].value,
					old);
		if (c->times[op[i].value])
			return mach_bad(c, "v%u is not where it is needed",
					op[i].value);
	}
	for (uint32_t lost = insn->lost; lost; lost &= lost - 1)
		if (needed(c, __builtin_ctz(lost)))
			return mach_bad(c, "v%u is lost",
					needed(c, __builtin_ctz(lost)));
	for (unsigned int i = 0; i < insn->operands_cnt; i++)
		if (op[i].role != MACH_DEF &&
		    !need(c, mach_place_index(&op[i].place), op[i].value))
			return false;
	return true;
}

/* ---- blocks ---- */

/* The argument that `from` gives for a parameter of `to`; or the value. */
static mach_value argument(const struct mach_check *c, uint32_t from,
			   uint32_t to, mach_value value)
{
	const struct param *param = &c->params[value];

	if (!param->there || param->block != to)
		return value;
	return c->before->blocks.data[from].args[param->index];
}

static bool needs_at_end(struct mach_check *c, uint32_t id)
{
	const struct mach_block *blk = &c->before->blocks.data[id];

	for (uint32_t s = 0; s < blk->succs_cnt; s++) {
		uint32_t to = blk->succs[s];
		const struct needs *start = &c->starts[to];

		for (uint32_t i = 0; i < start->cnt; i++)
			if (!need(c, start->list[i].place,
				  argument(c, id, to, start->list[i].value)))
				return false;
	}
	return true;
}

static bool replay(struct mach_check *c, uint32_t id)
{
	const struct mach_block *blk = &c->after->blocks.data[id];

	c->block = id;
	if (!needs_at_end(c, id))
		return false;
	for (uint32_t i = blk->cnt; i-- > 0;) {
		uint32_t at = blk->first + i;
		const struct mach_insn *insn = &c->after->insns.data[at];

		c->insn = i;
		if (!(c->pair[at] == NOT_PAIRED ? flow_added(c, insn) :
						  flow_own(c, insn)))
			return false;
	}
	return id || !c->now_cnt ||
	       mach_bad(c, "v%u is never defined", c->now[0].value);
}

/* True if there is memory. Needs only ever grow. */
static bool keep_needs(struct mach_check *c, uint32_t id)
{
	struct needs *start = &c->starts[id];
	bool grown = start->cnt != c->now_cnt;

	start->again = false;
	if (start->known && !grown)
		return true;
	start->known = true;
	start->list = arena_array(&c->arena, c->now_cnt + 1,
				  sizeof(*start->list));
	if (!start->list)
		return false;
	memcpy(start->list, c->now, c->now_cnt * sizeof(*c->now));
	start->cnt = c->now_cnt;
	for (uint32_t i = c->preds_first[id]; i < c->preds_first[id + 1]; i++)
		c->starts[c->preds[i]].again = true;
	return true;
}

static bool check_flow(struct mach_check *c)
{
	bool more = true;

	for (uint32_t id = 0; id < c->after->blocks.len; id++)
		c->starts[id].again = true;
	while (more) {
		more = false;
		for (uint32_t id = c->after->blocks.len; id-- > 0;) {
			if (!c->starts[id].again)
				continue;
			if (!replay(c, id) ||
			    (!keep_needs(c, id) && !mach_bad(c, "no memory")))
				return false;
			drop_needs(c);
			more = true;
		}
	}
	return true;
}

static void find_preds(struct mach_check *c)
{
	const struct mach_func *f = c->before;
	uint32_t *first = c->preds_first, sum = 0;

	for (uint32_t id = 0; id < f->blocks.len; id++)
		for (uint32_t s = 0; s < f->blocks.data[id].succs_cnt; s++)
			first[f->blocks.data[id].succs[s]]++;
	for (uint32_t id = 0; id <= f->blocks.len; id++)
		first[id] = sum += first[id];
	for (uint32_t id = f->blocks.len; id-- > 0;)
		for (uint32_t s = 0; s < f->blocks.data[id].succs_cnt; s++)
			c->preds[--first[f->blocks.data[id].succs[s]]] = id;
}

static void find_params(struct mach_check *c)
{
	for (uint32_t id = 0; id < c->before->blocks.len; id++) {
		const struct mach_block *blk = &c->before->blocks.data[id];

		for (uint32_t i = 0; i < blk->params_cnt; i++)
			c->params[blk->params[i]] = (struct param){
				.there = true, .block = id, .index = i
			};
	}
}

static bool check_start(struct mach_check *c)
{
	uint32_t blocks = c->before->blocks.len;

	c->places = MACH_REGS + c->after->slots;
	c->pair = arena_array(&c->arena, c->after->insns.len + 1,
			      sizeof(*c->pair));
	c->now = arena_array(&c->arena, c->places, sizeof(*c->now));
	c->index = arena_array(&c->arena, c->places, sizeof(*c->index));
	c->times = arena_array(&c->arena, c->before->values.len + 1,
			       sizeof(*c->times));
	c->starts = arena_array(&c->arena, blocks + 1, sizeof(*c->starts));
	c->preds = arena_array(&c->arena, 2 * blocks + 1, sizeof(*c->preds));
	c->preds_first = arena_array(&c->arena, blocks + 1,
				     sizeof(*c->preds_first));
	c->params = arena_array(&c->arena, c->before->values.len + 1,
				sizeof(*c->params));
	return c->pair && c->now && c->index && c->times && c->starts &&
	       c->preds && c->preds_first && c->params;
}

bool mach_check(const struct mach_func *before, const struct mach_func *after,
		struct strbuf *why)
{
	struct mach_check c = { .before = before, .after = after, .why = why };
	bool ok;

	arena_init(&c.arena);
	ok = check_start(&c) || mach_bad(&c, "no memory");
	if (ok && before->blocks.len != after->blocks.len)
		ok = mach_bad(&c, "blocks are missing");
	for (uint32_t id = 0; ok && id < before->blocks.len; id++)
		ok = mach_check_shape(&c, id);
	if (ok) {
		find_preds(&c);
		find_params(&c);
		ok = check_flow(&c);
	}
	arena_fini(&c.arena);
	return ok;
}
