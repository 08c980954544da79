/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machine functions as data: copies, and their text for people and tests:
 *
 *	block 2 depth 1 (v4, v5):
 *		op9 v6:r1 = v4:r1 v5!r2:r2 v7:s3, lost 0xc
 *		-> 3, 2(v6, v8)
 *
 * `!r2` is a register that is asked for, `:r1` one (or a slot, `:s3`) that was
 * given; `=0` after a result is the operand that it is tied to, `+` one that is
 * needed late, `?` one for which memory will do.
 */
#include "jit/mach/mach.h"

#include <errno.h>

#include "base/str.h"

static int copy_array(void **to, const void *from, size_t cnt, size_t size)
{
	*to = NULL;
	if (!cnt)
		return 0;
	*to = reallocarray(NULL, cnt, size);
	if (!*to)
		return -ENOMEM;
	memcpy(*to, from, cnt * size);
	return 0;
}

#define copy_vec(to, from) \
	((to)->len = (to)->cap = (from)->len, \
	 copy_array((void **)&(to)->data, (from)->data, (from)->len, \
		    sizeof(*(from)->data)))

int mach_copy(struct mach_func *to, const struct mach_func *from)
{
	int err = 0;

	*to = *from;
	err |= copy_vec(&to->insns, &from->insns);
	err |= copy_vec(&to->operands, &from->operands);
	err |= copy_vec(&to->blocks, &from->blocks);
	err |= copy_vec(&to->values, &from->values);
	if (err)
		mach_fini(to);
	return err;
}

void mach_fini(struct mach_func *f)
{
	vec_free(&f->insns);
	vec_free(&f->operands);
	vec_free(&f->blocks);
	vec_free(&f->values);
}

static void print_place(struct strbuf *out, const struct mach_place *place)
{
	if (place->reg != MACH_NO_REG)
		strbuf_printf(out, ":r%u", place->reg);
	else
		strbuf_printf(out, ":s%u", place->slot);
}

static void print_operand(struct strbuf *out, const struct mach_operand *op)
{
	strbuf_printf(out, " v%u", op->value);
	if (op->fixed != MACH_NO_REG)
		strbuf_printf(out, "!r%u", op->fixed);
	if (op->role == MACH_DEF && op->tied != MACH_NOT_TIED)
		strbuf_printf(out, "=%u", op->tied);
	if (op->role == MACH_USE_LATE)
		strbuf_putc(out, '+');
	if (op->memory)
		strbuf_putc(out, '?');
	print_place(out, &op->place);
}

static void print_insn(struct strbuf *out, const struct mach_func *f,
		       const struct mach_insn *insn)
{
	static const char *const names[MACH_OWN] = { "move", "make", "swap" };
	const struct mach_operand *op = &f->operands.data[insn->operands];
	bool defs = false;

	if (insn->op < MACH_OWN)
		strbuf_printf(out, "\t%s", names[insn->op]);
	else
		strbuf_printf(out, "\top%u", insn->op);
	for (unsigned int i = 0; i < insn->operands_cnt; i++)
		if (op[i].role == MACH_DEF) {
			print_operand(out, &op[i]);
			defs = true;
		}
	strbuf_puts(out, defs ? " =" : "");
	for (unsigned int i = 0; i < insn->operands_cnt; i++)
		if (op[i].role != MACH_DEF)
			print_operand(out, &op[i]);
	if (insn->lost)
		strbuf_printf(out, ", lost %#x", insn->lost);
	if (insn->disp)
		strbuf_printf(out, ", disp %d", insn->disp);
	if (insn->imm)
		strbuf_printf(out, ", imm %lld", (long long)insn->imm);
	strbuf_putc(out, '\n');
}

static void print_values(struct strbuf *out, const mach_value *values,
			 uint32_t cnt)
{
	for (uint32_t i = 0; i < cnt; i++)
		strbuf_printf(out, "%sv%u", i ? ", " : "(", values[i]);
	strbuf_puts(out, cnt ? ")" : "");
}

static void print_block(struct strbuf *out, const struct mach_func *f,
			uint32_t id)
{
	const struct mach_block *blk = &f->blocks.data[id];

	strbuf_printf(out, "block %u", id);
	if (blk->depth)
		strbuf_printf(out, " depth %u", blk->depth);
	strbuf_puts(out, blk->seldom ? " seldom " : " ");
	print_values(out, blk->params, blk->params_cnt);
	strbuf_puts(out, ":\n");
	for (uint32_t i = 0; i < blk->cnt; i++)
		print_insn(out, f, &f->insns.data[blk->first + i]);
	for (uint32_t i = 0; i < blk->succs_cnt; i++) {
		strbuf_printf(out, i ? ", %u" : "\t-> %u", blk->succs[i]);
		if (!i)
			print_values(out, blk->args, blk->args_cnt);
	}
	strbuf_puts(out, blk->succs_cnt ? "\n" : "");
}

void mach_print(struct strbuf *out, const struct mach_func *f)
{
	static const char *const makes[] = { "", "", "frame + ", "code " };

	for (size_t i = 1; i < f->values.len; i++) {
		const struct mach_value_info *info = &f->values.data[i];

		if (info->make != MACH_KEEP)
			strbuf_printf(out, "v%zu is %s%lld\n", i,
				      makes[info->make],
				      (long long)info->number);
	}
	for (uint32_t id = 0; id < f->blocks.len; id++)
		print_block(out, f, id);
}
