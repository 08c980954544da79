/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that helpers are handed: by the key and value sizes of a map, by a
 * size in the next register, of a fixed size, or text in a read-only map.
 *
 * The size decides how much is accessed, so it is marked precise; where it is
 * a range, its greatest value is what must fit, and memory that the helper
 * only writes is not taken as written. Reference: check_mem_size_reg,
 * get_constant_map_key in kernel/bpf/verifier.c.
 */
#include <inttypes.h>
#include <string.h>

#include "spec/diags.h"
#include "verify/call/call_parts.h"

#define SIZE_LIMIT	(1u << 29)
#define MAP_RDONLY_PROG	(1u << 7)	/* BPF_F_RDONLY_PROG */
#define MAP_WRONLY_PROG	(1u << 8)
#define MAP_INNER_FREE	(1u << 12)	/* BPF_F_INNER_MAP: size varies */

int call_region(struct verify_env *env, unsigned int n, uint32_t size,
		uint8_t mode)
{
	struct reg *reg = call_reg(env, n);
	uint16_t nullable = reg->flags & REG_NULLABLE;
	int err;

	reg->flags &= (uint16_t)~REG_NULLABLE;
	err = access_region(env, n, size, mode | ACCESS_CALL);
	call_reg(env, n)->flags |= nullable;
	return err;
}

static int off_disallowed(struct verify_env *env, unsigned int n,
			  const char *what)
{
	const struct reg *reg = call_reg(env, n);
	const char *name = reg_type_name(reg);

	return verify_says(env,
		verify_reject(env, reg->type == REG_CTX ?
			      DIAG_VERIFY_CTX_MOVED : DIAG_VERIFY_ARG, (int)n,
			      "r%u must be the pointer as it came, and has "
			      "the offset %d", n, reg->off),
		"%s %s ptr R%u off=%d disallowed", what, name, n, reg->off);
}

int call_pointer_exact(struct verify_env *env, unsigned int n,
		       bool fixed_is_fine)
{
	const struct reg *reg = call_reg(env, n);

	if (reg->off < 0)
		return off_disallowed(env, n, "negative offset");
	if (reg->off && !fixed_is_fine)
		return off_disallowed(env, n, "dereference of modified");
	if (scalar_is(&reg->num, 0))
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_ARG, (int)n,
			      "r%u has an offset that varies", n),
		"variable %s access var_off=(0x%" PRIx64 "; 0x%" PRIx64
		") disallowed", reg_type_name(reg), reg->num.bits.value,
		reg->num.bits.mask);
}

/* The map has no argument before the key: a row is wrong, or the map is. */
static int no_map(struct verify_env *env, unsigned int n)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_ARG, (int)n,
			      "r%u belongs to a map that is not known", n),
		"invalid map_ptr to access map->key");
}

/* Bytes [at, at + size) of the slot are `kind`, and no others of it are. */
static bool slot_has(const struct slot *slot, uint32_t at, uint32_t size,
		     enum slot_kind kind)
{
	for (uint32_t i = at; i < at + size; i++)
		if (slot->kind[i] != kind)
			return false;
	return true;
}

/* Does the slot hold one known number, of which the key is a part? */
static bool holds_key(const struct slot *slot, uint32_t at, uint32_t size)
{
	if (slot->reg.type != REG_SCALAR || !scalar_is_const(&slot->reg.num))
		return false;
	if (at)
		return at + size == SLOT_BYTES &&
		       slot_has(slot, 0, SLOT_BYTES, SLOT_SPILL);
	return slot_has(slot, 0, size, SLOT_SPILL) &&
	       (size == SLOT_BYTES || slot->kind[size] != SLOT_SPILL);
}

/*
 * The number that a key on the stack holds, or -1. As the kernel: all zero
 * bytes in one slot, or one number that was stored with the key's size, or
 * whose upper bytes are the key. (The kernel takes the whole number for these,
 * which is the same for 0 alone.)
 */
static int64_t constant_key(struct verify_env *env, const struct reg *reg,
			    uint32_t size)
{
	const struct frame *fr = env->cur->frames[reg->frame];
	int64_t off = (int64_t)reg->off + scalar_smin(&reg->num);
	const struct slot *slot;
	uint64_t index;
	uint32_t at;

	if (!scalar_is_const(&reg->num) || off >= 0 || size > SLOT_BYTES)
		return -1;
	index = (uint64_t)(-off - 1) / SLOT_BYTES;
	at = (uint32_t)(off + (int64_t)(index + 1) * SLOT_BYTES);
	if (index >= fr->slots_cnt || at + size > SLOT_BYTES)
		return -1;
	slot = &fr->slots[index];
	if (slot_has(slot, at, size, SLOT_ZERO)) {
		value_mark(&env->values, slot->reg.value,
			   VALUE_PRECISE | VALUE_READ);
		return 0;
	}
	if (!holds_key(slot, at, size))
		return -1;
	value_mark(&env->values, slot->reg.value, VALUE_PRECISE | VALUE_READ);
	return (int64_t)(scalar_umin(&slot->reg.num) >> at * 8);
}

/* A lookup of a constant index that an array has never finds nothing. */
static void note_key(struct verify_env *env, struct call *call,
		     unsigned int n, const struct verify_map *map)
{
	const struct reg *reg = call_reg(env, n);

	if (map->type != MAP_TYPE_ARRAY && map->type != MAP_TYPE_PERCPU_ARRAY)
		return;
	if (reg->type != REG_STACK ||
	    call->helper->id != HELPER_map_lookup_elem ||
	    env->opts.profile == VERIFY_UNPRIVILEGED)
		return;
	if (call->map->map_uid && map->flags & MAP_INNER_FREE)
		return;
	call->key = constant_key(env, reg, map->key_size);
}

int call_arg_key(struct verify_env *env, struct call *call, unsigned int n)
{
	const struct verify_map *map;
	int err;

	if (!call->map)
		return no_map(env, n);
	map = reg_map(env, call->map);
	err = call_region(env, n, map->key_size, ACCESS_READ);
	if (!err)
		note_key(env, call, n, map);
	return err;
}

int call_arg_value(struct verify_env *env, struct call *call, unsigned int n)
{
	uint8_t mode = call_arg_mode(call->helper->args[n - 1]);
	const struct verify_map *map;

	if (!call->map)
		return no_map(env, n);
	map = reg_map(env, call->map);
	if (map->type == MAP_TYPE_BLOOM_FILTER)
		mode = ACCESS_READ;
	return call_region(env, n, map->value_size, mode);
}

static int check_aligned(struct verify_env *env, unsigned int n,
			 uint32_t size)
{
	const struct reg *reg = call_reg(env, n);
	uint64_t low = reg->num.bits.value + (uint64_t)(int64_t)reg->off;

	if (!((low | reg->num.bits.mask) & (size - 1)))
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_ALIGN, (int)n,
			      "the %u bytes that r%u points to are not "
			      "aligned", size, n),
		"misaligned %saccess off (0x%" PRIx64 "; 0x%" PRIx64
		")+%d+0 size %u", reg->type == REG_STACK ? "stack " : "value ",
		reg->num.bits.value, reg->num.bits.mask, reg->off, size);
}

int call_arg_fixed(struct verify_env *env, struct call *call, unsigned int n)
{
	enum arg_kind kind = call->helper->args[n - 1];
	uint32_t size = call_arg_bytes(kind);
	uint8_t mode = call_arg_mode(kind);
	int err = call_region(env, n, size, mode);

	if (!err && mode & ACCESS_WRITE)
		err = check_aligned(env, n, size);
	return err;
}

static int size_rejected(struct verify_env *env, const struct call *call,
			 unsigned int n, const char *what)
{
	const struct scalar *num = &call->args[n - 1].num;

	return verify_reject(env, DIAG_VERIFY_ARG_SIZE, (int)n,
			     "r%u, a size for %s, %s: it is %" PRId64
			     " to %" PRId64, n, call->name, what,
			     scalar_smin(num), scalar_smax(num));
}

static int check_size(struct verify_env *env, const struct call *call,
		      unsigned int n, bool zero)
{
	const struct scalar *num = &call->args[n - 1].num;

	if (scalar_smin(num) < 0)
		return verify_says(env,
			size_rejected(env, call, n, "may be negative"),
			"R%u min value is negative, either use unsigned or "
			"'var &= const'", n);
	if (!zero && !scalar_umin(num))
		return verify_says(env,
			size_rejected(env, call, n, "may be zero"),
			"R%u invalid zero-sized read: u64=[%" PRIu64 ",%"
			PRIu64 "]", n, scalar_umin(num), scalar_umax(num));
	if (scalar_umax(num) >= SIZE_LIMIT)
		return verify_says(env,
			size_rejected(env, call, n, "has no upper bound"),
			"R%u unbounded memory access, use 'var &= const' or "
			"'if (var < const)'", n);
	return 0;
}

int call_arg_size(struct verify_env *env, struct call *call, unsigned int n)
{
	const struct scalar *num = &call->args[n - 1].num;
	enum arg_kind kind = call->helper->args[n - 2];
	uint8_t mode = call_arg_mode(kind);
	int err = check_size(env, call, n,
			     call->helper->args[n - 1] == ARG_SIZE_OR_ZERO);

	if (err)
		return err;
	call->size_max = scalar_umax(num);
	verify_precise(env, &call->args[n - 1]);
	if (reg_is_null(&call->args[n - 2])) {
		if (!call->size_max)
			return 0;
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_ARG, (int)n - 1,
				      "r%u is NULL, and its size r%u is not "
				      "0", n - 1, n),
			"R%u type=scalar expected=fp", n - 1);
	}
	if (!scalar_is_const(num) && mode & ACCESS_UNINIT)
		mode = ACCESS_WRITE;
	return call_region(env, n - 1, (uint32_t)call->size_max, mode);
}

const char *call_const_str(const struct verify_env *env,
			   const struct reg *reg)
{
	const struct verify_map *map = reg_map(env, reg);

	return (const char *)map->frozen + reg->off + scalar_umin(&reg->num);
}

static int str_rejected(struct verify_env *env, unsigned int n,
			const char *what)
{
	return verify_reject(env, DIAG_VERIFY_ARG_CONST, (int)n,
			     "the text that r%u points to %s", n, what);
}

int call_arg_str(struct verify_env *env, struct call *call, unsigned int n)
{
	const struct reg *reg = call_reg(env, n);
	const struct verify_map *map = reg_map(env, reg);
	int64_t off;
	int err;

	(void)call;
	if (!map->frozen)
		return verify_says(env,
			str_rejected(env, n, "can change: it is not in a "
				     "frozen read-only map"),
			"R%u does not point to a readonly map'", n);
	if (!scalar_is_const(&reg->num))
		return verify_says(env,
			str_rejected(env, n, "is not always the same"),
			"R%u is not a constant address'", n);
	off = reg->off + (int64_t)scalar_umin(&reg->num);
	err = call_region(env, n, off >= 0 && off < map->value_size ?
			  map->value_size - (uint32_t)off : 1, ACCESS_READ);
	if (err)
		return err;
	verify_precise(env, reg);
	if (!memchr((const char *)map->frozen + off, 0,
		    map->value_size - (size_t)off))
		return verify_says(env, str_rejected(env, n, "has no end"),
				   "string is not zero-terminated");
	return 0;
}
