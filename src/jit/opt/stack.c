/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames to variables: loads become what the variables hold, put together from
 * several if they were stored in pieces; stores set them, in pieces if they
 * are loaded so. Before a helper that reads bytes of a frame, these are
 * stored, in as few pieces as can be; behind one that writes them, loaded.
 *
 * A variable holds its bytes zero-extended. Frames are little-endian, as all
 * machines that code is made for.
 */
#include "jit/opt/stack.h"

#include <string.h>

/* More than that, in cells of a table, is not worth the memory. */
#define CELLS_MAX	(8u << 20)

struct rewrite {
	struct stack st;
	struct ir_vars vars;
	struct ir_func *f;
	ir_block_id block;
	ir_ref before;		/* what is added comes before it */
	uint32_t slot;
};

/* ---- small expressions, before `before` ---- */

static ir_ref put(struct rewrite *rw, const struct ir_insn *insn)
{
	struct ir_insn copy = *insn;

	copy.slot = rw->slot;
	return ir_insert(rw->f, rw->before, &copy);
}

static bool number(const struct rewrite *rw, ir_ref ref, uint64_t *value)
{
	const struct ir_insn *insn = ir_at(rw->f, ref);

	*value = (uint64_t)insn->imm;
	return insn->op == IR_CONST;
}

static ir_ref shifted(struct rewrite *rw, enum ir_op op, ir_ref value,
		      uint32_t bits)
{
	ir_ref by;
	uint64_t num;

	if (!bits)
		return value;
	if (number(rw, value, &num))
		return ir_const(rw->f, op == IR_SHL ? num << bits :
						      num >> bits);
	by = ir_const(rw->f, bits);
	return put(rw, &(struct ir_insn){ .op = (uint8_t)op, .wide = true,
					  .args = { value, by } });
}

/* The lowest `size` bytes. */
static ir_ref narrowed(struct rewrite *rw, ir_ref value, uint32_t size)
{
	uint64_t mask = size < 8 ? (1ull << size * 8) - 1 : UINT64_MAX, num;
	ir_ref with;

	if (size == 8)
		return value;
	if (number(rw, value, &num))
		return ir_const(rw->f, num & mask);
	if (size == 1 || size == 2 || size == 4)
		return put(rw, &(struct ir_insn){
			.op = IR_ZEXT, .size = (uint8_t)size,
			.args = { value } });
	with = ir_const(rw->f, mask);
	return put(rw, &(struct ir_insn){ .op = IR_AND, .wide = true,
					  .args = { value, with } });
}

static ir_ref joined(struct rewrite *rw, ir_ref a, ir_ref b)
{
	uint64_t left, right;

	if (!a)
		return b;
	if (number(rw, a, &left) && !left)
		return b;
	if (number(rw, b, &right) && !right)
		return a;
	if (number(rw, a, &left) && number(rw, b, &right))
		return ir_const(rw->f, left | right);
	return put(rw, &(struct ir_insn){ .op = IR_OR, .wide = true,
					  .args = { a, b } });
}

/* ---- bytes of a frame ---- */

/*
 * Up to 8 bytes from `from` on, each in some variable; what lies above them is
 * of the variables that reach farther.
 */
static ir_ref gather(struct rewrite *rw, uint32_t frame, uint32_t from,
		     uint32_t size)
{
	ir_ref value = 0;

	for (uint32_t byte = from; byte < from + size;) {
		uint32_t index = rw->st.var_of[frame][byte];
		const struct stack_var *var = &rw->st.vars.data[index];
		uint32_t end = var->from + var->size;
		ir_ref piece = ir_vars_read(&rw->vars, rw->block, index);

		if (var->from < from)
			piece = shifted(rw, IR_SHR, piece,
					(from - var->from) * 8);
		else
			piece = shifted(rw, IR_SHL, piece,
					(var->from - from) * 8);
		value = joined(rw, value, piece);
		byte = end;
	}
	return value;
}

static void scatter(struct rewrite *rw, const struct stack_range *range,
		    ir_ref value)
{
	for (uint32_t byte = range->from; byte < range->to;) {
		uint32_t index = rw->st.var_of[range->frame][byte];
		const struct stack_var *var = &rw->st.vars.data[index];
		uint32_t bits = (byte - range->from) * 8, size = var->size;
		ir_ref piece = shifted(rw, IR_SHR, value, bits);

		piece = narrowed(rw, piece, size);
		ir_vars_write(&rw->vars, rw->block, index, piece);
		byte += size;
	}
}

/* ---- loads and stores ---- */

static bool in_variables(const struct rewrite *rw,
			 const struct stack_range *range)
{
	return rw->st.var_of[range->frame][range->from] != STACK_NONE;
}

static ir_ref load_value(struct rewrite *rw, const struct stack_range *range,
			 bool sign)
{
	uint32_t size = range->to - range->from;
	ir_ref value = gather(rw, range->frame, range->from, size);
	uint64_t num;
	int drop = (int)(64 - size * 8);

	if (!sign || size == 8)
		return value;
	if (number(rw, value, &num))
		return ir_const(rw->f, (uint64_t)((int64_t)(num << drop) >>
						  drop));
	return put(rw, &(struct ir_insn){
		.op = IR_SEXT, .wide = true, .size = (uint8_t)size,
		.args = { value } });
}

/* Nobody else sees a frame: an atomic operation is a plain one there. */
static ir_ref changed(struct rewrite *rw, const struct ir_insn *insn,
		      ir_ref old)
{
	static const uint8_t ops[] = {
		[IR_ATOMIC_ADD] = IR_ADD, [IR_ATOMIC_OR] = IR_OR,
		[IR_ATOMIC_AND] = IR_AND, [IR_ATOMIC_XOR] = IR_XOR,
	};
	uint8_t kind = insn->cond & 7;

	if (insn->op == IR_CMPXCHG)
		return put(rw, &(struct ir_insn){
			.op = IR_SELECT, .wide = insn->wide, .cond = IR_EQ,
			.args = { old, insn->args[2], insn->args[1], old } });
	if (kind == IR_ATOMIC_XCHG)
		return insn->args[1];
	return put(rw, &(struct ir_insn){
		.op = ops[kind], .wide = insn->wide,
		.args = { old, insn->args[1] } });
}

static void do_access(struct rewrite *rw, ir_ref ref,
		      const struct stack_range *range)
{
	struct ir_insn insn = *ir_at(rw->f, ref);
	ir_ref old = 0, value = insn.args[1];

	if (range->reads)
		old = load_value(rw, range, insn.sign);
	if (range->reads && range->writes)
		value = changed(rw, &insn, old);
	if (rw->f->failed)
		return;
	if (range->writes)
		scatter(rw, range, value);
	if (range->reads)
		ir_replace(rw->f, ref, old);
	else
		ir_remove(rw->f, ref);
}

/* ---- helpers that are handed bytes of a frame ---- */

static void add_store(struct rewrite *rw, const struct stack_range *range,
		      uint32_t from, uint32_t size)
{
	ir_ref fp = ir_float(rw->f, IR_FRAME, range->frame);
	ir_ref value = gather(rw, range->frame, from, size);

	put(rw, &(struct ir_insn){
		.op = IR_STORE, .size = (uint8_t)size,
		.region = IR_REGION_STACK,
		.imm = (int64_t)from - STACK_BYTES, .args = { fp, value } });
}

/* The largest aligned piece of [from, to). */
static uint32_t piece_size(uint32_t from, uint32_t to)
{
	uint32_t size = 8;

	while (from % size || from + size > to)
		size /= 2;
	return size;
}

static void store_out(struct rewrite *rw, const struct stack_range *range)
{
	for (uint32_t from = range->from, size; from < range->to;
	     from += size) {
		size = piece_size(from, range->to);
		add_store(rw, range, from, size);
	}
}

static void load_var(struct rewrite *rw, uint32_t index)
{
	struct stack_var var = rw->st.vars.data[index];
	ir_ref fp = ir_float(rw->f, IR_FRAME, var.frame), value = 0, piece;

	for (uint32_t at = 0, size; at < var.size; at += size) {
		size = piece_size(var.from + at, var.from + var.size);
		piece = put(rw, &(struct ir_insn){
			.op = IR_LOAD, .size = (uint8_t)size,
			.region = IR_REGION_STACK, .args = { fp },
			.imm = (int64_t)var.from + at - STACK_BYTES });
		piece = shifted(rw, IR_SHL, piece, at * 8);
		value = joined(rw, value, piece);
	}
	ir_vars_write(&rw->vars, rw->block, index, value);
}

static void load_back(struct rewrite *rw, const struct stack_range *range)
{
	for (uint32_t byte = range->from; byte < range->to;) {
		uint32_t index = rw->st.var_of[range->frame][byte];

		load_var(rw, index);
		byte += rw->st.vars.data[index].size;
	}
}

static void do_call(struct rewrite *rw, ir_ref call, ir_ref next)
{
	struct stack_range range;

	for (uint32_t i = 0; i < ir_at(rw->f, call)->cnt; i++)
		if (stack_range(&rw->st, call, i, &range) &&
		    in_variables(rw, &range))
			store_out(rw, &range);
	rw->before = next;
	for (uint32_t i = 0; i < ir_at(rw->f, call)->cnt; i++)
		if (stack_range(&rw->st, call, i, &range) &&
		    in_variables(rw, &range) && range.writes)
			load_back(rw, &range);
}

/* ---- clearing ---- */

/* What remains to be cleared: what is pinned, in whole words. */
static void do_clear(struct rewrite *rw, ir_ref ref)
{
	struct ir_insn *clear = ir_at(rw->f, ref);
	uint32_t frame = rw->st.at[clear->args[0]].frame;
	uint32_t from = STACK_BYTES, to = 0;

	for (uint32_t byte = 0; byte < STACK_BYTES; byte++) {
		uint16_t index = rw->st.var_of[frame][byte];

		if (index != STACK_NONE)
			ir_vars_write(&rw->vars, rw->block, index,
				      ir_const(rw->f, 0));
		if (!stack_has(rw->st.pinned[frame], byte))
			continue;
		from = MIN(from, byte & ~7u);
		to = (byte | 7) + 1;
	}
	if (from >= to) {
		ir_remove(rw->f, ref);
		return;
	}
	clear = ir_at(rw->f, ref);
	clear->imm = (int64_t)from - STACK_BYTES;
	clear->bytes = to - from;
}

/* ---- the walk ---- */

static void do_insn(struct rewrite *rw, ir_ref ref, ir_ref next)
{
	struct stack_range range;

	rw->before = ref;
	rw->slot = ir_at(rw->f, ref)->slot;
	if (ir_is(rw->f, ref, IR_CLEAR))
		do_clear(rw, ref);
	else if (ir_is(rw->f, ref, IR_CALL))
		do_call(rw, ref, next);
	else if (ir_at(rw->f, ref)->cnt &&
		 stack_range(&rw->st, ref, 0, &range) &&
		 in_variables(rw, &range))
		do_access(rw, ref, &range);
}

static bool preds_done(const struct ir_func *f, ir_block_id id)
{
	const struct ir_block *blk = ir_block(f, id);

	for (size_t i = 0; i < blk->preds.len; i++)
		if (ir_block(f, blk->preds.data[i])->order >= blk->order)
			return false;
	return true;
}

static void rewrite(struct rewrite *rw)
{
	struct ir_func *f = rw->f;

	for (size_t i = 0; i < f->order.len && !f->failed; i++) {
		ir_ref next, ref;

		rw->block = f->order.data[i];
		if (preds_done(f, rw->block))
			ir_vars_seal(&rw->vars, rw->block);
		ref = ir_block(f, rw->block)->first;
		for (; ref && !f->failed; ref = next) {
			next = ir_at(f, ref)->next;
			do_insn(rw, ref, next);
		}
	}
	for (size_t i = 0; i < f->order.len && !f->failed; i++)
		ir_vars_seal(&rw->vars, f->order.data[i]);
}

void opt_stack(struct ir_func *f, const struct verify_facts *facts)
{
	struct rewrite rw = { .f = f };

	if (stack_find(&rw.st, f, facts))
		f->failed = true;
	ir_vars_init(&rw.vars, f, (uint32_t)rw.st.vars.len);
	if (!f->failed &&
	    (uint64_t)rw.st.vars.len * f->blocks.len <= CELLS_MAX &&
	    ir_vars_grow(&rw.vars))
		rewrite(&rw);
	ir_vars_fini(&rw.vars);
	vec_free(&rw.st.vars);
	free(rw.st.at);
	ir_clean(f);
}
