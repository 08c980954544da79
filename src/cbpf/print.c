/* SPDX-License-Identifier: Apache-2.0 */
/* Filters as tcpdump -d, -dd and -ddd print them, byte for byte. */
#include <stdio.h>

#include "base/str.h"
#include "cbpf/cbpf.h"

#define OPERAND_MAX	64

static void write_operand(char *out, const struct cbpf_row *row,
			  const struct sock_filter *insn, size_t at)
{
	enum cbpf_ancillary what = cbpf_ancillary(insn);
	int value = (int)insn->k;

	if (what != CBPF_AD_NONE) {
		snprintf(out, OPERAND_MAX, "[%s]",
			 cbpf_ancillary_names[what]);
		return;
	}
	if (row->rule == CBPF_RULE_GOTO)
		value = (int)(at + 1 + insn->k);
	snprintf(out, OPERAND_MAX, row->operand, value);
}

static void print_line(struct strbuf *out, const struct sock_filter *insn,
		       size_t at)
{
	static const struct cbpf_row unknown = {
		.mnemonic = "unimp", .operand = "0x%x",
	};
	enum cbpf_op op = cbpf_op(insn->code);
	const struct cbpf_row *row = &cbpf_rows[op];
	struct sock_filter shown = *insn;
	char operand[OPERAND_MAX];

	if (op == CBPF_INVALID) {
		row = &unknown;
		shown.k = shown.code;
		shown.code = 0;
	}
	write_operand(operand, row, &shown, at);
	strbuf_printf(out, "(%03zu) %-8s ", at, row->mnemonic);
	/* Told by the class, as libpcap does for codes that it cannot name. */
	if (BPF_CLASS(insn->code) == BPF_JMP && BPF_OP(insn->code) != BPF_JA)
		strbuf_printf(out, "%-16s jt %zu\tjf %zu\n", operand,
			      at + 1 + insn->jt, at + 1 + insn->jf);
	else
		strbuf_printf(out, "%s\n", operand);
}

void cbpf_print(struct strbuf *out, const struct cbpf *prog,
		enum cbpf_format format)
{
	if (format == CBPF_NUMBERS)
		strbuf_printf(out, "%zu\n", prog->cnt);
	for (size_t at = 0; at < prog->cnt; at++) {
		const struct sock_filter *insn = &prog->insns[at];

		if (format == CBPF_LISTING)
			print_line(out, insn, at);
		else
			strbuf_printf(out, format == CBPF_C_ARRAY ?
				      "{ 0x%x, %u, %u, 0x%08x },\n" :
				      "%u %u %u %u\n", insn->code, insn->jt,
				      insn->jf, insn->k);
	}
}
