/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arguments of helpers. Each enum arg_kind has one row: the kinds of
 * registers that it takes, how the memory behind them is used, and a function
 * for what the table cannot say. Kinds that are about kernel types, special
 * fields and dynptrs are typed_arg()'s.
 *
 * Reference: check_func_arg, check_reg_type in kernel/bpf/verifier.c.
 */
#include "base/str.h"
#include "spec/diags.h"
#include "verify/call/call_parts.h"

/* Register types with the flags that they must have, and no others. */
struct taken {
	uint8_t type;			/* enum reg_type; UNSET ends a list */
	uint16_t flags;
};

static const struct taken takes_number[] = { { REG_SCALAR, 0 }, { 0 } };
static const struct taken takes_ctx[] = { { REG_CTX, 0 }, { 0 } };
static const struct taken takes_map[] = { { REG_MAP, 0 }, { 0 } };
static const struct taken takes_func[] = { { REG_FUNC, 0 }, { 0 } };
static const struct taken takes_stack[] = { { REG_STACK, 0 }, { 0 } };
static const struct taken takes_value[] = { { REG_MAP_VALUE, 0 }, { 0 } };
static const struct taken takes_socket[] = { { REG_SOCKET, 0 }, { 0 } };
static const struct taken takes_record[] = {
	{ REG_MEM, REG_RINGBUF }, { 0 }
};
static const struct taken takes_sock_common[] = {
	{ REG_SOCK_COMMON, 0 }, { REG_SOCKET, 0 }, { REG_TCP_SOCK, 0 },
	{ REG_XDP_SOCK, 0 }, { 0 }
};
static const struct taken takes_memory[] = {
	{ REG_STACK, 0 }, { REG_PACKET, 0 }, { REG_PACKET_META, 0 },
	{ REG_MAP_KEY, 0 }, { REG_MAP_VALUE, 0 }, { REG_MEM, 0 },
	{ REG_MEM, REG_RINGBUF }, { REG_BUF, 0 }, { REG_BTF, REG_TRUSTED },
	{ 0 }
};

enum arg_flags {
	ARG_NULL_FINE	= 1 << 0,
	ARG_TYPED	= 1 << 1,	/* typed_arg's */
	ARG_HOOKED	= 1 << 2,	/* CTX, or typed, by program type */
	ARG_NO_REF	= 1 << 3,	/* reg.ref is not the call's */
};

typedef int (*arg_fn)(struct verify_env *env, struct call *call,
		      unsigned int n);

struct arg_row {
	const struct taken *takes;	/* NULL: what `check` says */
	arg_fn check;			/* or NULL */
	uint8_t mode;			/* enum access_mode, of memory */
	uint8_t bytes;			/* fixed size of memory */
	uint8_t flags;
};

static int arg_map(struct verify_env *env, struct call *call,
		   unsigned int n);
static int arg_func(struct verify_env *env, struct call *call,
		    unsigned int n);
static int arg_constant(struct verify_env *env, struct call *call,
			unsigned int n);

#define IN	ACCESS_READ
#define OUT	(ACCESS_WRITE | ACCESS_UNINIT)
#define INOUT	(ACCESS_READ | ACCESS_WRITE)

static const struct arg_row rows[ARG_KIND_CNT] = {
	[ARG_ANY]	= { NULL, call_arg_any, 0, 0, 0 },
	[ARG_CTX]	= { takes_ctx, NULL, 0, 0, 0 },
	[ARG_CTX_OR_NULL] = { takes_ctx, NULL, 0, 0, ARG_NULL_FINE },
	[ARG_CTX_OR_BTF] = { takes_ctx, NULL, 0, 0, ARG_HOOKED },
	[ARG_CTX_OR_SOCK] = { takes_ctx, NULL, 0, 0, ARG_HOOKED },
	[ARG_MAP]	= { takes_map, arg_map, 0, 0, 0 },
	[ARG_MAP_KEY]	= { takes_memory, call_arg_key, IN, 0, 0 },
	[ARG_MAP_KEY_OR_NULL] = { takes_memory, call_arg_key, IN, 0,
				  ARG_NULL_FINE },
	[ARG_MAP_VALUE]	= { takes_memory, call_arg_value, IN, 0, 0 },
	[ARG_MAP_VALUE_OR_NULL] = { takes_memory, call_arg_value, IN, 0,
				    ARG_NULL_FINE },
	[ARG_MAP_VALUE_OUT] = { takes_memory, call_arg_value, OUT, 0, 0 },
	[ARG_MEM]	= { takes_memory, NULL, IN, 0, 0 },
	[ARG_MEM_OR_NULL] = { takes_memory, NULL, IN, 0, ARG_NULL_FINE },
	[ARG_MEM_OUT]	= { takes_memory, NULL, OUT, 0, 0 },
	[ARG_MEM_OUT_OR_NULL] = { takes_memory, NULL, OUT, 0, ARG_NULL_FINE },
	[ARG_MEM_INOUT]	= { takes_memory, NULL, INOUT, 0, 0 },
	[ARG_INT_OUT]	= { takes_memory, call_arg_fixed, OUT, 4, 0 },
	[ARG_INT_INOUT]	= { takes_memory, call_arg_fixed, INOUT, 4, 0 },
	[ARG_LONG_OUT]	= { takes_memory, call_arg_fixed, OUT, 8, 0 },
	[ARG_SIZE]	= { takes_number, call_arg_size, 0, 0, 0 },
	[ARG_SIZE_OR_ZERO] = { takes_number, call_arg_size, 0, 0, 0 },
	[ARG_IPHDR]	= { takes_memory, call_arg_fixed, IN, 20, 0 },
	[ARG_IPV6HDR]	= { takes_memory, call_arg_fixed, IN, 40, 0 },
	[ARG_TCPHDR]	= { takes_memory, call_arg_fixed, IN, 20, 0 },
	[ARG_ALLOC_SIZE] = { takes_number, arg_constant, 0, 0, 0 },
	[ARG_RINGBUF_MEM] = { takes_record, NULL, 0, 0, 0 },
	[ARG_FUNC]	= { takes_func, arg_func, 0, 0, 0 },
	[ARG_STACK_OR_NULL] = { takes_stack, NULL, 0, 0, ARG_NULL_FINE },
	[ARG_CONST_STR]	= { takes_value, call_arg_str, IN, 0, 0 },
	[ARG_SPIN_LOCK]	= { NULL, NULL, 0, 0, ARG_TYPED },
	[ARG_TIMER]	= { NULL, NULL, 0, 0, ARG_TYPED },
	[ARG_KPTR]	= { NULL, NULL, 0, 0, ARG_TYPED | ARG_NO_REF },
	[ARG_DYNPTR]	= { NULL, NULL, 0, 0, ARG_TYPED | ARG_NO_REF },
	[ARG_DYNPTR_OUT] = { NULL, NULL, 0, 0, ARG_TYPED | ARG_NO_REF },
	[ARG_SOCKET]	= { takes_socket, NULL, 0, 0, 0 },
	[ARG_SOCKET_OR_NULL] = { takes_socket, NULL, 0, 0, ARG_NULL_FINE },
	[ARG_SOCK_COMMON] = { takes_sock_common, NULL, 0, 0, 0 },
	[ARG_BTF_SOCK_COMMON] = { NULL, NULL, 0, 0, ARG_TYPED },
	[ARG_BTF_ID]	= { NULL, NULL, 0, 0, ARG_TYPED },
	[ARG_BTF_ID_OR_NULL] = { NULL, NULL, 0, 0,
				 ARG_TYPED | ARG_NULL_FINE },
	[ARG_PERCPU_BTF_ID] = { NULL, NULL, 0, 0, ARG_TYPED },
};

uint8_t call_arg_mode(enum arg_kind kind)
{
	return rows[kind].mode;
}

bool call_arg_may_be_null(enum arg_kind kind)
{
	return rows[kind].flags & ARG_NULL_FINE;
}

uint32_t call_arg_bytes(enum arg_kind kind)
{
	return rows[kind].bytes;
}

int call_arg_any(struct verify_env *env, struct call *call, unsigned int n)
{
	(void)call;
	if (env->opts.profile != VERIFY_UNPRIVILEGED ||
	    !reg_is_pointer(call_reg(env, n)))
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_POINTER_LEAK, (int)n,
			      "r%u hands an address to %s", n, call->name),
		"R%u leaks addr into helper function", n);
}

/* A second MAP argument of a helper must be the map of the first one. */
static int arg_map(struct verify_env *env, struct call *call, unsigned int n)
{
	const struct reg *reg = &call->args[n - 1];

	if (call->map && (call->map->map != reg->map ||
			  call->map->map_uid != reg->map_uid))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_ARG, (int)n,
				      "r%u is not the map that r1 lies in", n),
			"timer pointer in R1 map_uid=%u doesn't match map "
			"pointer in R%u map_uid=%u",
			call->map->map_uid, n, reg->map_uid);
	call->map = reg;
	return 0;
}

static int arg_func(struct verify_env *env, struct call *call,
		    unsigned int n)
{
	(void)env;
	call->callback = call->args[n - 1].subprog;
	return 0;
}

static int arg_constant(struct verify_env *env, struct call *call,
			unsigned int n)
{
	const struct reg *reg = &call->args[n - 1];

	if (!scalar_is_const(&reg->num))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_ARG_CONST, (int)n,
				      "r%u must be a constant for %s", n,
				      call->name),
			"R%u is not a known constant'", n);
	call->alloc_size = scalar_umin(&reg->num);
	call->alloc_size_known = true;
	verify_precise(env, reg);
	return 0;
}

/* "R1 type=scalar expected=fp, pkt, ..." */
static int wrong_type(struct verify_env *env, const struct call *call,
		      unsigned int n, const struct taken *takes)
{
	const struct reg *reg = call_reg(env, n);
	const char *got = reg_type_name(reg);
	struct strbuf wanted = STRBUF_INIT;
	int diag, err;

	for (const struct taken *take = takes; take->type; take++) {
		struct reg as = { .type = take->type, .flags = take->flags };

		strbuf_printf(&wanted, "%s%s", take == takes ? "" : ", ",
			      reg_type_name(&as));
	}
	diag = reg->flags & REG_NULLABLE ? DIAG_VERIFY_NULL : DIAG_VERIFY_ARG;
	err = verify_reject(env, diag, (int)n,
			    "argument %u of %s cannot be r%u, which is %s", n,
			    call->name, n, verify_describe(env, reg));
	verify_says(env, err, "R%u type=%s expected=%s", n, got,
		    strbuf_str(&wanted));
	strbuf_fini(&wanted);
	return err;
}

/* What of a register's flags a kind of argument does not look at. */
static uint16_t ignored_flags(const struct arg_row *row)
{
	uint16_t flags = REG_PKT_BEYOND | REG_PKT_AT_END;

	if (row->flags & ARG_NULL_FINE)
		flags |= REG_NULLABLE;
	if (!(row->mode & ACCESS_WRITE))
		flags |= REG_RDONLY;
	return flags;
}

static int check_type(struct verify_env *env, const struct call *call,
		      unsigned int n, const struct arg_row *row)
{
	const struct reg *reg = call_reg(env, n);
	uint16_t flags = reg->flags & ~ignored_flags(row);
	const struct taken *take = row->takes;

	while (take->type && (take->type != reg->type ||
			      take->flags != flags))
		take++;
	if (!take->type)
		return wrong_type(env, call, n, row->takes);
	if (reg->type == REG_BTF && (row->mode & ACCESS_WRITE))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_READ_ONLY, (int)n,
				      "%s may write to the kernel object in "
				      "r%u", call->name, n),
			"%s() may write into memory pointed by R%u type=%s",
			call->name, n, reg_type_name(reg));
	return 0;
}

/* Whether argument n is the reference that the helper gives back. */
static bool is_release(const struct call *call, unsigned int n)
{
	return n == 1 && call->helper->flags & HELPER_RELEASES;
}

static int check_offset(struct verify_env *env, const struct call *call,
			unsigned int n)
{
	const struct reg *reg = call_reg(env, n);
	bool release = is_release(call, n);

	if (release && reg->off)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_REF_RELEASE, (int)n,
				      "r%u is not the pointer as it was "
				      "acquired: its offset is %d", n,
				      reg->off),
			"R%u must have zero offset when passed to release "
			"func or trusted arg to kfunc", n);
	switch (reg->type) {
	case REG_SCALAR:
	case REG_STACK:
	case REG_PACKET:
	case REG_PACKET_META:
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_MEM:
	case REG_BUF:
	case REG_ARENA:
		return release ? call_pointer_exact(env, n, false) : 0;
	default:
		return call_pointer_exact(env, n, reg->type == REG_BTF);
	}
}

/* A helper is handed one reference at most, so that `ref` says which. */
static int note_ref(struct verify_env *env, struct call *call,
		    unsigned int n)
{
	const struct reg *reg = &call->args[n - 1];
	bool release = is_release(call, n);

	if (release && !reg->ref && !reg_is_null(reg))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_REF_RELEASE, (int)n,
				      "%s releases a reference, and r%u has "
				      "none", call->name, n),
			"R%u must be referenced when passed to release "
			"function", n);
	call->releases |= release;
	if (!reg->ref)
		return 0;
	if (call->ref)
		return verify_reject(env, DIAG_VERIFY_ARG, (int)n,
				     "more than one argument of %s is a "
				     "reference", call->name);
	call->ref = reg->ref;
	return 0;
}

static int check_packet(struct verify_env *env, const struct call *call,
			unsigned int n)
{
	const struct reg *reg = call_reg(env, n);

	if (reg->type != REG_PACKET && reg->type != REG_PACKET_META)
		return 0;
	if (call->helper->flags & HELPER_PKT)
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_ARG, (int)n,
			      "%s does not take packet memory, as r%u is",
			      call->name, n),
		"helper access to the packet is not allowed");
}

/* Helpers that take an object, too, of programs with a context to hand over. */
static const struct {
	enum helper_id helper;
	uint64_t progs;
} by_object[] = {
	{ HELPER_get_socket_cookie,	PROG_BIT(SK_REUSEPORT) },
	{ HELPER_setsockopt,		PROG_BIT(CGROUP_SOCKOPT) },
	{ HELPER_getsockopt,		PROG_BIT(CGROUP_SOCKOPT) },
};

/* Programs with typed arguments hand over objects; others their context. */
static bool hook_has_ctx(const struct verify_env *env, enum helper_id id)
{
	uint64_t typed = PROG_BIT(TRACING) | PROG_BIT(LSM) |
			 PROG_BIT(STRUCT_OPS) | PROG_BIT(SYSCALL);

	if (id == HELPER_sk_storage_get)
		return env->prog->type == PROG_TYPE_CGROUP_SOCK;
	for (size_t i = 0; i < ARRAY_SIZE(by_object); i++)
		if (by_object[i].helper == id)
			typed |= by_object[i].progs;
	return !(typed >> env->prog->type & 1);
}

/* Where packets are received, any socket will do; it is not NULL. */
static enum arg_kind kind_by_hook(const struct verify_env *env,
				  const struct call *call, enum arg_kind kind)
{
	if (call->helper->id == HELPER_sk_assign &&
	    kind == ARG_SOCKET_OR_NULL &&
	    env->prog->type != PROG_TYPE_SK_LOOKUP)
		return ARG_BTF_SOCK_COMMON;
	return kind;
}

/*
 * Maps of sockets take a socket for the value; a look into a bloom filter
 * reads the value that it asks for.
 */
static enum arg_kind kind_by_map(const struct verify_env *env,
				 const struct call *call, enum arg_kind kind)
{
	enum map_type type = reg_map(env, call->map)->type;

	if (kind == ARG_MAP_VALUE && (type == MAP_TYPE_SOCKMAP ||
				      type == MAP_TYPE_SOCKHASH))
		return ARG_BTF_SOCK_COMMON;
	if (kind == ARG_MAP_VALUE_OUT && type == MAP_TYPE_BLOOM_FILTER)
		return ARG_MAP_VALUE;
	return kind;
}

/* What bpf_kptr_xchg() and dynptrs do to references is typed_done()'s. */
static int check_typed(struct verify_env *env, struct call *call,
		       unsigned int n, const struct arg_row *row)
{
	int err;

	call->kind = (enum arg_kind)(row - rows);
	err = typed_arg(env, call, n);
	if (err || row->flags & ARG_NO_REF ||
	    call->helper->id == HELPER_kptr_xchg)
		return err;
	return note_ref(env, call, n);
}

static int check_kind(struct verify_env *env, struct call *call,
		      unsigned int n, enum arg_kind kind)
{
	const struct arg_row *row = &rows[kind];
	const struct reg *reg = call_reg(env, n);
	bool null = row->flags & ARG_NULL_FINE && reg_is_null(reg);
	int err = 0;

	if (null)
		verify_precise(env, reg);
	if (row->flags & ARG_TYPED ||
	    (row->flags & ARG_HOOKED && !hook_has_ctx(env, call->helper->id)))
		return check_typed(env, call, n, row);
	if (row->takes && !null)
		err = check_type(env, call, n, row) ?:
		      check_offset(env, call, n);
	if (!err && row->takes)
		err = note_ref(env, call, n);
	if (!err && row->check && !null)
		err = row->check(env, call, n);
	return err;
}

int call_arg(struct verify_env *env, struct call *call, unsigned int n)
{
	enum arg_kind kind = call->helper->args[n - 1];

	if (kind == ARG_NONE || kind == ARG_VARARG)
		return 0;
	if (call_reg(env, n)->type == REG_UNSET)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_UNSET, (int)n,
				      "r%u, argument %u of %s, is not set",
				      n, n, call->name),
			"R%u !read_ok", n);
	if (kind == ARG_ANY)
		return call_arg_any(env, call, n);
	if (call->map && (kind == ARG_MAP_VALUE || kind == ARG_MAP_VALUE_OUT))
		kind = kind_by_map(env, call, kind);
	kind = kind_by_hook(env, call, kind);
	return check_packet(env, call, n) ?: check_kind(env, call, n, kind);
}
