/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contexts that are arrays of typed arguments: r1 of programs at functions,
 * typed tracepoints, security hooks, iterators and members of struct_ops
 * points to one slot of eight bytes for each argument (two for a struct of up
 * to 16 bytes), and where the program runs after the function, to one more for
 * its result. Numbers may be loaded at any size, pointers as a whole.
 *
 * Which pointers are trusted: those of tracepoints, hooks, iterators and
 * struct_ops. At functions (fentry and its kin) nothing is known of the
 * moment, so they are of the unmarked kind.
 */
#include <stdio.h>

#include "base/str.h"
#include "spec/diags.h"
#include "verify/typed/btf_walk.h"
#include "verify/typed/typed.h"

#define ARGS_MAX	12
#define ERRNO_MAX	4095

#define NULLABLE(i)	(1ull << (i) * 4)
#define ERROR(i)	(2ull << (i) * 4)

static const struct {
	const char *name;
	uint64_t args;
} tracepoint_rows[] = {
#define TRACEPOINT(name, args) { #name, args },
#include "verify/tracepoints.def"
#undef TRACEPOINT
};

/* Hooks where an object is not yet, or no longer, whole. */
static const char *const untrusted_hooks[] = {
	"bpf_map_free", "bpf_prog_free", "file_alloc_security",
	"file_free_security", "sk_alloc_security", "sk_free_security",
	"task_free",
};

/* Hooks that answer yes or no; all others 0 or a negative errno. */
static const char *const yes_no_hooks[] = {
	"xfrm_state_pol_flow_match", "audit_rule_known",
	"inode_xattr_skipcap",
};

/* Arguments of iterators that are more than a struct of their type says. */
static const struct iter_row {
	const char *name;		/* bpf_iter_<name> */
	uint8_t arg;
	uint8_t type;
	uint16_t flags;
} iter_rows[] = {
	{ "task", 1, REG_BTF, REG_NULLABLE | REG_TRUSTED },
	{ "task_file", 1, REG_BTF, REG_NULLABLE },
	{ "task_file", 3, REG_BTF, REG_NULLABLE | REG_TRUSTED },
	{ "task_vma", 1, REG_BTF, REG_NULLABLE },
	{ "task_vma", 2, REG_BTF, REG_NULLABLE },
	{ "cgroup", 1, REG_BTF, REG_NULLABLE | REG_TRUSTED },
	{ "bpf_map", 1, REG_BTF, REG_NULLABLE | REG_TRUSTED },
	{ "bpf_map_elem", 2, REG_BUF, REG_NULLABLE | REG_RDONLY },
	{ "bpf_map_elem", 3, REG_BUF, REG_NULLABLE },
	{ "bpf_sk_storage_map", 2, REG_BTF, REG_NULLABLE },
	{ "bpf_sk_storage_map", 3, REG_BUF, REG_NULLABLE },
	{ "bpf_prog", 1, REG_BTF, REG_NULLABLE | REG_TRUSTED },
	{ "bpf_link", 1, REG_BTF, REG_NULLABLE | REG_TRUSTED },
	{ "tcp", 1, REG_BTF, REG_NULLABLE | REG_TRUSTED },
	{ "udp", 1, REG_BTF, REG_NULLABLE | REG_TRUSTED },
	{ "unix", 1, REG_BTF, REG_NULLABLE | REG_TRUSTED },
	{ "netlink", 1, REG_BTF, REG_NULLABLE },
	{ "ipv6_route", 1, REG_BTF, REG_NULLABLE },
	{ "ksym", 1, REG_BTF, REG_NULLABLE },
	{ "sockmap", 2, REG_BUF, REG_NULLABLE | REG_RDONLY },
	{ "sockmap", 3, REG_BTF, REG_NULLABLE },
	{ "kmem_cache", 1, REG_BTF, REG_NULLABLE | REG_TRUSTED },
	{ "dmabuf", 1, REG_BTF, REG_NULLABLE },
};

/* The argument that a load meets. */
struct argument {
	const struct btf *btf;
	const struct btf_type *proto;	/* NULL: unknown, all numbers */
	const char *func;
	uint32_t index;			/* of what programs see */
	uint32_t param;			/* of the prototype */
	uint32_t type;			/* 0: void */
	bool result;
};

static bool named(const char *const *names, size_t cnt, const char *name)
{
	for (size_t i = 0; i < cnt; i++)
		if (str_eq(names[i], name))
			return true;
	return false;
}

static bool has_result(const struct prog *prog)
{
	switch (prog->attach_type) {
	case ATTACH_TYPE_LSM_MAC:
	case ATTACH_TYPE_LSM_CGROUP:
	case ATTACH_TYPE_TRACE_FEXIT:
	case ATTACH_TYPE_MODIFY_RETURN:
		return prog->type == PROG_TYPE_TRACING ||
		       prog->type == PROG_TYPE_LSM;
	default:
		return false;
	}
}

static bool is_tracepoint(const struct prog *prog)
{
	return prog->type == PROG_TYPE_TRACING &&
	       prog->attach_type == ATTACH_TYPE_TRACE_RAW_TP;
}

static int bad_access(struct verify_env *env, const struct access *acc,
		      int32_t off, const char *why)
{
	int err = verify_reject(env, DIAG_VERIFY_CTX, (int)acc->base,
				"bytes %d to %d of the arguments: %s", off,
				off + (int)acc->size, why);

	return verify_says(env, err,
			   "invalid bpf_context access off=%d size=%u", off,
			   acc->size);
}

static uint32_t slots_of(const struct btf *btf, uint32_t type)
{
	int64_t size = btf_size(btf, type);

	return size > 8 && size <= 16 ? 2 : 1;
}

/* "sched_switch", "file_open", "task": what the program is attached to. */
static const char *target_name(const struct prog_attach *at)
{
	static const char *const prefixes[] = {
		"btf_trace_", "bpf_lsm_", "bpf_iter_",
	};
	const char *name;

	if (!at->btf || !at->func)
		return at->target ?: "";
	name = btf_type_name(at->btf, at->func);
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_starts(name, prefixes[i]))
			return name + strlen(prefixes[i]);
	return name;
}

/* Finds the argument in slot `slot`; false when there is none. */
static bool find_argument(const struct verify_env *env, uint32_t slot,
			  struct argument *arg)
{
	const struct prog_attach *at = &env->prog->attach;
	uint32_t skip = is_tracepoint(env->prog), next = 0;
	const struct btf_param *params;

	*arg = (struct argument){
		.btf = at->btf ?: env->in->kernel, .index = slot,
		.func = target_name(at),
	};
	if (!at->proto || !arg->btf)
		return slot < 5 || (slot == 5 && has_result(env->prog));
	arg->proto = btf_type(arg->btf, at->proto);
	params = btf_params(arg->proto);
	arg->index = 0;
	for (uint32_t i = skip; i < btf_vlen(arg->proto); i++, arg->index++) {
		arg->param = i;
		arg->type = params[i].type;
		next += slots_of(arg->btf, arg->type);
		if (slot < next)
			return true;
	}
	arg->type = arg->proto->type;
	arg->result = true;
	return slot == next && has_result(env->prog);
}

/* A tracepoint's nullable and error arguments. */
static uint64_t tracepoint_args(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(tracepoint_rows); i++)
		if (str_eq(tracepoint_rows[i].name, name))
			return tracepoint_rows[i].args;
	return 0;
}

static bool ends_with(const char *str, const char *end)
{
	size_t len = strlen(str), n = strlen(end);

	return len >= n && str_eq(str + len - n, end);
}

static const char *param_name(const struct btf *btf,
			      const struct btf_type *proto, uint32_t i)
{
	return btf_str(btf, btf_params(proto)[i].name_off);
}

/*
 * Of a struct_ops member, the kernel has a stand-in function
 * <struct>__<member> whose parameter names tell what may be NULL.
 */
static bool ops_nullable(const struct verify_env *env,
			 const struct argument *arg)
{
	const struct prog_attach *at = &env->prog->attach;
	const struct btf_type *ops = btf_type(arg->btf, at->ops), *proto;
	char name[256];
	uint32_t id;

	if (at->member >= btf_vlen(ops))
		return false;
	snprintf(name, sizeof(name), "%s__%s",
		 btf_str(arg->btf, ops->name_off),
		 btf_str(arg->btf, btf_members(ops)[at->member].name_off));
	id = btf_find(arg->btf, name, BTF_KIND_FUNC);
	if (!id)
		return false;
	proto = btf_type(arg->btf, btf_type(arg->btf, id)->type);
	return arg->param < btf_vlen(proto) &&
	       ends_with(param_name(arg->btf, proto, arg->param),
			 "__nullable");
}

/* Flags of a pointer argument, its own type tag apart. */
static uint16_t pointer_flags(const struct verify_env *env,
			      const struct argument *arg)
{
	const struct prog *prog = env->prog;
	const char *name = arg->func;
	uint16_t flags = 0;

	if (!arg->result &&
	    ends_with(param_name(arg->btf, arg->proto, arg->param),
		      "__nullable"))
		flags |= REG_NULLABLE;
	switch (prog->type) {
	case PROG_TYPE_TRACING:
		if (prog->attach_type == ATTACH_TYPE_TRACE_RAW_TP &&
		    (tracepoint_args(name) & NULLABLE(arg->index)))
			flags |= REG_NULLABLE;
		if (prog->attach_type == ATTACH_TYPE_TRACE_RAW_TP ||
		    prog->attach_type == ATTACH_TYPE_TRACE_ITER)
			flags |= REG_TRUSTED;
		return flags;
	case PROG_TYPE_LSM:
		if (!named(untrusted_hooks, ARRAY_SIZE(untrusted_hooks),
			   name))
			flags |= REG_TRUSTED;
		return flags;
	case PROG_TYPE_STRUCT_OPS:
		if (prog->attach.ops && ops_nullable(env, arg))
			flags |= REG_NULLABLE;
		return flags | REG_TRUSTED;
	default:
		return flags;
	}
}

static const struct iter_row *iter_row(const struct prog *prog,
				       const struct argument *arg)
{
	if (prog->type != PROG_TYPE_TRACING ||
	    prog->attach_type != ATTACH_TYPE_TRACE_ITER)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(iter_rows); i++)
		if (iter_rows[i].arg == arg->index &&
		    str_eq(iter_rows[i].name, arg->func))
			return &iter_rows[i];
	return NULL;
}

static void load_number(struct verify_env *env, const struct access *acc,
			const struct argument *arg, struct reg *to)
{
	const struct prog *prog = env->prog;
	uint32_t value = verify_value(env, VALUE_LOAD, 0, 0);

	reg_set_unknown(to, value);
	if (arg->result && prog->type == PROG_TYPE_LSM && arg->type)
		to->num = named(yes_no_hooks, ARRAY_SIZE(yes_no_hooks),
				arg->func) ?
			  scalar_urange(0, 1) : scalar_srange(-ERRNO_MAX, 0);
	else if (acc->mode & ACCESS_SIGNED)
		to->num = scalar_sext(&to->num, acc->size);
	else
		to->num = scalar_zext(&to->num, acc->size);
}

/* What is handed to congestion control is more than the prototype says. */
static uint32_t known_type(const struct verify_env *env,
			   const struct argument *arg, uint32_t id)
{
	const struct prog_attach *at = &env->prog->attach;

	if (env->prog->type == PROG_TYPE_STRUCT_OPS && at->ops &&
	    str_eq(btf_type_name(arg->btf, at->ops), "tcp_congestion_ops") &&
	    str_eq(btf_type_name(arg->btf, id), "sock"))
		return btf_find(arg->btf, "tcp_sock", BTF_KIND_STRUCT) ?: id;
	return id;
}

/* A pointer argument that is a struct's. */
static int load_struct(struct verify_env *env, const struct argument *arg,
		       const struct btf_type *ptr, struct reg *to)
{
	const struct iter_row *row = iter_row(env->prog, arg);
	const char *tag = btf_pointer_tag(arg->btf, ptr);
	uint16_t flags = row ? row->flags : pointer_flags(env, arg);

	if (str_eq(tag, "user"))
		flags |= REG_USER;
	if (str_eq(tag, "percpu"))
		flags |= REG_PERCPU;
	reg_set_pointer(to, REG_BTF, flags,
			verify_value(env, VALUE_LOAD, 0, 0));
	to->btf = arg->btf;
	to->btf_id = known_type(env, arg, btf_skip_modifiers(arg->btf,
							      ptr->type));
	if (flags & REG_NULLABLE)
		to->id = verify_id(env);
	return 0;
}

static int load_pointer(struct verify_env *env, const struct access *acc,
			const struct argument *arg, int32_t off,
			struct reg *to)
{
	const struct btf_type *ptr;
	const struct iter_row *row = iter_row(env->prog, arg);
	uint32_t kind, id;

	id = btf_skip_modifiers(arg->btf, arg->type);
	ptr = btf_type(arg->btf, id);
	if (acc->size != 8)
		return bad_access(env, acc, off,
				  "a pointer is loaded as a whole");
	if (row && row->type == REG_BUF) {
		reg_set_pointer(to, REG_BUF, row->flags,
				verify_value(env, VALUE_LOAD, 0, 0));
		to->id = verify_id(env);
		return 0;
	}
	id = btf_skip_modifiers(arg->btf, ptr->type);
	kind = btf_kind(btf_type(arg->btf, id));
	if (!id || kind == BTF_KIND_INT || (is_tracepoint(env->prog) &&
	    (tracepoint_args(arg->func) & ERROR(arg->index)))) {
		load_number(env, acc, arg, to);
		return 0;
	}
	if (!btf_is_struct(arg->btf, id))
		return bad_access(env, acc, off,
				  "a pointer to something that is no struct");
	return load_struct(env, arg, ptr, to);
}

static int load_argument(struct verify_env *env, const struct access *acc,
			 const struct argument *arg, int32_t off,
			 struct reg *to)
{
	uint32_t id;

	if (!arg->proto || !arg->type) {
		load_number(env, acc, arg, to);
		return 0;
	}
	id = btf_skip_modifiers(arg->btf, arg->type);
	if (btf_is_number(arg->btf, id) || btf_is_struct(arg->btf, id)) {
		load_number(env, acc, arg, to);
		return 0;
	}
	if (btf_kind(btf_type(arg->btf, id)) != BTF_KIND_PTR)
		return bad_access(env, acc, off,
				  "the argument is no number and no pointer");
	return load_pointer(env, acc, arg, off, to);
}

int btf_ctx_access(struct verify_env *env, const struct access *acc,
		   int32_t off, struct reg *to)
{
	struct argument arg;
	struct reg loaded;
	int err;

	if (off < 0 || off >= 8 * (ARGS_MAX + 1))
		return bad_access(env, acc, off, "no argument is there");
	if (acc->mode & ACCESS_WRITE)
		return bad_access(env, acc, off,
				  "arguments are not written");
	if (!acc->size || off % 8)
		return bad_access(env, acc, off,
				  "arguments begin at multiples of 8");
	if (!find_argument(env, (uint32_t)off / 8, &arg))
		return bad_access(env, acc, off,
				  "the function has no such argument");
	err = load_argument(env, acc, &arg, off, &loaded);
	if (!err && to)
		*to = loaded;
	return err;
}

/* Is variable `id` in the section of per-CPU ones? */
static bool is_percpu(const struct btf *btf, uint32_t id)
{
	uint32_t section = btf_find(btf, ".data..percpu", BTF_KIND_DATASEC);
	const struct btf_type *t;

	if (!section)
		return false;
	t = btf_type(btf, section);
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (btf_var_secinfos(t)[i].type == id)
			return true;
	return false;
}

int btf_symbol(struct verify_env *env, uint32_t id, struct reg *to)
{
	const struct btf *btf = env->in->kernel;
	uint32_t value, type, kind;
	int64_t size;

	kind = btf && id && id < btf_type_cnt(btf) ?
	       btf_kind(btf_type(btf, id)) : 0;
	value = verify_value(env, VALUE_CONST, 0, 0);
	if (kind == BTF_KIND_FUNC) {
		reg_set_pointer(to, REG_MEM, REG_RDONLY, value);
		return 0;
	}
	if (kind != BTF_KIND_VAR)
		return verify_says(env, verify_reject(env,
				DIAG_VERIFY_BTF_ID, -1,
				"type %u is no variable of the kernel", id),
				"pseudo btf_id %u in ldimm64 isn't KIND_VAR "
				"or KIND_FUNC", id);
	type = btf_skip_modifiers(btf, btf_type(btf, id)->type);
	size = btf_size(btf, type);
	if (is_percpu(btf, id)) {
		reg_set_pointer(to, REG_BTF, REG_PERCPU, value);
	} else if (!btf_is_struct(btf, type)) {
		reg_set_pointer(to, REG_MEM, REG_RDONLY, value);
		to->size = size > 0 ? (uint32_t)size : 0;
		return 0;
	} else {
		reg_set_pointer(to, REG_BTF, 0, value);
	}
	to->btf = btf;
	to->btf_id = type;
	return 0;
}
