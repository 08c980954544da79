/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a random machine function computes. An instruction's results are hashes
 * of it and of what it reads; a branch goes by what it reads; all that is read
 * is hashed into the trace. After allocation results are written to places,
 * lost registers get other contents, and moves are done as they stand.
 */
#include "mach_random.h"

#include "base/compiler.h"

struct eval {
	const struct mach_func *f;
	bool placed;
	uint64_t *values;	/* by value, or registers and slots */
	struct mach_run run;
};

static uint64_t mix(uint64_t a, uint64_t b)
{
	a = (a ^ b) * 0xff51afd7ed558ccd;
	return a ^ a >> 29;
}

static uint64_t made(const struct mach_func *f, mach_value value)
{
	const struct mach_value_info *info = &f->values.data[value];

	return mix(info->make, info->number);
}

static uint64_t *where(struct eval *e, const struct mach_operand *op)
{
	if (!e->placed)
		return &e->values[op->value];
	if (op->place.reg != MACH_NO_REG)
		return &e->values[op->place.reg];
	e->run.memory++;
	return &e->values[MACH_REGS + op->place.slot];
}

static void move(struct eval *e, const struct mach_insn *insn)
{
	const struct mach_operand *op = &e->f->operands.data[insn->operands];
	uint64_t *to = where(e, op), *from, was = *to;

	if (insn->op == MACH_MAKE) {
		*to = made(e->f, op->value);
		e->run.moves++;
		return;
	}
	from = where(e, &op[1]);
	e->run.moves += from != to;
	*to = *from;
	if (insn->op == MACH_SWAP)
		*from = was;
}

static uint64_t execute(struct eval *e, const struct mach_insn *insn)
{
	const struct mach_operand *op = &e->f->operands.data[insn->operands];
	uint64_t read = mix(insn->op, insn->imm);

	for (unsigned int i = 0; i < insn->operands_cnt; i++)
		if (op[i].role != MACH_DEF)
			read = mix(read, *where(e, &op[i]));
	e->run.trace = mix(e->run.trace, read);
	for (uint32_t lost = e->placed ? insn->lost : 0; lost;
	     lost &= lost - 1)
		e->values[__builtin_ctz(lost)] = mix(read, 12345);
	for (unsigned int i = 0; i < insn->operands_cnt; i++)
		if (op[i].role == MACH_DEF)
			*where(e, &op[i]) = mix(read, i);
	e->run.steps++;
	return read;
}

static void pass(struct eval *e, const struct mach_block *from,
		 const struct mach_block *to)
{
	uint64_t args[16];

	for (uint32_t i = 0; i < from->args_cnt; i++)
		args[i] = e->values[from->args[i]];
	for (uint32_t i = 0; i < from->args_cnt; i++)
		e->values[to->params[i]] = args[i];
}

static void run(struct eval *e, uint64_t steps)
{
	const struct mach_block *blk = e->f->blocks.data, *next;

	while (e->run.steps < steps) {
		uint64_t read = 0;

		for (uint32_t i = 0; i < blk->cnt; i++) {
			const struct mach_insn *insn =
				&e->f->insns.data[blk->first + i];

			if (insn->op < MACH_OWN)
				move(e, insn);
			else
				read = execute(e, insn);
		}
		if (!blk->succs_cnt)
			return;
		next = &e->f->blocks.data[blk->succs[blk->succs_cnt > 1 &&
						     read % 8 > 4]];
		pass(e, blk, next);
		blk = next;
	}
}

struct mach_run mach_eval(const struct mach_func *f, bool placed,
			  uint64_t steps)
{
	struct eval e = { .f = f, .placed = placed };
	size_t cnt = placed ? MACH_REGS + f->slots : f->values.len;

	e.values = calloc(cnt, sizeof(*e.values));
	for (size_t v = 1; !placed && v < f->values.len; v++)
		if (f->values.data[v].make != MACH_KEEP)
			e.values[v] = made(f, v);
	run(&e, steps);
	free(e.values);
	return e.run;
}
