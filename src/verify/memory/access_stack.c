/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stack at fixed offsets. A register that is stored to an aligned slot is
 * kept there: whole, or the low bytes of a number. Loads of it give what was
 * kept, or the part of it that they name. Other bytes are unknown (MISC), or
 * zero, or have not been written, which only privileged programs may read.
 *
 * Slot i holds addresses fp - 8 * (i + 1) and up; kind[b] is the byte at + b.
 * SPILL bytes are a run from byte 0, and reg is what they hold as a little-
 * endian number, zero-extended. A spilled pointer takes all eight. slot.reg
 * is a number of no links, with a node, where nothing is spilled.
 *
 * Liveness: a read marks the slot's node READ. A write that leaves bytes of
 * the slot as they were makes a STORED node over the old one, so that a later
 * read is one of the old slot, too; a write of all eight does not.
 *
 * Invariant of callers: accesses are aligned to their size, so none goes
 * over a slot's end.
 */
#include "verify/memory/access_stack.h"

#include <string.h>

#include "spec/diags.h"
#include "verify/typed/typed.h"

/* ---- slots ---- */

bool slot_is_object(const struct slot *slot)
{
	return slot->kind[0] >= SLOT_DYNPTR;
}

static uint64_t kinds_word(const struct slot *slot)
{
	uint64_t word;

	memcpy(&word, slot->kind, sizeof(word));
	return word;
}

#define ALL(kind)	(0x0101010101010101ull * (kind))

/* How many bytes reg holds; 0: nothing is spilled here. */
unsigned int slot_spilled(const struct slot *slot)
{
	unsigned int bytes = 0;

	if (kinds_word(slot) == ALL(SLOT_SPILL))
		return SLOT_BYTES;
	while (bytes < SLOT_BYTES && slot->kind[bytes] == SLOT_SPILL)
		bytes++;
	return bytes;
}

const struct slot *stack_slot(const struct frame *fr, int32_t off)
{
	static const struct slot unset;
	uint32_t i = (uint32_t)(-off - 1) / SLOT_BYTES;

	return i < fr->slots_cnt ? &fr->slots[i] : &unset;
}

/* What was spilled is gone; its bytes are unknown numbers. */
void slot_scrub(struct slot *slot, uint32_t value)
{
	for (unsigned int b = 0; b < SLOT_BYTES; b++)
		if (slot->kind[b] == SLOT_SPILL)
			slot->kind[b] = SLOT_MISC;
	reg_set_unknown(&slot->reg, value);
}

struct frame *stack_own(struct verify_env *env, uint32_t frame)
{
	return state_own(env, env->cur, frame);
}

/*
 * An own slot, without a dynptr or iterator in it: that is void when a byte
 * of it is written. NULL: *err says why.
 */
struct slot *stack_slot_to_write(struct verify_env *env, uint32_t frame,
				 int32_t off, int *err)
{
	uint32_t i = (uint32_t)(-off - 1) / SLOT_BYTES;
	struct frame *fr = stack_own(env, frame);
	struct slot *slot = fr ? frame_slot(env, fr, i) : NULL;

	*err = 0;
	if (slot && unlikely(slot_is_object(slot))) {
		*err = typed_overwrite(env, frame, i);
		if (*err)
			return NULL;
		fr = stack_own(env, frame);
		slot = fr ? frame_slot(env, fr, i) : NULL;
	}
	if (!slot)
		*err = verify_no_memory(env);
	return slot;
}

void stack_note_use(struct verify_env *env, uint32_t subprog, int32_t off)
{
	if (unlikely(!env->stack_used))
		env->stack_used = arena_array(&env->arena,
					      env->prog->subprogs_cnt ?: 1,
					      sizeof(*env->stack_used));
	if (unlikely(!env->stack_used))
		env->values.failed = true;
	else if (env->stack_used[subprog] < (uint32_t)-off)
		env->stack_used[subprog] = (uint32_t)-off;
}

/* ---- stores ---- */

static bool may_spill(const struct reg *from)
{
	return from->type != REG_TP_BUFFER && from->type != REG_DYNPTR;
}

static int check_spill(struct verify_env *env, uint32_t frame, uint32_t size,
		       const struct reg *from)
{
	if (size != SLOT_BYTES)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_STACK_SPILL, -1,
				      "%u bytes of a pointer are stored",
				      size),
			"invalid size of register spill");
	if (frame == env->cur->depth || from->type != REG_STACK)
		return 0;
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_STACK_SPILL, -1,
			      "a pointer to the stack is stored into the frame "
			      "of the caller"),
		"cannot spill pointers to stack into stack frame of the "
		"caller");
}

static void put_number(struct verify_env *env, struct slot *slot,
		       uint32_t size, struct reg *from)
{
	bool fits = scalar_umax(&from->num) <= word_mask(size * 8);
	uint32_t value;

	if (size == SLOT_BYTES)
		value = verify_value(env, VALUE_COPY, from->value, 0);
	else
		value = verify_value(env, VALUE_STORED, from->value,
				     slot->reg.value);
	if (fits)
		reg_link(env, from);
	slot->reg = *from;
	slot->reg.value = value;
	if (!fits) {
		slot->reg.num = scalar_zext(&from->num, size);
		slot->reg.id = 0;
		slot->reg.delta = 0;
	}
	for (unsigned int b = size; b < SLOT_BYTES; b++)
		if (slot->kind[b] == SLOT_SPILL)
			slot->kind[b] = SLOT_MISC;
	memset(slot->kind, SLOT_SPILL, size);
}

static void put_pointer(struct verify_env *env, struct slot *slot,
			const struct reg *from)
{
	uint32_t value = verify_value(env, VALUE_COPY, from->value, 0);

	slot->reg = *from;
	slot->reg.value = value;
	memset(slot->kind, SLOT_SPILL, SLOT_BYTES);
}

/*
 * Zeros at a place where no register can be kept; else what is unknown. A
 * number that is kept below them is given up, as by the kernel: states would
 * differ by it that nothing tells apart.
 */
static void put_bytes(struct verify_env *env, struct slot *slot,
		      unsigned int b, uint32_t size, const struct reg *from)
{
	bool zero = from && from->type == REG_SCALAR &&
		    scalar_is(&from->num, 0);
	uint32_t a = zero ? from->value : 0;

	if (zero)
		verify_precise(env, from);
	slot_scrub(slot, verify_value(env, VALUE_STORED, a,
				      size == SLOT_BYTES ? 0 :
				      slot->reg.value));
	memset(slot->kind + b, zero ? SLOT_ZERO : SLOT_MISC, size);
}

int stack_store_reg(struct verify_env *env, uint32_t frame, int32_t off,
		    uint32_t size, struct reg *from)
{
	unsigned int b = (uint32_t)off % SLOT_BYTES;
	struct slot *slot;
	int err = 0;

	if (from && from->type != REG_SCALAR && may_spill(from)) {
		err = check_spill(env, frame, size, from);
		if (err)
			return err;
	}
	slot = stack_slot_to_write(env, frame, off, &err);
	if (!slot)
		return err;
	if (unlikely(verify_unprivileged(env)) && size != SLOT_BYTES &&
	    slot_spilled(slot) && slot->reg.type != REG_SCALAR)
		return verify_says(env,
			verify_reject(env, DIAG_VERIFY_STACK_SPILL, -1,
				      "a part of a spilled pointer is "
				      "overwritten"),
			"attempt to corrupt spilled pointer on stack");
	if (from && from->type == REG_SCALAR && !b)
		put_number(env, slot, size, from);
	else if (from && from->type != REG_SCALAR && may_spill(from))
		put_pointer(env, slot, from);
	else
		put_bytes(env, slot, b, size, from);
	return 0;
}

/* ---- loads ---- */

static int reject_read(struct verify_env *env, const struct slot *slot,
		       int32_t off, uint32_t b, uint32_t size)
{
	bool object = slot_is_object(slot);
	int err = verify_reject(env, object ? DIAG_VERIFY_STACK_SPILL :
				DIAG_VERIFY_STACK_UNSET, -1,
				"%s at r10%+d is read",
				object ? "a dynptr or iterator" :
				"stack that is not set", off + (int)b);

	return verify_says(env, err, "invalid read from stack off %d+%u size "
			   "%u", off, b, size);
}

/* Bytes that no register is kept in: set, or free to be read. */
static int check_bytes(struct verify_env *env, const struct slot *slot,
		       int32_t off, uint32_t size)
{
	unsigned int at = (uint32_t)off % SLOT_BYTES;

	for (uint32_t b = 0; b < size; b++) {
		uint8_t kind = slot->kind[at + b];

		if (kind >= SLOT_DYNPTR ||
		    (kind == SLOT_UNSET && verify_unprivileged(env)))
			return reject_read(env, slot, off, b, size);
	}
	return 0;
}

static bool all_zero(const struct slot *slot, unsigned int at, uint32_t size)
{
	for (uint32_t b = 0; b < size; b++)
		if (slot->kind[at + b] != SLOT_ZERO)
			return false;
	return true;
}

static void mark_read(struct verify_env *env, const struct slot *slot)
{
	value_mark(&env->values, slot->reg.value, VALUE_READ);
}

/* Bytes [at, at + size) of a number that is kept. */
static void load_part(struct verify_env *env, const struct slot *slot,
		      unsigned int at, uint32_t size, struct reg *to)
{
	bool linked = !at && scalar_umax(&slot->reg.num) <=
			word_mask(size * 8);
	uint32_t value = verify_value(env, VALUE_COPY, slot->reg.value, 0);

	*to = slot->reg;
	to->value = value;
	if (linked)
		return;
	to->num = scalar_part(&slot->reg.num, at, size);
	to->id = 0;
	to->delta = 0;
}

static int reject_fill(struct verify_env *env)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_STACK_SPILL, -1,
			      "a part of a spilled pointer is loaded"),
		"invalid size of register fill");
}

static int leaks(struct verify_env *env, int32_t off)
{
	return verify_says(env,
		verify_reject(env, DIAG_VERIFY_POINTER_LEAK, -1,
			      "a spilled pointer at r10%+d is used as a "
			      "number", off),
		"leaking pointer from stack off %d", off);
}

int stack_load_reg(struct verify_env *env, uint32_t frame, int32_t off,
		   uint32_t size, struct reg *to)
{
	const struct slot *slot = stack_slot(env->cur->frames[frame], off);
	unsigned int at = (uint32_t)off % SLOT_BYTES;
	unsigned int spilled = slot_spilled(slot);
	bool pointer = spilled && slot->reg.type != REG_SCALAR;
	int err;

	if (pointer && size != SLOT_BYTES)
		return reject_fill(env);
	if (pointer && !to && verify_unprivileged(env))
		return leaks(env, off);
	if (at + size > spilled) {
		err = check_bytes(env, slot, off, size);
		if (err)
			return err;
	}
	mark_read(env, slot);
	if (!to)
		return 0;
	if (at + size <= spilled) {
		load_part(env, slot, at, size, to);
		return 1;
	}
	if (!all_zero(slot, at, size))
		return 0;
	/*
	 * ZERO bytes were precise when they were stored, and states are
	 * compared by them: the rest of the slot need not be so, too.
	 */
	reg_set_const(to, 0, verify_value(env, VALUE_LOAD, 0, 0));
	return 1;
}
