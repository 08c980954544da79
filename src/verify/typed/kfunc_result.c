/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results of kernel functions: numbers, memory of a known size, kernel
 * objects by their type, objects of the program's own.
 */
#include "base/str.h"
#include "spec/diags.h"
#include "verify/typed/btf_walk.h"
#include "verify/typed/kfunc.h"

#define PERCPU_OBJECT_MAX	512

/* What the kernel has behind the context that programs see. */
static const struct {
	uint8_t prog;
	const char *type;
} context_rows[] = {
	{ PROG_TYPE_SOCKET_FILTER, "sk_buff" },
	{ PROG_TYPE_SCHED_CLS, "sk_buff" },
	{ PROG_TYPE_SCHED_ACT, "sk_buff" },
	{ PROG_TYPE_CGROUP_SKB, "sk_buff" },
	{ PROG_TYPE_SK_SKB, "sk_buff" },
	{ PROG_TYPE_LWT_IN, "sk_buff" },
	{ PROG_TYPE_LWT_OUT, "sk_buff" },
	{ PROG_TYPE_LWT_XMIT, "sk_buff" },
	{ PROG_TYPE_LWT_SEG6LOCAL, "sk_buff" },
	{ PROG_TYPE_XDP, "xdp_buff" },
	{ PROG_TYPE_CGROUP_SOCK, "sock" },
	{ PROG_TYPE_CGROUP_SOCK_ADDR, "bpf_sock_addr_kern" },
	{ PROG_TYPE_CGROUP_SOCKOPT, "bpf_sockopt_kern" },
	{ PROG_TYPE_CGROUP_SYSCTL, "bpf_sysctl_kern" },
	{ PROG_TYPE_CGROUP_DEVICE, "bpf_cgroup_dev_ctx" },
	{ PROG_TYPE_SOCK_OPS, "bpf_sock_ops_kern" },
	{ PROG_TYPE_SK_MSG, "sk_msg" },
	{ PROG_TYPE_SK_LOOKUP, "bpf_sk_lookup_kern" },
	{ PROG_TYPE_SK_REUSEPORT, "sk_reuseport_kern" },
	{ PROG_TYPE_FLOW_DISSECTOR, "bpf_flow_dissector" },
	{ PROG_TYPE_KPROBE, "pt_regs" },
	{ PROG_TYPE_PERF_EVENT, "bpf_perf_event_data_kern" },
	{ PROG_TYPE_NETFILTER, "bpf_nf_ctx" },
};

static uint32_t context_type(const struct verify_env *env)
{
	for (size_t i = 0; i < ARRAY_SIZE(context_rows); i++)
		if (context_rows[i].prog == env->prog->type)
			return btf_find(env->in->kernel, context_rows[i].type,
					BTF_KIND_STRUCT);
	return 0;
}

static void set_btf(struct verify_env *env, struct reg *r0, uint16_t flags,
		    const struct btf *btf, uint32_t id)
{
	reg_set_pointer(r0, REG_BTF, flags,
			verify_value(env, VALUE_CALL, 0, 0));
	r0->btf = btf;
	r0->btf_id = id;
}

static int result_new(struct verify_env *env, const struct kcall *kc,
		      struct reg *r0)
{
	const struct btf *btf = env->prog->btf;
	bool percpu = kc->special == KF_PERCPU_OBJ_NEW;
	uint32_t id = (uint32_t)kc->constant;

	if (!btf)
		return kfunc_reject(env, 1, "the program has no BTF",
				    "bpf_obj_new/bpf_percpu_obj_new requires "
				    "prog BTF");
	if (kc->constant > UINT32_MAX)
		return kfunc_reject(env, 1, "the type id is too large",
				    "local type ID argument must be in range "
				    "[0, U32_MAX]");
	if (!id || id >= btf_type_cnt(btf) ||
	    btf_kind(btf_type(btf, id)) != BTF_KIND_STRUCT)
		return kfunc_reject(env, 1, "the type is no struct",
				    "bpf_obj_new/bpf_percpu_obj_new type ID "
				    "argument must be of a struct");
	if (percpu && btf_type(btf, id)->size > PERCPU_OBJECT_MAX)
		return kfunc_reject(env, 1, "the type is too large",
				    "bpf_percpu_obj_new type size (%u) is "
				    "greater than %d", btf_type(btf, id)->size,
				    PERCPU_OBJECT_MAX);
	if (percpu && btf_specials(env, btf, id)->cnt)
		return kfunc_reject(env, 1, "the type has special fields",
				    "bpf_percpu_obj_new type ID argument must "
				    "not contain special fields");
	set_btf(env, r0, REG_ALLOC | (percpu ? REG_PERCPU : 0), btf, id);
	return 0;
}

static int result_cast(struct verify_env *env, const struct kcall *kc,
		       struct reg *r0)
{
	uint32_t id = (uint32_t)kc->constant;

	if (!kc->constant) {
		reg_set_pointer(r0, REG_MEM, REG_RDONLY | REG_UNTRUSTED,
				verify_value(env, VALUE_CALL, 0, 0));
		return 0;
	}
	if (kc->constant >= btf_type_cnt(kc->btf) ||
	    !btf_is_struct(kc->btf, id))
		return kfunc_reject(env, 2, "the type is no struct",
				    "kfunc bpf_rdonly_cast type ID argument "
				    "must be of a struct or void");
	set_btf(env, r0, REG_UNTRUSTED, kc->btf, id);
	return 0;
}

static bool packet_writable(const struct verify_env *env)
{
	const struct ctx_layout *layout = ctx_layout(env->prog->type);

	return layout && (layout->packet & CTX_WRITE);
}

static int result_slice(struct verify_env *env, const struct kcall *kc,
			struct reg *r0)
{
	bool rdwr = kc->special == KF_DYNPTR_SLICE_RDWR;
	bool packet = kc->dynptr.dynptr == DYNPTR_SKB ||
		      kc->dynptr.dynptr == DYNPTR_XDP ||
		      kc->dynptr.dynptr == DYNPTR_SKB_META;

	if (rdwr && packet && !packet_writable(env))
		return kfunc_reject(env, 1, "programs of this type do not "
				    "write packets", "the prog does not allow "
				    "writes to packet data");
	reg_set_pointer(r0, REG_MEM, rdwr ? 0 : REG_RDONLY,
			verify_value(env, VALUE_CALL, 0, 0));
	r0->size = (uint32_t)kc->constant;
	r0->map_uid = kc->dynptr.id;
	r0->map = kc->dynptr.dynptr;
	r0->ref = kc->dynptr.ref;
	return 0;
}

/* Functions known by name whose result is a pointer; 1: it is none of them. */
static int result_special(struct verify_env *env, struct kcall *kc,
			  struct reg *r0)
{
	uint32_t id;

	switch (kc->special) {
	case KF_OBJ_NEW:
	case KF_PERCPU_OBJ_NEW:
		return result_new(env, kc, r0);
	case KF_REFCOUNT_ACQUIRE:
		set_btf(env, r0, REG_ALLOC, kc->object.btf,
			kc->object.btf_id);
		return 0;
	case KF_LIST_POP_FRONT ... KF_LIST_BACK:
	case KF_RBTREE_REMOVE ... KF_RBTREE_RIGHT:
		kfunc_graph_node(env, r0, kc->root,
				 kc->row->flags & KFUNC_ACQUIRE);
		return 0;
	case KF_CAST_TO_KERN_CTX:
		id = context_type(env);
		if (!id)
			return kfunc_reject(env, 1, "the context has no type "
					    "in the kernel",
					    "no matching kernel context type");
		set_btf(env, r0, REG_TRUSTED, kc->btf, id);
		return 0;
	case KF_RDONLY_CAST:
		return result_cast(env, kc, r0);
	case KF_DYNPTR_SLICE:
	case KF_DYNPTR_SLICE_RDWR:
		return result_slice(env, kc, r0);
	case KF_SESSION_COOKIE:
		kc->size = 8;
		return 1;
	default:
		return 1;
	}
}

/* The object of a pointer type, by its struct. */
static void result_object(struct verify_env *env, const struct kcall *kc,
			  uint32_t id, struct reg *r0)
{
	const struct frame *fr = env->cur->frames[kc->iter_frame];
	uint16_t flags = 0;

	if (kc->row->flags & KFUNC_ITER_NEXT)
		flags = fr->slots[kc->iter_slot].reg.flags & REG_RCU ?
			REG_RCU : REG_TRUSTED;
	else if (kc->row->flags & KFUNC_RCU_PROTECTED)
		flags = REG_RCU;
	set_btf(env, r0, flags, kc->btf, id);
}

static int result_pointer(struct verify_env *env, struct kcall *kc,
			  uint32_t to, struct reg *r0)
{
	int64_t size;

	if (!to) {
		reg_set_unknown(r0, verify_value(env, VALUE_CALL, 0, 0));
		return 0;
	}
	if (btf_is_struct(kc->btf, to)) {
		result_object(env, kc, to, r0);
		return 0;
	}
	size = btf_size(kc->btf, to);
	if (!kc->size && size > 0) {
		kc->size = (uint64_t)size;
		kc->read_only = true;
	}
	if (!kc->size)
		return kfunc_reject(env, 0, "the result cannot be used",
				    "kernel function %s returns pointer type "
				    "%s %s is not supported", kc->row->name,
				    btf_kind_name(btf_kind(btf_type(kc->btf,
								    to))),
				    btf_type_name(kc->btf, to));
	reg_set_pointer(r0, REG_MEM, kc->read_only ? REG_RDONLY : 0,
			verify_value(env, VALUE_CALL, 0, 0));
	r0->size = (uint32_t)kc->size;
	r0->ref = kc->ref;
	return 0;
}

static int acquire(struct verify_env *env, struct reg *r0)
{
	uint32_t ref = state_hold(env, env->cur, HELD_REF, env->cur->insn,
				  NULL);

	if (!ref)
		return verify_no_memory(env);
	r0->ref = ref;
	r0->id = ref;
	return 0;
}

static void result_number(struct verify_env *env, const struct kcall *kc,
			  struct reg *r0)
{
	uint32_t value = verify_value(env, VALUE_CALL, 0, 0);

	if (kc->special == KF_RES_LOCK || kc->special == KF_RES_LOCK_IRQ) {
		reg_set_const(r0, 0, value);
		return;
	}
	reg_set_unknown(r0, value);
}

/* A reference to what is owned already cannot fail to be taken. */
static bool may_be_null(const struct kcall *kc)
{
	if (kc->special == KF_REFCOUNT_ACQUIRE && kc->object.ref &&
	    !(kc->object.flags & REG_NON_OWNING))
		return false;
	return kc->row->flags & KFUNC_RET_NULL;
}

int kfunc_result(struct verify_env *env, struct kcall *kc)
{
	struct reg *r0 = call_reg(env, 0);
	uint32_t type = btf_skip_modifiers(kc->btf, kc->proto->type), to;
	int err;

	if (!type)
		return 0;
	if (!btf_pointee(kc->btf, type, &to)) {
		result_number(env, kc, r0);
		return 0;
	}
	err = result_special(env, kc, r0);
	if (err == 1)
		err = result_pointer(env, kc, to, r0);
	if (err)
		return err;
	if (may_be_null(kc) && r0->type != REG_SCALAR) {
		r0->flags |= REG_NULLABLE;
		r0->id = verify_id(env);
	}
	if (kc->row->flags & KFUNC_ACQUIRE)
		return acquire(env, r0);
	if (!r0->id && r0->flags & REG_ALLOC)
		r0->id = verify_id(env);
	return 0;
}
