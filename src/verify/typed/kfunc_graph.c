/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists and trees of the program's own objects. They are looked at and changed
 * only while the lock beside their root is held. A node that goes in stops
 * being the program's: its pointers stay good for reading (and removing) until
 * the unlock, which forgets them.
 */
#include "base/str.h"
#include "spec/diags.h"
#include "verify/typed/btf_walk.h"
#include "verify/typed/kfunc.h"
#include "verify/typed/section.h"

static const struct specials *specials_of(struct verify_env *env,
					  const struct reg *reg)
{
	return reg->type == REG_MAP_VALUE ?
	       map_specials(env, reg->map, reg_map(env, reg)) :
	       btf_specials(env, reg->btf, reg->btf_id);
}

/* The field of `kind` that register `n` points to, or NULL, rejected. */
static const struct special *field_at(struct verify_env *env, unsigned int n,
				      enum field_special kind, int *err)
{
	const struct reg *reg = state_reg(env->cur, n);
	long long off = reg->off + (long long)reg->num.bits.value;
	const struct special *f;

	if (!scalar_is_const(&reg->num)) {
		*err = kfunc_reject(env, (int)n, "the offset is not constant",
				    "R%u doesn't have constant offset. %s has "
				    "to be at the constant offset", n,
				    special_name(kind));
		return NULL;
	}
	f = special_at(specials_of(env, reg), (uint32_t)off);
	if (f && f->kind == kind)
		return f;
	*err = kfunc_reject(env, (int)n, "no such field is there",
			    "%s not found at offset=%lld", special_name(kind),
			    off);
	return NULL;
}

static int check_locked(struct verify_env *env, unsigned int n,
			const struct special *root)
{
	const struct reg *reg = state_reg(env->cur, n);
	const struct special *lock;
	int err;

	if (lock_covers(env, reg))
		return 0;
	lock = special_of(specials_of(env, reg), SPECIAL_SPIN_LOCK);
	err = verify_reject(env, DIAG_VERIFY_LOCK, (int)n,
			    "the lock of the %s is not held",
			    special_name(root->kind));
	if (env->cur->locks)
		return verify_says(env, err, "held lock and object are not in "
				   "the same allocation");
	return verify_says(env, err, "bpf_spin_lock at off=%u must be held "
			   "for %s", lock ? lock->off : 0,
			   special_name(root->kind));
}

int kfunc_root(struct verify_env *env, struct kcall *kc, unsigned int n,
	       enum field_special kind)
{
	const struct reg *reg = state_reg(env->cur, n);
	int err = 0;

	if (reg->type != REG_MAP_VALUE &&
	    (reg->type != REG_BTF || reg->flags != REG_ALLOC))
		return kfunc_reject(env, (int)n, "a map's value or an own "
				    "object is wanted", "arg#%u expected "
				    "pointer to map value or allocated object",
				    n - 1);
	if (reg->type == REG_BTF && !reg->ref)
		return kfunc_reject(env, (int)n, "the object is not owned",
				    "allocated object must be referenced");
	kc->root = field_at(env, n, kind, &err);
	return kc->root ? check_locked(env, n, kc->root) : err;
}

/* Removals and steps take nodes that are in the tree; the rest, owned ones. */
static int check_owning(struct verify_env *env, struct kcall *kc,
			unsigned int n)
{
	const struct reg *reg = state_reg(env->cur, n);

	if (kc->special == KF_RBTREE_REMOVE || kc->special == KF_RBTREE_LEFT ||
	    kc->special == KF_RBTREE_RIGHT) {
		if (reg->type != REG_BTF ||
		    (!(reg->flags & REG_NON_OWNING) && !reg->ref))
			return kfunc_reject(env, (int)n, "a node of the tree "
				"is wanted", "%s can only take non-owning or "
				"refcounted bpf_rb_node pointer",
				kc->row->name);
		if (state_frame(env->cur)->kind == FRAME_CALLBACK &&
		    env->cur->locks)
			return kfunc_reject(env, (int)n, "not in a function "
				"that compares nodes",
				"%s not allowed in rbtree cb", kc->row->name);
		return 0;
	}
	if (reg->type != REG_BTF || reg->flags != REG_ALLOC)
		return kfunc_reject(env, (int)n, "an own object is wanted",
				    "arg#%u expected pointer to allocated "
				    "object", n - 1);
	if (!reg->ref)
		return kfunc_reject(env, (int)n, "the object is not owned",
				    "allocated object must be referenced");
	return 0;
}

int kfunc_node(struct verify_env *env, struct kcall *kc, unsigned int n,
	       enum field_special kind)
{
	const struct reg *reg = state_reg(env->cur, n);
	const struct special *node, *root = kc->root;
	int err = check_owning(env, kc, n);

	if (err)
		return err;
	node = field_at(env, n, kind, &err);
	if (!node)
		return err;
	kc->object = *reg;
	if (!root)
		return 0;
	if (btf_same_type(reg->btf, reg->btf_id, root->btf, root->btf_id) &&
	    node->off == root->node_off)
		return 0;
	return kfunc_reject(env, (int)n, "the list or tree holds other nodes",
			    "operation on %s expects arg#1 %s at offset=%u in "
			    "struct %s, but arg is at offset=%u in struct %s",
			    special_name(root->kind), special_name(kind),
			    root->node_off,
			    btf_type_name(root->btf, root->btf_id), node->off,
			    btf_type_name(reg->btf, reg->btf_id));
}

struct give {
	struct verify_env *env;
	uint32_t ref;
};

static void disown(struct verify_env *env, struct reg *reg)
{
	reg->flags |= REG_NON_OWNING;
	if (special_of(btf_specials(env, reg->btf, reg->btf_id),
		       SPECIAL_REFCOUNT))
		reg->flags |= REG_RCU;
	reg->ref = 0;
}

static void give_one(void *arg, struct reg *reg)
{
	const struct give *give = arg;

	if (reg->type == REG_BTF && reg->ref == give->ref)
		disown(give->env, reg);
}

int kfunc_give_node(struct verify_env *env, uint32_t ref)
{
	struct give give = { env, ref };
	int err = state_each_reg(env, env->cur, give_one, &give);

	return err ?: call_release(env, ref);
}

void kfunc_graph_node(struct verify_env *env, struct reg *reg,
		      const struct special *root, bool owning)
{
	reg_set_pointer(reg, REG_BTF, REG_ALLOC,
			verify_value(env, VALUE_CALL, 0, 0));
	reg->btf = root->btf;
	reg->btf_id = root->btf_id;
	reg->off = (int32_t)root->node_off;
	if (!owning)
		disown(env, reg);
}
