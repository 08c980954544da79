/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks and other sections. A bpf_spin_lock is taken alone and is known by
 * the map (or types) of its object and by the object's id; any unlock names
 * the same. Resilient locks nest and are given back in reverse order.
 *
 * Inside of a lock no call is made but the unlock and the list and tree
 * functions; inside of any section nothing sleeps. RCU pointers end with
 * their section: they turn untrusted.
 */
#include "verify/typed/section.h"

#include <string.h>

#include "base/str.h"
#include "spec/diags.h"
#include "verify/typed/btf_walk.h"
#include "verify/typed/kfunc.h"
#include "verify/typed/stackobj.h"

static bool is_lock(const struct held *h)
{
	return h->kind == HELD_LOCK || h->kind == HELD_RES_LOCK ||
	       h->kind == HELD_RES_LOCK_IRQ;
}

/* The lock that was taken last, or NULL. */
static const struct held *last_lock(const struct state *st)
{
	for (uint32_t i = st->held_cnt; i-- > 0;)
		if (is_lock(&st->held[i]))
			return &st->held[i];
	return NULL;
}

static const void *lock_object(const struct verify_env *env,
			       const struct reg *reg)
{
	return reg->type == REG_MAP_VALUE ? (const void *)reg_map(env, reg) :
					    (const void *)reg->btf;
}

bool lock_covers(const struct verify_env *env, const struct reg *reg)
{
	const struct held *last = last_lock(env->cur);

	return last && last->object == lock_object(env, reg) &&
	       last->object_id == reg->id;
}

static void forget_one(void *arg, struct reg *reg)
{
	struct verify_env *env = arg;

	if (reg->type == REG_BTF && (reg->flags & REG_NON_OWNING))
		call_forget(env, reg);
}

int forget_non_owning(struct verify_env *env)
{
	return state_each_reg(env, env->cur, forget_one, env);
}

static const char *lock_name(enum held_kind kind)
{
	return kind == HELD_LOCK ? "bpf_spin" : "bpf_res_spin";
}

static int reject(struct verify_env *env, int reg, const char *message,
		  const char *kernel)
{
	return verify_says(env, verify_reject(env, DIAG_VERIFY_LOCK, reg,
					      "%s", message), "%s", kernel);
}

/* Does the register point to the lock of its object? */
static int check_lock_field(struct verify_env *env, unsigned int n,
			    const struct reg *reg, enum field_special kind)
{
	const struct verify_map *vm = NULL;
	const struct specials *all;
	const struct special *field;
	long long off = reg->off + (long long)reg->num.bits.value;
	const char *name = special_name(kind);
	int err;

	if (!scalar_is_const(&reg->num)) {
		err = verify_reject(env, DIAG_VERIFY_LOCK, (int)n,
				    "the offset of the lock is not constant");
		return verify_says(env, err, "R%u doesn't have constant "
				   "offset. %s has to be at the constant "
				   "offset", n, name);
	}
	if (reg->type == REG_MAP_VALUE) {
		vm = reg_map(env, reg);
		all = map_specials(env, reg->map, vm);
	} else {
		all = btf_specials(env, reg->btf, reg->btf_id);
	}
	if (vm && !vm->btf) {
		err = verify_reject(env, DIAG_VERIFY_LOCK, (int)n,
				    "map '%s' has no BTF", vm->name);
		return verify_says(env, err, "map '%s' has to have BTF in "
				   "order to use %s", vm->name, name);
	}
	field = special_of(all, kind);
	if (!field) {
		err = verify_reject(env, DIAG_VERIFY_LOCK, (int)n,
				    "%s has no %s%s%s",
				    vm ? vm->name : "the object", name,
				    all->error ? ": its type " : "",
				    all->error ?: "");
		return verify_says(env, err, "%s '%s' has no valid %s",
				   vm ? "map" : "local",
				   vm ? vm->name : "kptr", name);
	}
	if (field->off == off)
		return 0;
	err = verify_reject(env, DIAG_VERIFY_LOCK, (int)n,
			    "the lock is at byte %u, not %lld", field->off,
			    off);
	return verify_says(env, err, "off %lld doesn't point to 'struct %s' "
			   "that is at %u", off, name, field->off);
}

static bool same_lock(const struct held *h, const void *object, uint32_t id)
{
	return h->object == object && h->object_id == id;
}

static int take_lock(struct verify_env *env, unsigned int n,
		     enum held_kind kind)
{
	struct state *st = env->cur;
	const struct reg *reg = state_reg(st, n);
	const void *object = lock_object(env, reg);
	uint32_t id = reg->id;

	if (kind == HELD_LOCK && st->locks)
		return reject(env, (int)n, "another lock is held",
			      "Locking two bpf_spin_locks are not allowed");
	for (uint32_t i = 0; i < st->held_cnt; i++)
		if (is_lock(&st->held[i]) &&
		    same_lock(&st->held[i], object, id))
			return reject(env, (int)n, "this lock is held already",
				      "Acquiring the same lock again, AA "
				      "deadlock detected");
	if (!state_hold(env, st, kind, st->insn, object))
		return verify_no_memory(env);
	st->held[st->held_cnt - 1].object_id = id;
	st->locks++;
	return 0;
}

static int give_lock(struct verify_env *env, unsigned int n,
		     enum held_kind kind)
{
	struct state *st = env->cur;
	const struct reg *reg = state_reg(st, n);
	const struct held *last = last_lock(st), *h = NULL;
	const void *object = lock_object(env, reg);
	const char *name = lock_name(kind);
	int err;

	for (uint32_t i = 0; i < st->held_cnt; i++)
		if (st->held[i].kind == kind &&
		    same_lock(&st->held[i], object, reg->id))
			h = &st->held[i];
	if (h && h == last) {
		state_unhold(st, h->id);
		st->locks--;
		return forget_non_owning(env);
	}
	if (!last) {
		err = verify_reject(env, DIAG_VERIFY_LOCK, (int)n,
				    "no lock is held");
		return verify_says(env, err, "%s_unlock without taking a lock",
				   name);
	}
	err = verify_reject(env, DIAG_VERIFY_LOCK, (int)n, h ?
			    "another lock was taken later" :
			    "it is another lock that is held");
	return verify_says(env, err, h ? "%s_unlock cannot be out of order" :
					 "%s_unlock of different lock", name);
}

int lock_change(struct verify_env *env, unsigned int reg,
		enum held_kind kind, bool take)
{
	int err = check_lock_field(env, reg, state_reg(env->cur, reg),
				   kind == HELD_LOCK ? SPECIAL_SPIN_LOCK :
						       SPECIAL_RES_SPIN_LOCK);

	if (err)
		return err;
	return take ? take_lock(env, reg, kind) : give_lock(env, reg, kind);
}

static void end_rcu(void *arg, struct reg *reg)
{
	(void)arg;
	if (reg->type != REG_BTF || !(reg->flags & REG_RCU))
		return;
	reg->flags &= (uint16_t)~(REG_RCU | REG_NULLABLE);
	reg->flags |= REG_UNTRUSTED;
}

/* Iterators over what RCU protects end too. */
static int end_rcu_slots(struct verify_env *env)
{
	struct state *st = env->cur;

	for (uint32_t f = 0; f <= st->depth; f++) {
		for (uint32_t i = 0; i < st->frames[f]->slots_cnt; i++) {
			const struct slot *slot = &st->frames[f]->slots[i];
			struct frame *fr;

			if (slot->kind[0] != SLOT_ITER ||
			    !(slot->reg.flags & REG_RCU))
				continue;
			fr = state_own(env, st, f);
			if (!fr)
				return verify_no_memory(env);
			end_rcu(NULL, &fr->slots[i].reg);
		}
	}
	return 0;
}

int rcu_change(struct verify_env *env, bool lock)
{
	struct state *st = env->cur;
	int err;

	if (lock) {
		st->rcu++;
		return 0;
	}
	if (!st->rcu) {
		err = verify_reject(env, DIAG_VERIFY_RCU, -1,
				    "no RCU section is open");
		return verify_says(env, err, "unmatched rcu read unlock "
				   "(kernel function bpf_rcu_read_unlock)");
	}
	if (--st->rcu)
		return 0;
	err = state_each_reg(env, st, end_rcu, NULL);
	return err ?: end_rcu_slots(env);
}

int preempt_change(struct verify_env *env, bool disable)
{
	struct state *st = env->cur;
	int err;

	if (disable) {
		st->preempt_off++;
		return 0;
	}
	if (!st->preempt_off) {
		err = verify_reject(env, DIAG_VERIFY_PREEMPT, -1,
				    "preemption is not disabled");
		return verify_says(env, err, "unmatched attempt to enable "
				   "preemption (kernel function "
				   "bpf_preempt_enable)");
	}
	st->preempt_off--;
	return 0;
}

bool section_rcu(const struct verify_env *env)
{
	const struct state *st = env->cur;

	return st->rcu || st->locks || !st->sleepable;
}

static uint32_t irqs(const struct state *st)
{
	uint32_t cnt = 0;

	for (uint32_t i = 0; i < st->held_cnt; i++)
		cnt += st->held[i].kind == HELD_IRQ;
	return cnt;
}

/* The flags that were saved last, or NULL. */
static const struct held *last_irq(const struct state *st)
{
	for (uint32_t i = st->held_cnt; i-- > 0;)
		if (st->held[i].kind == HELD_IRQ)
			return &st->held[i];
	return NULL;
}

static int irq_save(struct verify_env *env, unsigned int n, uint32_t i,
		    bool by_lock)
{
	uint32_t frame = state_reg(env->cur, n)->frame, id;
	struct slot *slot;
	struct frame *fr;
	int err = access_region(env, n, SLOT_BYTES,
				ACCESS_WRITE | ACCESS_UNINIT);

	if (err)
		return err;
	id = state_hold(env, env->cur, HELD_IRQ, env->cur->insn, NULL);
	fr = id ? state_own(env, env->cur, frame) : NULL;
	slot = fr ? frame_slot(env, fr, i) : NULL;
	if (!slot)
		return verify_no_memory(env);
	*slot = (struct slot){ .first = true, .iter_state = by_lock };
	memset(slot->kind, SLOT_IRQ, sizeof(slot->kind));
	reg_set_unknown(&slot->reg, verify_value(env, VALUE_CALL, 0, 0));
	slot->reg.ref = id;
	return 0;
}

static int irq_restore(struct verify_env *env, unsigned int n, uint32_t i,
		       bool by_lock)
{
	static const char *const classes[] = { "native", "lock" };
	const struct held *last = last_irq(env->cur);
	uint32_t frame = state_reg(env->cur, n)->frame;
	const struct slot *slot = &env->cur->frames[frame]->slots[i];
	struct frame *fr;
	int err;

	if (slot->iter_state != by_lock) {
		err = verify_reject(env, DIAG_VERIFY_IRQ, (int)n,
				    "the flags were saved by another kind of "
				    "function");
		return verify_says(env, err, "arg#%u irq flag acquired by %s "
				   "kfuncs cannot be restored with %s kfuncs",
				   n - 1, classes[slot->iter_state],
				   classes[by_lock]);
	}
	if (!last || last->id != slot->reg.ref) {
		err = verify_reject(env, DIAG_VERIFY_IRQ, (int)n,
				    "other flags were saved later");
		return verify_says(env, err, "cannot restore irq state out of "
				   "order, expected id=%u acquired at "
				   "insn_idx=%u", last ? last->id : 0,
				   last ? last->insn : 0);
	}
	stackobj_read(env, env->cur->frames[frame], i, 1);
	state_unhold(env->cur, last->id);
	fr = state_own(env, env->cur, frame);
	if (!fr)
		return verify_no_memory(env);
	stackobj_clear(env, fr, i);
	return 0;
}

int irq_change(struct verify_env *env, unsigned int n, bool save, bool by_lock)
{
	const struct reg *reg = state_reg(env->cur, n);
	bool is;
	int i, err;

	if (reg->type != REG_STACK) {
		err = verify_reject(env, DIAG_VERIFY_IRQ, (int)n,
				    "interrupt flags are on the stack");
		return verify_says(env, err, "arg#%u expected pointer to an "
				   "irq flag on stack", n - 1);
	}
	i = stackobj_slot(env, n, "irq_flag", 1, DIAG_VERIFY_IRQ);
	if (i < 0 && i != STACKOBJ_BEYOND)
		return i;
	is = i >= 0 && stackobj_is(env->cur->frames[reg->frame], (uint32_t)i,
				   SLOT_IRQ);
	if (i < 0 || is == save) {
		err = verify_reject(env, DIAG_VERIFY_IRQ, (int)n, save ?
				    "the flags saved there would be lost" :
				    "no flags were saved there");
		return verify_says(env, err, save ?
				   "expected uninitialized irq flag as arg#%u" :
				   "expected an initialized irq flag as "
				   "arg#%u", n - 1);
	}
	return save ? irq_save(env, n, (uint32_t)i, by_lock) :
		      irq_restore(env, n, (uint32_t)i, by_lock);
}

static bool lock_allows(const struct verify_env *env,
			const struct bpf_insn *insn)
{
	if (insn->src_reg == BPF_PSEUDO_CALL)
		return true;
	if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL)
		return kfunc_in_lock(env->prog->kfuncs[insn->imm]);
	return insn->imm == HELPER_spin_unlock;
}

/* Functions that are looked at alone know nothing of locks. */
static int check_subprog(struct verify_env *env, const struct bpf_insn *insn)
{
	const struct prog *prog = env->prog;
	uint32_t to = env->cur->insn + 1 + (uint32_t)insn->imm, sub;
	int err;

	sub = (uint32_t)(prog_subprog_at(prog, to) - prog->subprogs);
	if (prog->exception && sub == prog->exception) {
		err = verify_reject(env, DIAG_VERIFY_EXCEPTION, -1,
				    "the exception callback is called");
		return verify_says(env, err, "insn %u cannot call exception "
				   "cb directly", env->cur->insn);
	}
	if (!env->cur->locks || !call_is_global(env, sub))
		return 0;
	return reject(env, -1, "a global function is called while a lock is "
		      "held", "global function calls are not allowed while "
		      "holding a lock,\nuse static function instead");
}

int section_call(struct verify_env *env, const struct bpf_insn *insn,
		 const char *name, bool sleeps)
{
	const struct state *st = env->cur;
	bool kfunc = insn->src_reg == BPF_PSEUDO_KFUNC_CALL;
	const char *where = NULL;
	int err = insn->src_reg == BPF_PSEUDO_CALL ?
		  check_subprog(env, insn) : 0;

	if (err)
		return err;
	if (st->locks && !lock_allows(env, insn))
		return reject(env, -1, "a call while a lock is held",
			      "function calls are not allowed while holding "
			      "a lock");
	if (!sleeps)
		return 0;
	if (st->rcu)
		where = kfunc ? "rcu_read_lock" : "rcu_read_lock region";
	else if (st->preempt_off)
		where = "non-preemptible region";
	else if (irqs(st))
		where = "IRQ-disabled region";
	if (!where && st->sleepable)
		return 0;
	err = verify_reject(env, DIAG_VERIFY_SLEEP, -1, "%s may sleep, %s",
			    name, where ? "inside of a section" :
			    "and the program may not");
	if (!where)
		return verify_says(env, err, kfunc ? "program must be "
				   "sleepable to call sleepable kfunc %s" :
				   "helper call might sleep in a "
				   "non-sleepable prog", name);
	if (kfunc)
		return verify_says(env, err, "kernel func %s is sleepable "
				   "within %s", name, where);
	return verify_says(env, err, "sleepable helper %s#%d in %s", name,
			   insn->imm, where);
}

int section_exit(struct verify_env *env, const char *what)
{
	const struct state *st = env->cur;
	const char *open, *kernel;
	int diag, err;

	if (st->locks) {
		diag = DIAG_VERIFY_LOCK;
		open = "a lock is held";
		kernel = "bpf_spin_lock";
	} else if (irqs(st)) {
		diag = DIAG_VERIFY_IRQ;
		open = "interrupts are off";
		kernel = "bpf_local_irq_save";
	} else if (st->rcu) {
		diag = DIAG_VERIFY_RCU;
		open = "an RCU section is open";
		kernel = "bpf_rcu_read_lock";
	} else if (st->preempt_off) {
		diag = DIAG_VERIFY_PREEMPT;
		open = "preemption is off";
		kernel = "bpf_preempt_disable";
	} else {
		return 0;
	}
	err = verify_reject(env, diag, -1, "%s at %s", open, what);
	return verify_says(env, err, "%s cannot be used inside %s-ed region",
			   what, kernel);
}
