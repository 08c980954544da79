/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disassembler: a row's template with its markers filled in. The legend
 * of the markers is at the head of ops.def. Names of jump targets are the
 * business of whoever knows the symbols.
 */
#include "isa/disasm.h"

#include <inttypes.h>

#include "base/str.h"

struct writer {
	struct strbuf *out;
	const struct bpf_insn *insn;
	const struct op_row *row;
	const struct disasm_style *style;
};

static void put_number(const struct writer *w, int64_t value)
{
	uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;

	if (value < 0)
		strbuf_putc(w->out, '-');
	strbuf_printf(w->out, w->style->decimal ? "%" PRIu64 : "0x%" PRIx64,
		      magnitude);
}

/* Distances of jumps and, in ubpf's syntax, displacements are decimal. */
static void put_distance(const struct writer *w, int64_t value)
{
	if (w->style->syntax == SYNTAX_UBPF) {
		strbuf_printf(w->out, "%+" PRId64, value);
		return;
	}
	if (value >= 0)
		strbuf_putc(w->out, '+');
	put_number(w, value);
}

/* " + 0x8", " - 0x8" */
static void put_term(const struct writer *w, int64_t value)
{
	strbuf_puts(w->out, value < 0 ? " - " : " + ");
	put_number(w, value < 0 ? -value : value);
}

static void put_term_if(const struct writer *w, int64_t value)
{
	if (value)
		put_term(w, value);
}

static void put_operand(const struct writer *w, int32_t value)
{
	if (!value)
		return;
	strbuf_puts(w->out, ", ");
	put_number(w, value);
}

static void put_reg(const struct writer *w, char bank, unsigned int reg)
{
	strbuf_printf(w->out, "%c%u", bank, reg);
}

static void put_address(const struct writer *w)
{
	put_reg(w, 'r', insn_base_is_dst(w->insn) ? w->insn->dst_reg :
						    w->insn->src_reg);
	if (w->style->syntax == SYNTAX_LLVM)
		put_term(w, w->insn->off);
	else if (w->insn->off)
		put_distance(w, w->insn->off);
}

static void put_marker(const struct writer *w, char marker)
{
	const struct bpf_insn *insn = w->insn;
	bool narrow = w->style->alu32;

	switch (marker) {
	case 'D': put_reg(w, 'r', insn->dst_reg); break;
	case 'S': put_reg(w, 'r', insn->src_reg); break;
	case 'd': put_reg(w, 'w', insn->dst_reg); break;
	case 's': put_reg(w, 'w', insn->src_reg); break;
	case 'a': put_reg(w, narrow ? 'w' : 'r', insn->dst_reg); break;
	case 'b': put_reg(w, narrow ? 'w' : 'r', insn->src_reg); break;
	case 'p': put_number(w, insn->src_reg); break;
	case 'i': put_number(w, insn->imm); break;
	case 'u': put_number(w, (uint32_t)insn->imm); break;
	case 'w': put_number(w, (int64_t)insn_imm64(insn)); break;
	case 'h': put_number(w, (uint32_t)insn->imm >> 16); break;
	case 'l': put_number(w, insn->imm & 0xffff); break;
	case 'M':
	case 'm': put_address(w); break;
	case 'j': put_distance(w, insn->off); break;
	case 'J': put_distance(w, insn->imm); break;
	case 'C': put_number(w, insn->imm); break;
	case 'x': put_term_if(w, insn->imm); break;
	case 'n': put_operand(w, insn[1].imm); break;
	case 'o': put_operand(w, insn->off); break;
	case '_': strbuf_putc(w->out, '_'); break;
	default: assert(!"a marker that ops.def does not explain");
	}
}

/* Past "%]". */
static const char *skip_bracket(const char *template)
{
	return strstr(template, "%]") + 2;
}

static void put_template(const struct writer *w, const char *template)
{
	while (*template) {
		if (!template_marker(template)) {
			strbuf_putc(w->out, *template++);
			continue;
		}
		template += 2;
		if (template[-1] == '[' && !w->style->exact)
			template = skip_bracket(template);
		else if (template[-1] != '[' && template[-1] != ']')
			put_marker(w, template[-1]);
	}
}

enum op disasm_insn(struct strbuf *out, const struct bpf_insn *insn,
		    const struct disasm_style *style)
{
	enum op op = insn_op(insn);
	struct writer w = { out, insn, &op_rows[op], style };

	if (op == OP_INVALID)
		strbuf_puts(out, "<unknown>");
	else
		put_template(&w, style->syntax == SYNTAX_UBPF ? w.row->ubpf :
								w.row->llvm);
	return op;
}
