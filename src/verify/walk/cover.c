/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a kept state covers the current one: whatever the program can do
 * from the current state, it can do from the kept one, from where all has
 * been found safe. So each register and slot of the kept state must stand for
 * all that the current one stands for.
 *
 *	COVER_MARKED	only what was used after the keeping counts: live
 *			registers, stack that was READ, numbers that are
 *			PRECISE. For settled states (prune.c).
 *	COVER_RANGE	marks may still come, so that all that is live counts
 *	COVER_EXACT	both stand for the same: the program makes no way
 *
 * Ids (links of numbers, packet pointers, or-NULL pointers, references) are
 * names: those of one state must map one to one to the other's, as far as the
 * kept state's are used. A number without id in the kept state is covered
 * whether the current one is linked or not, as links only narrow.
 */
#include "verify/walk/walk.h"

#include <string.h>

enum reg_rule {
	RULE_SAME,		/* all of it */
	RULE_NUMBER,
	RULE_WITHIN,		/* the variable offset may be narrower */
	RULE_PACKET,		/* and the range may be longer */
	RULE_ANY,		/* no access depends on the value */
};

static const uint8_t rules[REG_TYPE_CNT] = {
	[REG_SCALAR] = RULE_NUMBER,
	[REG_MAP_VALUE] = RULE_WITHIN,
	[REG_MAP_KEY] = RULE_WITHIN,
	[REG_MEM] = RULE_WITHIN,
	[REG_BUF] = RULE_WITHIN,
	[REG_TP_BUFFER] = RULE_WITHIN,
	[REG_PACKET] = RULE_PACKET,
	[REG_PACKET_META] = RULE_PACKET,
	[REG_ARENA] = RULE_ANY,
};

struct covering {
	struct verify_env *env;
	struct walk *walk;
	enum cover level;
};

static bool ids_add(struct walk *walk, uint32_t old, uint32_t cur,
		    int32_t delta)
{
	if (walk->ids_cnt == ID_PAIRS_MAX)
		return false;
	walk->ids[walk->ids_cnt++] = (struct id_pair){ old, cur, delta };
	return true;
}

static bool ids_match(struct walk *walk, uint32_t old, uint32_t cur,
		      int32_t delta)
{
	for (uint32_t i = 0; i < walk->ids_cnt; i++) {
		const struct id_pair *pair = &walk->ids[i];

		if (pair->old == old)
			return pair->cur == cur && pair->delta == delta;
		if (pair->cur == cur)
			return false;
	}
	return ids_add(walk, old, cur, delta);
}

static bool id_covers(struct walk *walk, uint32_t old, uint32_t cur)
{
	if (!old != !cur)
		return false;
	return !old || ids_match(walk, old, cur, 0);
}

/*
 * Links of numbers. A current number without links stands as one of its own,
 * so that two that are linked in the old state are not covered by two that
 * are not. What counts of deltas is how they differ inside of a link.
 */
static bool link_covers(const struct covering *cov, const struct reg *old,
			const struct reg *cur)
{
	uint32_t id = cur->id;

	if (cov->level == COVER_EXACT && !old->id != !cur->id)
		return false;
	if (!old->id)
		return true;
	if (!id)
		id = ++cov->walk->ids_temp;
	return ids_match(cov->walk, old->id, id, cur->delta - old->delta);
}

static bool number_covers(const struct covering *cov, const struct reg *old,
			  const struct reg *cur)
{
	uint8_t marks = value_marks(&cov->env->values, old->value);

	if (cov->level == COVER_MARKED && !(marks & VALUE_PRECISE) &&
	    !cov->env->opts.exact)
		return true;
	if (scalar_is_const(&old->num)) {
		if (!scalar_is(&cur->num, old->num.bits.value))
			return false;
	} else if (cov->level == COVER_EXACT ?
		   !scalar_equal(&old->num, &cur->num) :
		   !scalar_holds(&old->num, &cur->num)) {
		return false;
	}
	return link_covers(cov, old, cur);
}

/* All of a pointer but its variable offset and range. */
static bool same_object(const struct covering *cov, const struct reg *old,
			const struct reg *cur)
{
	return old->off == cur->off && old->frame == cur->frame &&
	       old->map == cur->map && old->btf == cur->btf &&
	       id_covers(cov->walk, old->map_uid, cur->map_uid) &&
	       id_covers(cov->walk, old->id, cur->id) &&
	       id_covers(cov->walk, old->ref, cur->ref);
}

static bool pointer_covers(const struct covering *cov, enum reg_rule rule,
			   const struct reg *old, const struct reg *cur)
{
	bool within = rule != RULE_SAME && cov->level != COVER_EXACT;

	if (old->flags != cur->flags || !same_object(cov, old, cur))
		return false;
	if (rule == RULE_PACKET && within ? old->range > cur->range :
					    old->range != cur->range)
		return false;
	return within ? scalar_holds(&old->num, &cur->num) :
			scalar_equal(&old->num, &cur->num);
}

static bool reg_covers(const struct covering *cov, const struct reg *old,
		       const struct reg *cur)
{
	if (old->type == REG_UNSET)
		return cov->level == COVER_MARKED || cur->type == REG_UNSET;
	if (old->type != cur->type)
		return false;
	switch ((enum reg_rule)rules[old->type]) {
	case RULE_NUMBER:
		return number_covers(cov, old, cur);
	case RULE_ANY:
		return true;
	default:
		return pointer_covers(cov, rules[old->type], old, cur);
	}
}

static uint64_t slot_kinds(const struct slot *slot)
{
	uint64_t kinds;

	memcpy(&kinds, slot->kind, sizeof(kinds));
	return kinds;
}

static uint64_t kinds_all(enum slot_kind kind)
{
	return kind * 0x0101010101010101ull;
}

/* Its bytes as one number: a spill of eight bytes, or nothing known. */
static const struct reg *slot_number(const struct covering *cov,
				     const struct slot *slot,
				     struct reg *unknown)
{
	bool may_unset = cov->env->opts.profile != VERIFY_UNPRIVILEGED;

	if (slot_kinds(slot) == kinds_all(SLOT_SPILL))
		return slot->reg.type == REG_SCALAR ? &slot->reg : NULL;
	for (unsigned int i = 0; i < SLOT_BYTES; i++)
		if (slot->kind[i] != SLOT_MISC &&
		    !(slot->kind[i] == SLOT_UNSET && may_unset))
			return NULL;
	reg_set_unknown(unknown, slot->reg.value);
	return unknown;
}

/* What a slot holds that is more than bytes; spills begin at byte 0, too. */
static bool object_covers(const struct covering *cov, enum slot_kind kind,
			  const struct slot *old, const struct slot *cur)
{
	const struct reg *a = &old->reg, *b = &cur->reg;

	switch (kind) {
	case SLOT_SPILL:
		return reg_covers(cov, a, b);
	case SLOT_DYNPTR:
		return a->dynptr == b->dynptr && old->first == cur->first &&
		       a->flags == b->flags &&
		       id_covers(cov->walk, a->id, b->id) &&
		       id_covers(cov->walk, a->ref, b->ref);
	case SLOT_ITER:
		return a->btf == b->btf && a->btf_id == b->btf_id &&
		       a->flags == b->flags && old->first == cur->first &&
		       old->iter_state == cur->iter_state &&
		       id_covers(cov->walk, a->ref, b->ref);
	case SLOT_IRQ:
		return a->flags == b->flags && a->map == b->map &&
		       id_covers(cov->walk, a->ref, b->ref);
	default:
		return true;
	}
}

/* Byte `i`: what the old state knows of it holds for the current one. */
static bool byte_covers(const struct covering *cov, const struct slot *old,
			const struct slot *cur, unsigned int i)
{
	bool may_unset = cov->env->opts.profile != VERIFY_UNPRIVILEGED;

	if (cov->level == COVER_EXACT)
		return old->kind[i] == cur->kind[i];
	return old->kind[i] == SLOT_UNSET || old->kind[i] == cur->kind[i] ||
	       (old->kind[i] == SLOT_MISC &&
		(may_unset || cur->kind[i] == SLOT_ZERO));
}

/* A fill takes the spill's bytes alone; those above it are seen by byte. */
static bool slot_covers(const struct covering *cov, const struct slot *old,
			const struct slot *cur)
{
	uint8_t marks = value_marks(&cov->env->values, old->reg.value);
	const struct reg *a, *b;
	struct reg any[2];

	if (cov->level == COVER_MARKED && !(marks & VALUE_READ))
		return true;
	if (!slot_kinds(old) && cov->level != COVER_EXACT)
		return true;
	a = slot_number(cov, old, &any[0]);
	b = a ? slot_number(cov, cur, &any[1]) : NULL;
	if (a && b && cov->level != COVER_EXACT)
		return reg_covers(cov, a, b);
	for (unsigned int i = 0; i < SLOT_BYTES; i++)
		if (!byte_covers(cov, old, cur, i))
			return false;
	return object_covers(cov, old->kind[0], old, cur);
}

static bool stack_covers(const struct covering *cov, const struct frame *old,
			 const struct frame *cur)
{
	static const struct slot unset;

	for (uint32_t i = 0; i < old->slots_cnt; i++)
		if (!slot_covers(cov, &old->slots[i], i < cur->slots_cnt ?
				 &cur->slots[i] : &unset))
			return false;
	if (cov->level == COVER_EXACT)
		for (uint32_t i = old->slots_cnt; i < cur->slots_cnt; i++)
			if (slot_kinds(&cur->slots[i]))
				return false;
	return true;
}

static bool frame_covers(const struct covering *cov, const struct frame *old,
			 const struct frame *cur, uint32_t live)
{
	if (old->callback_depth > cur->callback_depth)
		return false;
	for (unsigned int i = 0; i < FRAME_REGS; i++)
		if (live >> i & 1 &&
		    !reg_covers(cov, &old->regs[i], &cur->regs[i]))
			return false;
	return stack_covers(cov, old, cur);
}

bool state_same_calls(const struct state *a, const struct state *b)
{
	if (a->depth != b->depth)
		return false;
	for (uint32_t i = 0; i <= a->depth; i++) {
		const struct frame *fa = a->frames[i], *fb = b->frames[i];

		if (fa->callsite != fb->callsite || fa->kind != fb->kind ||
		    fa->subprog != fb->subprog ||
		    fa->ret_min != fb->ret_min || fa->ret_max != fb->ret_max)
			return false;
	}
	return true;
}

static bool held_covers(const struct covering *cov, const struct state *old,
			const struct state *cur)
{
	if (old->held_cnt != cur->held_cnt || old->rcu != cur->rcu ||
	    old->preempt_off != cur->preempt_off ||
	    old->sleepable != cur->sleepable ||
	    old->in_async != cur->in_async)
		return false;
	for (uint32_t i = 0; i < old->held_cnt; i++)
		if (old->held[i].kind != cur->held[i].kind ||
		    old->held[i].object != cur->held[i].object ||
		    !id_covers(cov->walk, old->held[i].id, cur->held[i].id))
			return false;
	return true;
}

/*
 * Of callers, only what calls leave alone: r6 to r9 that are live at the call
 * are live after it. A callback returns to the call itself, which reads its
 * arguments once more.
 */
uint32_t state_live(const struct verify_env *env, const struct state *st,
		    uint32_t depth)
{
	const struct frame *callee;
	uint32_t kept;

	if (depth == st->depth)
		return env->flow->insns[st->insn].live & 0x3ffu;
	callee = st->frames[depth + 1];
	kept = callee->kind == FRAME_CALLBACK ? 0x3ffu : 0x3c0u;
	return env->flow->insns[callee->callsite].live & kept;
}

bool state_covers(struct verify_env *env, const struct state *old,
		  const struct state *cur, enum cover level)
{
	struct covering cov = {
		.env = env, .walk = env->walk, .level = level,
	};

	if (!state_same_calls(old, cur))
		return false;
	env->walk->ids_cnt = 0;
	env->walk->ids_temp = env->last_id;
	if (!held_covers(&cov, old, cur))
		return false;
	for (uint32_t i = cur->depth + 1; i--;)
		if (!frame_covers(&cov, old->frames[i], cur->frames[i],
				  state_live(env, cur, i)))
			return false;
	return true;
}
