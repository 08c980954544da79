/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Direct access to special fields of map values. Only kptrs have any: a load
 * gives the object that is in the map now (or NULL), a store puts an untyped
 * one in. Everything else is rejected, also where the offset only may reach
 * the field.
 */
#include "base/str.h"
#include "spec/diags.h"
#include "verify/typed/btf_walk.h"
#include "verify/typed/typed.h"

static int reject(struct verify_env *env, const struct access *acc,
		  const char *message, const char *kernel)
{
	int err = verify_reject(env, DIAG_VERIFY_SPECIAL, (int)acc->base,
				"%s", message);

	return verify_says(env, err, "%s", kernel);
}

static bool is_kptr(const struct special *f)
{
	return f->kind == SPECIAL_KPTR || f->kind == SPECIAL_KPTR_REF ||
	       f->kind == SPECIAL_KPTR_PERCPU || f->kind == SPECIAL_UPTR;
}

/* Types whose objects are freed only after an RCU grace period. */
static bool rcu_protected(const struct verify_env *env,
			  const struct special *f)
{
	static const char *const names[] = {
		"prog_test_ref_kfunc", "cgroup", "task_struct", "bpf_cpumask",
		"bpf_crypto_ctx",
	};
	const char *name = btf_type_name(f->btf, f->btf_id);

	if (!btf_is_kernel(env, f->btf))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(names[i], name))
			return true;
	return false;
}

/* Flags of what a load of the field gives. */
static uint16_t kptr_flags(struct verify_env *env, const struct special *f)
{
	bool own = !btf_is_kernel(env, f->btf);
	uint16_t flags = REG_NULLABLE | REG_RCU;
	const struct specials *in;

	if (!section_rcu(env) || (f->kind != SPECIAL_KPTR_PERCPU &&
	    (f->kind != SPECIAL_KPTR_REF || !rcu_protected(env, f))))
		return REG_NULLABLE | REG_UNTRUSTED;
	if (f->kind == SPECIAL_KPTR_PERCPU)
		flags |= REG_PERCPU;
	else if (own)
		flags |= REG_ALLOC;
	in = btf_specials(env, f->btf, own ? f->btf_id : 0);
	if (special_of(in, SPECIAL_LIST_NODE) ||
	    special_of(in, SPECIAL_RB_NODE))
		flags |= REG_NON_OWNING;
	return flags;
}

static void load(struct verify_env *env, const struct special *f,
		 struct reg *to)
{
	uint32_t value = verify_value(env, VALUE_LOAD, 0, 0);
	int64_t size;

	if (f->kind == SPECIAL_UPTR) {
		size = btf_size(f->btf, f->btf_id);
		reg_set_pointer(to, REG_MEM, REG_NULLABLE, value);
		to->size = size > 0 ? (uint32_t)size : 0;
	} else {
		reg_set_pointer(to, REG_BTF, kptr_flags(env, f), value);
		to->btf = f->btf;
		to->btf_id = f->btf_id;
	}
	to->id = verify_id(env);
}

/* Stores of objects of the field's type, or of NULL, into untyped kptrs. */
static int store(struct verify_env *env, const struct access *acc,
		 const struct special *f)
{
	const struct reg *from = acc->from;
	int err;

	if (!from)
		return 1;
	if (from->type == REG_SCALAR && scalar_is(&from->num, 0)) {
		verify_precise(env, from);
		return 1;
	}
	if (kptr_matches(env, f, from))
		return 1;
	err = verify_reject(env, DIAG_VERIFY_SPECIAL, (int)acc->base,
			    "the kptr is for struct %s",
			    btf_type_name(f->btf, f->btf_id));
	return verify_says(env, err, "invalid kptr access, R%u type=%s "
			   "expected=ptr_%s", acc->base, reg_type_name(from),
			   btf_type_name(f->btf, f->btf_id));
}

bool kptr_matches(const struct verify_env *env, const struct special *f,
		  const struct reg *reg)
{
	uint16_t allowed = REG_NULLABLE;
	bool percpu = f->kind == SPECIAL_KPTR_PERCPU;

	if (reg->type != REG_BTF)
		return false;
	if (btf_is_kernel(env, reg->btf))
		allowed |= REG_TRUSTED | REG_RCU |
			   (f->kind == SPECIAL_KPTR ? REG_UNTRUSTED : 0);
	else
		allowed |= REG_ALLOC | (percpu ? REG_PERCPU : 0);
	return !(reg->flags & ~allowed) &&
	       percpu == !!(reg->flags & REG_PERCPU) &&
	       reg->off >= 0 && scalar_is(&reg->num, 0) &&
	       btf_begins_with(reg->btf, reg->btf_id, reg->off, f->btf,
			       f->btf_id, f->kind != SPECIAL_KPTR);
}

static int kptr_access(struct verify_env *env, const struct access *acc,
		       const struct special *f, int64_t lo, struct reg *to)
{
	const struct reg *base = state_reg(env->cur, acc->base);

	if (!scalar_is_const(&base->num))
		return reject(env, acc, "a kptr is reached at a constant "
			      "offset", "kptr access cannot have variable "
			      "offset");
	if (lo != f->off || acc->size != 8)
		return reject(env, acc, "a kptr is loaded and stored as a "
			      "whole of eight bytes", lo != f->off ?
			      "kptr access misaligned" :
			      "kptr access size must be BPF_DW");
	if (acc->mode & (ACCESS_ATOMIC | ACCESS_CALL | ACCESS_SIGNED))
		return reject(env, acc, "a kptr is only loaded and stored",
			      acc->mode & ACCESS_CALL ?
			      "kptr cannot be accessed indirectly by helper" :
			      "kptr in map can only be accessed using BPF_MEM "
			      "instruction mode");
	if (acc->mode & ACCESS_READ) {
		if (to)
			load(env, f, to);
		return 1;
	}
	if (f->kind != SPECIAL_KPTR)
		return reject(env, acc, f->kind == SPECIAL_UPTR ?
			      "programs do not store user pointers" :
			      "owned objects go in and out with "
			      "bpf_kptr_xchg", f->kind == SPECIAL_UPTR ?
			      "store to uptr disallowed" :
			      "store to referenced kptr disallowed");
	return store(env, acc, f);
}

int special_access(struct verify_env *env, const struct access *acc,
		   int64_t lo, int64_t hi, struct reg *to)
{
	const struct reg *base = state_reg(env->cur, acc->base);
	const struct verify_map *vm = reg_map(env, base);
	const struct specials *all = map_specials(env, base->map, vm);
	const char *name;
	int err;

	for (uint32_t i = 0; i < all->cnt; i++) {
		const struct special *f = &all->fields[i];

		if (lo >= f->off + (int64_t)f->size || hi <= f->off)
			continue;
		if (is_kptr(f))
			return kptr_access(env, acc, f, lo, to);
		name = special_name(f->kind);
		err = verify_reject(env, DIAG_VERIFY_SPECIAL, (int)acc->base,
				    "the access reaches the %s at byte %u of "
				    "the value of map '%s'", name, f->off,
				    vm->name);
		return verify_says(env, err, "%s cannot be accessed directly "
				   "by load/store", name);
	}
	return 0;
}
