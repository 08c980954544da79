/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions as text:
 *
 *	b1: from b0 b4, 1 loop
 *	  v12 = add32 v9, 4
 *	  store8 [v10 - 16] = v12		sizes are in bytes
 *	  branch32 v12 ult v7, b4, b5
 *
 * Constants stand where they are used. What is wide has no mark, 32 bits are
 * "32" behind the operation.
 */
#include "jit/ir/ir.h"

#include <inttypes.h>

#include "base/str.h"

static const char *const cond_text[IR_CONDS] = {
	"eq", "ne", "ult", "uge", "ule", "ugt", "slt", "sge", "sle", "sgt",
	"none", "any",
};

static const char *const region_text[] = {
	"", "stack", "ctx", "packet", "value", "mem", "run",
};

static const char *const atomic_text[] = { "add", "or", "and", "xor", "xchg" };

static void put_value(struct strbuf *out, const struct ir_func *f, ir_ref ref)
{
	const struct ir_insn *insn = ir_at(f, ir_value(f, ref));

	if (insn->op == IR_CONST)
		strbuf_printf(out, "%" PRId64, insn->imm);
	else if (ir_has(insn, IR_F_FLOATS))
		strbuf_printf(out, "%s%" PRId64, ir_rows[insn->op].text,
			      insn->imm);
	else
		strbuf_printf(out, "v%u", ir_value(f, ref));
}

static void put_address(struct strbuf *out, const struct ir_func *f,
			const struct ir_insn *insn)
{
	strbuf_puts(out, " [");
	put_value(out, f, insn->args[0]);
	if (insn->imm)
		strbuf_printf(out, " %c %" PRIu64, insn->imm < 0 ? '-' : '+',
			      insn->imm < 0 ? -(uint64_t)insn->imm :
					      (uint64_t)insn->imm);
	strbuf_putc(out, ']');
	if (insn->region)
		strbuf_printf(out, " %s", region_text[insn->region]);
}

static bool has_address(const struct ir_insn *insn)
{
	return insn->op == IR_LOAD || insn->op == IR_STORE ||
	       insn->op == IR_ATOMIC || insn->op == IR_CMPXCHG ||
	       insn->op == IR_CLEAR || insn->op == IR_LIMIT ||
	       insn->op == IR_FAULT;
}

static bool has_width(const struct ir_insn *insn)
{
	return !insn->wide && (insn->op == IR_BRANCH ||
		(ir_has(insn, IR_F_PURE) && insn->op != IR_PHI &&
		 insn->op != IR_ZEXT && insn->op != IR_BSWAP));
}

static void put_name(struct strbuf *out, const struct ir_insn *insn)
{
	strbuf_puts(out, ir_rows[insn->op].text);
	if (has_width(insn))
		strbuf_puts(out, "32");
	if (insn->size)
		strbuf_printf(out, "%s%u", insn->sign ? "s" : "", insn->size);
	if (insn->op == IR_ATOMIC)
		strbuf_printf(out, " %s%s",
			      insn->cond & IR_ATOMIC_FETCH ? "fetch-" : "",
			      atomic_text[insn->cond & 7]);
	if (insn->op == IR_CALL || insn->op == IR_LOCAL ||
	    insn->op == IR_DEPTH)
		strbuf_printf(out, " #%" PRId64, insn->imm);
	if (insn->op == IR_CLEAR)
		strbuf_printf(out, " %u bytes", insn->bytes);
}

static void put_operands(struct strbuf *out, const struct ir_func *f,
			 struct ir_insn *insn)
{
	uint32_t first = has_address(insn) ? 1 : 0;
	bool compares = insn->op == IR_BRANCH || insn->op == IR_SELECT;

	if (first)
		put_address(out, f, insn);
	for (uint32_t i = first; i < insn->cnt; i++) {
		if (i == 1 && compares)
			strbuf_printf(out, " %s ", cond_text[insn->cond]);
		else
			strbuf_puts(out, i == 1 && first ? " = " :
					 i ? ", " : " ");
		put_value(out, f, ir_args(insn)[i]);
	}
}

static void put_insn(struct strbuf *out, const struct ir_func *f, ir_ref ref)
{
	struct ir_insn *insn = ir_at(f, ref);
	const struct ir_block *blk = ir_block(f, insn->block);

	strbuf_puts(out, "  ");
	if (ir_has(insn, IR_F_VALUE))
		strbuf_printf(out, "v%u = ", ref);
	put_name(out, insn);
	put_operands(out, f, insn);
	for (uint32_t i = 0; ir_has(insn, IR_F_ENDS) && i < blk->succs_cnt;
	     i++)
		strbuf_printf(out, "%s b%u", i || insn->cnt ? "," : "",
			      blk->succs[i]);
	strbuf_putc(out, '\n');
}

static void put_block(struct strbuf *out, const struct ir_func *f,
		      ir_block_id id)
{
	const struct ir_block *blk = ir_block(f, id);

	strbuf_printf(out, "b%u:", id);
	for (size_t i = 0; i < blk->preds.len; i++)
		strbuf_printf(out, "%s b%u", i ? "" : " from",
			      blk->preds.data[i]);
	if (blk->depth)
		strbuf_printf(out, ", %u loop%s", blk->depth,
			      blk->depth > 1 ? "s" : "");
	strbuf_putc(out, '\n');
	ir_each_insn(f, ref, id)
		put_insn(out, f, ref);
}

void ir_print(struct strbuf *out, const struct ir_func *f)
{
	for (size_t i = 0; i < f->order.len; i++)
		put_block(out, f, f->order.data[i]);
}
