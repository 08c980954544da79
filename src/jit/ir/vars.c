/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A block that does not set a variable has the value of its predecessors: of
 * one, by going there; of several, a PHI, made before its operands are looked
 * for, so that loops end.
 *
 * Operands are looked for one PHI after the other, from a list, so that deep
 * programs need no deep stack. PHIs of one value fall when all is built
 * (ir_clean).
 */
#include "jit/ir/vars.h"

struct wanted {
	ir_block_id block;
	ir_ref phi;
	uint32_t var;
};

struct lookup {
	VEC(struct wanted) wanted;
};

void ir_vars_init(struct ir_vars *vars, struct ir_func *f, uint32_t cnt)
{
	*vars = (struct ir_vars){ .f = f, .cnt = cnt };
}

void ir_vars_fini(struct ir_vars *vars)
{
	vec_free(&vars->blocks);
	vec_free(&vars->defs);
	vec_free(&vars->waits);
}

bool ir_vars_grow(struct ir_vars *vars)
{
	while (vars->blocks.len < vars->f->blocks.len && !vars->f->failed) {
		struct ir_vars_block *info = vec_push(&vars->blocks);

		for (uint32_t i = 0; info && i < vars->cnt; i++)
			if (!vec_push(&vars->defs) || !vec_push(&vars->waits))
				info = NULL;
		if (info)
			info->from = IR_NOWHERE;
		else
			vars->f->failed = true;
	}
	return !vars->f->failed;
}

static ir_ref *def_of(struct ir_vars *vars, ir_block_id block, uint32_t var)
{
	return &vars->defs.data[(size_t)block * vars->cnt + var];
}

static ir_ref *wait_of(struct ir_vars *vars, ir_block_id block, uint32_t var)
{
	return &vars->waits.data[(size_t)block * vars->cnt + var];
}

static void want(struct ir_vars *vars, struct lookup *look, ir_block_id block,
		 ir_ref phi, uint32_t var)
{
	struct wanted *wanted = vec_push(&look->wanted);

	if (wanted)
		*wanted = (struct wanted){ block, phi, var };
	else
		vars->f->failed = true;
}

static ir_ref new_phi(struct ir_vars *vars, struct lookup *look,
		      ir_block_id block, uint32_t var)
{
	bool sealed = vars->blocks.data[block].sealed;
	size_t cnt = sealed ? ir_block(vars->f, block)->preds.len : 0;
	ir_ref phi = ir_phi(vars->f, block, (uint32_t)cnt);

	if (!phi)
		return 0;
	*def_of(vars, block, var) = phi;
	if (sealed)
		want(vars, look, block, phi, var);
	else
		*wait_of(vars, block, var) = phi;
	return phi;
}

/* The value at the end of `block`; PHIs are wanted, not yet filled. */
static ir_ref find(struct ir_vars *vars, struct lookup *look,
		   ir_block_id block, uint32_t var)
{
	ir_block_id at = block;
	ir_ref value = 0;

	while (!value && !vars->f->failed) {
		const struct ir_vars_block *info = &vars->blocks.data[at];
		const struct ir_block *blk = ir_block(vars->f, at);

		value = *def_of(vars, at, var);
		if (value)
			break;
		if (info->from != IR_NOWHERE)
			at = info->from;
		else if (info->sealed && blk->preds.len == 1)
			at = blk->preds.data[0];
		else if (info->sealed && !blk->preds.len)
			value = ir_const(vars->f, 0);
		else
			value = new_phi(vars, look, at, var);
	}
	*def_of(vars, block, var) = value;
	return value;
}

static void fill(struct ir_vars *vars, struct lookup *look)
{
	struct ir_func *f = vars->f;

	while (look->wanted.len && !f->failed) {
		struct wanted wanted = look->wanted.data[--look->wanted.len];
		size_t cnt = ir_block(f, wanted.block)->preds.len;

		for (size_t i = 0; i < cnt && !f->failed; i++) {
			ir_block_id pred =
				ir_block(f, wanted.block)->preds.data[i];
			ir_ref value = find(vars, look, pred, wanted.var);

			ir_at(f, wanted.phi)->list[i] = value;
		}
	}
	vec_free(&look->wanted);
}

ir_ref ir_vars_read(struct ir_vars *vars, ir_block_id block, uint32_t var)
{
	struct lookup look = { 0 };
	ir_ref value = find(vars, &look, block, var);

	fill(vars, &look);
	return ir_value(vars->f, value);
}

void ir_vars_write(struct ir_vars *vars, ir_block_id block, uint32_t var,
		   ir_ref value)
{
	*def_of(vars, block, var) = value;
}

void ir_vars_seal(struct ir_vars *vars, ir_block_id block)
{
	uint32_t cnt = (uint32_t)ir_block(vars->f, block)->preds.len;
	struct lookup look = { 0 };

	if (vars->blocks.data[block].sealed)
		return;
	vars->blocks.data[block].sealed = true;
	for (uint32_t var = 0; var < vars->cnt; var++) {
		ir_ref phi = *wait_of(vars, block, var);
		ir_ref *list = phi ? ir_list(vars->f, cnt) : NULL;

		if (!list)
			continue;
		ir_at(vars->f, phi)->list = list;
		ir_at(vars->f, phi)->cnt = cnt;
		want(vars, &look, block, phi, var);
	}
	fill(vars, &look);
}
