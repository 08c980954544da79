/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments of kernel functions: each is checked as what its parameter is
 * (kfunc_param.c). What the program owns or keeps is in kfunc_args_typed.c.
 *
 * NULL goes only to parameters that say so (__nullable, __opt): the running
 * kernel lets some others by, and its functions then meet it.
 */
#include <inttypes.h>

#include "base/str.h"
#include "spec/diags.h"
#include "verify/typed/btf_walk.h"
#include "verify/typed/kfunc_param.h"

#define SIZE_LIMIT	(1u << 29)
#define NESTING_MAX	4
#define LOOKS_MAX	(1u << 16)	/* at members of members */

static int arg_ctx(struct verify_env *env, struct kcall *kc, unsigned int n,
		   const struct kfunc_param *p)
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
		    const struct kfunc_param *p)
{
	(void)kc;
	(void)p;
	verify_precise(env, state_reg(env->cur, n));
	return 0;
}

static int arg_str(struct verify_env *env, struct kcall *kc, unsigned int n,
		   const struct kfunc_param *p)
{
	(void)p;
	if (state_reg(env->cur, n)->type != REG_MAP_VALUE)
		return kfunc_reject(env, (int)n, "a constant text is wanted",
				    "arg#%u doesn't point to a const string",
				    n - 1);
	return call_arg_str(env, &kc->call, n);
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
	    kfunc_socket_type(reg) || btf_reg_trusted(reg))
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
		   const struct kfunc_param *p)
{
	const uint16_t fine = REG_TRUSTED | REG_ALLOC | REG_NON_OWNING |
			      REG_RCU | REG_NULLABLE;
	const struct reg *reg = state_reg(env->cur, n);
	const char *have = kfunc_socket_type(reg);
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
		    const struct kfunc_param *p)
{
	const struct reg *reg = state_reg(env->cur, n);

	(void)p;
	if (reg->type != REG_FUNC)
		return kfunc_reject(env, (int)n, "a function is wanted",
				    "arg%u expected pointer to func", n - 1);
	kc->call.callback = reg->subprog;
	return 0;
}

/* Structs of numbers alone, which any memory may be read as. */
static bool numbers(const struct btf *btf, uint32_t id, unsigned int depth,
		    uint32_t *looks)
{
	const struct btf_type *t;

	if (!--*looks)
		return false;
	id = btf_skip_modifiers(btf, id);
	t = btf_type(btf, id);
	if (btf_is_number(btf, id))
		return true;
	if (btf_kind(t) == BTF_KIND_ARRAY)
		return btf_array(t)->nelems &&
		       numbers(btf, btf_array(t)->type, depth, looks);
	if (!btf_is_struct(btf, id) || depth >= NESTING_MAX)
		return false;
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (!numbers(btf, btf_members(t)[i].type, depth + 1, looks))
			return false;
	return true;
}

static bool only_numbers(const struct btf *btf, uint32_t id)
{
	uint32_t looks = LOOKS_MAX;

	return numbers(btf, id, 0, &looks);
}

static int arg_mem(struct verify_env *env, struct kcall *kc, unsigned int n,
		   const struct kfunc_param *p)
{
	int64_t size = btf_size(kc->btf, p->pointee);

	if (!p->pointee || size < 0 || !only_numbers(kc->btf, p->pointee))
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
			unsigned int n, const struct kfunc_param *p)
{
	const struct reg *mem = state_reg(env->cur, n);
	const struct reg *size = state_reg(env->cur, n + 1);
	const char *name = btf_str(kc->btf, btf_params(kc->proto)[n].name_off);
	uint8_t mode = ACCESS_READ | ACCESS_WRITE;

	if (size->type != REG_SCALAR)
		return bad_size(env, n + 1, "is no number", "is not a scalar");
	verify_precise(env, size);
	if (kfunc_name_ends(name, "__szk")) {
		if (!scalar_is_const(&size->num))
			return bad_size(env, n + 1, "is not constant",
					"must be a known constant");
		kc->constant_known = true;
		kc->constant = size->num.bits.value;
	}
	if (reg_is_null(mem) && kfunc_name_ends(p->name, "__opt"))
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

static const kfunc_param_fn param_fns[PARAM_IS_CNT] = {
	[PARAM_IS_CTX] = arg_ctx,
	[PARAM_IS_NULL] = arg_null,
	[PARAM_IS_STR] = arg_str,
	[PARAM_IS_BTF] = arg_btf,
	[PARAM_IS_FUNC] = arg_func,
	[PARAM_IS_MEM_SIZE] = arg_mem_size,
	[PARAM_IS_MEM] = arg_mem,
};

static int arg_number(struct verify_env *env, struct kcall *kc,
		      unsigned int n, const struct kfunc_param *p)
{
	const struct reg *reg = state_reg(env->cur, n);
	bool constant = kfunc_name_ends(p->name, "__k");
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
		       unsigned int n, const struct kfunc_param *p)
{
	const struct reg *reg = state_reg(env->cur, n);
	enum kfunc_param_is is;
	kfunc_param_fn check;

	if ((reg->flags & REG_NULLABLE || reg_is_null(reg)) &&
	    !(reg_is_null(reg) && kfunc_is_size(kc, n + 1)) &&
	    !kfunc_name_ends(p->name, "__nullable") &&
	    !kfunc_name_ends(p->name, "__opt"))
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
	is = kfunc_param_is(env, kc, n, p);
	check = kfunc_typed_arg(is) ?: param_fns[is];
	return check(env, kc, n, p);
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
	struct kfunc_param p;

	kfunc_param_of(kc, n, &p);
	if (kfunc_name_ends(p.name, "__prog"))
		return 0;
	if (state_reg(env->cur, n)->type == REG_UNSET)
		return unset(env, n);
	if (kfunc_name_ends(p.name, "__ign"))
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
