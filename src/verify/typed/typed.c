/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arguments and results of helpers that are typed by BTF or live on the
 * stack. Rows say which kernel type a helper means; one function checks each
 * kind of argument.
 */
#include "verify/typed/typed.h"

#include "base/str.h"
#include "spec/diags.h"
#include "verify/typed/btf_walk.h"
#include "verify/typed/section.h"
#include "verify/typed/stackobj.h"

/* Kernel types of helper arguments (1 to 5) and results (0). */
static const struct type_row {
	uint16_t helper;
	uint8_t arg;
	const char *type;
} type_rows[] = {
	{ HELPER_skb_output, 1, "sk_buff" },
	{ HELPER_xdp_output, 1, "xdp_buff" },
	{ HELPER_xdp_get_buff_len, 1, "xdp_buff" },
	{ HELPER_tcp_send_ack, 1, "tcp_sock" },
	{ HELPER_d_path, 1, "path" },
	{ HELPER_seq_printf, 1, "seq_file" },
	{ HELPER_seq_write, 1, "seq_file" },
	{ HELPER_seq_printf_btf, 1, "seq_file" },
	{ HELPER_bprm_opts_set, 1, "linux_binprm" },
	{ HELPER_ima_inode_hash, 1, "inode" },
	{ HELPER_ima_file_hash, 1, "file" },
	{ HELPER_sock_from_file, 1, "file" },
	{ HELPER_sock_from_file, 0, "socket" },
	{ HELPER_inode_storage_get, 2, "inode" },
	{ HELPER_inode_storage_delete, 2, "inode" },
	{ HELPER_task_storage_get, 2, "task_struct" },
	{ HELPER_task_storage_delete, 2, "task_struct" },
	{ HELPER_cgrp_storage_get, 2, "cgroup" },
	{ HELPER_cgrp_storage_delete, 2, "cgroup" },
	{ HELPER_get_task_stack, 1, "task_struct" },
	{ HELPER_get_current_task_btf, 0, "task_struct" },
	{ HELPER_task_pt_regs, 1, "task_struct" },
	{ HELPER_task_pt_regs, 0, "pt_regs" },
	{ HELPER_find_vma, 1, "task_struct" },
	{ HELPER_copy_from_user_task, 4, "task_struct" },
	{ HELPER_skc_to_tcp6_sock, 0, "tcp6_sock" },
	{ HELPER_skc_to_tcp_sock, 0, "tcp_sock" },
	{ HELPER_skc_to_tcp_timewait_sock, 0, "tcp_timewait_sock" },
	{ HELPER_skc_to_tcp_request_sock, 0, "tcp_request_sock" },
	{ HELPER_skc_to_udp6_sock, 0, "udp6_sock" },
	{ HELPER_skc_to_unix_sock, 0, "unix_sock" },
	{ HELPER_skc_to_mptcp_sock, 0, "mptcp_sock" },
};

/* How helpers use a dynptr argument. */
static const struct dynptr_row {
	uint16_t helper;
	enum dynptr_kind kind;		/* wanted, or made */
	bool releases;
} dynptr_rows[] = {
	{ HELPER_dynptr_from_mem, DYNPTR_LOCAL, false },
	{ HELPER_ringbuf_reserve_dynptr, DYNPTR_RINGBUF, false },
	{ HELPER_ringbuf_submit_dynptr, DYNPTR_RINGBUF, true },
	{ HELPER_ringbuf_discard_dynptr, DYNPTR_RINGBUF, true },
};

static const char *type_name(const struct call *call, unsigned int arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(type_rows); i++)
		if (call->helper && type_rows[i].helper == call->helper->id &&
		    type_rows[i].arg == arg)
			return type_rows[i].type;
	return NULL;
}

static const struct dynptr_row *dynptr_row(const struct call *call)
{
	static const struct dynptr_row any;

	for (size_t i = 0; i < ARRAY_SIZE(dynptr_rows); i++)
		if (call->helper && dynptr_rows[i].helper == call->helper->id)
			return &dynptr_rows[i];
	return &any;
}

static int wrong_type(struct verify_env *env, unsigned int n,
		      const char *expected)
{
	const struct reg *reg = state_reg(env->cur, n);
	int err = verify_reject(env, reg->flags & REG_NULLABLE ?
				DIAG_VERIFY_NULL : DIAG_VERIFY_ARG, (int)n,
				"the call cannot take r%u, which is %s", n,
				verify_describe(env, reg));

	return verify_says(env, err, "R%u type=%s expected=%s", n,
			   reg_type_name(reg), expected);
}

int typed_offset(struct verify_env *env, unsigned int n, bool fixed_is_fine)
{
	const struct reg *reg = state_reg(env->cur, n);
	const char *name = reg_type_name(reg);
	int err;

	if (reg->off < 0) {
		err = verify_reject(env, DIAG_VERIFY_ARG, (int)n,
				    "r%u points in front of its object", n);
		return verify_says(env, err, "negative offset %s ptr R%u "
				   "off=%d disallowed", name, n, reg->off);
	}
	if (!fixed_is_fine && reg->off) {
		err = verify_reject(env, DIAG_VERIFY_ARG, (int)n,
				    "r%u does not point to the start of its "
				    "object", n);
		return verify_says(env, err, "dereference of modified %s ptr "
				   "R%u off=%d disallowed", name, n, reg->off);
	}
	if (scalar_is(&reg->num, 0))
		return 0;
	err = verify_reject(env, DIAG_VERIFY_ARG, (int)n,
			    "r%u points to a variable place of its object",
			    n);
	return verify_says(env, err,
			   "variable %s access var_off= disallowed", name);
}

/* Must begin with kernel type `name`; in->kernel must know it. */
static int check_is_a(struct verify_env *env, unsigned int n, const char *name)
{
	const struct reg *reg = state_reg(env->cur, n);
	const struct btf *kernel = env->in->kernel;
	uint32_t id = kernel ? btf_find(kernel, name, BTF_KIND_STRUCT) : 0;
	int err;

	if (id && btf_is_a(reg, kernel, id))
		return 0;
	err = verify_reject(env, DIAG_VERIFY_ARG, (int)n,
			    "r%u is struct %s, struct %s is wanted", n,
			    btf_type_name(reg->btf, reg->btf_id), name);
	return verify_says(env, err, "R%u is of type %s but %s is expected", n,
			   btf_type_name(reg->btf, reg->btf_id), name);
}

/* In programs with typed arguments some take sockets that may be NULL. */
static bool takes_any_sock(const struct verify_env *env,
			   const struct call *call)
{
	const uint64_t typed = PROG_BIT(TRACING) | PROG_BIT(LSM);

	if (!call->helper || !(typed >> env->prog->type & 1))
		return false;
	return call->helper->id == HELPER_sk_storage_get ||
	       call->helper->id == HELPER_sk_storage_delete ||
	       call->helper->id == HELPER_get_socket_cookie;
}

static int arg_btf(struct verify_env *env, struct call *call, unsigned int n,
		   const char *name)
{
	const struct reg *reg = state_reg(env->cur, n);
	bool nullable = call->kind == ARG_BTF_ID_OR_NULL ||
			takes_any_sock(env, call);
	uint16_t flags = reg->flags & (uint16_t)~REG_NULLABLE;
	int err;

	if (nullable && reg->type == REG_SCALAR && scalar_is(&reg->num, 0)) {
		verify_precise(env, reg);
		return 0;
	}
	if (reg->type != REG_BTF ||
	    (flags && flags != REG_TRUSTED && flags != REG_RCU))
		return wrong_type(env, n, "ptr_, trusted_ptr_, rcu_ptr_");
	if ((reg->flags & REG_NULLABLE) && !nullable) {
		err = verify_reject(env, DIAG_VERIFY_NULL, (int)n,
				    "r%u may be NULL", n);
		return verify_says(env, err, "Possibly NULL pointer passed to "
				   "helper arg%u", n);
	}
	err = typed_offset(env, n, true);
	return err ?: check_is_a(env, n, name);
}

static int arg_kptr_value(struct verify_env *env, struct call *call);

static int arg_btf_id(struct verify_env *env, struct call *call,
		      unsigned int n)
{
	const char *name = type_name(call, n);

	if (call->helper->id == HELPER_kptr_xchg)
		return arg_kptr_value(env, call);
	return name ? arg_btf(env, call, n, name) :
		      wrong_type(env, n, "ptr_");
}

static int arg_btf_sock(struct verify_env *env, struct call *call,
			unsigned int n)
{
	const struct reg *reg = state_reg(env->cur, n);

	switch (reg->type) {
	case REG_SOCK_COMMON:
	case REG_SOCKET:
	case REG_TCP_SOCK:
	case REG_XDP_SOCK:
		if (!reg->flags)
			return typed_offset(env, n, false);
		break;
	case REG_SCALAR:
		if (takes_any_sock(env, call))
			return arg_btf(env, call, n, "sock_common");
		break;
	case REG_BTF:
		if (takes_any_sock(env, call) ||
		    !(reg->flags & (uint16_t)~REG_TRUSTED) ||
		    reg->flags == REG_NULLABLE)
			return arg_btf(env, call, n, "sock_common");
		break;
	default:
		break;
	}
	return wrong_type(env, n, "sock_common, sock, tcp_sock, xdp_sock, "
			  "ptr_, trusted_ptr_");
}

/* Where it is the context that is wanted, call_arg() has seen to it. */
static int arg_ctx_or_btf(struct verify_env *env, struct call *call,
			  unsigned int n)
{
	return type_name(call, n) ? arg_btf_id(env, call, n) :
				    arg_btf_sock(env, call, n);
}

static int arg_percpu(struct verify_env *env, struct call *call,
		      unsigned int n)
{
	const struct reg *reg = state_reg(env->cur, n);
	uint16_t rest = reg->flags & (uint16_t)~REG_PERCPU;

	if (reg->type != REG_BTF || !(reg->flags & REG_PERCPU) ||
	    (rest && rest != REG_RCU && rest != REG_TRUSTED))
		return wrong_type(env, n, "percpu_ptr_, percpu_rcu_ptr_, "
				  "percpu_trusted_ptr_");
	call->ret_btf = reg->btf;
	call->ret_btf_id = reg->btf_id;
	return typed_offset(env, n, false);
}

static int arg_spin_lock(struct verify_env *env, struct call *call,
			 unsigned int n)
{
	const struct reg *reg = state_reg(env->cur, n);
	uint16_t own = REG_ALLOC | REG_RCU | REG_NON_OWNING;

	if ((reg->type != REG_MAP_VALUE || reg->flags) &&
	    (reg->type != REG_BTF || !(reg->flags & REG_ALLOC) ||
	     (reg->flags & ~own)))
		return wrong_type(env, n, "map_value, ptr_");
	return lock_change(env, n, HELD_LOCK,
			   call->helper->id == HELPER_spin_lock);
}

int typed_map_field(struct verify_env *env, unsigned int n,
		    enum field_special kind)
{
	const struct reg *reg = state_reg(env->cur, n);
	const struct verify_map *vm = reg_map(env, reg);
	const struct special *field;
	const char *name = special_name(kind);
	long long off;
	int err;

	field = special_of(map_specials(env, reg->map, vm), kind);
	if (!scalar_is_const(&reg->num)) {
		err = verify_reject(env, DIAG_VERIFY_SPECIAL, (int)n,
				    "the offset of the %s is not constant",
				    name);
		return verify_says(env, err, "R%u doesn't have constant "
				   "offset. %s has to be at the constant "
				   "offset", n, name);
	}
	if (!field) {
		err = verify_reject(env, DIAG_VERIFY_SPECIAL, (int)n,
				    "map '%s' has no %s", vm->name, name);
		if (!vm->btf)
			return verify_says(env, err, "map '%s' has to have "
					   "BTF in order to use %s", vm->name,
					   name);
		return verify_says(env, err, "map '%s' has no valid %s",
				   vm->name, name);
	}
	off = reg->off + (long long)reg->num.bits.value;
	if (off == field->off)
		return 0;
	err = verify_reject(env, DIAG_VERIFY_SPECIAL, (int)n,
			    "the %s is at byte %u, not %lld", name,
			    field->off, off);
	return verify_says(env, err, "off %lld doesn't point to 'struct %s' "
			   "that is at %u", off, name, field->off);
}

static int arg_timer(struct verify_env *env, struct call *call,
		     unsigned int n)
{
	const struct reg *reg = state_reg(env->cur, n);
	const struct reg *map = state_reg(env->cur, 2);
	int err;

	if (reg->type != REG_MAP_VALUE || reg->flags)
		return wrong_type(env, n, "map_value");
	err = typed_map_field(env, n, SPECIAL_TIMER);
	if (err || call->helper->id != HELPER_timer_init ||
	    map->type != REG_MAP ||
	    (map->map == reg->map && map->map_uid == reg->map_uid))
		return err;
	err = verify_reject(env, DIAG_VERIFY_ARG, 2,
			    "the timer is not in this map");
	return verify_says(env, err, "timer pointer in R1 map_uid=%u doesn't "
			   "match map pointer in R2 map_uid=%u", reg->map_uid,
			   map->map_uid);
}

/* The kptr that register 1 of bpf_kptr_xchg points to, or NULL, rejected. */
static const struct special *kptr_field(struct verify_env *env, int *err)
{
	const struct reg *reg = state_reg(env->cur, 1);
	long long off = reg->off + (long long)reg->num.bits.value;
	const struct specials *all;
	const struct special *f;

	all = reg->type == REG_MAP_VALUE ?
	      map_specials(env, reg->map, reg_map(env, reg)) :
	      btf_specials(env, reg->btf, reg->btf_id);
	f = special_at(all, (uint32_t)off);
	if (scalar_is_const(&reg->num) && f &&
	    (f->kind == SPECIAL_KPTR_REF || f->kind == SPECIAL_KPTR_PERCPU))
		return f;
	*err = verify_reject(env, DIAG_VERIFY_SPECIAL, 1,
			     "r1 does not point to a kptr that owns its "
			     "object");
	if (!scalar_is_const(&reg->num))
		verify_says(env, 0, "R1 doesn't have constant offset. kptr "
			    "has to be at the constant offset");
	else if (f && f->kind == SPECIAL_KPTR)
		verify_says(env, 0, "off=%lld kptr isn't referenced kptr",
			    off);
	else
		verify_says(env, 0, "off=%lld doesn't point to kptr", off);
	return NULL;
}

static int arg_kptr(struct verify_env *env, struct call *call, unsigned int n)
{
	const struct reg *reg = state_reg(env->cur, n);
	const struct special *f;
	int err = 0;

	if ((reg->type != REG_MAP_VALUE || reg->flags) &&
	    (reg->type != REG_BTF || reg->flags != REG_ALLOC))
		return wrong_type(env, n, "map_value, ptr_");
	f = kptr_field(env, &err);
	if (!f)
		return err;
	call->ret_btf = f->btf;
	call->ret_btf_id = f->btf_id;
	return 0;
}

/* What is put in: NULL, or an owned object of the kptr's type. */
static int arg_kptr_value(struct verify_env *env, struct call *call)
{
	const struct reg *reg = state_reg(env->cur, 2);
	int err = 0;
	const struct special *f = kptr_field(env, &err);

	if (!f)
		return err;
	if (reg->type == REG_SCALAR && scalar_is(&reg->num, 0)) {
		verify_precise(env, reg);
		return 0;
	}
	if (reg->flags & REG_NULLABLE) {
		err = verify_reject(env, DIAG_VERIFY_NULL, 2, "r2 may be NULL");
		return verify_says(env, err, "Possibly NULL pointer passed to "
				   "helper arg2");
	}
	if (!kptr_matches(env, f, reg))
		return wrong_type(env, 2, "ptr_");
	if (!reg->ref || reg->off) {
		err = verify_reject(env, DIAG_VERIFY_REF_RELEASE, 2,
				    "the program does not own the object in "
				    "r2");
		return verify_says(env, err, reg->off ? "R2 must have zero "
				   "offset when passed to release func or "
				   "trusted arg to kfunc" :
				   "arg 2 is an unacquired reference");
	}
	call->ref = reg->ref;
	return 0;
}

static int arg_dynptr(struct verify_env *env, struct call *call,
		      unsigned int n)
{
	const struct dynptr_row *row = dynptr_row(call);
	struct reg dynptr;
	int err;

	err = dynptr_use(env, n, row->kind, row->releases, &dynptr);
	if (err)
		return err;
	if (row->releases && !dynptr.ref) {
		err = verify_reject(env, DIAG_VERIFY_REF_RELEASE, (int)n,
				    "the dynptr holds no reference");
		return verify_says(env, err,
				   "arg %u is an unacquired reference", n);
	}
	call->dynptr_id = dynptr.id;
	call->dynptr_ref = dynptr.ref;
	call->dynptr_kind = dynptr.dynptr;
	return 0;
}

static int arg_dynptr_out(struct verify_env *env, struct call *call,
			  unsigned int n)
{
	const struct reg *data = state_reg(env->cur, 1);
	int err;

	if (call->helper->id == HELPER_dynptr_from_mem &&
	    data->type != REG_MAP_VALUE) {
		err = verify_reject(env, DIAG_VERIFY_ARG, 1, "the memory of a "
				    "dynptr is of a map's value");
		return verify_says(env, err, "Unsupported reg type %s for "
				   "bpf_dynptr_from_mem data",
				   reg_type_name(data));
	}
	return dynptr_construct(env, n, dynptr_row(call)->kind, 0);
}

typedef int (*arg_fn)(struct verify_env *env, struct call *call,
		      unsigned int n);

static const arg_fn arg_fns[ARG_KIND_CNT] = {
	[ARG_SPIN_LOCK] = arg_spin_lock,
	[ARG_TIMER] = arg_timer,
	[ARG_KPTR] = arg_kptr,
	[ARG_DYNPTR] = arg_dynptr,
	[ARG_DYNPTR_OUT] = arg_dynptr_out,
	[ARG_CTX_OR_BTF] = arg_ctx_or_btf,
	[ARG_CTX_OR_SOCK] = arg_btf_sock,
	[ARG_BTF_SOCK_COMMON] = arg_btf_sock,
	[ARG_BTF_ID] = arg_btf_id,
	[ARG_BTF_ID_OR_NULL] = arg_btf_id,
	[ARG_PERCPU_BTF_ID] = arg_percpu,
};

int typed_arg(struct verify_env *env, struct call *call, unsigned int n)
{
	arg_fn fn = arg_fns[call->kind];

	assert(fn);
	return fn(env, call, n);
}

/* A per-CPU object that went into a map stays readable for RCU. */
static void shared_now(void *arg, struct reg *reg)
{
	const struct call *call = arg;

	if (reg->ref != call->ref || reg->type != REG_BTF)
		return;
	reg->ref = 0;
	reg->flags &= (uint16_t)~REG_ALLOC;
	reg->flags |= REG_RCU;
}

int typed_done(struct verify_env *env, struct call *call)
{
	const struct reg *given = &call->args[1];

	if (dynptr_row(call)->releases)
		return dynptr_release(env, call->dynptr_ref);
	if (call->helper->id != HELPER_kptr_xchg || !call->ref)
		return 0;
	if (!(given->flags & REG_PERCPU) || !(given->flags & REG_ALLOC) ||
	    !section_rcu(env))
		return call_release(env, call->ref);
	state_unhold(env->cur, call->ref);
	return state_each_reg(env, env->cur, shared_now, call);
}

static int unknown_type(struct verify_env *env, const struct call *call)
{
	int err = verify_reject(env, DIAG_VERIFY_BTF_ID, -1, "the kernel's "
				"types are not at hand, or lack the one that "
				"%s returns", call->name);

	return verify_says(env, err, "invalid return type %u of func %s#%d",
			   call->helper->ret, call->name, call->insn->imm);
}

/* The type's own fields, for kptrs to objects of the program. */
static uint16_t kptr_ret_flags(const struct verify_env *env,
			       const struct call *call, const struct special *f)
{
	uint16_t flags = REG_NULLABLE;

	if (!btf_is_kernel(env, call->ret_btf)) {
		flags |= REG_ALLOC;
		if (f && f->kind == SPECIAL_KPTR_PERCPU)
			flags |= REG_PERCPU;
	}
	return flags;
}

static int ret_kptr(struct verify_env *env, const struct call *call,
		    struct reg *r0)
{
	const struct reg *at = &call->args[0];
	const struct specials *all = at->type == REG_MAP_VALUE ?
		map_specials(env, at->map, reg_map(env, at)) :
		btf_specials(env, at->btf, at->btf_id);

	reg_set_pointer(r0, REG_BTF, kptr_ret_flags(env, call,
			special_at(all, (uint32_t)(at->off +
					(int64_t)at->num.bits.value))),
			verify_value(env, VALUE_CALL, at->value, 0));
	r0->btf = call->ret_btf;
	r0->btf_id = call->ret_btf_id;
	r0->id = r0->ref = state_hold(env, env->cur, HELD_REF,
				      env->cur->insn, NULL);
	return r0->ref ? 0 : verify_no_memory(env);
}

static int ret_percpu(struct verify_env *env, const struct call *call,
		      struct reg *r0)
{
	const struct reg *var = &call->args[0];
	bool nullable = call->helper->ret == RET_MEM_OR_BTF_ID_OR_NULL;
	uint32_t value = verify_value(env, VALUE_CALL, var->value, 0);
	uint16_t flags = nullable ? REG_NULLABLE : 0;
	int64_t size = btf_size(call->ret_btf, call->ret_btf_id);

	if (var->flags & REG_RCU) {
		reg_set_pointer(r0, REG_BTF, REG_ALLOC | REG_RCU, value);
	} else if (!btf_is_struct(call->ret_btf, call->ret_btf_id)) {
		reg_set_pointer(r0, REG_MEM, flags | REG_RDONLY, value);
		r0->size = size > 0 ? (uint32_t)size : 0;
		r0->id = nullable ? verify_id(env) : 0;
		return 0;
	} else {
		reg_set_pointer(r0, REG_BTF, flags, value);
		r0->id = nullable ? verify_id(env) : 0;
	}
	r0->btf = call->ret_btf;
	r0->btf_id = call->ret_btf_id;
	return 0;
}

static int ret_btf(struct verify_env *env, const struct call *call,
		   struct reg *r0)
{
	const struct btf *kernel = env->in->kernel;
	const char *name = type_name(call, 0);
	bool nullable = call->helper->ret == RET_BTF_ID_OR_NULL;
	bool current = call->helper->id == HELPER_get_current_task_btf;
	uint32_t id;

	if (call->helper->id == HELPER_kptr_xchg)
		return ret_kptr(env, call, r0);
	id = kernel && name ? btf_find(kernel, name, BTF_KIND_STRUCT) : 0;
	if (!id)
		return unknown_type(env, call);
	reg_set_pointer(r0, REG_BTF, nullable ? REG_NULLABLE :
			current || call->helper->id == HELPER_task_pt_regs ?
			REG_TRUSTED : 0,
			verify_value(env, VALUE_CALL, 0, 0));
	r0->btf = kernel;
	r0->btf_id = id;
	/* casts keep what was acquired: they are NULL, or the same object */
	r0->ref = call->args[0].ref;
	r0->id = nullable ? verify_id(env) : 0;
	return 0;
}

static int ret_dynptr_mem(struct verify_env *env, const struct call *call,
			  struct reg *r0)
{
	reg_set_pointer(r0, REG_MEM, REG_NULLABLE,
			verify_value(env, VALUE_CALL, 0, 0));
	r0->size = call->alloc_size > UINT32_MAX ? 0 :
		   (uint32_t)call->alloc_size;
	r0->map_uid = call->dynptr_id;
	r0->map = call->dynptr_kind;
	r0->ref = call->dynptr_ref;
	r0->id = verify_id(env);
	return 0;
}

int typed_ret(struct verify_env *env, const struct call *call, struct reg *r0)
{
	switch (call->helper->ret) {
	case RET_MEM_OR_BTF_ID:
	case RET_MEM_OR_BTF_ID_OR_NULL:
		return ret_percpu(env, call, r0);
	case RET_DYNPTR_MEM_OR_NULL:
		return ret_dynptr_mem(env, call, r0);
	default:
		return ret_btf(env, call, r0);
	}
}
