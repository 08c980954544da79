/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory of a known size: pieces that calls give out, buffers of hooks,
 * global variables, arenas; and the bounds check that map values share.
 *
 * An access is inside when off + min >= 0 and off + max + size <= limit, for
 * min and max of the variable part. Pointers stay within 2^29 of their start
 * (alu_pointer.c), so that the sums do not overflow once max is known to be
 * below that, too.
 */
#include "verify/memory/access_rows.h"

#include "spec/diags.h"
#include "verify/look/look.h"
#include "verify/typed/typed.h"

#define VAR_MAX		(1 << 29)

static int reject_outside(struct verify_env *env, const struct access *acc,
			  const struct reg *base,
			  const struct mem_limit *limit, const char *side)
{
	int64_t off = access_off(acc, base), at;
	int64_t min = off + scalar_smin(&base->num);
	int64_t max = off + (int64_t)scalar_umax(&base->num);
	int err;

	at = side[1] == 'i' ? min : max;
	err = verify_reject(env, limit->diag, (int)acc->base,
			    "%u byte%s at offset %lld, where only %llu byte%s "
			    "there", acc->size, plural(acc->size),
			    (long long)at, (unsigned long long)limit->bytes,
			    limit->bytes == 1 ? " is" : "s are");
	err = verify_bounds(env, err, min, max, acc->size, limit->bytes);
	return verify_says(env, err, "invalid access to %s=%llu off=%lld "
			   "size=%u\nR%u %s value is outside of the allowed "
			   "memory range", limit->what,
			   (unsigned long long)limit->bytes, (long long)at,
			   acc->size, acc->base, side);
}

static int reject_negative(struct verify_env *env, const struct access *acc,
			   const struct reg *base,
			   const struct mem_limit *limit)
{
	int64_t off = access_off(acc, base), min = scalar_smin(&base->num);
	int err;

	err = verify_reject(env, DIAG_VERIFY_UNBOUNDED, (int)acc->base,
			    "the offset that was added to r%u may be "
			    "negative (%lld)", acc->base, (long long)min);
	err = verify_bounds(env, err, off + min, off, acc->size,
			    limit->bytes);
	return verify_says(env, err, "R%u min value is negative, either use "
			   "unsigned index or do a if (index >=0) check.",
			   acc->base);
}

static int reject_unbounded(struct verify_env *env, const struct access *acc,
			    const struct reg *base)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_UNBOUNDED, (int)acc->base,
			      "the offset that was added to r%u may be as "
			      "large as %llu", acc->base,
			      (unsigned long long)scalar_umax(&base->num)),
		"R%u unbounded memory access, make sure to bounds check any "
		"such access", acc->base);
}

static bool fits(int64_t at, uint32_t size, uint64_t limit)
{
	return at >= 0 && (uint64_t)at + size <= limit;
}

static bool looks_fine(struct verify_env *env, const struct access *acc,
		       const struct reg *base, const struct mem_limit *limit)
{
	int64_t off = access_off(acc, base);

	return base == state_reg(env->cur, acc->base) &&
	       acc->size <= limit->bytes &&
	       second_look(env, acc->base, -off,
			   (int64_t)(limit->bytes - acc->size) - off);
}

static int within(struct verify_env *env, const struct access *acc,
		  const struct reg *base, const struct mem_limit *limit)
{
	int64_t off = access_off(acc, base), min;
	uint64_t max;

	min = scalar_smin(&base->num);
	max = scalar_umax(&base->num);
	if (min < 0 && off + min < 0)
		return reject_negative(env, acc, base, limit);
	if (!fits(off + min, acc->size, limit->bytes))
		return reject_outside(env, acc, base, limit, "min");
	if (max >= VAR_MAX)
		return reject_unbounded(env, acc, base);
	if (!fits(off + (int64_t)max, acc->size, limit->bytes))
		return reject_outside(env, acc, base, limit, "max");
	return 0;
}

int mem_bounds(struct verify_env *env, const struct access *acc,
	       const struct reg *base, const struct mem_limit *limit)
{
	int err;

	if (likely(scalar_is(&base->num, 0)) &&
	    likely(fits(access_off(acc, base), acc->size, limit->bytes)))
		return 0;
	err = within(env, acc, base, limit);
	return err && looks_fine(env, acc, base, limit) ? 0 : err;
}

static int cannot_write(struct verify_env *env, const struct access *acc,
			const struct reg *base)
{
	const char *name = reg_type_name(base);

	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_READ_ONLY, (int)acc->base,
			      "r%u points to memory that is only read (%s)",
			      acc->base, name),
		"R%u cannot write into %s", acc->base, name);
}

int mem_access(struct verify_env *env, const struct access *acc,
	       const struct reg *base, struct reg *to)
{
	struct mem_limit limit = {
		.bytes = base->size, .diag = DIAG_VERIFY_MEM_BOUNDS,
		.what = "memory, mem_size",
	};
	(void)to;

	if ((acc->mode & ACCESS_WRITE) && (base->flags & REG_RDONLY))
		return cannot_write(env, acc, base);
	/* loads that may fault, and then give 0 */
	if ((base->flags & REG_RDONLY) && (base->flags & REG_UNTRUSTED))
		return 0;
	return mem_bounds(env, acc, base, &limit);
}

/* Buffers of hooks: their size is known when the program is attached. */
int buf_access(struct verify_env *env, const struct access *acc,
	       const struct reg *base, struct reg *to)
{
	const char *name = base->type == REG_TP_BUFFER ? "tracepoint" :
			   base->flags & REG_RDONLY ? "rdonly" : "rdwr";
	struct mem_limit limit = {
		.bytes = base->size, .diag = DIAG_VERIFY_MEM_BOUNDS,
		.what = "memory, mem_size",
	};
	int64_t off = access_off(acc, base);
	(void)to;

	if ((acc->mode & ACCESS_WRITE) && (base->flags & REG_RDONLY))
		return cannot_write(env, acc, base);
	if (off < 0)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_MEM_BOUNDS,
				      (int)acc->base,
				      "offset %lld is before the buffer",
				      (long long)off),
			"R%u invalid %s buffer access: off=%lld, size=%u",
			acc->base, name, (long long)off, acc->size);
	if (!scalar_is(&base->num, 0))
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_MEM_BOUNDS,
				      (int)acc->base,
				      "a variable offset in a buffer"),
			"R%u invalid variable buffer offset: off=%lld, "
			"var_off=%s", acc->base, (long long)off,
			scalar_bits_text(env, &base->num));
	return base->size ? mem_bounds(env, acc, base, &limit) : 0;
}

/* Pages come as they are touched, and what is outside faults harmlessly. */
int arena_access(struct verify_env *env, const struct access *acc,
		 const struct reg *base, struct reg *to)
{
	(void)env, (void)acc, (void)base, (void)to;
	return 0;
}

int kernel_access(struct verify_env *env, const struct access *acc,
		  const struct reg *base, struct reg *to)
{
	int err = btf_access(env, acc, to);
	(void)base;

	return err ?: to ? 1 : 0;
}
