/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Map values and keys, and maps themselves. A value that never changes again
 * (.rodata) is loaded as the constant that it is. Special fields of values
 * are typed_special's; maps themselves are kernel objects, read by BTF.
 */
#include "verify/memory/access_rows.h"

#include <string.h>

#include "spec/diags.h"
#include "verify/typed/btf_walk.h"
#include "verify/typed/typed.h"

static int check_rights(struct verify_env *env, const struct access *acc,
			const struct reg *base, const struct verify_map *map)
{
	long long off = access_off(acc, base);
	int n = (int)acc->base;

	if ((acc->mode & ACCESS_WRITE) && (map->flags & BPF_F_RDONLY_PROG))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_MAP_ACCESS, n,
				      "programs may not write map %s",
				      map->name),
			"write into map forbidden, value_size=%u off=%lld "
			"size=%u", map->value_size, off, acc->size);
	if ((acc->mode & ACCESS_READ) && (map->flags & BPF_F_WRONLY_PROG))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_WRITE_ONLY, n,
				      "programs may not read map %s",
				      map->name),
			"read from map forbidden, value_size=%u off=%lld "
			"size=%u", map->value_size, off, acc->size);
	return 0;
}

static int load_frozen(struct verify_env *env, const struct access *acc,
		       const void *bytes, uint32_t value, struct reg *to)
{
	uint64_t number = 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	memcpy(&number, bytes, acc->size);
#else
	memcpy((char *)&number + 8 - acc->size, bytes, acc->size);
#endif
	reg_set_const(to, number, verify_value(env, VALUE_LOAD, value, 0));
	return 1;
}

int map_value_access(struct verify_env *env, const struct access *acc,
		     const struct reg *base, struct reg *to)
{
	const struct verify_map *map = reg_map(env, base);
	struct mem_limit limit = {
		.bytes = map->value_size, .diag = DIAG_VERIFY_MAP_BOUNDS,
		.what = "map value, value_size",
	};
	int64_t off = access_off(acc, base);
	int err;

	err = check_rights(env, acc, base, map) ?:
	      mem_bounds(env, acc, base, &limit);
	if (err)
		return err;
	err = special_access(env, acc, off + scalar_smin(&base->num),
			     off + (int64_t)scalar_umax(&base->num) +
			     acc->size, to);
	if (err || !to || !map->frozen || !scalar_is_const(&base->num))
		return err;
	off += (int64_t)base->num.bits.value;
	return load_frozen(env, acc, (const char *)map->frozen + off,
			   base->value, to);
}

int map_key_access(struct verify_env *env, const struct access *acc,
		   const struct reg *base, struct reg *to)
{
	struct mem_limit limit = {
		.bytes = reg_map(env, base)->key_size,
		.diag = DIAG_VERIFY_MAP_BOUNDS, .what = "map key, key_size",
	};
	int n = (int)acc->base, err;
	(void)to;

	if (!(acc->mode & ACCESS_WRITE))
		return mem_bounds(env, acc, base, &limit);
	err = verify_reject(env, DIAG_VERIFY_READ_ONLY, n,
			    "the key of a map's element is written");
	if (acc->mode & ACCESS_CALL)
		return verify_says(env, err, "R%d cannot write into map_key",
				   n);
	return verify_says(env, err, "write to change key R%d not allowed",
			   n);
}

/* ---- maps themselves ---- */

/* The kernel's struct for a map of that type; it begins with a bpf_map. */
static const char *const map_structs[MAP_TYPE_END] = {
	[MAP_TYPE_HASH]			= "bpf_htab",
	[MAP_TYPE_ARRAY]		= "bpf_array",
	[MAP_TYPE_PROG_ARRAY]		= "bpf_array",
	[MAP_TYPE_PERF_EVENT_ARRAY]	= "bpf_array",
	[MAP_TYPE_PERCPU_HASH]		= "bpf_htab",
	[MAP_TYPE_PERCPU_ARRAY]		= "bpf_array",
	[MAP_TYPE_STACK_TRACE]		= "bpf_stack_map",
	[MAP_TYPE_CGROUP_ARRAY]		= "bpf_array",
	[MAP_TYPE_LRU_HASH]		= "bpf_htab",
	[MAP_TYPE_LRU_PERCPU_HASH]	= "bpf_htab",
	[MAP_TYPE_LPM_TRIE]		= "lpm_trie",
	[MAP_TYPE_ARRAY_OF_MAPS]	= "bpf_array",
	[MAP_TYPE_HASH_OF_MAPS]		= "bpf_htab",
	[MAP_TYPE_DEVMAP]		= "bpf_dtab",
	[MAP_TYPE_SOCKMAP]		= "bpf_stab",
	[MAP_TYPE_CPUMAP]		= "bpf_cpu_map",
	[MAP_TYPE_XSKMAP]		= "xsk_map",
	[MAP_TYPE_SOCKHASH]		= "bpf_shtab",
	[MAP_TYPE_CGROUP_STORAGE]	= "bpf_cgroup_storage_map",
	[MAP_TYPE_REUSEPORT_SOCKARRAY]	= "reuseport_array",
	[MAP_TYPE_PERCPU_CGROUP_STORAGE] = "bpf_cgroup_storage_map",
	[MAP_TYPE_QUEUE]		= "bpf_queue_stack",
	[MAP_TYPE_STACK]		= "bpf_queue_stack",
	[MAP_TYPE_SK_STORAGE]		= "bpf_local_storage_map",
	[MAP_TYPE_DEVMAP_HASH]		= "bpf_dtab",
	[MAP_TYPE_STRUCT_OPS]		= "bpf_struct_ops_map",
	[MAP_TYPE_RINGBUF]		= "bpf_ringbuf_map",
	[MAP_TYPE_INODE_STORAGE]	= "bpf_local_storage_map",
	[MAP_TYPE_TASK_STORAGE]		= "bpf_local_storage_map",
	[MAP_TYPE_BLOOM_FILTER]		= "bpf_bloom_filter",
	[MAP_TYPE_USER_RINGBUF]		= "bpf_ringbuf_map",
	[MAP_TYPE_CGRP_STORAGE]		= "bpf_local_storage_map",
	[MAP_TYPE_ARENA]		= "bpf_arena",
};

static int check_map_struct(struct verify_env *env, const struct access *acc,
			    const char *name, int64_t off)
{
	int n = (int)acc->base;

	if (verify_unprivileged(env))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_BTF, n,
				      "maps themselves are not for "
				      "unprivileged programs"),
			"'struct %s' access is allowed only to CAP_PERFMON "
			"and CAP_SYS_ADMIN", name);
	if (off < 0)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_BTF, n,
				      "an access in front of struct %s", name),
			"R%d is %s invalid negative access: off=%lld", n, name,
			(long long)off);
	if (acc->mode & ACCESS_WRITE)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_READ_ONLY, n,
				      "struct %s is only read", name),
			"only read from %s is supported", name);
	return 0;
}

/* 1 with *to set to a pointer; 0 for a number. */
static int load_member(struct verify_env *env, const struct btf_walk *walk,
		       uint32_t address, struct reg *to)
{
	if (!to || (walk->found != FOUND_POINTER &&
		    walk->found != FOUND_STRUCT_POINTER))
		return 0;
	address = verify_value(env, VALUE_LOAD, address, 0);
	if (walk->found == FOUND_POINTER) {
		reg_set_pointer(to, REG_MEM, REG_RDONLY | REG_UNTRUSTED,
				address);
		return 1;
	}
	reg_set_pointer(to, REG_BTF, walk->flags, address);
	to->btf = walk->btf;
	to->btf_id = walk->id;
	return 1;
}

int map_access(struct verify_env *env, const struct access *acc,
	       const struct reg *base, struct reg *to)
{
	enum map_type type = reg_map(env, base)->type;
	const char *name = (uint32_t)type < MAP_TYPE_END ?
		map_structs[type] : NULL;
	int64_t off = access_off(acc, base);
	struct btf_walk walk = {
		.btf = env->in->kernel, .off = (uint32_t)off,
		.size = acc->size, .flexible = true,
	};
	int err;

	if (walk.btf && name)
		walk.id = btf_find(walk.btf, name, BTF_KIND_STRUCT);
	if (!walk.id)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_BTF, (int)acc->base,
				      "the kernel's types say nothing of this "
				      "map's struct"),
			"map_ptr access not supported for map type %d", type);
	err = check_map_struct(env, acc, name, off) ?: btf_walk(env, &walk);
	return err ?: load_member(env, &walk, base->value, to);
}
