/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments of kernel functions. What an argument must be follows from its
 * C type, from a suffix of its name ("__sz": the size of the memory before
 * it), and last from what the register holds; arg_kind() tries them in that
 * order, and one function checks each kind.
 *
 * NULL goes only to parameters that say so (__nullable, __opt): the running
 * kernel lets some others by, and its functions then meet it.
 */
#include <inttypes.h>

#include "base/str.h"
#include "spec/diags.h"
#include "verify/btf_walk.h"
#include "verify/kfunc.h"
#include "verify/section.h"
#include "verify/stackobj.h"

#define SIZE_LIMIT	(1u << 29)
#define NESTING_MAX	4

/* A parameter. */
struct param_type {
	const char *name;
	uint32_t id;			/* below modifiers */
	uint32_t pointee;		/* of pointers: below modifiers */
	const char *struct_name;	/* ... "" when it is no struct */
};

enum param_is {
	PARAM_IS_CTX, PARAM_IS_NULL, PARAM_IS_OBJECT, PARAM_IS_REFCOUNTED,
	PARAM_IS_DYNPTR, PARAM_IS_ITER, PARAM_IS_LIST_HEAD,
	PARAM_IS_LIST_NODE, PARAM_IS_RB_ROOT, PARAM_IS_RB_NODE,
	PARAM_IS_STR, PARAM_IS_MAP, PARAM_IS_WQ, PARAM_IS_TASK_WORK,
	PARAM_IS_IRQ, PARAM_IS_RES_LOCK, PARAM_IS_BTF, PARAM_IS_FUNC,
	PARAM_IS_MEM_SIZE, PARAM_IS_MEM, PARAM_IS_CNT
};

static bool ends_with(const char *str, const char *end)
{
	size_t len = strlen(str), n = strlen(end);

	return len > n && str_eq(str + len - n, end);
}

static void param_of(const struct kcall *kc, unsigned int n,
		     struct param_type *p)
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
static const char *socket_type(const struct reg *reg)
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

/* Structs of numbers alone, which any memory may be read as. */
static bool only_numbers(const struct btf *btf, uint32_t id,
			 unsigned int depth)
{
	const struct btf_type *t;

	id = btf_skip_modifiers(btf, id);
	t = btf_type(btf, id);
	if (btf_is_number(btf, id))
		return true;
	if (btf_kind(t) == BTF_KIND_ARRAY)
		return btf_array(t)->nelems &&
		       only_numbers(btf, btf_array(t)->type, depth);
	if (!btf_is_struct(btf, id) || depth >= NESTING_MAX)
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (!only_numbers(btf, btf_members(t)[i].type, depth + 1))
			return false;
	return true;
}

static bool is_size(const struct kcall *kc, unsigned int n)
{
	struct param_type p;

	if (n > kc->params)
		return false;
	param_of(kc, n, &p);
	return btf_is_number(kc->btf, p.id) &&
	       (ends_with(p.name, "__sz") || ends_with(p.name, "__szk"));
}

static const struct {
	const char *name;
	enum param_is is;
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

static enum param_is arg_kind(const struct verify_env *env,
			      const struct kcall *kc, unsigned int n,
			      const struct param_type *p)
{
	const struct reg *reg = state_reg(env->cur, n);
	const struct btf_type *t = btf_type(kc->btf, p->pointee);

	if (kc->special == KF_CAST_TO_KERN_CTX ||
	    is_ctx_type(env, p->struct_name))
		return PARAM_IS_CTX;
	if (ends_with(p->name, "__nullable") && reg_is_null(reg))
		return PARAM_IS_NULL;
	if (is_iter(kc, n))
		return PARAM_IS_ITER;
	for (size_t i = 0; i < ARRAY_SIZE(suffix_rows); i++)
		if (ends_with(p->name, suffix_rows[i].name))
			return suffix_rows[i].is;
	for (size_t i = 0; i < ARRAY_SIZE(struct_rows); i++)
		if (str_eq(p->struct_name, struct_rows[i].name))
			return struct_rows[i].is;
	if (reg->type == REG_BTF || socket_type(reg))
		return PARAM_IS_BTF;
	if (p->pointee && btf_kind(t) == BTF_KIND_FUNC_PROTO)
		return PARAM_IS_FUNC;
	return is_size(kc, n + 1) ? PARAM_IS_MEM_SIZE : PARAM_IS_MEM;
}

static int arg_ctx(struct verify_env *env, struct kcall *kc, unsigned int n,
		   const struct param_type *p)
{
	const struct reg *reg = state_reg(env->cur, n);

	(void)p;
	(void)kc;
	if (reg->type == REG_CTX)
		return typed_offset(env, n, false);
	return kfunc_reject(env, (int)n, "the context is wanted",
			    "arg#%u expected pointer to ctx, but got %s",
			    n - 1, reg_type_name(reg));
}

static int arg_null(struct verify_env *env, struct kcall *kc, unsigned int n,
		    const struct param_type *p)
{
	(void)kc;
	(void)p;
	verify_precise(env, state_reg(env->cur, n));
	return 0;
}

static int arg_object(struct verify_env *env, struct kcall *kc,
		      unsigned int n, const struct param_type *p)
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
			  unsigned int n, const struct param_type *p)
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
		      unsigned int n, const struct param_type *p)
{
	bool made = ends_with(p->name, "__uninit");

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
		    const struct param_type *p)
{
	(void)p;
	return kfunc_iter(env, kc, n);
}

static int arg_list_head(struct verify_env *env, struct kcall *kc,
			 unsigned int n, const struct param_type *p)
{
	(void)p;
	return kfunc_root(env, kc, n, SPECIAL_LIST_HEAD);
}

static int arg_list_node(struct verify_env *env, struct kcall *kc,
			 unsigned int n, const struct param_type *p)
{
	(void)p;
	return kfunc_node(env, kc, n, SPECIAL_LIST_NODE);
}

static int arg_rb_root(struct verify_env *env, struct kcall *kc,
		       unsigned int n, const struct param_type *p)
{
	(void)p;
	return kfunc_root(env, kc, n, SPECIAL_RB_ROOT);
}

static int arg_rb_node(struct verify_env *env, struct kcall *kc,
		       unsigned int n, const struct param_type *p)
{
	(void)p;
	return kfunc_node(env, kc, n, SPECIAL_RB_NODE);
}

static int arg_str(struct verify_env *env, struct kcall *kc, unsigned int n,
		   const struct param_type *p)
{
	(void)p;
	if (state_reg(env->cur, n)->type != REG_MAP_VALUE)
		return kfunc_reject(env, (int)n, "a constant text is wanted",
				    "arg#%u doesn't point to a const string",
				    n - 1);
	return call_arg_str(env, &kc->call, n);
}

static int not_map_value(struct verify_env *env, unsigned int n)
{
	return kfunc_reject(env, (int)n, "a map's value is wanted",
			    "arg#%u doesn't point to a map value", n - 1);
}

/* The map that a work item is in, or any map. */
static int arg_map(struct verify_env *env, struct kcall *kc, unsigned int n,
		   const struct param_type *p)
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
		  const struct param_type *p)
{
	(void)p;
	return arg_field(env, kc, n, SPECIAL_WORKQUEUE);
}

static int arg_task_work(struct verify_env *env, struct kcall *kc,
			 unsigned int n, const struct param_type *p)
{
	(void)p;
	return arg_field(env, kc, n, SPECIAL_TASK_WORK);
}

static int arg_irq(struct verify_env *env, struct kcall *kc, unsigned int n,
		   const struct param_type *p)
{
	bool by_lock = kc->special == KF_RES_LOCK_IRQ ||
		       kc->special == KF_RES_UNLOCK_IRQ;

	(void)p;
	return irq_change(env, n, kc->special == KF_IRQ_SAVE ||
			  kc->special == KF_RES_LOCK_IRQ, by_lock);
}

static int arg_res_lock(struct verify_env *env, struct kcall *kc,
			unsigned int n, const struct param_type *p)
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

/* "__sk_buff" stands for sk_buff, which it is a view of. */
static bool is_view_of(const char *view, const char *name)
{
	return (str_eq(view, "__sk_buff") && str_eq(name, "sk_buff")) ||
	       (str_eq(view, "xdp_md") && str_eq(name, "xdp_buff"));
}

/* "nf_conn___init": not yet a nf_conn; the two are not mixed. */
static bool is_other_phase(const char *a, const char *b)
{
	size_t len = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	return strlen(a) != strlen(b) && !strncmp(a, b, len) &&
	       str_eq((strlen(a) > len ? a : b) + len, "___init");
}

static int check_trust(struct verify_env *env, const struct kcall *kc,
		       unsigned int n)
{
	const struct reg *reg = state_reg(env->cur, n);
	uint32_t flags = kc->row->flags;

	if (!(flags & (KFUNC_TRUSTED_ARGS | KFUNC_RELEASE | KFUNC_RCU)) ||
	    socket_type(reg) || btf_reg_trusted(reg))
		return 0;
	if (!(flags & KFUNC_RCU))
		return kfunc_reject(env, (int)n, "the object may be gone",
				    "R%u must be referenced or trusted", n);
	if (!btf_reg_rcu(reg))
		return kfunc_reject(env, (int)n, "the object may be gone",
				    "R%u must be a rcu pointer", n);
	return 0;
}

static int arg_btf(struct verify_env *env, struct kcall *kc, unsigned int n,
		   const struct param_type *p)
{
	const uint16_t fine = REG_TRUSTED | REG_ALLOC | REG_NON_OWNING |
			      REG_RCU | REG_NULLABLE;
	const struct reg *reg = state_reg(env->cur, n);
	const char *have = socket_type(reg);
	const struct btf *btf = have ? kc->btf : reg->btf;
	uint32_t id = have ? btf_find(kc->btf, have, BTF_KIND_STRUCT) :
			     reg->btf_id;
	bool strict;
	int err = check_trust(env, kc, n);

	if (err)
		return err;
	if (!have && (reg->flags & (uint16_t)~fine))
		return kfunc_reject(env, (int)n, "the object may be gone",
				    "arg#%u is %s expected ptr_ or socket",
				    n - 1, reg_type_name(reg));
	if (!*p->struct_name)
		return kfunc_reject(env, (int)n, "no object is wanted",
				    "kernel function %s args#%u pointer type "
				    "is not supported", kc->row->name, n - 1);
	have = btf_type_name(btf, id);
	strict = kc->row->flags & KFUNC_ACQUIRE ||
		 (kc->row->flags & KFUNC_RELEASE && reg->ref) ||
		 is_other_phase(have, p->struct_name);
	err = typed_offset(env, n, !(kc->row->flags & KFUNC_RELEASE) ||
				   !reg->ref);
	if (err || is_view_of(p->struct_name, have) ||
	    btf_begins_with(btf, id, reg->off, kc->btf, p->pointee, strict))
		return err;
	return kfunc_reject(env, (int)n, "the object is of another type",
			    "kernel function %s args#%u expected pointer to "
			    "STRUCT %s but R%u has a pointer to STRUCT %s",
			    kc->row->name, n - 1, p->struct_name, n, have);
}

static int arg_func(struct verify_env *env, struct kcall *kc, unsigned int n,
		    const struct param_type *p)
{
	const struct reg *reg = state_reg(env->cur, n);

	(void)p;
	if (reg->type != REG_FUNC)
		return kfunc_reject(env, (int)n, "a function is wanted",
				    "arg%u expected pointer to func", n - 1);
	kc->call.callback = reg->subprog;
	return 0;
}

static int arg_mem(struct verify_env *env, struct kcall *kc, unsigned int n,
		   const struct param_type *p)
{
	int64_t size = btf_size(kc->btf, p->pointee);

	if (!p->pointee || size < 0 || !only_numbers(kc->btf, p->pointee, 0))
		return kfunc_reject(env, (int)n, "the register is not what "
				    "the function takes", "arg#%u pointer "
				    "type %s %s must point to scalar, or "
				    "struct with scalar", n - 1,
				    btf_kind_name(btf_kind(btf_type(kc->btf,
							p->pointee))),
				    btf_type_name(kc->btf, p->pointee));
	return call_region(env, n, (uint32_t)size,
			   ACCESS_READ | ACCESS_WRITE);
}

static int bad_size(struct verify_env *env, unsigned int n, const char *why,
		    const char *kernel)
{
	return verify_says(env, verify_reject(env, DIAG_VERIFY_ARG_SIZE,
					      (int)n, "the size in r%u %s", n,
					      why), "R%u %s", n, kernel);
}

static int arg_mem_size(struct verify_env *env, struct kcall *kc,
			unsigned int n, const struct param_type *p)
{
	const struct reg *mem = state_reg(env->cur, n);
	const struct reg *size = state_reg(env->cur, n + 1);
	const char *name = btf_str(kc->btf, btf_params(kc->proto)[n].name_off);
	uint8_t mode = ACCESS_READ | ACCESS_WRITE;

	if (size->type != REG_SCALAR)
		return bad_size(env, n + 1, "is no number", "is not a scalar");
	verify_precise(env, size);
	if (ends_with(name, "__szk")) {
		if (!scalar_is_const(&size->num))
			return bad_size(env, n + 1, "is not constant",
					"must be a known constant");
		kc->constant_known = true;
		kc->constant = size->num.bits.value;
	}
	if (reg_is_null(mem) && ends_with(p->name, "__opt"))
		return 0;
	if (reg_is_null(mem) && scalar_is(&size->num, 0))
		return 0;
	if (scalar_smin(&size->num) < 0)
		return bad_size(env, n + 1, "may be negative", "min value is "
				"negative, either use unsigned or 'var &= "
				"const'");
	if (scalar_umax(&size->num) >= SIZE_LIMIT)
		return bad_size(env, n + 1, "has no upper bound", "unbounded "
				"memory access, use 'var &= const' or 'if "
				"(var < const)'");
	return call_region(env, n, (uint32_t)scalar_umax(&size->num), mode);
}

typedef int (*param_fn)(struct verify_env *env, struct kcall *kc,
			unsigned int n, const struct param_type *p);

static const param_fn param_fns[PARAM_IS_CNT] = {
	[PARAM_IS_CTX] = arg_ctx,
	[PARAM_IS_NULL] = arg_null,
	[PARAM_IS_OBJECT] = arg_object,
	[PARAM_IS_REFCOUNTED] = arg_refcounted,
	[PARAM_IS_DYNPTR] = arg_dynptr,
	[PARAM_IS_ITER] = arg_iter,
	[PARAM_IS_LIST_HEAD] = arg_list_head,
	[PARAM_IS_LIST_NODE] = arg_list_node,
	[PARAM_IS_RB_ROOT] = arg_rb_root,
	[PARAM_IS_RB_NODE] = arg_rb_node,
	[PARAM_IS_STR] = arg_str,
	[PARAM_IS_MAP] = arg_map,
	[PARAM_IS_WQ] = arg_wq,
	[PARAM_IS_TASK_WORK] = arg_task_work,
	[PARAM_IS_IRQ] = arg_irq,
	[PARAM_IS_RES_LOCK] = arg_res_lock,
	[PARAM_IS_BTF] = arg_btf,
	[PARAM_IS_FUNC] = arg_func,
	[PARAM_IS_MEM_SIZE] = arg_mem_size,
	[PARAM_IS_MEM] = arg_mem,
};

static int arg_number(struct verify_env *env, struct kcall *kc,
		      unsigned int n, const struct param_type *p)
{
	const struct reg *reg = state_reg(env->cur, n);
	bool constant = ends_with(p->name, "__k");
	bool rdonly = str_eq(p->name, "rdonly_buf_size");
	bool size = rdonly || str_eq(p->name, "rdwr_buf_size");

	if (reg->type != REG_SCALAR)
		return kfunc_reject(env, (int)n, "a number is wanted",
				    "R%u is not a scalar", n);
	if (!constant && !size)
		return 0;
	if (!scalar_is_const(&reg->num))
		return kfunc_reject(env, (int)n, "a constant is wanted",
				    constant ? "R%u must be a known constant" :
					       "R%u is not a const", n);
	verify_precise(env, reg);
	if (constant) {
		kc->constant_known = true;
		kc->constant = reg->num.bits.value;
		return 0;
	}
	kc->size = reg->num.bits.value;
	kc->read_only = rdonly;
	return kc->size <= UINT32_MAX ? 0 :
	       kfunc_reject(env, (int)n, "the size is too large", "R%u "
			    "rdonly/rdwr_buf_size exceeds u32 max", n);
}

/* The reference that the argument brings; released when the row says so. */
static void note_reference(struct kcall *kc, const struct reg *reg,
			   unsigned int n)
{
	if (!reg->ref)
		return;
	kc->ref = reg->ref;
	if (kc->row->flags & KFUNC_RELEASE && !kc->release)
		kc->release = n;
}

static int arg_pointer(struct verify_env *env, struct kcall *kc,
		       unsigned int n, const struct param_type *p)
{
	const struct reg *reg = state_reg(env->cur, n);
	enum param_is is;

	if ((reg->flags & REG_NULLABLE || reg_is_null(reg)) &&
	    !(reg_is_null(reg) && is_size(kc, n + 1)) &&
	    !ends_with(p->name, "__nullable") && !ends_with(p->name, "__opt"))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_NULL, (int)n,
				      "r%u may be NULL", n),
			"Possibly NULL pointer passed to trusted arg%u",
			n - 1);
	note_reference(kc, reg, n);
	if (kc->release == n && reg->off)
		return kfunc_reject(env, (int)n, "the object is released by "
				    "the pointer as it came",
				    "R%u must have zero offset when passed to "
				    "release func or trusted arg to kfunc", n);
	is = arg_kind(env, kc, n, p);
	return param_fns[is](env, kc, n, p);
}

static int unset(struct verify_env *env, unsigned int n)
{
	return verify_says(env, verify_reject(env, DIAG_VERIFY_UNSET, (int)n,
					      "r%u was never set", n),
			   "R%u !read_ok", n);
}

static int one_arg(struct verify_env *env, struct kcall *kc, unsigned int n)
{
	const struct btf_type *t;
	struct param_type p;

	param_of(kc, n, &p);
	if (ends_with(p.name, "__prog"))
		return 0;
	if (state_reg(env->cur, n)->type == REG_UNSET)
		return unset(env, n);
	if (ends_with(p.name, "__ign"))
		return 0;
	t = btf_type(kc->btf, p.id);
	if (btf_is_number(kc->btf, p.id))
		return arg_number(env, kc, n, &p);
	if (btf_kind(t) == BTF_KIND_PTR)
		return arg_pointer(env, kc, n, &p);
	return kfunc_reject(env, (int)n, "an argument of an unknown kind",
			    "Unrecognized arg#%u type %s", n - 1,
			    btf_kind_name(btf_kind(t)));
}

int kfunc_args(struct verify_env *env, struct kcall *kc)
{
	int err = 0;

	for (unsigned int n = 1; n <= kc->params && n <= 5 && !err; n++)
		err = one_arg(env, kc, n);
	if (err || !(kc->row->flags & KFUNC_RELEASE) || kc->release)
		return err;
	err = verify_reject(env, DIAG_VERIFY_REF_RELEASE, 1,
			    "%s is handed nothing that could be released",
			    kc->row->name);
	return verify_says(env, err, "release kernel function %s expects "
			   "refcounted PTR_TO_BTF_ID", kc->row->name);
}
