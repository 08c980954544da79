/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Iterators: objects of a few stack slots that bpf_iter_TYPE_new makes, _next
 * moves on and _destroy ends; they hold a reference in between. _next gives
 * elements until it gives NULL, and NULL ever after; so each call forks: into
 * one more round, a level deeper, and into none, drained. Rounds converge
 * where a kept state covers the next one (prune.c).
 */
#include <errno.h>

#include "base/str.h"
#include "spec/diags.h"
#include "verify/typed/btf_walk.h"
#include "verify/typed/kfunc.h"
#include "verify/typed/stackobj.h"
#include "verify/walk/walk.h"

/* "num" of struct bpf_iter_num. */
static const char *iter_name(const struct btf *btf, uint32_t id)
{
	const char *name = btf_type_name(btf, id);

	return str_starts(name, "bpf_iter_") ? name + strlen("bpf_iter_") :
					       name;
}

static int reject(struct verify_env *env, unsigned int n, const char *what,
		  const char *name)
{
	int err = verify_reject(env, DIAG_VERIFY_ITER, (int)n,
				"r%u does not point to an %s iter_%s", n, what,
				name);

	return verify_says(env, err, "expected %s iter_%s as arg #%u",
			   str_eq(what, "initialized") ? "an initialized" :
			   what, name, n - 1);
}

static int make(struct verify_env *env, struct kcall *kc, unsigned int n,
		uint32_t id)
{
	const struct reg at = *state_reg(env->cur, n);
	uint32_t slots = (uint32_t)btf_size(kc->btf, id) / SLOT_BYTES, ref;
	int low = stackobj_slot(env, n, "iter", slots, DIAG_VERIFY_ITER);
	const struct frame *old = env->cur->frames[at.frame];
	struct frame *fr;
	int err;

	if (low < 0 && low != STACKOBJ_BEYOND)
		return low;
	for (uint32_t i = 0; low >= 0 && i < slots; i++)
		if ((uint32_t)low - i < old->slots_cnt &&
		    old->slots[(uint32_t)low - i].kind[0] == SLOT_ITER)
			low = STACKOBJ_BEYOND;
	if (low < 0)
		return reject(env, n, "uninitialized",
			      iter_name(kc->btf, id));
	err = access_region(env, n, slots * SLOT_BYTES,
			    ACCESS_WRITE | ACCESS_UNINIT);
	if (err)
		return err;
	ref = state_hold(env, env->cur, HELD_REF, env->cur->insn, NULL);
	fr = ref ? state_own(env, env->cur, at.frame) : NULL;
	for (uint32_t i = 0; fr && i < slots; i++) {
		struct slot *slot = frame_slot(env, fr, (uint32_t)low - i);

		if (!slot)
			return verify_no_memory(env);
		*slot = (struct slot){
			.first = !i, .iter_state = ITER_ACTIVE,
		};
		memset(slot->kind, SLOT_ITER, sizeof(slot->kind));
		reg_set_pointer(&slot->reg, REG_BTF, 0,
				verify_value(env, VALUE_CALL, 0, 0));
		if (kc->row->flags & KFUNC_RCU_PROTECTED)
			slot->reg.flags = section_rcu(env) ? REG_RCU :
							     REG_UNTRUSTED;
		slot->reg.btf = kc->btf;
		slot->reg.btf_id = id;
		slot->reg.ref = i ? 0 : ref;
	}
	return fr ? 0 : verify_no_memory(env);
}

static bool is_whole(const struct frame *fr, uint32_t low, uint32_t slots,
		     const struct btf *btf, uint32_t id)
{
	for (uint32_t i = 0; i < slots; i++) {
		const struct slot *slot;

		if (!stackobj_is(fr, low - i, SLOT_ITER))
			return false;
		slot = &fr->slots[low - i];
		if (slot->first != !i || slot->reg.btf != btf ||
		    slot->reg.btf_id != id)
			return false;
	}
	return true;
}

/* An iterator that was made is used; where it is, is kept in *kc. */
static int use(struct verify_env *env, struct kcall *kc, unsigned int n,
	       uint32_t id)
{
	const struct reg *at = state_reg(env->cur, n);
	const struct frame *fr = env->cur->frames[at->frame];
	uint32_t slots = (uint32_t)btf_size(kc->btf, id) / SLOT_BYTES;
	int low = stackobj_slot(env, n, "iter", slots, DIAG_VERIFY_ITER);

	if (low < 0 && low != STACKOBJ_BEYOND)
		return low;
	if (low < 0 || !is_whole(fr, (uint32_t)low, slots, kc->btf, id))
		return reject(env, n, "initialized", iter_name(kc->btf, id));
	if (fr->slots[low].reg.flags & REG_UNTRUSTED) {
		int err = verify_reject(env, DIAG_VERIFY_RCU, (int)n,
					"the RCU section that the iterator "
					"was made in is over");

		return verify_says(env, err, "expected an RCU CS when using "
				   "%s", kc->row->name);
	}
	stackobj_read(env, fr, (uint32_t)low, slots);
	kc->iter_frame = at->frame;
	kc->iter_slot = (uint32_t)low;
	kc->ref = fr->slots[low].reg.ref;
	return 0;
}

static int destroy(struct verify_env *env, struct kcall *kc, uint32_t id)
{
	uint32_t slots = (uint32_t)btf_size(kc->btf, id) / SLOT_BYTES;
	int err = call_release(env, kc->ref);
	struct frame *fr;

	if (err)
		return err;
	fr = state_own(env, env->cur, kc->iter_frame);
	if (!fr)
		return verify_no_memory(env);
	for (uint32_t i = 0; i < slots; i++)
		stackobj_clear(env, fr, kc->iter_slot - i);
	return 0;
}

int kfunc_iter(struct verify_env *env, struct kcall *kc, unsigned int n)
{
	uint32_t id = 0;
	int err;

	if (state_reg(env->cur, n)->type != REG_STACK) {
		err = verify_reject(env, DIAG_VERIFY_ITER, (int)n,
				    "an iterator is on the stack");
		return verify_says(env, err, "arg#%u expected pointer to an "
				   "iterator on stack", n - 1);
	}
	btf_pointee(kc->btf, btf_params(kc->proto)[n - 1].type, &id);
	if (!id || btf_size(kc->btf, id) < SLOT_BYTES ||
	    btf_size(kc->btf, id) % SLOT_BYTES)
		return reject(env, n, "valid", "");
	if (kc->row->flags & KFUNC_ITER_NEW)
		return make(env, kc, n, id);
	err = use(env, kc, n, id);
	if (!err && kc->row->flags & KFUNC_ITER_DESTROY)
		err = destroy(env, kc, id);
	return err;
}

/* One more round, from behind the call. */
static int fork_active(struct verify_env *env, const struct kcall *kc)
{
	uint32_t insn = env->cur->insn;
	struct state *st = walk_fork(env, insn + 1);
	struct frame *fr;
	int err;

	if (!st)
		return -ENOMEM;
	fr = state_own(env, st, kc->iter_frame);
	if (!fr)
		return verify_no_memory(env);
	fr->slots[kc->iter_slot].iter_depth++;
	err = prune_widen(env, st, insn);
	if (err)
		return err;
	fr = state_own(env, st, st->depth);
	if (!fr)
		return verify_no_memory(env);
	fr->regs[0].flags &= (uint16_t)~REG_NULLABLE;
	fr->regs[0].id = 0;
	return 0;
}

int kfunc_iter_next(struct verify_env *env, const struct kcall *kc)
{
	struct state *st = env->cur;
	struct frame *fr = st->frames[kc->iter_frame];
	int err;

	if (fr->slots[kc->iter_slot].iter_state == ITER_ACTIVE) {
		err = fork_active(env, kc);
		if (err)
			return err;
	}
	fr = state_own(env, st, kc->iter_frame);
	if (!fr)
		return verify_no_memory(env);
	fr->slots[kc->iter_slot].iter_state = ITER_DRAINED;
	fr = state_own(env, st, st->depth);
	if (!fr)
		return verify_no_memory(env);
	reg_set_const(&fr->regs[0], 0, verify_value(env, VALUE_CALL, 0, 0));
	return 0;
}
