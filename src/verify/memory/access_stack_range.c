/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stack as instructions and calls reach it: bounds, and places that are
 * not fixed. A write somewhere in a range makes all bytes of it unknown, or
 * leaves a zero where a zero is written; a read of one makes a number unless
 * all of it is zero, and needs all of it set. Without privileges there are no
 * variable places (alu_pointer.c).
 */
#include "verify/memory/access_stack.h"

#include "spec/diags.h"
#include "verify/look/look.h"

#define VAR_MAX		(1 << 29)

/* Offsets from the frame's top that an access may touch: [min, max). */
struct extent {
	int64_t min, max;
	bool fixed;
};

static bool is_unbounded(const struct reg *base)
{
	return scalar_smin(&base->num) <= -VAR_MAX ||
	       scalar_smax(&base->num) >= VAR_MAX;
}

static const char *kind_of(const struct access *acc)
{
	if (acc->mode & ACCESS_CALL)
		return " indirect access to";
	return acc->mode & ACCESS_WRITE ? " write to" : " read from";
}

static int reject_bounds(struct verify_env *env, const struct access *acc,
			 const struct reg *base, const struct extent *at)
{
	long long off = access_off(acc, base);
	const char *kind = kind_of(acc);
	int n = (int)acc->base, err;

	err = verify_reject(env, DIAG_VERIFY_STACK_BOUNDS, n,
			    "%u byte%s between r10%+lld and r10%+lld of a "
			    "frame that has %u bytes below r10", acc->size,
			    plural(acc->size), (long long)at->min,
			    (long long)at->max, env->opts.stack_size);
	err = verify_bounds(env, err, at->min, at->max - acc->size,
			    acc->size, 0);
	if (at->fixed)
		return verify_says(env, err, "invalid%s stack R%d off=%lld "
				   "size=%u", kind, n, (long long)at->min,
				   acc->size);
	return verify_says(env, err, "invalid variable-offset%s stack R%d "
			   "var_off=%s off=%lld size=%u", kind, n,
			   scalar_bits_text(env, &base->num), off, acc->size);
}

static int reject_unbounded(struct verify_env *env, const struct access *acc)
{
	int n = (int)acc->base;

	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_UNBOUNDED, n,
			      "the offset that was added to r%d has no "
			      "bounds", n),
		"invalid unbounded variable-offset%s stack R%d",
		kind_of(acc), n);
}

/* A read finds what a frame without privileges has set. */
static int64_t lowest(const struct verify_env *env, const struct access *acc,
		      const struct frame *fr)
{
	if ((acc->mode & (ACCESS_WRITE | ACCESS_CALL)) ||
	    !verify_unprivileged(env))
		return -(int64_t)env->opts.stack_size;
	return -(int64_t)fr->slots_cnt * SLOT_BYTES;
}

static bool looks_fine(struct verify_env *env, const struct access *acc,
		       const struct reg *base, int64_t low)
{
	int64_t off = access_off(acc, base);

	return base == state_reg(env->cur, acc->base) &&
	       !scalar_is_const(&base->num) &&
	       second_look(env, acc->base, low - off,
			   -(int64_t)MAX(acc->size, 1u) - off);
}

static int within(struct verify_env *env, const struct access *acc,
		  const struct reg *base, struct extent *at)
{
	const struct frame *fr = env->cur->frames[base->frame];
	int64_t off = access_off(acc, base);

	at->fixed = scalar_is_const(&base->num);
	at->min = at->max = off;
	if (likely(at->fixed)) {
		at->min += (int64_t)base->num.bits.value;
		at->max = at->min + acc->size;
	} else if (is_unbounded(base)) {
		return reject_unbounded(env, acc);
	} else {
		at->min += scalar_smin(&base->num);
		at->max += scalar_smax(&base->num) + acc->size;
	}
	if (unlikely(at->min < lowest(env, acc, fr) || at->min >= 0 ||
		     at->max > 0))
		return reject_bounds(env, acc, base, at);
	return 0;
}

static int stack_bounds(struct verify_env *env, const struct access *acc,
			const struct reg *base, struct extent *at)
{
	const struct frame *fr = env->cur->frames[base->frame];
	int err = within(env, acc, base, at);

	if (err && looks_fine(env, acc, base, lowest(env, acc, fr)))
		err = within(env, acc, base, at);
	if (!err)
		stack_note_use(env, fr->subprog, (int32_t)at->min);
	return err;
}

/* ---- reads of a range ---- */

static int reject_byte(struct verify_env *env, const struct access *acc,
		       const struct reg *base, const struct extent *at,
		       int64_t off)
{
	const char *how = acc->mode & ACCESS_CALL ? " indirect" : "";
	int n = (int)acc->base, err;

	err = verify_reject(env, DIAG_VERIFY_STACK_UNSET, n,
			    "byte %lld of what is read, at r10%+lld, is not "
			    "set", (long long)(off - at->min), (long long)off);
	env->why.unset = off - at->min;
	if (at->fixed)
		return verify_says(env, err, "invalid%s read from stack R%d "
				   "off %lld+%lld size %u", how, n,
				   (long long)at->min,
				   (long long)(off - at->min), acc->size);
	return verify_says(env, err, "invalid%s read from stack R%d var_off "
			   "%s+%lld size %u", how, n,
			   scalar_bits_text(env, &base->num),
			   (long long)(off - at->min), acc->size);
}

static bool byte_is_readable(const struct verify_env *env,
			     const struct slot *slot, unsigned int b)
{
	switch ((enum slot_kind)slot->kind[b]) {
	case SLOT_MISC:
	case SLOT_ZERO:
		return true;
	case SLOT_SPILL:
		return slot->reg.type == REG_SCALAR ||
		       !verify_unprivileged(env);
	case SLOT_UNSET:
		return !verify_unprivileged(env);
	default:
		return false;
	}
}

/* All bytes can be read; *zero tells that all are. */
static int read_range(struct verify_env *env, const struct access *acc,
		      const struct reg *base, const struct extent *at,
		      bool *zero)
{
	const struct frame *fr = env->cur->frames[base->frame];

	*zero = true;
	for (int64_t off = at->min; off < at->max; off++) {
		const struct slot *slot = stack_slot(fr, (int32_t)off);
		unsigned int b = (uint64_t)off % SLOT_BYTES;

		if (!byte_is_readable(env, slot, b))
			return reject_byte(env, acc, base, at, off);
		*zero = *zero && slot->kind[b] == SLOT_ZERO;
		if (!b || off == at->min)
			value_mark(&env->values, slot->reg.value, VALUE_READ);
	}
	return 0;
}

int stack_load(struct verify_env *env, const struct access *acc,
	       const struct reg *base, struct reg *to)
{
	struct extent at;
	bool zero;
	int err = stack_bounds(env, acc, base, &at);

	if (err)
		return err;
	if (likely(at.fixed))
		return stack_load_reg(env, base->frame, (int32_t)at.min,
				      acc->size, to);
	err = read_range(env, acc, base, &at, &zero);
	if (err || !zero || !to)
		return err;
	reg_set_const(to, 0, verify_value(env, VALUE_LOAD, base->value, 0));
	return 1;
}

/* ---- writes of a range ---- */

static int reject_var_write(struct verify_env *env, uint8_t kind,
			    int64_t off)
{
	if (kind == SLOT_UNSET)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_STACK_UNSET, -1,
				      "r10%+lld may or may not be set by a "
				      "write at a variable place",
				      (long long)off),
			"uninit stack in range of var-offset write prohibited "
			"for !root; insn %u, off: %lld", env->cur->insn,
			(long long)off);
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_STACK_SPILL, -1,
			      "a spilled register at r10%+lld may be "
			      "overwritten", (long long)off),
		"spilled ptr in range of var-offset stack write; insn %u, ptr "
		"off: %lld", env->cur->insn, (long long)off);
}

static bool stays_zero(const struct slot *slot, unsigned int b)
{
	return slot->kind[b] == SLOT_ZERO ||
	       (slot->kind[b] == SLOT_SPILL &&
		slot->reg.type == REG_SCALAR && scalar_is(&slot->reg.num, 0));
}

/*
 * The byte is written, or another one. Where zero is written over zero, the
 * byte stays as it is, and the number that is written has to stay zero.
 */
static int write_byte(struct verify_env *env, uint32_t frame, int64_t off,
		      const struct reg *zero)
{
	unsigned int b = (uint64_t)off % SLOT_BYTES;
	struct slot *slot;
	uint32_t value;
	int err;

	slot = stack_slot_to_write(env, frame, (int32_t)off, &err);
	if (!slot)
		return err;
	if (unlikely(verify_unprivileged(env)) &&
	    slot->kind[b] != SLOT_MISC && slot->kind[b] != SLOT_ZERO)
		return reject_var_write(env, slot->kind[b], off);
	if (zero && stays_zero(slot, b)) {
		verify_precise(env, zero);
		value_mark(&env->values, slot->reg.value, VALUE_PRECISE);
		return 0;
	}
	if (slot_spilled(slot)) {
		value = verify_value(env, VALUE_STORED, 0, slot->reg.value);
		slot_scrub(slot, value);
	}
	slot->kind[b] = SLOT_MISC;
	return 0;
}

int stack_store(struct verify_env *env, const struct access *acc,
		const struct reg *base)
{
	const struct reg *zero = acc->from &&
		acc->from->type == REG_SCALAR &&
		scalar_is(&acc->from->num, 0) ? acc->from : NULL;
	uint32_t frame = base->frame;
	struct extent at;
	int err = stack_bounds(env, acc, base, &at);

	if (err)
		return err;
	if (likely(at.fixed))
		return stack_store_reg(env, frame, (int32_t)at.min, acc->size,
				       acc->from);
	for (int64_t off = at.min; !err && off < at.max; off++)
		err = write_byte(env, frame, off, zero);
	return err;
}

/* ---- calls ---- */

static int reject_object(struct verify_env *env, const struct access *acc,
			 int64_t off)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_STACK_SPILL, (int)acc->base,
			      "the call may write over a dynptr or iterator "
			      "at r10%+lld", (long long)off),
		"potential write to dynptr at off=%lld disallowed",
		(long long)off);
}

/* Memory that need not be set, at a fixed place: nothing is read of it. */
static int check_uninit(struct verify_env *env, const struct access *acc,
			const struct reg *base, const struct extent *at)
{
	const struct frame *fr = env->cur->frames[base->frame];

	for (int64_t off = at->min; off < at->max; off++)
		if (slot_is_object(stack_slot(fr, (int32_t)off)))
			return reject_object(env, acc, off);
	return 0;
}

/*
 * What a call writes; whole slots lose what they held, also for liveness.
 * Without privileges the call might write parts of a pointer alone.
 */
static int clobber(struct verify_env *env, uint32_t frame,
		   const struct extent *at)
{
	bool slots = at->fixed && !verify_unprivileged(env);
	int64_t off = at->min;
	int err = 0;

	while (!err && off < at->max) {
		bool whole = slots && !(off % SLOT_BYTES) &&
			     at->max - off >= SLOT_BYTES;

		err = stack_store_reg(env, frame, (int32_t)off,
				      whole ? SLOT_BYTES : 1, NULL);
		off += whole ? SLOT_BYTES : 1;
	}
	return err;
}

int stack_region(struct verify_env *env, const struct access *acc,
		 const struct reg *base)
{
	bool uninit = (acc->mode & ACCESS_UNINIT) &&
		      scalar_is_const(&base->num);
	uint32_t frame = base->frame;
	struct extent at;
	bool zero;
	int err = stack_bounds(env, acc, base, &at);

	if (err)
		return err;
	if (uninit)
		err = check_uninit(env, acc, base, &at);
	else
		err = read_range(env, acc, base, &at, &zero);
	if (!err && (acc->mode & ACCESS_WRITE))
		err = clobber(env, frame, &at);
	return err;
}
