/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores through typed pointers. A load of a number is any number;
 * a load of a pointer to a struct is a typed pointer again, trusted as far as
 * its parent is and the rows below say that the member outlives it. What is
 * not trusted may dangle: it can be looked at (such loads catch faults) but
 * not be handed to the kernel.
 *
 * Stores: into objects that the program allocated itself, anywhere but on
 * special fields; into kernel objects where a row allows the member.
 */
#include "base/str.h"
#include "spec/diags.h"
#include "verify/typed/btf_walk.h"
#include "verify/typed/typed.h"

/*
 * Members that are good as long as what holds them is. TRUSTED: in any place;
 * RCU: inside of RCU sections. OR_NULL ones may be NULL.
 */
static const struct safe_row {
	const char *in, *field;
	uint16_t flags;
} safe_rows[] = {
	{ "bpf_iter_meta", "seq", REG_TRUSTED },
	{ "bpf_iter__task", "meta", REG_TRUSTED },
	{ "bpf_iter__task", "task", REG_TRUSTED },
	{ "linux_binprm", "file", REG_TRUSTED },
	{ "file", "f_inode", REG_TRUSTED },
	{ "dentry", "d_inode", REG_TRUSTED | REG_NULLABLE },
	{ "socket", "sk", REG_TRUSTED | REG_NULLABLE },
	{ "vm_area_struct", "vm_mm", REG_TRUSTED | REG_NULLABLE },
	{ "vm_area_struct", "vm_file", REG_TRUSTED | REG_NULLABLE },
	{ "task_struct", "cpus_ptr", REG_RCU },
	{ "task_struct", "cgroups", REG_RCU },
	{ "task_struct", "real_parent", REG_RCU },
	{ "task_struct", "group_leader", REG_RCU },
	{ "cgroup", "kn", REG_RCU },
	{ "css_set", "dfl_cgrp", REG_RCU },
	{ "cgroup_subsys_state", "cgroup", REG_RCU },
	{ "mm_struct", "exe_file", REG_RCU | REG_NULLABLE },
	{ "sk_buff", "sk", REG_RCU | REG_NULLABLE },
	{ "request_sock", "sk", REG_RCU | REG_NULLABLE },
};

/*
 * Members that struct_ops programs (of struct `ops`) may write; where that is
 * "", programs that see packets.
 */
static const struct write_row {
	const char *ops, *in, *path;
} write_rows[] = {
	{ "tcp_congestion_ops", "tcp_sock",
	  "inet_conn.icsk_inet.sk.sk_pacing_status" },
	{ "tcp_congestion_ops", "tcp_sock",
	  "inet_conn.icsk_inet.sk.sk_pacing_rate" },
	{ "tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_ca_priv" },
	{ "tcp_congestion_ops", "tcp_sock", "inet_conn.icsk_ack.pending" },
	{ "tcp_congestion_ops", "tcp_sock", "snd_cwnd" },
	{ "tcp_congestion_ops", "tcp_sock", "snd_cwnd_cnt" },
	{ "tcp_congestion_ops", "tcp_sock", "snd_cwnd_stamp" },
	{ "tcp_congestion_ops", "tcp_sock", "snd_ssthresh" },
	{ "tcp_congestion_ops", "tcp_sock", "ecn_flags" },
	{ "tcp_congestion_ops", "tcp_sock", "app_limited" },
	{ "", "nf_conn", "mark" },
	{ "", "nf_conn___init", "ct.mark" },
	{ "bpf_dummy_ops", "bpf_dummy_ops_state", "val" },
	{ "sched_ext_ops", "task_struct", "scx.slice" },
	{ "sched_ext_ops", "task_struct", "scx.dsq_vtime" },
	{ "sched_ext_ops", "task_struct", "scx.disallow" },
	{ "Qdisc_ops", "sk_buff", "tstamp" },
	{ "Qdisc_ops", "sk_buff", "cb" },
	{ "Qdisc_ops", "Qdisc", "limit" },
	{ "Qdisc_ops", "Qdisc", "qstats" },
	{ "Qdisc_ops", "Qdisc", "q.qlen" },
};

static const struct safe_row *safe_member(const struct reg *from,
					  const struct btf_walk *walk)
{
	const char *in = btf_type_name(from->btf, from->btf_id);

	for (size_t i = 0; i < ARRAY_SIZE(safe_rows); i++)
		if (str_eq(safe_rows[i].in, in) &&
		    str_eq(safe_rows[i].field, walk->field))
			return &safe_rows[i];
	return NULL;
}

bool btf_is_a(const struct reg *reg, const struct btf *btf, uint32_t id)
{
	return reg->type == REG_BTF &&
	       btf_begins_with(reg->btf, reg->btf_id, reg->off, btf, id,
			       false);
}

static const uint16_t trusting = REG_ALLOC | REG_TRUSTED | REG_NON_OWNING;

/* May the kernel be handed this pointer: alive here and now, not NULL. */
bool btf_reg_trusted(const struct reg *reg)
{
	if (reg->ref)
		return true;
	return (reg->flags & trusting) && !(reg->flags & ~trusting);
}

bool btf_reg_rcu(const struct reg *reg)
{
	return reg->flags & REG_RCU;
}

/*
 * What a pointer found in `from` is to be trusted. Members without a row that
 * are walked to inside of an RCU section keep the old, unmarked kind, which
 * helpers take for compatibility, though not kfuncs.
 */
static uint16_t inherited(const struct verify_env *env, const struct reg *from,
			  const struct btf_walk *walk)
{
	const struct safe_row *safe = safe_member(from, walk);
	uint16_t kind = walk->flags & (REG_PERCPU | REG_USER);

	if (from->flags & REG_UNTRUSTED)
		return REG_UNTRUSTED;
	if (!btf_reg_trusted(from) && !btf_reg_rcu(from))
		return walk->flags & ~(REG_TRUSTED | REG_RCU);
	if (safe && (safe->flags & REG_TRUSTED))
		return walk->flags | safe->flags;
	if (!section_rcu(env) || (from->flags & REG_NULLABLE))
		return REG_UNTRUSTED;
	if (safe && !(safe->flags & REG_NULLABLE))
		return walk->flags | REG_RCU;
	if (safe)
		return (walk->flags & ~REG_UNTRUSTED) | safe->flags;
	if (walk->flags & REG_RCU)
		return walk->flags | REG_NULLABLE;
	if (kind)
		return walk->flags;
	return walk->flags & ~(REG_TRUSTED | REG_RCU);
}

static void loaded(struct verify_env *env, const struct access *acc,
		   const struct reg *from, const struct btf_walk *walk,
		   struct reg *to)
{
	uint32_t value = verify_value(env, VALUE_LOAD, from->value, 0);

	if (walk->found == FOUND_NUMBER || (from->flags & REG_ALLOC)) {
		reg_set_unknown(to, value);
		to->num = acc->mode & ACCESS_SIGNED ?
			  scalar_sext(&to->num, acc->size) :
			  scalar_zext(&to->num, acc->size);
		return;
	}
	if (walk->found == FOUND_POINTER) {
		reg_set_pointer(to, REG_MEM, REG_RDONLY | REG_UNTRUSTED,
				value);
		return;
	}
	reg_set_pointer(to, REG_BTF, inherited(env, from, walk), value);
	to->btf = walk->btf;
	to->btf_id = walk->id;
	if (to->flags & REG_NULLABLE)
		to->id = verify_id(env);
}

static int refuse(struct verify_env *env, const struct access *acc, int diag,
		  const char *message, const char *kernel)
{
	return verify_says(env, verify_reject(env, diag, (int)acc->base, "%s",
					      message), "%s", kernel);
}

/* Of the pointer alone, before types are looked at. */
static int check_pointer(struct verify_env *env, const struct access *acc,
			 const struct reg *reg, int64_t off)
{
	const char *name = btf_type_name(reg->btf, reg->btf_id);
	int base = (int)acc->base, err;

	if (env->opts.profile == VERIFY_UNPRIVILEGED) {
		err = verify_reject(env, DIAG_VERIFY_BTF, base,
				    "kernel objects are not for unprivileged "
				    "programs");
		return verify_says(env, err, "'struct %s' access is allowed "
				   "only to CAP_PERFMON and CAP_SYS_ADMIN",
				   name);
	}
	if (!env->prog->gpl && btf_is_kernel(env, reg->btf)) {
		err = verify_reject(env, DIAG_VERIFY_BTF, base,
				    "struct %s of the kernel is for "
				    "GPL-compatible programs", name);
		return verify_says(env, err, "Cannot access kernel 'struct "
				   "%s' from non-GPL compatible program",
				   name);
	}
	if (!scalar_is(&reg->num, 0)) {
		err = verify_reject(env, DIAG_VERIFY_BTF, base,
				    "the offset into struct %s is not "
				    "constant", name);
		return verify_says(env, err, "R%d is ptr_%s invalid variable "
				   "offset: off=%lld, var_off=", base, name,
				   (long long)off);
	}
	if (off < 0) {
		err = verify_reject(env, DIAG_VERIFY_BTF, base,
				    "an access in front of struct %s", name);
		return verify_says(env, err, "R%d is ptr_%s invalid negative "
				   "access: off=%lld", base, name,
				   (long long)off);
	}
	if (!(reg->flags & (REG_USER | REG_PERCPU)))
		return 0;
	err = verify_reject(env, DIAG_VERIFY_BTF, base,
			    "struct %s here is %s memory, which is not "
			    "reached directly", name,
			    reg->flags & REG_USER ? "user" : "per-CPU");
	return verify_says(env, err, "R%d is ptr_%s access %s memory: "
			   "off=%lld", base, name,
			   reg->flags & REG_USER ? "user" : "percpu",
			   (long long)off);
}

/* Stores into a kernel object: does a row have the member? */
static bool writable_member(const struct verify_env *env,
			    const struct reg *reg, int64_t off, uint32_t size)
{
	const struct prog_attach *at = &env->prog->attach;
	const uint64_t packet = PROG_BIT(SCHED_CLS) | PROG_BIT(SCHED_ACT) |
				PROG_BIT(XDP);
	const char *name = btf_type_name(reg->btf, reg->btf_id), *ops;
	uint32_t start, len;

	if (packet >> env->prog->type & 1)
		ops = "";
	else if (env->prog->type == PROG_TYPE_STRUCT_OPS && at->btf && at->ops)
		ops = btf_type_name(at->btf, at->ops);
	else
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(write_rows); i++)
		if (str_eq(write_rows[i].ops, ops) &&
		    str_eq(write_rows[i].in, name) &&
		    btf_member_range(reg->btf, reg->btf_id,
				     write_rows[i].path, &start, &len) &&
		    off >= start && off + size <= start + len)
			return true;
	return false;
}

/* A store to what the program did not allocate. 0 when a row allows it. */
static int check_kernel_store(struct verify_env *env,
			      const struct access *acc, const struct reg *reg,
			      int64_t off)
{
	int err;

	if (!(reg->flags & REG_UNTRUSTED) &&
	    writable_member(env, reg, off, acc->size))
		return 0;
	err = verify_reject(env, DIAG_VERIFY_READ_ONLY, (int)acc->base,
			    "struct %s is not written by this program type "
			    "at byte %lld",
			    btf_type_name(reg->btf, reg->btf_id),
			    (long long)off);
	return verify_says(env, err, "only read is supported");
}

static int check_specials(struct verify_env *env, const struct access *acc,
			  const struct reg *reg, int64_t off)
{
	const struct specials *all = btf_specials(env, reg->btf, reg->btf_id);
	int err;

	for (uint32_t i = 0; i < all->cnt; i++) {
		const struct special *f = &all->fields[i];

		if (off >= f->off + f->size || off + acc->size <= f->off)
			continue;
		err = verify_reject(env, DIAG_VERIFY_SPECIAL, (int)acc->base,
				    "a %s is not accessed directly",
				    special_name(f->kind));
		return verify_says(env, err, "direct access to %s is "
				   "disallowed", special_name(f->kind));
	}
	return 0;
}

int btf_access(struct verify_env *env, const struct access *acc,
	       struct reg *to)
{
	const struct reg reg = *state_reg(env->cur, acc->base);
	int64_t off = (int64_t)reg.off + acc->off;
	bool alloc = reg.flags & REG_ALLOC;
	struct btf_walk walk = {
		.btf = reg.btf, .id = reg.btf_id, .off = (uint32_t)off,
		.size = acc->size, .flexible = !alloc,
		.untrusted = reg.flags & REG_UNTRUSTED,
	};
	int err;

	if (reg.flags & REG_NULLABLE)
		return refuse(env, acc, DIAG_VERIFY_NULL,
			      "the object may be NULL",
			      arena_printf(&env->arena, "R%u invalid mem "
					   "access '%s'", acc->base,
					   reg_type_name(&reg)) ?: "");
	err = check_pointer(env, acc, &reg, off);
	if (!err && (acc->mode & ACCESS_WRITE) && !alloc) {
		err = check_kernel_store(env, acc, &reg, off);
		if (!(acc->mode & ACCESS_READ))
			return err;
	}
	if (!err && alloc)
		err = check_specials(env, acc, &reg, off);
	if (!err)
		err = btf_walk(env, &walk);
	if (!err && to && (acc->mode & ACCESS_READ))
		loaded(env, acc, &reg, &walk, to);
	return err;
}
