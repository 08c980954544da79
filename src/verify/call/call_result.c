/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a helper leaves in r0: one row a ret_kind, and what is known of the
 * numbers of some helpers. Objects typed by the kernel's BTF are typed_ret()'s.
 *
 * A nullable result gets an id, which its copies share until they are
 * compared with NULL. A reference's id is that id as well: finding the result
 * NULL gives the reference back.
 */
#include "verify/call/call_parts.h"

#include <unistd.h>

#define MAX_ERRNO	4095

enum ret_flags {
	RET_NULLABLE	= 1 << 0,
	RET_TYPED	= 1 << 1,	/* typed_ret's */
};

static const struct ret_row {
	uint8_t type;			/* enum reg_type */
	uint8_t flags;
} rows[RET_KIND_CNT] = {
	[RET_ANY]		  = { REG_SCALAR, 0 },
	[RET_VOID]		  = { REG_UNSET, 0 },
	[RET_MAP_VALUE_OR_NULL]	  = { REG_MAP_VALUE, RET_NULLABLE },
	[RET_MAP_VALUE]		  = { REG_MAP_VALUE, 0 },
	[RET_MEM_OR_NULL]	  = { REG_MEM, RET_NULLABLE },
	[RET_MEM]		  = { REG_MEM, 0 },
	[RET_DYNPTR_MEM_OR_NULL]  = { REG_MEM, RET_TYPED },
	[RET_SOCKET_OR_NULL]	  = { REG_SOCKET, RET_NULLABLE },
	[RET_SOCK_COMMON_OR_NULL] = { REG_SOCK_COMMON, RET_NULLABLE },
	[RET_TCP_SOCK_OR_NULL]	  = { REG_TCP_SOCK, RET_NULLABLE },
	[RET_BTF_ID_OR_NULL]	  = { REG_BTF, RET_TYPED },
	[RET_BTF_ID]		  = { REG_BTF, RET_TYPED },
	[RET_MEM_OR_BTF_ID_OR_NULL] = { REG_BTF, RET_TYPED },
	[RET_MEM_OR_BTF_ID]	  = { REG_BTF, RET_TYPED },
};

static uint64_t cpus(void)
{
	long cnt = sysconf(_SC_NPROCESSORS_CONF);

	return cnt < 1 ? 1 : (uint64_t)cnt;
}

/* Bytes written, or an errno; the number of a CPU. */
static void refine(struct reg *r0, const struct call *call)
{
	switch (call->helper->id) {
	case HELPER_get_stack:
	case HELPER_get_task_stack:
	case HELPER_probe_read_str:
	case HELPER_probe_read_kernel_str:
	case HELPER_probe_read_user_str:
		r0->num = scalar_srange(-MAX_ERRNO, (int64_t)call->size_max);
		break;
	case HELPER_get_smp_processor_id:
		r0->num = scalar_urange(0, cpus() - 1);
		break;
	default:
		break;
	}
}

/* What looking a map up finds: values, but in maps of other things. */
static enum reg_type found_type(const struct verify_map *map)
{
	switch (map->type) {
	case MAP_TYPE_ARRAY_OF_MAPS:
	case MAP_TYPE_HASH_OF_MAPS:
		return REG_MAP;
	case MAP_TYPE_XSKMAP:
		return REG_XDP_SOCK;
	case MAP_TYPE_SOCKMAP:
	case MAP_TYPE_SOCKHASH:
		return REG_SOCKET;
	default:
		return REG_MAP_VALUE;
	}
}

static void set_found(struct verify_env *env, struct reg *r0,
		      const struct call *call)
{
	const struct verify_map *map = reg_map(env, call->map);

	r0->map = call->map->map;
	r0->map_uid = call->map->map_uid;
	if (call->helper->id != HELPER_map_lookup_elem)
		return;
	r0->type = (uint8_t)found_type(map);
	if (call->key >= 0 && (uint64_t)call->key < map->max_entries)
		r0->flags &= (uint16_t)~REG_NULLABLE;
}

/* A lookup in a map of maps: which one it found is what its id says. */
static void set_ids(struct verify_env *env, struct reg *r0,
		    const struct call *call)
{
	if (r0->flags & REG_NULLABLE || r0->type == REG_MAP_VALUE ||
	    r0->type == REG_MAP)
		r0->id = verify_id(env);
	if (r0->type == REG_MAP)
		r0->map_uid = r0->id;
	(void)call;
}

static bool acquires(const struct call *call, const struct reg *r0)
{
	return call->helper->flags & HELPER_ACQUIRES ||
	       (call->helper->id == HELPER_map_lookup_elem &&
		r0->type == REG_SOCKET);
}

/* The same socket by another type: it lives as long as the argument does. */
static bool casts(enum helper_id id)
{
	return id == HELPER_sk_fullsock || id == HELPER_tcp_sock;
}

static int set_ref(struct verify_env *env, struct reg *r0,
		   const struct call *call)
{
	if (casts(call->helper->id)) {
		r0->ref = call->ref;
		return 0;
	}
	if (!acquires(call, r0))
		return 0;
	r0->ref = state_hold(env, env->cur, HELD_REF, env->cur->insn, NULL);
	r0->id = r0->ref;
	return r0->ref ? 0 : verify_no_memory(env);
}

static int set_pointer(struct verify_env *env, struct reg *r0,
		       const struct call *call, const struct ret_row *row)
{
	uint16_t flags = row->flags & RET_NULLABLE ? REG_NULLABLE : 0;

	reg_set_pointer(r0, row->type, flags,
			verify_value(env, VALUE_CALL, 0, 0));
	if (row->type == REG_MAP_VALUE && call->map)
		set_found(env, r0, call);
	if (row->type == REG_MEM) {
		r0->size = (uint32_t)MIN(call->alloc_size, UINT32_MAX);
		if (call->helper->id == HELPER_ringbuf_reserve)
			r0->flags |= REG_RINGBUF;
	}
	set_ids(env, r0, call);
	return set_ref(env, r0, call);
}

int call_result(struct verify_env *env, const struct call *call)
{
	const struct ret_row *row = &rows[call->helper->ret];
	struct reg *r0 = call_reg(env, 0);

	if (row->flags & RET_TYPED)
		return typed_ret(env, call, r0);
	if (row->type == REG_UNSET)
		return 0;
	if (row->type != REG_SCALAR)
		return set_pointer(env, r0, call, row);
	reg_set_unknown(r0, verify_value(env, VALUE_CALL, 0, 0));
	refine(r0, call);
	return 0;
}
