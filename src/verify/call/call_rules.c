/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a row of helpers.def cannot say: the maps that a helper works on, and
 * rules of single helpers, one function each in rules[]. Rules look and
 * refuse; those of helpers with callbacks also send the callback on its way.
 *
 * Reference: check_map_func_compatibility, record_func_map and the switch of
 * check_helper_call in kernel/bpf/verifier.c.
 */
#include "base/str.h"
#include "btf/btf.h"
#include "spec/diags.h"
#include "verify/call/call_parts.h"

#define MAP_RDONLY_PROG	(1u << 7)	/* BPF_F_RDONLY_PROG */

#define MAP_BIT(name)	(1ull << MAP_TYPE_##name)
#define SOCKET_MAPS	(MAP_BIT(SOCKMAP) | MAP_BIT(SOCKHASH))

/* Programs that may change maps of sockets: no socket can be locked there. */
static bool may_update_sockets(const struct verify_env *env,
			       enum helper_id id)
{
	const uint64_t progs = PROG_BIT(SOCKET_FILTER) | PROG_BIT(SCHED_CLS) |
			       PROG_BIT(SCHED_ACT) | PROG_BIT(XDP) |
			       PROG_BIT(SK_REUSEPORT) |
			       PROG_BIT(FLOW_DISSECTOR) | PROG_BIT(SK_LOOKUP);
	const struct prog *prog = env->prog;

	if (prog->type == PROG_TYPE_TRACING)
		return prog->attach_type == ATTACH_TYPE_TRACE_ITER;
	if (prog->type == PROG_TYPE_SOCK_OPS)
		return id == HELPER_map_delete_elem;
	return progs >> prog->type & 1;
}

static bool is_update(enum helper_id id)
{
	return id == HELPER_map_update_elem || id == HELPER_map_delete_elem;
}

/* Helpers that change what a map holds, and go by the map's flags. */
static bool writes_map(enum helper_id id)
{
	return is_update(id) || id == HELPER_map_push_elem ||
	       id == HELPER_map_pop_elem;
}

static int check_map_use(struct verify_env *env, const struct call *call,
			 const struct verify_map *map)
{
	enum helper_id id = call->helper->id;
	const struct map_row *row = map_row(map->type);
	uint64_t types = helper_map_types(id);
	bool fits = !types || map_type_in(types, map->type);

	if (fits && is_update(id) && map_type_in(SOCKET_MAPS, map->type))
		fits = may_update_sockets(env, id);
	if (fits)
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_MAP_USE, -1,
			      "%s does not work on maps of type %s such as %s",
			      call->name, row ? row->name : "unknown",
			      map->name ?: "this one"),
		"cannot pass map_type %d into func %s#%d", map->type,
		call->name, id);
}

static int check_map(struct verify_env *env, struct call *call)
{
	const struct verify_map *map;
	int err;

	if (!call->map)
		return 0;
	map = reg_map(env, call->map);
	err = check_map_use(env, call, map);
	if (err || !(map->flags & MAP_RDONLY_PROG) ||
	    !writes_map(call->helper->id))
		return err;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_MAP_ACCESS, -1,
			      "map %s is read-only for programs", map->name),
		"write into map forbidden");
}

static int rule_tail_call(struct verify_env *env, struct call *call)
{
	const struct reg *index = &call->args[2];

	if (index->type == REG_SCALAR && scalar_is_const(&index->num))
		verify_precise(env, index);
	return call_nothing_held(env, "tail_call");
}

/* It has no way to report an error. */
static int rule_local_storage(struct verify_env *env, struct call *call)
{
	if (!reg_is_null(&call->args[1]))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_ARG, 2,
				      "the flags of %s must be 0",
				      call->name),
			"get_local_storage() doesn't support non-zero flags");
	verify_precise(env, &call->args[1]);
	return 0;
}

static int rule_set_retval(struct verify_env *env, struct call *call)
{
	const struct prog_attach *at = &env->prog->attach;
	const struct btf_type *proto;

	(void)call;
	if (env->prog->type != PROG_TYPE_LSM || !at->proto || !at->btf)
		return 0;
	proto = btf_type(at->btf, at->proto);
	if (env->prog->attach_type != ATTACH_TYPE_LSM_CGROUP || proto->type)
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_HELPER, -1,
			      "%s has no result to be set", at->target),
		"BPF_LSM_CGROUP that attach to void LSM hooks can't modify "
		"return value!");
}

/* The address is at hand where a function was entered by a trampoline. */
static int rule_func_ip(struct verify_env *env, struct call *call)
{
	const struct prog *prog = env->prog;
	uint32_t attach = prog->attach_type;

	if (prog->type == PROG_TYPE_KPROBE)
		return 0;
	if (prog->type == PROG_TYPE_TRACING &&
	    (attach == ATTACH_TYPE_TRACE_FENTRY ||
	     attach == ATTACH_TYPE_TRACE_FEXIT ||
	     attach == ATTACH_TYPE_MODIFY_RETURN))
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_HELPER, -1,
			      "%s is for fentry, fexit, fmod_ret and kprobe",
			      call->name),
		"func %s#%d not supported for program type %d", call->name,
		call->helper->id, prog->type);
}

/* Iterators and structures that have the socket locked. */
static bool locks_socket(const struct prog *prog)
{
	const struct prog_attach *at = &prog->attach;
	const char *target = at->target ?: "";

	if (prog->type == PROG_TYPE_TRACING)
		return str_eq(target, "tcp") || str_eq(target, "unix");
	if (prog->type != PROG_TYPE_STRUCT_OPS)
		return true;
	return at->btf && at->ops && !str_eq(target, "release") &&
	       str_eq(btf_type_name(at->btf, at->ops), "tcp_congestion_ops");
}

static int rule_sockopt(struct verify_env *env, struct call *call)
{
	if (locks_socket(env->prog))
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_HELPER, -1,
			      "%s is for members of tcp_congestion_ops but "
			      "release, and for iterators over tcp and unix "
			      "sockets", call->name),
		"program of this type cannot use helper %s#%d", call->name,
		call->helper->id);
}

static int rule_snprintf(struct verify_env *env, struct call *call)
{
	const struct reg *bytes = &call->args[4];

	return call_format(env, call_const_str(env, &call->args[2]),
			   bytes->num.bits.value);
}

typedef int (*rule_fn)(struct verify_env *env, struct call *call);

static const struct rule {
	enum helper_id helper;
	rule_fn check;
} rules[] = {
	{ HELPER_tail_call,		rule_tail_call },
	{ HELPER_get_local_storage,	rule_local_storage },
	{ HELPER_set_retval,		rule_set_retval },
	{ HELPER_get_func_ip,		rule_func_ip },
	{ HELPER_setsockopt,		rule_sockopt },
	{ HELPER_getsockopt,		rule_sockopt },
	{ HELPER_snprintf,		rule_snprintf },
};

int call_rules(struct verify_env *env, struct call *call)
{
	enum helper_id id = call->helper->id;
	int err = check_map(env, call);

	for (size_t i = 0; !err && i < ARRAY_SIZE(rules); i++)
		if (rules[i].helper == id)
			err = rules[i].check(env, call);
	if (!err && call->helper->flags & HELPER_CALLBACK)
		err = call_helper_callback(env, call);
	return err;
}
