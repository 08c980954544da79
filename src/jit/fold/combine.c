/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values that are put together from narrow loads of neighbouring bytes, as
 * fields of packed and of big-endian structures are: one wide load, swapped or
 * rotated if the bytes lie in another order. Likewise values whose bytes are
 * those of another one in reverse.
 *
 * All loads are in one block. The wide one takes the place of the last: until
 * there all have been done, so whatever would have stopped the run has done
 * so. Nothing between may have written what had been read. Or it takes the
 * place of the first, where nothing on the way may end the run, or write what
 * is read later.
 */
#include "jit/fold/combine.h"

#include "base/bits.h"
#include "jit/fold/fold.h"

#define APART_MAX	256	/* instructions from the first load on */

/* `cnt` bytes of memory, in the order in which a value has them. */
struct field {
	unsigned int cnt;
	ir_ref loads[8];	/* of each byte */
	int64_t imm;		/* of the lowest address */
	bool swapped;
	unsigned int turn;	/* byte 0 is at imm + turn; not if swapped */
};

/* ---- what it is ---- */

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

/* Do the bytes lie at imm, imm + 1, ... from byte `turn` on, or backward? */
static bool find_order(const struct ir_func *f, const struct fold_byte *bytes,
		       struct field *out)
{
	bool up = true, down = true;

	for (unsigned int i = 0; i < out->cnt; i++) {
		uint64_t at = (uint64_t)(address(f, bytes[i]) - out->imm);

		up &= at == (i + out->turn) % out->cnt;
		down &= at == out->cnt - 1 - i;
	}
	out->swapped = down;
	return up || down;
}

/* Are they a run of bytes of memory, from more than one load? */
static bool find_field(const struct ir_func *f, const struct fold_byte *bytes,
		       unsigned int cnt, struct field *out)
{
	bool several = false;

	*out = (struct field){ .cnt = cnt, .imm = INT64_MAX };
	if (cnt < 2 || !is_pow2(cnt))
		return false;
	for (unsigned int i = 0; i < cnt; i++) {
		if (!bytes[i].ref || !same_memory(f, bytes[0].ref,
						  bytes[i].ref))
			return false;
		out->loads[i] = bytes[i].ref;
		several |= bytes[i].ref != bytes[0].ref;
		out->imm = MIN(out->imm, address(f, bytes[i]));
	}
	out->turn = (unsigned int)(address(f, bytes[0]) - out->imm);
	return several && out->imm == (int32_t)out->imm &&
	       find_order(f, bytes, out);
}

/* ---- where it is read ---- */

/* A bit for each byte that this load is for. */
static unsigned int share(const struct field *field, ir_ref ref)
{
	unsigned int bits = 0;

	for (unsigned int i = 0; i < field->cnt; i++)
		bits |= (unsigned int)(field->loads[i] == ref) << i;
	return bits;
}

/* The first and the last of the loads, all of which precede `ref`. */
static bool find_ends(const struct ir_func *f, ir_ref ref,
		      const struct field *field, ir_ref *first, ir_ref *last)
{
	unsigned int left = (1u << field->cnt) - 1;
	ir_block_id block = ir_at(f, field->loads[0])->block;

	*first = *last = 0;
	if (ir_at(f, ref)->block != block)
		ref = ir_block(f, block)->last;
	for (unsigned int i = 0; ref && i < APART_MAX && left; i++) {
		unsigned int bits = share(field, ref);

		if (bits) {
			*last = *last ?: ref;
			*first = ref;
			left &= ~bits;
		}
		ref = ir_at(f, ref)->prev;
	}
	return !left;
}

/* May `insn` write what one of the loads, for `bits` of the bytes, reads? */
static bool writes(const struct ir_func *f, const struct field *field,
		   unsigned int bits, const struct ir_insn *insn)
{
	if (!ir_has(insn, IR_F_WRITES))
		return false;
	for (unsigned int i = 0; i < field->cnt; i++)
		if (bits >> i & 1 &&
		    fold_may_overlap(f, ir_at(f, field->loads[i]), insn))
			return true;
	return false;
}

/* The load in whose place all can be done, or 0. */
static ir_ref find_place(const struct ir_func *f, ir_ref before,
			 const struct field *field)
{
	unsigned int all = (1u << field->cnt) - 1, done = 0;
	bool early = true, late = true;
	ir_ref first, last;

	if (!find_ends(f, before, field, &first, &last))
		return 0;
	for (ir_ref ref = first; ref != last; ref = ir_at(f, ref)->next) {
		const struct ir_insn *insn = ir_at(f, ref);

		done |= share(field, ref);
		early &= !ir_has(insn, IR_F_STAYS) && !insn->ordered &&
			 !writes(f, field, all & ~done, insn);
		late &= !insn->ordered && !writes(f, field, done, insn);
	}
	return late ? last : early ? first : 0;
}

/* ---- building ---- */

static ir_ref arrange(struct ir_func *f, ir_ref before, ir_ref load,
		      const struct field *field)
{
	struct ir_insn insn = { .wide = true, .args = { load },
				.slot = ir_at(f, before)->slot };

	if (field->swapped) {
		insn.op = IR_BSWAP;
		insn.size = (uint8_t)field->cnt;
		return ir_insert(f, before, &insn);
	}
	if (!field->turn)
		return load;
	insn.op = IR_ROL;
	insn.wide = field->cnt == 8;
	insn.args[1] = ir_const(f, (field->cnt - field->turn) * 8);
	return ir_insert(f, before, &insn);
}

ir_ref fold_wide_load(struct ir_func *f, ir_ref before,
		      const struct fold_byte *bytes, unsigned int cnt)
{
	struct ir_insn load;
	struct field field;
	ir_ref place;

	if (!find_field(f, bytes, cnt, &field))
		return 0;
	place = find_place(f, before, &field);
	if (!place)
		return 0;
	load = *ir_at(f, place);
	load.imm = field.imm;
	load.size = (uint8_t)cnt;
	load.sign = false;
	return arrange(f, before, ir_insert(f, place, &load), &field);
}

static ir_ref shifted(struct ir_func *f, ir_ref before, ir_ref value,
		      unsigned int bytes)
{
	uint64_t bits = bytes * 8ull;

	if (!bytes)
		return value;
	if (ir_is(f, value, IR_CONST))
		return ir_const(f, (uint64_t)ir_at(f, value)->imm >> bits);
	return ir_insert(f, before, &(struct ir_insn){
		.op = IR_SHR, .wide = true, .slot = ir_at(f, before)->slot,
		.args = { value, ir_const(f, bits) } });
}

ir_ref fold_piece(struct ir_func *f, ir_ref before,
		  const struct fold_byte *bytes, unsigned int cnt)
{
	int step = bytes[1].index - bytes[0].index;
	ir_ref out;

	if (!bytes[0].ref || (step != 1 && step != -1))
		return 0;
	for (unsigned int i = 1; i < cnt; i++)
		if (bytes[i].ref != bytes[0].ref ||
		    bytes[i].index - bytes[0].index != step * (int)i)
			return 0;
	out = shifted(f, before, bytes[0].ref,
		      step > 0 ? bytes[0].index : bytes[cnt - 1].index);
	if (step > 0)
		return out;
	return ir_insert(f, before, &(struct ir_insn){
		.op = IR_BSWAP, .wide = true, .size = (uint8_t)cnt,
		.slot = ir_at(f, before)->slot, .args = { out } });
}

/* ---- sums ---- */

static bool is_root(const struct ir_insn *insn)
{
	return insn->op == IR_OR || insn->op == IR_XOR || insn->op == IR_ADD;
}

/* Bytes of one value the other way round: all that are there. */
static bool is_swap(const struct fold_byte *bytes, unsigned int cnt)
{
	return cnt > 1 && is_pow2(cnt) &&
	       bytes[0].index == bytes[1].index + 1;
}

static bool combine(struct ir_func *f, ir_ref ref)
{
	unsigned int from = 0, end = 8;
	struct fold_bytes bytes;
	ir_ref with;

	if (!is_root(ir_at(f, ref)))
		return false;
	bytes = fold_bytes_of(f, ref);
	while (from < 8 && !bytes.at[from].ref)
		from++;
	while (end > from && !bytes.at[end - 1].ref)
		end--;
	with = fold_wide_load(f, ref, bytes.at + from, end - from);
	if (!with && is_swap(bytes.at + from, end - from))
		with = fold_piece(f, ref, bytes.at + from, end - from);
	if (with && from)
		with = ir_insert(f, ref, &(struct ir_insn){
			.op = IR_SHL, .wide = true, .slot = ir_at(f, ref)->slot,
			.args = { with, ir_const(f, from * 8) } });
	if (!with || f->failed)
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
