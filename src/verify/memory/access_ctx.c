/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contexts and the other structs whose layout the UAPI fixes: sockets, flow
 * keys. All by the tables of prog/ctx.h: which bytes may be touched, and what
 * a load of a field gives. Offsets are constants.
 */
#include "verify/memory/access_rows.h"

#include "btf/btf.h"
#include "spec/diags.h"
#include "verify/typed/typed.h"

/* ---- what a load gives ---- */

struct ctx_pointer {
	uint8_t type;			/* enum reg_type; UNSET: a number */
	uint16_t flags;
};

static const struct ctx_pointer ctx_pointers[] = {
	[CTX_PACKET]		  = { REG_PACKET, 0 },
	[CTX_PACKET_META]	  = { REG_PACKET_META, 0 },
	[CTX_PACKET_END]	  = { REG_PACKET_END, 0 },
	[CTX_SOCKET]		  = { REG_SOCKET, 0 },
	[CTX_SOCKET_OR_NULL]	  = { REG_SOCKET, REG_NULLABLE },
	[CTX_SOCK_COMMON_OR_NULL] = { REG_SOCK_COMMON, REG_NULLABLE },
	[CTX_FLOW_KEYS]		  = { REG_FLOW_KEYS, 0 },
	[CTX_TP_BUFFER]		  = { REG_TP_BUFFER, 0 },
	[CTX_BTF]		  = { REG_BTF, REG_TRUSTED },
};

static int set_object(struct verify_env *env, const struct ctx_field *field,
		      struct reg *to)
{
	const struct btf *btf = env->in->kernel;
	uint32_t id = btf && field->btf ?
		btf_find(btf, field->btf, BTF_KIND_STRUCT) : 0;

	if (!id)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_BTF_ID, -1,
				      "the kernel's BTF has no struct %s",
				      field->btf ?: "of that field"),
			"invalid bpf_context access off=%u size=%u",
			field->off, field->size);
	to->btf = btf;
	to->btf_id = id;
	return 0;
}

static int set_pointer(struct verify_env *env, const struct ctx_field *field,
		       uint32_t address, struct reg *to)
{
	const struct ctx_pointer *row = &ctx_pointers[field->kind];
	struct reg ptr;
	int err = 0;

	reg_set_pointer(&ptr, row->type, row->flags,
			verify_value(env, VALUE_LOAD, address, 0));
	if (row->flags & REG_NULLABLE)
		ptr.id = verify_id(env);
	if (row->type == REG_BTF)
		err = set_object(env, field, &ptr);
	if (err)
		return err;
	*to = ptr;
	return 1;
}

static int set_field(struct verify_env *env, const struct ctx_field *field,
		     uint32_t address, struct reg *to)
{
	if (!field || !to || field->kind >= ARRAY_SIZE(ctx_pointers) ||
	    ctx_pointers[field->kind].type == REG_UNSET)
		return 0;
	return set_pointer(env, field, address, to);
}

/* ---- contexts ---- */

static int reject_field(struct verify_env *env, const struct access *acc,
			const struct ctx_layout *layout, int64_t off)
{
	const char *what = acc->mode & ACCESS_WRITE ? "stored" : "loaded";
	int err;

	err = verify_reject(env, DIAG_VERIFY_CTX, (int)acc->base,
			    "%u byte%s at offset %lld of %s cannot be %s",
			    acc->size, plural(acc->size), (long long)off,
			    layout && layout->name ? layout->name :
			    "the context", what);
	return verify_says(env, err, "invalid bpf_context access off=%lld "
			   "size=%u", (long long)off, acc->size);
}

static uint8_t wanted(const struct access *acc)
{
	if (acc->mode & ACCESS_WRITE)
		return CTX_WRITE;
	return acc->mode & ACCESS_SIGNED ? CTX_READ | CTX_SIGNED : CTX_READ;
}

/* Calls are handed contexts that are plain memory: the last byte is in it. */
static bool region_fits(const struct verify_env *env,
			const struct ctx_layout *layout,
			const struct access *acc, int64_t off)
{
	const struct ctx_field *field;

	return layout && !layout->fields && !layout->by_btf &&
	       (!acc->size ||
		ctx_allows(layout, env->prog->attach_type,
			   (uint32_t)off + acc->size - 1, 1, wanted(acc),
			   &field));
}

int ctx_access(struct verify_env *env, const struct access *acc,
	       const struct reg *base, struct reg *to)
{
	const struct ctx_layout *layout = ctx_layout(env->prog->type);
	int64_t off = access_off(acc, base);
	const struct ctx_field *field = NULL;
	int err = pointer_exact(env, acc->base, base, false);

	if (err)
		return err;
	if (acc->mode & ACCESS_CALL)
		return region_fits(env, layout, acc, off) ? 0 :
			reject_field(env, acc, layout, off);
	if (layout && layout->by_btf) {
		err = btf_ctx_access(env, acc, (int32_t)off, to);
		return err ?: to ? 1 : 0;
	}
	if (!layout || off < 0 ||
	    !ctx_allows(layout, env->prog->attach_type, (uint32_t)off,
			acc->size, wanted(acc), &field) ||
	    (verify_unprivileged(env) &&
	     ctx_needs_privilege(field, wanted(acc))))
		return reject_field(env, acc, layout, off);
	return set_field(env, field, base->value, to);
}

/* ---- sockets ---- */

static const struct ctx_layout *const sock_layouts[REG_TYPE_CNT] = {
	[REG_SOCKET]		= &ctx_to_socket,
	[REG_SOCK_COMMON]	= &ctx_to_sock_common,
	[REG_TCP_SOCK]		= &ctx_to_tcp_sock,
	[REG_XDP_SOCK]		= &ctx_to_xdp_sock,
};

int sock_access(struct verify_env *env, const struct access *acc,
		const struct reg *base, struct reg *to)
{
	const char *name = reg_type_name(base);
	int64_t off = access_off(acc, base);
	const struct ctx_field *field = NULL;

	if (acc->mode & ACCESS_WRITE)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_READ_ONLY,
				      (int)acc->base, "sockets are only read"),
			"R%u cannot write into %s", acc->base, name);
	if (off >= 0 && !(acc->mode & ACCESS_CALL) &&
	    ctx_allows(sock_layouts[base->type], env->prog->attach_type,
		       (uint32_t)off, acc->size, wanted(acc), &field))
		return set_field(env, field, base->value, to);
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_CTX, (int)acc->base,
			      "%u byte%s at offset %lld of %s cannot be loaded",
			      acc->size, plural(acc->size), (long long)off,
			      name),
		"R%u invalid %s access off=%lld size=%u", acc->base, name,
		(long long)off, acc->size);
}

int flow_keys_access(struct verify_env *env, const struct access *acc,
		     const struct reg *base, struct reg *to)
{
	int64_t off = access_off(acc, base);
	(void)to;

	if (off >= 0 &&
	    (uint64_t)off + acc->size <= ctx_to_flow_keys.size)
		return 0;
	return verify_bounds(env,
		verify_says(env,
			verify_reject(env, DIAG_VERIFY_MEM_BOUNDS,
				      (int)acc->base,
				      "%u bytes at offset %lld of the flow "
				      "keys", acc->size, (long long)off),
			"invalid access to flow keys off=%lld size=%u",
			(long long)off, acc->size),
		off, off, acc->size, ctx_to_flow_keys.size);
}
