/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine of the fold rules. For each instruction: its operands are put in
 * order and seen through what does not change the bits that are read; then
 * constants are computed, then the rules of its operation are asked, the first
 * that matches answers. What an answer adds is folded at once, before the
 * instructions that follow, so one round over a function in reverse postorder
 * sees each value's simplest form before its users. Rounds end when nothing
 * changes.
 *
 * Known bits are found once for each instruction and stay right, since a
 * reference stands for the same value as long as it exists.
 */
#include "jit/fold/match.h"

#include "jit/fold/divide.h"
#include "jit/fold/known.h"
#include "jit/fold/narrow.h"
#include "jit/fold/place.h"

#define ROUNDS		6
#define DEPTH		8	/* of answers within answers */
#define KNOWN_DEPTH	6	/* of operands that nobody has asked for */

/* ---- known bits ---- */

static struct tnum known_within(struct fold *m, ir_ref ref, unsigned int depth)
{
	const struct ir_insn *insn = ir_at(m->f, ref);
	struct tnum args[4] = { { 0 } }, bits;

	if (ref < m->known.len && m->known.data[ref].there)
		return m->known.data[ref].bits;
	if (insn->op == IR_PHI || insn->op >= IR_OPS || !depth)
		return tnum_unknown(64);
	for (uint32_t i = 0; i < insn->cnt && i < 4 && fold_can_eval(insn); i++)
		args[i] = known_within(m, fold_arg(m, ref, i), depth - 1);
	bits = known_insn(insn, args);
	if (ref < m->known.len)
		m->known.data[ref] = (struct fold_known){ bits, true };
	return bits;
}

/*
 * What all predecessors that have been seen agree on. Of loops, only whether
 * there is an upper half is known.
 */
static struct tnum known_phi(struct fold *m, ir_ref ref)
{
	const struct ir_insn *phi = ir_at(m->f, ref);
	struct tnum bits = { 0 };

	for (uint32_t i = 0; i < phi->cnt; i++) {
		ir_ref arg = ir_value(m->f, phi->list[i]);
		struct tnum one = arg < m->known.len &&
				  m->known.data[arg].there ?
				  m->known.data[arg].bits :
				  ir_is(m->f, arg, IR_CONST) ?
				  known_within(m, arg, 1) : tnum_unknown(64);

		bits = i ? tnum_join(bits, one) : one;
	}
	return m->narrow && m->narrow[ref] ? tnum_low(bits, 32) : bits;
}

/* The table follows the instructions, which answers add to. */
static void grow(struct fold *m)
{
	while (m->known.len && m->known.len < m->f->insns.len)
		if (!vec_push(&m->known)) {
			m->f->failed = true;
			return;
		}
}

struct tnum fold_known(struct fold *m, ir_ref ref)
{
	grow(m);
	return known_within(m, ref, KNOWN_DEPTH);
}

/* ---- uses ---- */

static void count(struct fold *m, ir_ref ref, int by)
{
	if (ref < m->uses.len)
		m->uses.data[ref] += (uint32_t)by;
}

static void count_operands(struct fold *m, ir_ref ref, int by)
{
	struct ir_insn *insn = ir_at(m->f, ref);

	for (uint32_t i = 0; i < insn->cnt; i++)
		count(m, ir_value(m->f, ir_args(insn)[i]), by);
}

/* ---- answers ---- */

static ir_ref fold_one(struct fold *m, ir_ref ref);

/* A value with what it should be replaced by, or itself. */
static ir_ref emit(struct fold *m, struct ir_insn *insn)
{
	ir_ref root = m->root, ref, out;

	insn->slot = ir_at(m->f, root)->slot;
	ref = ir_insert(m->f, root, insn);
	if (!ref || (m->uses.len && !vec_push(&m->uses))) {
		m->f->failed = true;
		return root;
	}
	count_operands(m, ref, 1);
	if (m->depth == DEPTH)
		return ref;
	m->depth++;
	out = fold_one(m, ref);
	m->depth--;
	m->root = root;
	if (out != ref) {
		count_operands(m, ref, -1);
		ir_remove(m->f, ref);
	}
	return out;
}

ir_ref fold_emit(struct fold *m, enum ir_op op, bool wide, ir_ref x, ir_ref y)
{
	return emit(m, &(struct ir_insn){ .op = (uint8_t)op, .wide = wide,
					  .args = { x, y } });
}

ir_ref fold_emit_size(struct fold *m, enum ir_op op, bool wide,
		      uint64_t bits, ir_ref x)
{
	return emit(m, &(struct ir_insn){ .op = (uint8_t)op, .args = { x },
					  .wide = op != IR_SEXT || wide,
					  .size = (uint8_t)(bits / 8) });
}

ir_ref fold_emit_select(struct fold *m, unsigned int cond, bool wide,
			const ir_ref args[4])
{
	return emit(m, &(struct ir_insn){
		.op = IR_SELECT, .cond = (uint8_t)cond, .wide = wide,
		.args = { args[0], args[1], args[2], args[3] } });
}

bool fold_answer(struct fold *m, ir_ref ref)
{
	m->out = ref;
	return true;
}

bool fold_answer_low(struct fold *m, ir_ref ref, bool wide)
{
	if (!wide && fold_maybe(m, ref, true) >> 32)
		ref = fold_emit_size(m, IR_ZEXT, true, 32, ref);
	return fold_answer(m, ref);
}

bool fold_decide(struct fold *m, bool truth)
{
	m->decided = truth;
	return true;
}

bool fold_compare(struct fold *m, unsigned int cond, bool wide, ir_ref x,
		  ir_ref y)
{
	struct ir_insn *insn = ir_at(m->f, m->root);

	count_operands(m, m->root, -1);
	insn->cond = (uint8_t)cond;
	insn->wide = wide;
	insn->args[0] = x;
	insn->args[1] = y;
	count_operands(m, m->root, 1);
	m->decided = -1;
	return true;
}

/* ---- one instruction ---- */

static bool ask(struct fold *m, const struct fold_row *row)
{
	const struct ir_insn *insn = ir_at(m->f, m->root);
	uint8_t first = ir_at(m->f, insn->args[0])->op;
	uint8_t second = insn->cnt > 1 ? ir_at(m->f, insn->args[1])->op : 0;

	for (; row && row->rule; row++) {
		if (!(row->first >> first & row->second >> second & 1) ||
		    !row->rule(m))
			continue;
		if (m->fired)
			m->fired[row->number]++;
		return true;
	}
	return false;
}

static bool all_const(const struct fold *m, ir_ref ref, uint32_t cnt,
		      uint64_t *out)
{
	for (uint32_t i = 0; i < cnt; i++)
		if (!fold_const(m, fold_arg(m, ref, i), true, &out[i]))
			return false;
	return true;
}

/*
 * The condition of a BRANCH or a SELECT: 0 or 1 when it is decided, else -1.
 * Each rule that rewrites it is followed by another question.
 */
static int fold_condition(struct fold *m, ir_ref ref)
{
	uint64_t args[2];

	for (unsigned int i = 0; i < DEPTH && !m->f->failed; i++) {
		const struct ir_insn *insn = ir_at(m->f, ref);

		m->changed |= fold_place_cond(m, ref);
		if (all_const(m, ref, 2, args))
			return fold_eval_cond(insn->cond, insn->wide, args[0],
					      args[1]);
		m->root = ref;
		if (!ask(m, fold_rows_cond))
			break;
		m->changed = true;
		if (m->decided >= 0)
			return m->decided;
	}
	return -1;
}

static ir_ref fold_pure(struct fold *m, ir_ref ref)
{
	struct ir_insn *insn = ir_at(m->f, ref);
	uint64_t args[4];

	if (insn->op == IR_SELECT) {
		int decided = fold_condition(m, ref);

		if (decided >= 0)
			return fold_arg(m, ref, decided ? 2 : 3);
		insn = ir_at(m->f, ref);
	}
	if (all_const(m, ref, insn->cnt, args))
		return ir_const(m->f, fold_eval_insn(insn, args));
	m->root = ref;
	if (ask(m, fold_rows[insn->op]) || fold_divide(m))
		return m->out;
	return ref;
}

/* The simplest form of an instruction that is no PHI. */
static ir_ref fold_one(struct fold *m, ir_ref ref)
{
	ir_ref out = ref;

	m->changed |= fold_place_operands(m, ref);
	if (fold_can_eval(ir_at(m->f, ref)))
		out = fold_pure(m, ref);
	return m->f->failed ? ref : out;
}

ir_ref ir_fold(struct ir_func *f, ir_ref ref)
{
	struct fold m = { .f = f };

	return ir_is(f, ref, IR_PHI) ? ref : fold_one(&m, ref);
}

/* ---- whole functions ---- */

static void fold_branch(struct fold *m, ir_ref ref)
{
	ir_block_id block = ir_at(m->f, ref)->block;
	int decided = fold_condition(m, ref);

	if (decided < 0)
		return;
	count_operands(m, ref, -1);
	ir_decide(m->f, block, decided ? 0 : 1);
	m->changed = m->flow = true;
}

static void fold_insn(struct fold *m, ir_ref ref)
{
	ir_ref out;

	m->depth = 0;
	grow(m);
	if (ir_is(m->f, ref, IR_PHI)) {
		m->known.data[ref] = (struct fold_known){ known_phi(m, ref),
							  true };
		return;
	}
	out = fold_one(m, ref);
	if (m->f->failed)
		return;
	if (out != ref) {
		count(m, out, ref < m->uses.len ? (int)m->uses.data[ref] : 0);
		count_operands(m, ref, -1);
		ir_replace(m->f, ref, out);
		m->changed = true;
	} else if (ir_is(m->f, ref, IR_BRANCH)) {
		fold_branch(m, ref);
	}
	fold_known(m, ir_value(m->f, ref));
}

static void fold_block(struct fold *m, ir_block_id block)
{
	ir_ref next;

	for (ir_ref ref = ir_block(m->f, block)->first; ref && !m->f->failed;
	     ref = next) {
		next = ir_at(m->f, ref)->next;
		fold_insn(m, ref);
	}
}

/* The tables of a round; the functions' own numbers. */
static void begin(struct fold *m)
{
	uint32_t *uses = ir_count_uses(m->f);

	m->narrow = fold_find_narrow(m->f);
	m->known.len = m->uses.len = 0;
	for (size_t i = 0; uses && i < m->f->insns.len; i++) {
		uint32_t *slot = vec_push(&m->uses);

		if (!vec_push(&m->known) || !slot) {
			m->f->failed = true;
			return;
		}
		*slot = uses[i];
	}
}

bool fold_func_counted(struct ir_func *f, uint32_t *fired)
{
	struct fold m = { .f = f, .fired = fired };
	bool any = false;

	for (unsigned int i = 0; i < ROUNDS && !f->failed; i++) {
		m.changed = m.flow = false;
		begin(&m);
		for (size_t k = 0; k < f->order.len && !f->failed; k++)
			fold_block(&m, f->order.data[k]);
		if (!m.changed || f->failed)
			break;
		any = true;
		if (m.flow)
			ir_order(f);
		ir_clean(f);
	}
	vec_free(&m.known);
	vec_free(&m.uses);
	return any;
}

bool fold_func(struct ir_func *f)
{
	return fold_func_counted(f, NULL);
}
