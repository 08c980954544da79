/* SPDX-License-Identifier: Apache-2.0 */
/*
 * States and their frames. States share frames until one of them writes;
 * frames, their stacks and states come from the verification's arena and go
 * back to free lists, so that the walk allocates nothing when it is warm.
 *
 * Stacks come in sizes of 4, 8, 16 ... slots, one free list a size. A list
 * links its pieces through their first bytes.
 */
#include "verify/env.h"

#include <errno.h>
#include <string.h>

#define SLOTS_LEAST	4
#define HELD_LEAST	4

static void *pool_take(struct state_pool *pool, struct arena *arena,
		       void **list, size_t size)
{
	void *piece = *list;

	if (piece) {
		*list = *(void **)piece;
		return piece;
	}
	pool->bytes += size;
	return arena_alloc(arena, size);
}

static void pool_give(void **list, void *piece)
{
	*(void **)piece = *list;
	*list = piece;
}

static unsigned int slots_class(uint32_t cap)
{
	return (unsigned int)__builtin_ctz(cap / SLOTS_LEAST);
}

static struct slot *slots_take(struct verify_env *env, uint32_t cap)
{
	return pool_take(&env->pool, &env->arena,
			 &env->pool.slots[slots_class(cap)],
			 cap * sizeof(struct slot));
}

static void slots_give(struct verify_env *env, struct frame *fr)
{
	if (fr->slots_cap)
		pool_give(&env->pool.slots[slots_class(fr->slots_cap)],
			  fr->slots);
}

/* The frame's slots in an array of `cap`; the old one is not given back. */
static int slots_move(struct verify_env *env, struct frame *fr, uint32_t cap)
{
	struct slot *slots = slots_take(env, cap);

	if (!slots)
		return -ENOMEM;
	if (fr->slots_cnt)
		memcpy(slots, fr->slots, fr->slots_cnt * sizeof(*slots));
	fr->slots = slots;
	fr->slots_cap = cap;
	return 0;
}

static uint32_t slots_room(uint32_t cnt)
{
	uint32_t cap = SLOTS_LEAST;

	while (cap < cnt)
		cap *= 2;
	return cap;
}

static struct frame *frame_take(struct verify_env *env)
{
	return pool_take(&env->pool, &env->arena, &env->pool.frames,
			 sizeof(struct frame));
}

static void frame_put(struct verify_env *env, struct frame *fr)
{
	if (--fr->refs)
		return;
	slots_give(env, fr);
	pool_give(&env->pool.frames, fr);
}

static struct frame *frame_copy(struct verify_env *env,
				const struct frame *old)
{
	struct frame *fr = frame_take(env);

	if (!fr)
		return NULL;
	*fr = *old;
	fr->refs = 1;
	fr->slots_cap = 0;
	if (old->slots_cnt &&
	    slots_move(env, fr, slots_room(old->slots_cnt))) {
		pool_give(&env->pool.frames, fr);
		return NULL;
	}
	return fr;
}

struct frame *state_own(struct verify_env *env, struct state *st,
			uint32_t depth)
{
	struct frame *fr = st->frames[depth];

	if (likely(fr->refs == 1))
		return fr;
	fr = frame_copy(env, fr);
	if (!fr) {
		verify_no_memory(env);
		return NULL;
	}
	st->frames[depth]->refs--;
	st->frames[depth] = fr;
	return fr;
}

static struct state *state_take(struct verify_env *env)
{
	struct state *st = pool_take(&env->pool, &env->arena,
				     &env->pool.states, sizeof(*st));

	if (!st)
		verify_no_memory(env);
	return st;
}

struct state *state_new(struct verify_env *env)
{
	struct state *st = state_take(env);

	if (st)
		*st = (struct state){ 0 };
	return st;
}

static int held_copy(struct verify_env *env, struct state *st,
		     const struct state *from)
{
	size_t size = from->held_cnt * sizeof(*st->held);

	st->held = NULL;
	st->held_cap = from->held_cnt;
	if (!from->held_cnt)
		return 0;
	st->held = arena_copy(&env->arena, from->held, size);
	return st->held ? 0 : verify_no_memory(env);
}

struct state *state_copy(struct verify_env *env, const struct state *from)
{
	struct state *st = state_take(env);

	if (!st)
		return NULL;
	*st = *from;
	st->next = NULL;
	if (held_copy(env, st, from)) {
		pool_give(&env->pool.states, st);
		return NULL;
	}
	for (uint32_t i = 0; i <= st->depth; i++)
		if (st->frames[i])
			st->frames[i]->refs++;
	return st;
}

void state_free(struct verify_env *env, struct state *st)
{
	if (!st)
		return;
	for (uint32_t i = 0; i <= st->depth; i++)
		if (st->frames[i])
			frame_put(env, st->frames[i]);
	pool_give(&env->pool.states, st);
}

int state_push_frame(struct verify_env *env, struct state *st,
		     uint32_t subprog, uint32_t callsite,
		     enum frame_kind kind)
{
	uint32_t depth = st->frames[0] ? st->depth + 1 : 0;
	struct frame *fr = frame_take(env);

	assert(depth < VERIFY_FRAMES);
	if (!fr)
		return verify_no_memory(env);
	memset(fr, 0, sizeof(*fr));
	fr->refs = 1;
	fr->subprog = subprog;
	fr->callsite = callsite;
	fr->kind = (uint8_t)kind;
	reg_set_pointer(&fr->regs[BPF_REG_10], REG_STACK, 0, 0);
	fr->regs[BPF_REG_10].frame = (uint8_t)depth;
	st->frames[depth] = fr;
	st->depth = depth;
	return 0;
}

void state_pop_frame(struct verify_env *env, struct state *st)
{
	frame_put(env, st->frames[st->depth]);
	st->frames[st->depth] = NULL;
	if (st->depth)
		st->depth--;
}

/*
 * The array that a frame outgrows may be named by pointers of the caller, but
 * it goes to the free list as those are void by the contract.
 */
static int frame_grow(struct verify_env *env, struct frame *fr, uint32_t cnt)
{
	struct frame old = *fr;

	if (cnt > fr->slots_cap) {
		if (slots_move(env, fr, slots_room(cnt)))
			return verify_no_memory(env);
		slots_give(env, &old);
	}
	memset(&fr->slots[fr->slots_cnt], 0,
	       (cnt - fr->slots_cnt) * sizeof(*fr->slots));
	fr->slots_cnt = cnt;
	return 0;
}

struct slot *frame_slot(struct verify_env *env, struct frame *fr, uint32_t i)
{
	if (unlikely(i >= fr->slots_cnt) && frame_grow(env, fr, i + 1))
		return NULL;
	return &fr->slots[i];
}

static int held_grow(struct verify_env *env, struct state *st)
{
	uint32_t cap = st->held_cap ? st->held_cap * 2 : HELD_LEAST;
	struct held *held = arena_array(&env->arena, cap, sizeof(*held));

	if (!held)
		return verify_no_memory(env);
	if (st->held_cnt)
		memcpy(held, st->held, st->held_cnt * sizeof(*held));
	st->held = held;
	st->held_cap = cap;
	return 0;
}

static bool held_is_lock(enum held_kind kind)
{
	return kind == HELD_LOCK || kind == HELD_RES_LOCK ||
	       kind == HELD_RES_LOCK_IRQ;
}

uint32_t state_hold(struct verify_env *env, struct state *st,
		    enum held_kind kind, uint32_t insn, const void *object)
{
	if (st->held_cnt == st->held_cap && held_grow(env, st))
		return 0;
	st->held[st->held_cnt++] = (struct held){
		.kind = (uint8_t)kind, .id = verify_id(env), .insn = insn,
		.object = object,
	};
	if (held_is_lock(kind))
		st->locks++;
	return st->held[st->held_cnt - 1].id;
}

bool state_unhold(struct state *st, uint32_t id)
{
	for (uint32_t i = 0; i < st->held_cnt; i++) {
		if (st->held[i].id != id)
			continue;
		if (held_is_lock(st->held[i].kind))
			st->locks--;
		memmove(&st->held[i], &st->held[i + 1],
			(--st->held_cnt - i) * sizeof(*st->held));
		return true;
	}
	return false;
}

const struct held *state_held(const struct state *st, uint32_t id)
{
	for (uint32_t i = 0; i < st->held_cnt; i++)
		if (st->held[i].id == id)
			return &st->held[i];
	return NULL;
}

/* Only a slot with a spill has a register in it that means something. */
static bool slot_has_reg(const struct slot *slot)
{
	return slot->kind[SLOT_BYTES - 1] == SLOT_SPILL ||
	       slot->kind[0] == SLOT_SPILL;
}

static bool frame_has(const struct frame *fr, reg_match_fn match,
		      const void *arg)
{
	for (unsigned int i = 0; i < FRAME_REGS; i++)
		if (match(arg, &fr->regs[i]))
			return true;
	for (uint32_t i = 0; i < fr->slots_cnt; i++)
		if (slot_has_reg(&fr->slots[i]) &&
		    match(arg, &fr->slots[i].reg))
			return true;
	return false;
}

static void frame_each(struct frame *fr, reg_match_fn match, reg_fn fn,
		       void *arg)
{
	for (unsigned int i = 0; i < FRAME_REGS; i++)
		if (match(arg, &fr->regs[i]))
			fn(arg, &fr->regs[i]);
	for (uint32_t i = 0; i < fr->slots_cnt; i++)
		if (slot_has_reg(&fr->slots[i]) &&
		    match(arg, &fr->slots[i].reg))
			fn(arg, &fr->slots[i].reg);
}

int state_each_match(struct verify_env *env, struct state *st,
		     reg_match_fn match, reg_fn fn, void *arg)
{
	for (uint32_t depth = 0; depth <= st->depth; depth++) {
		struct frame *fr = st->frames[depth];

		if (!frame_has(fr, match, arg))
			continue;
		fr = state_own(env, st, depth);
		if (!fr)
			return -ENOMEM;
		frame_each(fr, match, fn, arg);
	}
	return 0;
}

static bool match_any(const void *arg maybe_unused,
		      const struct reg *reg maybe_unused)
{
	return true;
}

int state_each_reg(struct verify_env *env, struct state *st, reg_fn fn,
		   void *arg)
{
	return state_each_match(env, st, match_any, fn, arg);
}

void reg_set_unknown(struct reg *reg, uint32_t value)
{
	*reg = (struct reg){
		.type = REG_SCALAR, .value = value, .num = scalar_unknown(),
	};
}

void reg_set_const(struct reg *reg, uint64_t num, uint32_t value)
{
	*reg = (struct reg){
		.type = REG_SCALAR, .value = value, .num = scalar_const(num),
	};
}

void reg_set_pointer(struct reg *reg, enum reg_type type, uint16_t flags,
		     uint32_t value)
{
	*reg = (struct reg){
		.type = (uint8_t)type, .flags = flags, .value = value,
		.num = scalar_const(0),
	};
}

bool reg_same(const struct reg *a, const struct reg *b)
{
	return a->type == b->type && a->frame == b->frame &&
	       a->flags == b->flags && a->off == b->off && a->id == b->id &&
	       a->ref == b->ref && a->range == b->range && a->map == b->map &&
	       a->map_uid == b->map_uid && a->btf == b->btf &&
	       !memcmp(&a->num, &b->num, sizeof(a->num));
}

bool slot_same(const struct slot *a, const struct slot *b)
{
	return !memcmp(a->kind, b->kind, sizeof(a->kind)) &&
	       a->iter_state == b->iter_state && a->first == b->first &&
	       a->iter_depth == b->iter_depth && reg_same(&a->reg, &b->reg);
}
