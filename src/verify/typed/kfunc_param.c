/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a parameter of a kernel function is follows from its C type, from a
 * suffix of its name ("__sz": the size of the memory before it), and last
 * from what the register holds: tried in that order.
 */
#include "verify/typed/kfunc_param.h"

#include "base/str.h"
#include "verify/typed/btf_walk.h"

bool kfunc_name_ends(const char *str, const char *end)
{
	size_t len = strlen(str), n = strlen(end);

	return len > n && str_eq(str + len - n, end);
}

void kfunc_param_of(const struct kcall *kc, unsigned int n,
		    struct kfunc_param *p)
{
	const struct btf_param *param = &btf_params(kc->proto)[n - 1];

	p->name = btf_str(kc->btf, param->name_off);
	p->id = btf_skip_modifiers(kc->btf, param->type);
	p->pointee = 0;
	p->struct_name = "";
	if (btf_pointee(kc->btf, p->id, &p->pointee) && p->pointee &&
	    btf_is_struct(kc->btf, p->pointee))
		p->struct_name = btf_type_name(kc->btf, p->pointee);
}

/* Kernel types of registers that are typed without BTF. */
const char *kfunc_socket_type(const struct reg *reg)
{
	if (reg->flags)
		return NULL;
	switch (reg->type) {
	case REG_SOCKET:
		return "sock";
	case REG_SOCK_COMMON:
		return "sock_common";
	case REG_TCP_SOCK:
		return "tcp_sock";
	case REG_MAP:
		return "bpf_map";
	default:
		return NULL;
	}
}

static bool is_ctx_type(const struct verify_env *env, const char *name)
{
	const struct prog_row *row = prog_row(env->prog->type);

	return *name && row && str_eq(row->context, name);
}

bool kfunc_is_size(const struct kcall *kc, unsigned int n)
{
	struct kfunc_param p;

	if (n > kc->params)
		return false;
	kfunc_param_of(kc, n, &p);
	return btf_is_number(kc->btf, p.id) &&
		(kfunc_name_ends(p.name, "__sz") ||
		 kfunc_name_ends(p.name, "__szk"));
}

static const struct {
	const char *name;
	enum kfunc_param_is is;
} struct_rows[] = {
	{ "bpf_dynptr", PARAM_IS_DYNPTR },
	{ "bpf_dynptr_kern", PARAM_IS_DYNPTR },
	{ "bpf_list_head", PARAM_IS_LIST_HEAD },
	{ "bpf_list_node", PARAM_IS_LIST_NODE },
	{ "bpf_rb_root", PARAM_IS_RB_ROOT },
	{ "bpf_rb_node", PARAM_IS_RB_NODE },
	{ "bpf_wq", PARAM_IS_WQ },
	{ "bpf_task_work", PARAM_IS_TASK_WORK },
	{ "bpf_res_spin_lock", PARAM_IS_RES_LOCK },
}, suffix_rows[] = {
	{ "__alloc", PARAM_IS_OBJECT },
	{ "__refcounted_kptr", PARAM_IS_REFCOUNTED },
	{ "__str", PARAM_IS_STR },
	{ "__map", PARAM_IS_MAP },
	{ "__iter", PARAM_IS_ITER },
	{ "__irq_flag", PARAM_IS_IRQ },
};

static bool is_iter(const struct kcall *kc, unsigned int n)
{
	return n == 1 && (kc->row->flags & (KFUNC_ITER_NEW | KFUNC_ITER_NEXT |
					    KFUNC_ITER_DESTROY));
}

enum kfunc_param_is kfunc_param_is(const struct verify_env *env,
				   const struct kcall *kc, unsigned int n,
				   const struct kfunc_param *p)
{
	const struct reg *reg = state_reg(env->cur, n);
	const struct btf_type *t = btf_type(kc->btf, p->pointee);

	if (kc->special == KF_CAST_TO_KERN_CTX ||
	    is_ctx_type(env, p->struct_name))
		return PARAM_IS_CTX;
	if (kfunc_name_ends(p->name, "__nullable") && reg_is_null(reg))
		return PARAM_IS_NULL;
	if (is_iter(kc, n))
		return PARAM_IS_ITER;
	for (size_t i = 0; i < ARRAY_SIZE(suffix_rows); i++)
		if (kfunc_name_ends(p->name, suffix_rows[i].name))
			return suffix_rows[i].is;
	for (size_t i = 0; i < ARRAY_SIZE(struct_rows); i++)
		if (str_eq(p->struct_name, struct_rows[i].name))
			return struct_rows[i].is;
	if (reg->type == REG_BTF || kfunc_socket_type(reg))
		return PARAM_IS_BTF;
	if (p->pointee && btf_kind(t) == BTF_KIND_FUNC_PROTO)
		return PARAM_IS_FUNC;
	return kfunc_is_size(kc, n + 1) ? PARAM_IS_MEM_SIZE : PARAM_IS_MEM;
}
