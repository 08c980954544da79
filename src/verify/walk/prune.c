/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping states, and ending paths that a kept state covers (cover.c).
 *
 * A kept state is open while paths that begin at it are under way, then
 * closed. Open ones are ancestors of the current state: to be covered by one
 * is a loop, which only iterators, may_goto and callbacks may make, as they
 * end by themselves; another loop whose state comes back EXACTly is endless.
 *
 * Marks. When a path is cut at a kept state, value_follow() ties each of the
 * cut values to the kept one's CHECKPOINT node. So a value's marks are those
 * of all uses on its own path, and of all uses after the states that its path
 * was cut at: the least fixpoint of "used later", kept up to date by
 * value_mark() whatever the order in which cuts and marks come.
 *
 * When are the marks of a kept state K final? Marks of K come from paths that
 * begin at K, and through cuts of those at other kept states. So they are
 * final when all of K's paths have ended, and those of all states at which
 * they were cut, and so on. `low` is the least serial of the states that K's
 * paths were cut at, itself included when nothing is less; parents take
 * over their children's, as all paths of a child are theirs. This is Tarjan's
 * walk: when K closes with low >= its serial, no path of K was cut at a state
 * older than K, so K and all unsettled states that were kept since (which are
 * of K's paths) are settled together. Otherwise K waits for an older state.
 * A cut at an unsettled closed state S counts as one at S.low's; S.low may
 * name a state that has itself closed since, but was never settled, so that
 * an ancestor of both is older still and has taken over its low.
 *
 * Soundness. Covered by a settled state, only what it marked can matter
 * (COVER_MARKED), as marks are final. Covered by one that is not, everything
 * live counts (COVER_RANGE), and no mark that comes later makes the cut
 * wrong. Both ways, each concrete run from the cut state is one from the kept
 * state up to numbers that no check on any of its paths looked at. A circle
 * of cuts is no circular argument: a run that goes wrong does so after
 * finitely many steps, and each step of it was checked from a covering state.
 *
 * What is not live at the kept state has no CHECKPOINT node of its own, and
 * pointers have none: neither is asked for marks.
 */
#include "verify/walk/replay.h"

#include <errno.h>

#include "spec/diags.h"
#include "verify/facts/facts.h"

/* Where many states pass, keep one every so often. */
#define KEEP_JUMPS	2
#define KEEP_INSNS	8
#define LOOP_JUMPS	20	/* in a loop, whose states differ anyway */
#define LOOP_INSNS	100
#define MISSES_LOOP	64	/* of an open forced state before it goes */
#define MISSES		3

enum visit {
	VISIT_MISS,
	VISIT_MISS_LOOP,	/* the old one is open */
	VISIT_HIT,
	VISIT_ENDLESS,
};

static struct kept *kept_take(struct walk *walk, struct arena *arena)
{
	struct kept *kept = walk->free_kept;

	if (kept)
		walk->free_kept = kept->next;
	else
		kept = arena_alloc(arena, sizeof(*kept));
	return kept;
}

static void kept_free(struct verify_env *env, struct kept *kept)
{
	state_free(env, kept->st);
	kept->next = env->walk->free_kept;
	env->walk->free_kept = kept;
	env->walk->kept_cnt--;
}

static void kept_settle(struct verify_env *env, struct kept *kept)
{
	kept->settled = true;
	if (kept->evicted)
		kept_free(env, kept);
}

/* All paths of `kept` have ended; its parent takes over what it waits for. */
static void kept_close(struct verify_env *env, struct kept *kept)
{
	struct walk *walk = env->walk;

	if (kept->low < kept->serial) {
		if (kept->parent && kept->low < kept->parent->low)
			kept->parent->low = kept->low;
		kept->waits = walk->unsettled;
		walk->unsettled = kept;
		return;
	}
	while (walk->unsettled && walk->unsettled->serial > kept->serial) {
		struct kept *waiting = walk->unsettled;

		walk->unsettled = waiting->waits;
		kept_settle(env, waiting);
	}
	kept_settle(env, kept);
}

void prune_ended(struct verify_env *env, struct state *st)
{
	struct kept *kept = st->parent;

	while (kept && !--kept->branches) {
		struct kept *parent = kept->parent;

		kept_close(env, kept);
		kept = parent;
	}
}

static bool in_frames(const struct state *st, uint32_t depth, uint32_t slot)
{
	return depth <= st->depth && slot < st->frames[depth]->slots_cnt;
}

static void follow(struct verify_env *env, const struct kept *kept,
		   uint32_t old, uint32_t cut)
{
	if (kept->settled)
		value_mark(&env->values, cut, value_marks(&env->values, old));
	else
		value_follow(&env->values, old, cut);
}

/* Ties the current state's values to those of the state that covers it. */
static void follow_all(struct verify_env *env, const struct kept *kept)
{
	const struct state *old = kept->st, *cur = env->cur;

	for (uint32_t depth = 0; depth <= old->depth; depth++) {
		const struct frame *a = old->frames[depth];
		const struct frame *b = cur->frames[depth];
		uint32_t live = state_live(env, old, depth);

		for (unsigned int i = 0; i < FRAME_REGS; i++)
			if (live >> i & 1 && a->regs[i].type == REG_SCALAR)
				follow(env, kept, a->regs[i].value,
				       b->regs[i].value);
		for (uint32_t i = 0; i < a->slots_cnt; i++)
			if (in_frames(cur, depth, i))
				follow(env, kept, a->slots[i].reg.value,
				       b->slots[i].reg.value);
	}
}

static int cut_at(struct verify_env *env, struct kept *kept)
{
	struct kept *parent = env->cur->parent;
	uint32_t low = kept->branches ? kept->serial : kept->low;

	kept->hits++;
	facts_cut(env, kept->st);
	follow_all(env, kept);
	if (parent && !kept->settled && low < parent->low)
		parent->low = low;
	return PATH_DONE;
}

/* The iterator whose next one is asked for has more. */
static bool iter_is_active(const struct state *st)
{
	const struct reg *arg = state_reg(st, BPF_REG_1);
	const struct frame *fr = st->frames[arg->frame];
	int64_t off = arg->off + (int64_t)arg->num.bits.value;
	int64_t slot = -off / SLOT_BYTES - 1;

	return arg->type == REG_STACK && slot >= 0 && slot < fr->slots_cnt &&
	       fr->slots[slot].kind[0] == SLOT_ITER &&
	       fr->slots[slot].iter_state == ITER_ACTIVE;
}

static bool frame_depths_differ(const struct frame *old,
				const struct frame *cur)
{
	for (uint32_t i = 0; i < old->slots_cnt && i < cur->slots_cnt; i++)
		if (old->slots[i].kind[0] == SLOT_ITER &&
		    old->slots[i].iter_state == ITER_ACTIVE &&
		    old->slots[i].iter_depth != cur->slots[i].iter_depth)
			return true;
	return false;
}

/*
 * Something that ends by itself has moved on since: an iterator, a may_goto,
 * a callback's rounds. The loop is not endless though all else is the same.
 */
static bool has_moved(const struct state *old, const struct state *cur)
{
	if (old->may_goto_depth != cur->may_goto_depth)
		return true;
	for (uint32_t i = 0; i <= old->depth; i++)
		if (old->frames[i]->callback_depth !=
			    cur->frames[i]->callback_depth ||
		    frame_depths_differ(old->frames[i], cur->frames[i]))
			return true;
	return false;
}

static bool is_kfunc(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) &&
	       insn->src_reg == BPF_PSEUDO_KFUNC_CALL;
}

/* Has a loop through `old`, an ancestor, come round to what it covers? */
static bool converges(struct verify_env *env, const struct state *old,
		      bool *endless)
{
	const struct state *cur = env->cur;
	const struct bpf_insn *insn = &env->insns[cur->insn];
	uint8_t flags = env->flow->insns[cur->insn].flags;

	*endless = false;
	if (flags & FLOW_CALLS_BACK)
		return state_covers(env, old, cur, COVER_RANGE);
	if (flags & FLOW_FORCE && is_kfunc(insn))
		return state_covers(env, old, cur, COVER_RANGE) &&
		       iter_is_active(cur);
	if (insn->code == (BPF_JMP | BPF_JCOND) &&
	    old->may_goto_depth != cur->may_goto_depth &&
	    state_covers(env, old, cur, COVER_RANGE))
		return true;
	*endless = state_covers(env, old, cur, COVER_EXACT) &&
		   !has_moved(old, cur);
	return false;
}

static enum visit visit(struct verify_env *env, const struct kept *kept)
{
	const struct state *old = kept->st, *cur = env->cur;
	bool endless;

	if (kept->branches) {
		if (old->async_id != cur->async_id)
			return VISIT_MISS_LOOP;
		if (converges(env, old, &endless))
			return VISIT_HIT;
		return endless ? VISIT_ENDLESS : VISIT_MISS_LOOP;
	}
	return state_covers(env, old, cur, kept->settled ? COVER_MARKED :
							   COVER_RANGE) ?
	       VISIT_HIT : VISIT_MISS;
}

static int reject_endless(struct verify_env *env)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_LOOP, -1,
			      "the loop through this instruction comes back "
			      "with nothing changed"),
		"infinite loop detected at insn %u", env->cur->insn);
}

/* A state that has missed often takes more time than it will save. */
static bool is_useless(const struct verify_env *env, const struct kept *kept)
{
	bool forced = env->flow->insns[kept->st->insn].flags & FLOW_FORCE;
	uint32_t limit = forced && kept->branches ? MISSES_LOOP : MISSES;

	return kept->misses > (kept->hits + 1) * limit;
}

static void evict(struct verify_env *env, struct kept **link)
{
	struct kept *kept = *link;

	*link = kept->next;
	kept->evicted = true;
	if (kept->settled)
		kept_free(env, kept);
}

void prune_withdraw(struct verify_env *env, const struct kept *base)
{
	struct kept *kept = env->cur->parent;

	for (; kept != base; kept = kept->parent) {
		struct kept **link = &env->walk->kept[kept->st->insn];

		while (*link && *link != kept)
			link = &(*link)->next;
		if (*link)
			evict(env, link);
	}
}

static uint32_t checkpoint(struct verify_env *env, uint32_t value)
{
	return verify_value(env, VALUE_CHECKPOINT, value, 0);
}

static bool slot_is_set(const struct slot *slot)
{
	for (unsigned int i = 0; i < SLOT_BYTES; i++)
		if (slot->kind[i])
			return true;
	return false;
}

static int checkpoint_frame(struct verify_env *env, uint32_t depth)
{
	uint32_t live = state_live(env, env->cur, depth);
	struct frame *fr = state_own(env, env->cur, depth);

	if (!fr)
		return -ENOMEM;
	for (unsigned int i = 0; i < FRAME_REGS; i++)
		if (live >> i & 1 && fr->regs[i].type == REG_SCALAR)
			fr->regs[i].value = checkpoint(env, fr->regs[i].value);
	for (uint32_t i = 0; i < fr->slots_cnt; i++)
		if (slot_is_set(&fr->slots[i]))
			fr->slots[i].reg.value =
				checkpoint(env, fr->slots[i].reg.value);
	return 0;
}

static void count_kept(struct verify_env *env)
{
	struct verify_stats *stats = &env->result->stats;
	struct walk *walk = env->walk;

	walk->jumps_kept = walk->jumps;
	walk->insns_kept = stats->insns_processed;
	stats->states++;
	if (++walk->kept_cnt > stats->peak_states)
		stats->peak_states = walk->kept_cnt;
}

/* Both the kept and the current state have the new nodes. */
static int keep(struct verify_env *env)
{
	struct walk *walk = env->walk;
	struct state *cur = env->cur;
	struct kept *kept = kept_take(walk, &env->arena);

	if (!kept)
		return verify_no_memory(env);
	for (uint32_t depth = 0; depth <= cur->depth; depth++)
		if (checkpoint_frame(env, depth))
			return -ENOMEM;
	*kept = (struct kept){
		.st = state_copy(env, cur), .parent = cur->parent,
		.next = walk->kept[cur->insn], .serial = ++walk->serial,
		.low = walk->serial, .branches = 1,
	};
	if (!kept->st || !state_own(env, cur, cur->depth))
		return -ENOMEM;
	walk->kept[cur->insn] = kept;
	cur->parent = kept;
	count_kept(env);
	return 0;
}

static bool since_kept(const struct verify_env *env, uint64_t jumps,
		       uint64_t insns)
{
	const struct walk *walk = env->walk;

	return walk->jumps - walk->jumps_kept >= jumps &&
	       env->result->stats.insns_processed - walk->insns_kept >= insns;
}

static bool since_kept_loop(const struct verify_env *env)
{
	const struct walk *walk = env->walk;

	return walk->jumps - walk->jumps_kept >= LOOP_JUMPS ||
	       env->result->stats.insns_processed - walk->insns_kept >=
	       LOOP_INSNS;
}

/* Of the same call of the same function: no other can be covered. */
static bool is_of_call(const struct state *old, const struct state *cur)
{
	return old->depth == cur->depth &&
	       old->frames[old->depth]->callsite ==
	       cur->frames[cur->depth]->callsite;
}

int prune_at(struct verify_env *env)
{
	uint32_t at = env->cur->insn;
	struct kept **link = &env->walk->kept[at];
	bool force = env->flow->insns[at].flags & FLOW_FORCE ||
		     env->opts.keep_often;
	bool add = !env->opts.no_cuts &&
		   (force || since_kept(env, KEEP_JUMPS, KEEP_INSNS));

	while (*link) {
		enum visit found;

		if (!is_of_call((*link)->st, env->cur)) {
			link = &(*link)->next;
			continue;
		}
		found = visit(env, *link);
		if (found == VISIT_HIT)
			return cut_at(env, *link);
		if (found == VISIT_ENDLESS)
			return reject_endless(env);
		if (found == VISIT_MISS_LOOP && !force &&
		    !since_kept_loop(env))
			add = false;
		(*link)->misses += add;
		if (is_useless(env, *link))
			evict(env, link);
		else
			link = &(*link)->next;
	}
	return add ? keep(env) : 0;
}

/* Of the rounds at `insn`, the one that was walked last is not wanted. */
static bool is_this_round(const struct verify_env *env,
			  const struct kept *kept, uint32_t insn)
{
	const struct walk *walk = env->walk;

	if (walk->replay)
		return env->cur->insn == insn ?
		       kept->st->trail >= replay_at(env) :
		       kept->st->trail > replay_at(env);
	return kept == env->cur->parent &&
	       walk->insns_kept == env->result->stats.insns_processed;
}

/* The round before: an open state at `insn`, but not the one just kept. */
static const struct kept *last_round(const struct verify_env *env,
				     const struct state *st, uint32_t insn)
{
	const struct kept *kept = env->walk->kept[insn];

	for (; kept; kept = kept->next)
		if (kept->branches && kept->st->async_id == st->async_id &&
		    state_same_calls(kept->st, st) &&
		    !is_this_round(env, kept, insn))
			return kept;
	return NULL;
}

static void widen(struct verify_env *env, const struct reg *old,
		  struct reg *reg)
{
	const struct values *values = &env->values;

	if (old->type != REG_SCALAR || reg->type != REG_SCALAR ||
	    (value_marks(values, old->value) | value_marks(values, reg->value))
	    & VALUE_PRECISE ||
	    (scalar_equal(&old->num, &reg->num) && !old->id == !reg->id))
		return;
	reg_set_unknown(reg, verify_value(env, VALUE_WIDENED, reg->value, 0));
}

static bool slot_is_spill(const struct slot *slot)
{
	return slot->kind[0] == SLOT_SPILL;
}

static void widen_frame(struct verify_env *env, const struct frame *old,
			struct frame *fr)
{
	for (unsigned int i = 0; i < FRAME_REGS; i++)
		widen(env, &old->regs[i], &fr->regs[i]);
	for (uint32_t i = 0; i < old->slots_cnt && i < fr->slots_cnt; i++)
		if (slot_is_spill(&old->slots[i]) &&
		    slot_is_spill(&fr->slots[i]))
			widen(env, &old->slots[i].reg, &fr->slots[i].reg);
}

int prune_widen(struct verify_env *env, struct state *st, uint32_t insn)
{
	const struct kept *kept = last_round(env, st, insn);

	for (uint32_t depth = 0; kept && depth <= st->depth; depth++) {
		struct frame *fr = state_own(env, st, depth);

		if (!fr)
			return -ENOMEM;
		widen_frame(env, kept->st->frames[depth], fr);
	}
	return 0;
}
