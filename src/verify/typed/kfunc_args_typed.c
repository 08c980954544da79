/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments that name what the program owns or keeps: its own objects, lists
 * and trees; dynptrs, iterators and interrupt flags on its stack; maps, and
 * locks and work in their values.
 */
#include "base/str.h"
#include "verify/typed/btf_walk.h"
#include "verify/typed/kfunc_param.h"
#include "verify/typed/section.h"
#include "verify/typed/stackobj.h"

static int arg_object(struct verify_env *env, struct kcall *kc,
		      unsigned int n, const struct kfunc_param *p)
{
	const struct reg *reg = state_reg(env->cur, n);
	uint16_t want = kc->special == KF_PERCPU_OBJ_DROP ?
			REG_ALLOC | REG_PERCPU : REG_ALLOC;

	(void)p;
	if (reg->type != REG_BTF || !(reg->flags & REG_ALLOC) ||
	    (reg->flags & (uint16_t)~(REG_ALLOC | REG_PERCPU)))
		return kfunc_reject(env, (int)n, "an own object is wanted",
				    "arg#%u expected pointer to allocated "
				    "object", n - 1);
	if (reg->flags != want)
		return kfunc_reject(env, (int)n, "the object is of the other "
				    "kind", "arg#%u expected for %s()", n - 1,
				    want & REG_PERCPU ? "bpf_obj_drop_impl" :
				    "bpf_percpu_obj_drop_impl");
	if (!reg->ref)
		return kfunc_reject(env, (int)n, "the object is not owned",
				    "allocated object must be referenced");
	kc->object = *reg;
	return 0;
}

static int arg_refcounted(struct verify_env *env, struct kcall *kc,
			  unsigned int n, const struct kfunc_param *p)
{
	const struct reg *reg = state_reg(env->cur, n);

	(void)p;
	if (reg->type != REG_BTF || !(reg->flags & REG_ALLOC) ||
	    (reg->flags & REG_NULLABLE))
		return kfunc_reject(env, (int)n, "an own object is wanted",
				    "arg#%u is neither owning or non-owning "
				    "ref", n - 1);
	if (!special_of(btf_specials(env, reg->btf, reg->btf_id),
			SPECIAL_REFCOUNT))
		return kfunc_reject(env, (int)n, "the type has no refcount",
				    "arg#%u doesn't point to a type with "
				    "bpf_refcount field", n - 1);
	kc->object = *reg;
	return typed_offset(env, n, true);
}

static int arg_dynptr(struct verify_env *env, struct kcall *kc,
		      unsigned int n, const struct kfunc_param *p)
{
	bool made = kfunc_name_ends(p->name, "__uninit");

	if (!made)
		return dynptr_use(env, n, DYNPTR_NONE, false, &kc->dynptr);
	switch (kc->special) {
	case KF_DYNPTR_FROM_SKB:
		return dynptr_construct(env, n, DYNPTR_SKB, 0);
	case KF_DYNPTR_FROM_SKB_META:
		return dynptr_construct(env, n, DYNPTR_SKB_META, 0);
	case KF_DYNPTR_FROM_XDP:
		return dynptr_construct(env, n, DYNPTR_XDP, 0);
	case KF_DYNPTR_CLONE:
		return dynptr_construct(env, n, kc->dynptr.dynptr,
					kc->dynptr.ref);
	default:
		return dynptr_construct(env, n, DYNPTR_LOCAL, 0);
	}
}

static int arg_iter(struct verify_env *env, struct kcall *kc, unsigned int n,
		    const struct kfunc_param *p)
{
	(void)p;
	return kfunc_iter(env, kc, n);
}

static int arg_list_head(struct verify_env *env, struct kcall *kc,
			 unsigned int n, const struct kfunc_param *p)
{
	(void)p;
	return kfunc_root(env, kc, n, SPECIAL_LIST_HEAD);
}

static int arg_list_node(struct verify_env *env, struct kcall *kc,
			 unsigned int n, const struct kfunc_param *p)
{
	(void)p;
	return kfunc_node(env, kc, n, SPECIAL_LIST_NODE);
}

static int arg_rb_root(struct verify_env *env, struct kcall *kc,
		       unsigned int n, const struct kfunc_param *p)
{
	(void)p;
	return kfunc_root(env, kc, n, SPECIAL_RB_ROOT);
}

static int arg_rb_node(struct verify_env *env, struct kcall *kc,
		       unsigned int n, const struct kfunc_param *p)
{
	(void)p;
	return kfunc_node(env, kc, n, SPECIAL_RB_NODE);
}

static int not_map_value(struct verify_env *env, unsigned int n)
{
	return kfunc_reject(env, (int)n, "a map's value is wanted",
			    "arg#%u doesn't point to a map value", n - 1);
}

/* The map that a work item is in, or any map. */
static int arg_map(struct verify_env *env, struct kcall *kc, unsigned int n,
		   const struct kfunc_param *p)
{
	const struct reg *reg = state_reg(env->cur, n);
	const struct reg *item = kc->call.map;

	(void)p;
	if (reg->type == REG_BTF && str_eq("bpf_map",
			btf_type_name(reg->btf, reg->btf_id)))
		return btf_reg_trusted(reg) ? 0 :
		       kfunc_reject(env, (int)n, "the map may be gone",
				    "R%u must be referenced or trusted", n);
	if (reg->type != REG_MAP)
		return kfunc_reject(env, (int)n, "a map is wanted",
				    "pointer in R%u isn't map pointer", n);
	if (!item || (item->map == reg->map && item->map_uid == reg->map_uid))
		return 0;
	return kfunc_reject(env, (int)n, "the work is in another map",
			    "workqueue pointer in R1 map_uid=%u doesn't match "
			    "map pointer in R2 map_uid=%u", item->map_uid,
			    reg->map_uid);
}

static int arg_field(struct verify_env *env, struct kcall *kc, unsigned int n,
		     enum field_special kind)
{
	const struct reg *reg = state_reg(env->cur, n);

	if (reg->type != REG_MAP_VALUE || reg->flags)
		return not_map_value(env, n);
	kc->call.map = &kc->call.args[n - 1];
	return typed_map_field(env, n, kind);
}

static int arg_wq(struct verify_env *env, struct kcall *kc, unsigned int n,
		  const struct kfunc_param *p)
{
	(void)p;
	return arg_field(env, kc, n, SPECIAL_WORKQUEUE);
}

static int arg_task_work(struct verify_env *env, struct kcall *kc,
			 unsigned int n, const struct kfunc_param *p)
{
	(void)p;
	return arg_field(env, kc, n, SPECIAL_TASK_WORK);
}

static int arg_irq(struct verify_env *env, struct kcall *kc, unsigned int n,
		   const struct kfunc_param *p)
{
	bool by_lock = kc->special == KF_RES_LOCK_IRQ ||
		       kc->special == KF_RES_UNLOCK_IRQ;

	(void)p;
	return irq_change(env, n, kc->special == KF_IRQ_SAVE ||
			  kc->special == KF_RES_LOCK_IRQ, by_lock);
}

static int arg_res_lock(struct verify_env *env, struct kcall *kc,
			unsigned int n, const struct kfunc_param *p)
{
	const struct reg *reg = state_reg(env->cur, n);
	bool irq = kc->special == KF_RES_LOCK_IRQ ||
		   kc->special == KF_RES_UNLOCK_IRQ;

	(void)p;
	if (reg->type != REG_MAP_VALUE &&
	    (reg->type != REG_BTF || !(reg->flags & REG_ALLOC)))
		return kfunc_reject(env, (int)n, "a map's value or an own "
				    "object is wanted", "arg#%u doesn't point "
				    "to map value or allocated object", n - 1);
	return lock_change(env, n, irq ? HELD_RES_LOCK_IRQ : HELD_RES_LOCK,
			   kc->special == KF_RES_LOCK ||
			   kc->special == KF_RES_LOCK_IRQ);
}

static const kfunc_param_fn typed_fns[PARAM_IS_CNT] = {
	[PARAM_IS_OBJECT] = arg_object,
	[PARAM_IS_REFCOUNTED] = arg_refcounted,
	[PARAM_IS_DYNPTR] = arg_dynptr,
	[PARAM_IS_ITER] = arg_iter,
	[PARAM_IS_LIST_HEAD] = arg_list_head,
	[PARAM_IS_LIST_NODE] = arg_list_node,
	[PARAM_IS_RB_ROOT] = arg_rb_root,
	[PARAM_IS_RB_NODE] = arg_rb_node,
	[PARAM_IS_MAP] = arg_map,
	[PARAM_IS_WQ] = arg_wq,
	[PARAM_IS_TASK_WORK] = arg_task_work,
	[PARAM_IS_IRQ] = arg_irq,
	[PARAM_IS_RES_LOCK] = arg_res_lock,
};

kfunc_param_fn kfunc_typed_arg(enum kfunc_param_is is)
{
	return typed_fns[is];
}
