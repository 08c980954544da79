/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers to values. A block that does not set a register has the value of
 * its predecessors: of one, by going there; of several, a PHI, made before its
 * operands are looked for, so that loops end. As long as predecessors may
 * still come, the PHI waits for them.
 *
 * Operands are looked for one PHI after the other, from a list, so that deep
 * programs need no deep stack. PHIs of one value fall when all is built
 * (ir_clean).
 */
#include "jit/ir/build.h"

struct wanted {
	ir_block_id block;
	ir_ref phi;
	uint32_t var;
};

struct lookup {
	VEC(struct wanted) wanted;
};

static ir_ref nothing(struct build *b, ir_block_id block, uint32_t var)
{
	return b->blocks.data[block].defs[var] = ir_const(b->f, 0);
}

static void want(struct build *b, struct lookup *look, ir_block_id block,
		 ir_ref phi, uint32_t var)
{
	struct wanted *wanted = vec_push(&look->wanted);

	if (wanted)
		*wanted = (struct wanted){ block, phi, var };
	else
		b->f->failed = true;
}

static ir_ref new_phi(struct build *b, struct lookup *look,
		      ir_block_id block, uint32_t var)
{
	bool sealed = b->blocks.data[block].sealed;
	uint32_t cnt = sealed ? (uint32_t)ir_block(b->f, block)->preds.len : 0;
	ir_ref phi = ir_phi(b->f, block, cnt);

	if (!phi)
		return 0;
	b->blocks.data[block].defs[var] = phi;
	if (sealed)
		want(b, look, block, phi, var);
	else
		b->blocks.data[block].waits[var] = phi;
	return phi;
}

/* The value at the end of `block`; PHIs are wanted, not yet filled. */
static ir_ref find(struct build *b, struct lookup *look, ir_block_id block,
		   uint32_t var)
{
	ir_block_id at = block;
	ir_ref value = 0;

	while (!value) {
		const struct build_block *info = &b->blocks.data[at];
		const struct ir_block *blk = ir_block(b->f, at);

		if (info->defs[var])
			value = info->defs[var];
		else if (info->from != IR_NOWHERE)
			at = info->from;
		else if (info->sealed && blk->preds.len == 1)
			at = blk->preds.data[0];
		else if (info->sealed && !blk->preds.len)
			value = nothing(b, at, var);
		else
			value = new_phi(b, look, at, var);
		if (b->f->failed)
			return 0;
	}
	/* those on the way know it from now on */
	b->blocks.data[block].defs[var] = value;
	return value;
}

static void fill(struct build *b, struct lookup *look)
{
	while (look->wanted.len && !b->f->failed) {
		struct wanted wanted = look->wanted.data[--look->wanted.len];
		size_t cnt = ir_block(b->f, wanted.block)->preds.len;

		for (size_t i = 0; i < cnt && !b->f->failed; i++) {
			ir_block_id pred =
				ir_block(b->f, wanted.block)->preds.data[i];
			ir_ref value = find(b, look, pred, wanted.var);

			ir_at(b->f, wanted.phi)->list[i] = value;
		}
	}
	vec_free(&look->wanted);
}

ir_ref build_read(struct build *b, uint32_t reg)
{
	struct lookup look = { 0 };
	ir_ref value;

	if (reg == BPF_REG_10)
		return b->place->fp;
	value = find(b, &look, b->cur, reg);
	fill(b, &look);
	return ir_value(b->f, value);
}

void build_write(struct build *b, uint32_t reg, ir_ref value)
{
	b->blocks.data[b->cur].defs[reg] = value;
}

ir_block_id build_new_block(struct build *b)
{
	ir_block_id id = ir_new_block(b->f);

	while (b->blocks.len < b->f->blocks.len) {
		struct build_block *info = vec_push(&b->blocks);

		if (!info) {
			b->f->failed = true;
			return 0;
		}
		info->from = IR_NOWHERE;
	}
	return id;
}

void build_seal(struct build *b, ir_block_id block)
{
	struct build_block *info = &b->blocks.data[block];
	uint32_t cnt = (uint32_t)ir_block(b->f, block)->preds.len;
	struct lookup look = { 0 };

	if (info->sealed)
		return;
	info->sealed = true;
	for (uint32_t var = 0; var < BUILD_VARS; var++) {
		ir_ref phi = info->waits[var];
		ir_ref *list = phi ? ir_list(b->f, cnt) : NULL;

		if (!list)
			continue;
		ir_at(b->f, phi)->list = list;
		ir_at(b->f, phi)->cnt = cnt;
		want(b, &look, block, phi, var);
	}
	fill(b, &look);
}
