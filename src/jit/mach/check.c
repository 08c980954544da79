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
#include "jit/mach/mach.h"

#define NOT_PAIRED	UINT32_MAX

struct need {
	uint32_t place;
	mach_value value;
};

struct needs {			/* at the start of a block */
	struct need *list;
	uint32_t cnt;
	bool known;		/* found out at least once */
	bool again;		/* a successor has more now */
};

struct param {			/* of a value: which it is, if it is one */
	bool there;
	uint32_t block, index;
};

struct check {
	const struct mach_func *before, *after;
	struct strbuf *why;
	struct arena arena;
	uint32_t *pair;		/* of after's instructions: before's */
	uint32_t places;
	/* the needs of the point: a set by place */
	struct need *now;
	uint32_t now_cnt;
	uint32_t *index;	/* by place: in `now`, if that is its place */
	uint32_t *times;	/* by value: needs */
	struct needs *starts;
	struct param *params;	/* by value */
	uint32_t *preds;
	uint32_t *preds_first;	/* by block, and one behind the last */
	uint32_t block, insn;
};

static bool printf_like(2, 3) bad(struct check *c, const char *fmt, ...)
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

static uint32_t place_index(const struct mach_place *place)
{
	return place->reg != MACH_NO_REG ? place->reg :
					   MACH_REGS + place->slot;
}

/* ---- one instruction: is it the same, with places that will do? ---- */

static bool same_operand(const struct mach_operand *a,
			 const struct mach_operand *b)
{
	return a->value == b->value && a->role == b->role &&
	       a->fixed == b->fixed && a->tied == b->tied &&
	       a->memory == b->memory;
}

static bool same_insn(const struct check *c, const struct mach_insn *a,
		      const struct mach_insn *b)
{
	const struct mach_operand *x = &c->after->operands.data[a->operands];
	const struct mach_operand *y = &c->before->operands.data[b->operands];

	if (a->op != b->op || a->operands_cnt != b->operands_cnt ||
	    a->cond != b->cond || a->size != b->size || a->wide != b->wide ||
	    a->scale != b->scale || a->form != b->form || a->lost != b->lost ||
	    a->slot != b->slot || a->target != b->target ||
	    a->disp != b->disp || a->imm != b->imm)
		return false;
	for (unsigned int i = 0; i < a->operands_cnt; i++)
		if (!same_operand(&x[i], &y[i]))
			return false;
	return true;
}

static bool place_exists(struct check *c, const struct mach_operand *op)
{
	if (op->place.reg == MACH_NO_REG)
		return op->place.slot < c->after->slots ||
		       bad(c, "slot %u is not there", op->place.slot);
	if (op->place.reg >= MACH_REGS)
		return bad(c, "no register %u", op->place.reg);
	if (op->role == MACH_DEF &&
	    !(c->after->used & UINT32_C(1) << op->place.reg))
		return bad(c, "r%u is not said to be used", op->place.reg);
	return true;
}

static bool place_is_asked(struct check *c, const struct mach_operand *op,
			   const struct mach_operand *all)
{
	uint32_t bit = UINT32_C(1) << (op->place.reg % MACH_REGS);

	if (op->place.reg == MACH_NO_REG && !op->memory)
		return bad(c, "v%u is in no register", op->value);
	if (op->fixed != MACH_NO_REG && op->place.reg != op->fixed)
		return bad(c, "v%u is not in r%u", op->value, op->fixed);
	if (op->fixed == MACH_NO_REG && op->place.reg != MACH_NO_REG &&
	    op->tied == MACH_NOT_TIED && !(c->after->regs & bit))
		return bad(c, "r%u is not ours", op->place.reg);
	if (op->role == MACH_DEF && op->tied != MACH_NOT_TIED &&
	    place_index(&op->place) != place_index(&all[op->tied].place))
		return bad(c, "v%u is not where operand %u is", op->value,
			   op->tied);
	return true;
}

/* Results do not meet each other, nor what is needed late. */
static bool places_apart(struct check *c, const struct mach_insn *insn,
			 const struct mach_operand *all, unsigned int i)
{
	uint32_t place = place_index(&all[i].place);

	if (all[i].role == MACH_USE)
		return true;
	if (all[i].role == MACH_USE_LATE && place < MACH_REGS &&
	    insn->lost & UINT32_C(1) << place)
		return bad(c, "v%u is lost too early", all[i].value);
	for (unsigned int k = 0; k < insn->operands_cnt; k++)
		if (k != i && all[k].role == MACH_DEF &&
		    place_index(&all[k].place) == place)
			return bad(c, "v%u and v%u share a place",
				   all[i].value, all[k].value);
	return true;
}

static bool own_insn(struct check *c, const struct mach_insn *insn)
{
	const struct mach_operand *op =
		&c->after->operands.data[insn->operands];

	for (unsigned int i = 0; i < insn->operands_cnt; i++)
		if (!place_exists(c, &op[i]) ||
		    !place_is_asked(c, &op[i], op) ||
		    !places_apart(c, insn, op, i))
			return false;
	return (insn->lost & c->after->regs & ~c->after->used) == 0 ||
	       bad(c, "lost registers are not said to be used");
}

static bool added_insn(struct check *c, const struct mach_insn *insn)
{
	const struct mach_operand *op =
		&c->after->operands.data[insn->operands];
	unsigned int regs = 0, cnt = insn->op == MACH_MAKE ? 1 : 2;

	if (insn->op >= MACH_OWN)
		return bad(c, "op%u was not there before", insn->op);
	if (insn->operands_cnt != cnt || insn->lost)
		return bad(c, "what allocation added is malformed");
	for (unsigned int i = 0; i < cnt; i++) {
		if (!place_exists(c, &op[i]))
			return false;
		regs += op[i].place.reg != MACH_NO_REG;
	}
	return regs >= (insn->op == MACH_SWAP ? 2 : 1) ||
	       bad(c, "a move without the registers it needs");
}

/* Pairs the instructions of a block with those it had. */
static bool check_shape(struct check *c, uint32_t id)
{
	const struct mach_block *blk = &c->after->blocks.data[id];
	const struct mach_block *old = &c->before->blocks.data[id];
	uint32_t next = old->first, end = old->first + old->cnt;

	c->block = id;
	c->insn = 0;
	if (blk->params_cnt || blk->args_cnt ||
	    blk->succs_cnt != old->succs_cnt)
		return bad(c, "the block is another one");
	for (uint32_t i = 0; i < blk->cnt; i++) {
		const struct mach_insn *insn =
			&c->after->insns.data[blk->first + i];
		bool own = next < end &&
			   same_insn(c, insn, &c->before->insns.data[next]);

		c->insn = i;
		c->pair[blk->first + i] = own ? next++ : NOT_PAIRED;
		if (!(own ? own_insn(c, insn) : added_insn(c, insn)))
			return false;
		if (!own && next == end && old->cnt)
			return bad(c, "it is behind the block's end");
	}
	return next == end || bad(c, "an instruction is gone");
}

/* ---- needs ---- */

static const struct mach_value_info *info_of(const struct check *c,
					     mach_value value)
{
	return &c->before->values.data[value];
}

static bool same_value(const struct check *c, mach_value a, mach_value b)
{
	const struct mach_value_info *x = info_of(c, a), *y = info_of(c, b);

	return a == b || (x->make != MACH_KEEP && x->make == y->make &&
			  x->number == y->number);
}

static mach_value needed(const struct check *c, uint32_t place)
{
	uint32_t i = c->index[place];

	return i < c->now_cnt && c->now[i].place == place ? c->now[i].value : 0;
}

static bool need(struct check *c, uint32_t place, mach_value value)
{
	mach_value other = needed(c, place);

	if (other)
		return same_value(c, other, value) ||
		       bad(c, "place %u is to hold v%u and v%u", place, other,
			   value);
	c->index[place] = c->now_cnt;
	c->now[c->now_cnt++] = (struct need){ place, value };
	c->times[value]++;
	return true;
}

/* The value that the place was needed for, which it is no longer; or 0. */
static mach_value satisfy(struct check *c, uint32_t place)
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

static void drop_needs(struct check *c)
{
	while (c->now_cnt)
		satisfy(c, c->now[c->now_cnt - 1].place);
}

static bool flow_added(struct check *c, const struct mach_insn *insn)
{
	const struct mach_operand *op =
		&c->after->operands.data[insn->operands];
	uint32_t to = place_index(&op[0].place);
	mach_value value = satisfy(c, to), other;
	uint32_t from;

	if (insn->op == MACH_MAKE)
		return !value || (info_of(c, value)->make != MACH_KEEP &&
				  same_value(c, value, op[0].value)) ||
		       bad(c, "v%u is made for v%u", op[0].value, value);
	from = place_index(&op[1].place);
	other = insn->op == MACH_SWAP ? satisfy(c, from) : 0;
	return (!value || need(c, from, value)) &&
	       (!other || need(c, to, other));
}

static bool flow_own(struct check *c, const struct mach_insn *insn)
{
	const struct mach_operand *op =
		&c->after->operands.data[insn->operands];

	for (unsigned int i = 0; i < insn->operands_cnt; i++) {
		mach_value old;

		if (op[i].role != MACH_DEF)
			continue;
		old = satisfy(c, place_index(&op[i].place));
		if (old && old != op[i].value)
			return bad(c, "v%u overwrites v%u", op[i].value, old);
		if (c->times[op[i].value])
			return bad(c, "v%u is not where it is needed",
				   op[i].value);
	}
	for (uint32_t lost = insn->lost; lost; lost &= lost - 1)
		if (needed(c, __builtin_ctz(lost)))
			return bad(c, "v%u is lost",
				   needed(c, __builtin_ctz(lost)));
	for (unsigned int i = 0; i < insn->operands_cnt; i++)
		if (op[i].role != MACH_DEF &&
		    !need(c, place_index(&op[i].place), op[i].value))
			return false;
	return true;
}

/* ---- blocks ---- */

/* The argument that `from` gives for a parameter of `to`; or the value. */
static mach_value argument(const struct check *c, uint32_t from, uint32_t to,
			   mach_value value)
{
	const struct param *param = &c->params[value];

	if (!param->there || param->block != to)
		return value;
	return c->before->blocks.data[from].args[param->index];
}

static bool needs_at_end(struct check *c, uint32_t id)
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

static bool replay(struct check *c, uint32_t id)
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
	       bad(c, "v%u is never defined", c->now[0].value);
}

/* True if there is memory. Needs only ever grow. */
static bool keep_needs(struct check *c, uint32_t id)
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

static bool check_flow(struct check *c)
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
			    (!keep_needs(c, id) && !bad(c, "no memory")))
				return false;
			drop_needs(c);
			more = true;
		}
	}
	return true;
}

static void find_preds(struct check *c)
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

static void find_params(struct check *c)
{
	for (uint32_t id = 0; id < c->before->blocks.len; id++) {
		const struct mach_block *blk = &c->before->blocks.data[id];

		for (uint32_t i = 0; i < blk->params_cnt; i++)
			c->params[blk->params[i]] = (struct param){
				.there = true, .block = id, .index = i
			};
	}
}

static bool check_start(struct check *c)
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
	struct check c = { .before = before, .after = after, .why = why };
	bool ok;

	arena_init(&c.arena);
	ok = check_start(&c) || bad(&c, "no memory");
	if (ok && before->blocks.len != after->blocks.len)
		ok = bad(&c, "blocks are missing");
	for (uint32_t id = 0; ok && id < before->blocks.len; id++)
		ok = check_shape(&c, id);
	if (ok) {
		find_preds(&c);
		find_params(&c);
		ok = check_flow(&c);
	}
	arena_fini(&c.arena);
	return ok;
}
