/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Map values and keys, and maps themselves. A value that never changes again
 * (.rodata) is loaded as the constant that it is. Special fields of values
 * are typed_special's; maps themselves are kernel objects, read by BTF.
 */
#include "verify/access_rows.h"

#include <string.h>

#include "spec/diags.h"
#include "verify/typed.h"

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

int map_access(struct verify_env *env, const struct access *acc,
	       const struct reg *base, struct reg *to)
{
	return kernel_access(env, acc, base, to);
}
