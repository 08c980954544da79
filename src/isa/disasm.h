/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions as text, from the templates of ops.def. */
#ifndef SKEP_ISA_DISASM_H
#define SKEP_ISA_DISASM_H

#include "isa/insn.h"

struct strbuf;

enum syntax {
	SYNTAX_LLVM,
	SYNTAX_UBPF,
};

/* All zero: as llvm-objdump-19 -d prints. */
struct disasm_style {
	enum syntax syntax;
	bool decimal;	/* LLVM 14 to 16: decimal numbers */
	bool alu32;	/* llvm-objdump --mcpu=v3: "w1 = *(u8 *)..." */
	/*
	 * Write what LLVM's syntax leaves out (kind of a call, second slots)
	 * so that the text assembles to the same bytes.
	 */
	bool exact;
};

/*
 * Appends the text of one instruction, "<unknown>" when it is none. `insn[1]`
 * is read for two-slot operations only. Returns the operation.
 */
enum op disasm_insn(struct strbuf *out, const struct bpf_insn *insn,
		    const struct disasm_style *style);

#endif
