/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that are put together from narrow loads of neighbouring bytes, as
 * fields of packed and of big-endian structures are: one wide load, swapped
 * if the bytes lie in the other order.
 *
 * The wide load takes the place of the last of the narrow ones: until there,
 * all have been done, so whatever would have stopped the run has done so. All
 * are in one block, and nothing between them writes what they read.
 */
#include "jit/fold/fold.h"

#include "base/bits.h"
#include "jit/fold/bytes.h"

#define APART_MAX	256	/* instructions from the first load on */

/* Bytes from..from + cnt - 1 of a value: memory at imm and up. */
struct field {
	unsigned int from, cnt;
	bool swapped;
	ir_ref loads[8];	/* of each byte */
	int64_t imm;		/* of the lowest address */
};

/* ---- finding ---- */

static int64_t address(const struct ir_func *f, struct fold_byte byte)
{
	return ir_at(f, byte.ref)->imm + byte.index;
}

static bool same_memory(const struct ir_func *f, ir_ref a, ir_ref b)
{
	const struct ir_insn *x = ir_at(f, a), *y = ir_at(f, b);

	return y->op == IR_LOAD && !y->ordered && x->block == y->block &&
	       ir_value(f, x->args[0]) == ir_value(f, y->args[0]) &&
	       x->region == y->region && x->map == y->map;
}

/* Is the value a run of bytes of memory, from more than one load? */
static bool find_field(const struct ir_func *f, ir_ref ref, struct field *out)
{
	struct fold_bytes bytes = fold_bytes_of(f, ref);
	unsigned int from = 0, end = 8, cnt;
	int64_t first, last;
	bool several = false;

	while (from < 8 && !bytes.at[from].ref)
		from++;
	while (end > from && !bytes.at[end - 1].ref)
		end--;
	cnt = end - from;
	if (cnt < 2 || !is_pow2(cnt))
		return false;
	for (unsigned int i = 0; i < cnt; i++) {
		struct fold_byte byte = bytes.at[from + i];

		if (!byte.ref || !same_memory(f, bytes.at[from].ref, byte.ref))
			return false;
		out->loads[i] = byte.ref;
		several |= byte.ref != bytes.at[from].ref;
	}
	first = address(f, bytes.at[from]);
	last = address(f, bytes.at[from + cnt - 1]);
	out->swapped = first > last;
	for (unsigned int i = 0; i < cnt; i++)
		if (address(f, bytes.at[from + i]) !=
		    first + (out->swapped ? -(int64_t)i : (int64_t)i))
			return false;
	out->from = from;
	out->cnt = cnt;
	out->imm = MIN(first, last);
	return several && out->imm == (int32_t)out->imm;
}

static bool is_one(const struct field *field, ir_ref ref)
{
	for (unsigned int i = 0; i < field->cnt; i++)
		if (field->loads[i] == ref)
			return true;
	return false;
}

/*
 * The last of the loads, when nothing between the first and it writes there;
 * else 0. Looks backward from the value, which all of them precede.
 */
static ir_ref last_load(const struct ir_func *f, ir_ref ref,
			const struct field *field)
{
	ir_ref last = 0, distinct = 0;
	unsigned int left = field->cnt;

	if (ir_at(f, ref)->block != ir_at(f, field->loads[0])->block)
		ref = ir_block(f, ir_at(f, field->loads[0])->block)->last;
	for (unsigned int i = 0; ref && i < APART_MAX; i++) {
		const struct ir_insn *insn = ir_at(f, ref);

		if (is_one(field, ref)) {
			last = last ?: ref;
			distinct = ref;
			for (unsigned int k = 0; k < field->cnt; k++)
				left -= field->loads[k] == ref;
			if (!left)
				return last;
		} else if (distinct && ir_has(insn, IR_F_WRITES)) {
			struct ir_insn wide = *ir_at(f, last);

			wide.imm = field->imm;
			wide.size = (uint8_t)field->cnt;
			if (fold_may_overlap(f, &wide, insn))
				return 0;
		}
		ref = insn->prev;
	}
	return 0;
}

/* ---- building ---- */

static ir_ref build(struct ir_func *f, ir_ref root, ir_ref last,
		    const struct field *field)
{
	struct ir_insn load = *ir_at(f, last);
	uint32_t slot = ir_at(f, root)->slot;
	ir_ref out;

	load.imm = field->imm;
	load.size = (uint8_t)field->cnt;
	load.sign = false;
	out = ir_insert(f, last, &load);
	if (field->swapped)
		out = ir_insert(f, root, &(struct ir_insn){
			.op = IR_BSWAP, .wide = true, .slot = slot,
			.size = (uint8_t)field->cnt, .args = { out } });
	if (field->from)
		out = ir_insert(f, root, &(struct ir_insn){
			.op = IR_SHL, .wide = true, .slot = slot,
			.args = { out, ir_const(f, field->from * 8) } });
	return out;
}

static bool is_root(const struct ir_insn *insn)
{
	return insn->op == IR_OR || insn->op == IR_XOR || insn->op == IR_ADD;
}

static bool combine(struct ir_func *f, ir_ref ref)
{
	struct field field;
	ir_ref last, with;

	if (!is_root(ir_at(f, ref)) || !find_field(f, ref, &field))
		return false;
	last = last_load(f, ref, &field);
	if (!last)
		return false;
	with = build(f, ref, last, &field);
	if (f->failed)
		return false;
	ir_replace(f, ref, with);
	return true;
}

/* From the end: a sum before its parts, which then nothing uses. */
bool fold_combine_loads(struct ir_func *f)
{
	bool any = false;

	for (size_t i = f->order.len; i-- && !f->failed;) {
		ir_ref ref = ir_block(f, f->order.data[i])->last, prev;

		for (; ref && !f->failed; ref = prev) {
			prev = ir_at(f, ref)->prev;
			any |= combine(f, ref);
		}
	}
	if (any)
		ir_clean(f);
	return any;
}
