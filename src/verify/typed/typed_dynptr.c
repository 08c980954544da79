/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects on the stack that only calls understand: dynptrs here, iterators in
 * typed_iter.c. A dynptr takes two slots, the lower one `first`; both have its
 * id (slices name it) and its reference. Clones share the reference, not the
 * id. Overwriting a dynptr makes it and its slices void; one that holds a
 * reference cannot be overwritten, since the reference would be lost.
 */
#include "verify/typed/stackobj.h"

#include "base/str.h"
#include "spec/diags.h"
#include "verify/call/call_parts.h"

static const char *const kind_names[] = {
	[DYNPTR_NONE] = "", [DYNPTR_LOCAL] = "local",
	[DYNPTR_RINGBUF] = "ringbuf", [DYNPTR_SKB] = "skb",
	[DYNPTR_XDP] = "xdp", [DYNPTR_SKB_META] = "skb_meta",
};

static int reject(struct verify_env *env, unsigned int n, const char *message,
		  const char *kernel)
{
	return verify_says(env, verify_reject(env, DIAG_VERIFY_DYNPTR, (int)n,
					      "%s", message), "%s", kernel);
}

int stackobj_slot(struct verify_env *env, unsigned int n, const char *what,
		  uint32_t slots, int diag)
{
	const struct reg *reg = state_reg(env->cur, n);
	int64_t off;
	int err;

	if (!scalar_is_const(&reg->num)) {
		err = verify_reject(env, diag, (int)n,
				    "the %s is at a variable offset", what);
		return verify_says(env, err,
				   "%s has to be at a constant offset", what);
	}
	off = reg->off + (int64_t)reg->num.bits.value;
	if (off % SLOT_BYTES || -off < (int64_t)slots * SLOT_BYTES) {
		err = verify_reject(env, diag, (int)n, "no %s can be at "
				    "offset %lld of the stack", what,
				    (long long)off);
		return verify_says(env, err, "cannot pass in %s at an "
				   "offset=%lld", what, (long long)off);
	}
	if (-off > 512)
		return STACKOBJ_BEYOND;
	return (int)(-off / SLOT_BYTES) - 1;
}

bool stackobj_is(const struct frame *fr, uint32_t i, enum slot_kind kind)
{
	if (i >= fr->slots_cnt)
		return false;
	for (int b = 0; b < SLOT_BYTES; b++)
		if (fr->slots[i].kind[b] != kind)
			return false;
	return true;
}

void stackobj_read(struct verify_env *env, const struct frame *fr,
		   uint32_t lowest, uint32_t cnt)
{
	for (uint32_t i = 0; i < cnt; i++)
		value_mark(&env->values, fr->slots[lowest - i].reg.value,
			   VALUE_READ);
}

void stackobj_clear(struct verify_env *env, struct frame *fr, uint32_t i)
{
	struct slot *slot = &fr->slots[i];

	*slot = (struct slot){ 0 };
	memset(slot->kind, SLOT_UNSET, sizeof(slot->kind));
	slot->reg.value = verify_value(env, VALUE_CALL, 0, 0);
}

/* Registers that are slices of a dynptr, by its id. */
struct slices {
	struct verify_env *env;
	uint32_t dynptr;
};

static void forget_slice(void *arg, struct reg *reg)
{
	struct slices *s = arg;

	if (reg->type == REG_MEM && s->dynptr && reg->map_uid == s->dynptr)
		call_forget(s->env, reg);
}

static int forget_slices(struct verify_env *env, uint32_t dynptr)
{
	struct slices s = { env, dynptr };

	return state_each_reg(env, env->cur, forget_slice, &s);
}

/* The dynptr that has slot `i`: its lowest slot. */
static uint32_t lowest(const struct frame *fr, uint32_t i)
{
	return fr->slots[i].first ? i : i + 1;
}

/* Slots `low` and low - 1 are no dynptr any more, its slices are void. */
static int drop_dynptr(struct verify_env *env, uint32_t frame, uint32_t low)
{
	struct frame *fr = state_own(env, env->cur, frame);
	uint32_t id;

	if (!fr)
		return verify_no_memory(env);
	id = fr->slots[low].reg.id;
	stackobj_clear(env, fr, low);
	stackobj_clear(env, fr, low - 1);
	return forget_slices(env, id);
}

int typed_overwrite(struct verify_env *env, uint32_t frame, uint32_t slot)
{
	const struct frame *fr = env->cur->frames[frame];

	if (slot >= fr->slots_cnt || fr->slots[slot].kind[0] != SLOT_DYNPTR)
		return 0;
	if (fr->slots[slot].reg.ref)
		return verify_says(env, verify_reject(env,
				DIAG_VERIFY_DYNPTR, -1,
				"the dynptr holds a reference that would be "
				"lost"), "cannot overwrite referenced dynptr");
	return drop_dynptr(env, frame, lowest(fr, slot));
}

/* Two slots become a new dynptr. `ref` is its reference, 0 none. */
static int set_slots(struct verify_env *env, const struct reg *at,
		     uint32_t low, enum dynptr_kind kind, uint32_t ref)
{
	struct frame *fr = state_own(env, env->cur, at->frame);
	uint32_t id = verify_id(env);

	for (uint32_t i = low - 1; i <= low; i++) {
		struct slot *slot = fr ? frame_slot(env, fr, i) : NULL;

		if (!slot)
			return verify_no_memory(env);
		*slot = (struct slot){ .first = i == low };
		memset(slot->kind, SLOT_DYNPTR, sizeof(slot->kind));
		reg_set_pointer(&slot->reg, REG_DYNPTR, 0,
				verify_value(env, VALUE_CALL, 0, 0));
		slot->reg.dynptr = kind;
		slot->reg.id = id;
		slot->reg.ref = ref;
	}
	return 0;
}

int dynptr_construct(struct verify_env *env, unsigned int n,
		     enum dynptr_kind kind, uint32_t ref)
{
	const struct reg at = *state_reg(env->cur, n);
	int low, err;

	if (at.type != REG_STACK)
		return reject(env, n, "a new dynptr is on the stack",
			      "Dynptr has to be an uninitialized dynptr");
	low = stackobj_slot(env, n, "dynptr", 2, DIAG_VERIFY_DYNPTR);
	if (low < 0)
		return low == STACKOBJ_BEYOND ?
		       reject(env, n, "the dynptr is beyond the stack",
			      "Dynptr has to be an uninitialized dynptr") :
		       low;
	err = typed_overwrite(env, at.frame, (uint32_t)low) ?:
	      typed_overwrite(env, at.frame, (uint32_t)low - 1) ?:
	      access_region(env, n, 2 * SLOT_BYTES,
			    ACCESS_WRITE | ACCESS_UNINIT);
	if (!err && kind == DYNPTR_RINGBUF && !ref) {
		ref = state_hold(env, env->cur, HELD_REF, env->cur->insn,
				 NULL);
		if (!ref)
			return verify_no_memory(env);
	}
	return err ?: set_slots(env, &at, (uint32_t)low, kind, ref);
}

/* A whole dynptr in two slots of the stack, its lower slot in *low. */
static bool whole_dynptr(struct verify_env *env, unsigned int n,
			 uint32_t *low, int *err)
{
	const struct reg *at = state_reg(env->cur, n);
	const struct frame *fr = env->cur->frames[at->frame];
	int i = stackobj_slot(env, n, "dynptr", 2, DIAG_VERIFY_DYNPTR);

	*err = i < 0 && i != STACKOBJ_BEYOND ? i : 0;
	if (i < 0)
		return false;
	*low = (uint32_t)i;
	return stackobj_is(fr, *low, SLOT_DYNPTR) &&
	       stackobj_is(fr, *low - 1, SLOT_DYNPTR) &&
	       fr->slots[i].first;
}

static int not_initialised(struct verify_env *env, unsigned int n)
{
	int err = verify_reject(env, DIAG_VERIFY_DYNPTR, (int)n,
				"r%u points to no dynptr that was set", n);

	return verify_says(env, err,
			   "Expected an initialized dynptr as arg #%u", n - 1);
}

static int wrong_kind(struct verify_env *env, unsigned int n,
		      enum dynptr_kind want)
{
	int err = verify_reject(env, DIAG_VERIFY_DYNPTR, (int)n,
				"a %s dynptr is wanted", kind_names[want]);

	return verify_says(env, err, "Expected a dynptr of type %s as arg #%u",
			   kind_names[want], n - 1);
}

int dynptr_use(struct verify_env *env, unsigned int n, enum dynptr_kind want,
	       bool mutates, struct reg *out)
{
	const struct reg *at = state_reg(env->cur, n);
	const struct frame *fr;
	uint32_t low;
	int err;

	if (at->type == REG_DYNPTR) {
		err = typed_offset(env, n, false);
		if (err)
			return err;
		if (mutates)
			return reject(env, n, "the dynptr is not the "
				      "program's own to change", "cannot pass "
				      "pointer to const bpf_dynptr, the "
				      "helper mutates it");
		*out = *at;
	} else if (at->type == REG_STACK) {
		if (!whole_dynptr(env, n, &low, &err))
			return err ?: not_initialised(env, n);
		fr = env->cur->frames[at->frame];
		stackobj_read(env, fr, low, 2);
		*out = fr->slots[low].reg;
	} else {
		err = verify_reject(env, DIAG_VERIFY_DYNPTR, (int)n,
				    "r%u is no dynptr", n);
		return verify_says(env, err, "arg#%u expected pointer to "
				   "stack or const struct bpf_dynptr", n - 1);
	}
	return want && out->dynptr != want ? wrong_kind(env, n, want) : 0;
}

/* Every dynptr of reference `ref`, in any frame, is gone. */
int dynptr_release(struct verify_env *env, uint32_t ref)
{
	struct state *st = env->cur;
	int err = call_release(env, ref);

	for (uint32_t f = 0; !err && f <= st->depth; f++) {
		for (uint32_t i = 0; !err && i < st->frames[f]->slots_cnt;
		     i++) {
			const struct slot *slot = &st->frames[f]->slots[i];

			if (slot->kind[0] == SLOT_DYNPTR && slot->first &&
			    slot->reg.ref == ref)
				err = drop_dynptr(env, f, i);
		}
	}
	return err;
}
