/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads of what is known: it was loaded or stored before, and nothing since
 * may have changed it. What is known is kept along the ways that lead from a
 * block to the only one before it; where ways meet, nothing is.
 *
 * Only memory that the run has for itself is looked at: frames, the packet,
 * the context, the run's own fields. Values of maps may change at any time,
 * and a program that loads one twice may want to see it.
 *
 * Also here: asking again for room for frames that is known to be there.
 */
#include "jit/opt/opt.h"

#include <string.h>

#include "helper/helper.h"
#include "prog/run.h"

#define KNOWN_MAX	16

struct known {
	ir_ref base, value;
	int64_t imm;
	uint8_t size, region;
	bool sign, stored;	/* `value` was stored: its low bytes count */
};

struct facts {
	struct known known[KNOWN_MAX];
	uint32_t cnt, next;
	int64_t depth;		/* frames that are known to have room */
};

struct memory {
	struct ir_func *f;
	struct facts **at_end;	/* of each block, as far as it is needed */
	struct facts *now;
};

static bool is_private(uint8_t region)
{
	return region == IR_REGION_STACK || region == IR_REGION_CTX ||
	       region == IR_REGION_PACKET || region == IR_REGION_RUN;
}

/* ---- what changes what ---- */

/* May a write to [base + imm, + size) change what is known? */
static bool overlaps(const struct known *k, const struct ir_insn *write)
{
	if (write->region && k->region != write->region)
		return false;
	if (write->args[0] != k->base)
		return true;
	return write->imm < k->imm + k->size &&
	       k->imm < write->imm + write->size;
}

/* Does a helper leave the region as it is? */
static bool keeps(const struct ir_insn *call, uint8_t region)
{
	const struct helper_row *row = helper_row((uint32_t)call->imm);

	if (row->flags & HELPER_PURE || region == IR_REGION_RUN)
		return true;
	if (region != IR_REGION_CTX || row->flags & HELPER_MOVES_PACKET)
		return false;
	for (uint32_t i = 0; i < 5; i++)
		if (row->args[i] == ARG_CTX)
			return false;
	return true;
}

static bool survives(const struct ir_insn *insn, const struct known *k)
{
	switch (insn->op) {
	case IR_STORE:
	case IR_ATOMIC:
	case IR_CMPXCHG:
		return !overlaps(k, insn);
	case IR_CLEAR:
		return k->region != IR_REGION_STACK;
	case IR_CALL:
		return keeps(insn, k->region);
	default:
		return !ir_has(insn, IR_F_WRITES);
	}
}

static void forget(struct facts *now, const struct ir_insn *insn)
{
	uint32_t cnt = 0;

	for (uint32_t i = 0; i < now->cnt; i++)
		if (survives(insn, &now->known[i]))
			now->known[cnt++] = now->known[i];
	now->cnt = cnt;
	now->next = cnt % KNOWN_MAX;
}

/* The oldest goes when there are too many. */
static void learn(struct facts *now, const struct ir_insn *insn, ir_ref value)
{
	now->known[now->next] = (struct known){
		.base = insn->args[0], .imm = insn->imm, .size = insn->size,
		.region = insn->region, .sign = insn->sign,
		.stored = insn->op == IR_STORE, .value = value,
	};
	now->cnt = MAX(now->cnt, now->next + 1);
	now->next = (now->next + 1) % KNOWN_MAX;
}

/* ---- instructions ---- */

/* What was stored, as a load of the same bytes gives it. */
static ir_ref loaded(struct memory *m, ir_ref load, const struct known *k)
{
	struct ir_insn insn = { .op = IR_ZEXT, .size = k->size, .wide = true,
				.slot = ir_at(m->f, load)->slot,
				.args = { k->value } };

	if (!k->stored || k->size == 8)
		return k->value;
	if (ir_at(m->f, load)->sign)
		insn.op = IR_SEXT;
	return ir_insert(m->f, load, &insn);
}

static void do_load(struct memory *m, ir_ref ref)
{
	const struct ir_insn *load = ir_at(m->f, ref);
	ir_ref value;

	if (!is_private(load->region) || load->ordered)
		return;
	for (uint32_t i = 0; i < m->now->cnt; i++) {
		const struct known *k = &m->now->known[i];

		if (k->base != load->args[0] || k->imm != load->imm ||
		    k->size != load->size || k->region != load->region ||
		    (!k->stored && k->sign != load->sign))
			continue;
		value = loaded(m, ref, k);
		if (value)
			ir_replace(m->f, ref, value);
		return;
	}
	learn(m->now, load, ref);
}

static void do_insn(struct memory *m, ir_ref ref)
{
	struct ir_insn *insn = ir_at(m->f, ref);

	for (uint32_t i = 0; i < insn->cnt; i++)
		ir_args(insn)[i] = ir_value(m->f, ir_args(insn)[i]);
	if (insn->op == IR_LOAD) {
		do_load(m, ref);
		return;
	}
	if (ir_has(insn, IR_F_WRITES))
		forget(m->now, insn);
	if (insn->op == IR_STORE && is_private(insn->region) && !insn->ordered)
		learn(m->now, insn, insn->args[1]);
	if (insn->op == IR_DEPTH && insn->imm <= m->now->depth)
		ir_remove(m->f, ref);
	else if (insn->op == IR_DEPTH)
		m->now->depth = insn->imm;
}

/* ---- blocks ---- */

static bool begin(struct memory *m, ir_block_id id)
{
	const struct ir_block *blk = ir_block(m->f, id);
	struct facts *facts = calloc(1, sizeof(*facts));
	ir_block_id pred;

	m->now = m->at_end[id] = facts;
	if (!facts)
		return false;
	if (blk->preds.len == 1) {
		pred = blk->preds.data[0];
		*facts = *m->at_end[pred];
	}
	return true;
}

static void each_block(struct memory *m)
{
	struct ir_func *f = m->f;

	for (size_t i = 0; i < f->order.len && !f->failed; i++) {
		ir_ref next, ref = ir_block(f, f->order.data[i])->first;

		if (!begin(m, f->order.data[i])) {
			f->failed = true;
			return;
		}
		for (; ref && !f->failed; ref = next) {
			next = ir_at(f, ref)->next;
			do_insn(m, ref);
		}
	}
}

void opt_memory(struct ir_func *f, const struct verify_facts *facts)
{
	struct memory m = { .f = f };

	m.at_end = calloc(f->blocks.len, sizeof(*m.at_end));
	if (m.at_end)
		each_block(&m);
	else
		f->failed = true;
	for (size_t i = 0; m.at_end && i < f->blocks.len; i++)
		free(m.at_end[i]);
	free(m.at_end);
	ir_clean(f);
}
