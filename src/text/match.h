/* SPDX-License-Identifier: Apache-2.0 */
/* One statement against the templates of ops.def. */
#ifndef SKEP_TEXT_MATCH_H
#define SKEP_TEXT_MATCH_H

#include "isa/disasm.h"
#include "spec/diags.h"
#include "text/scan.h"

/* Where the value of `symbol` goes. */
enum match_use {
	USE_NONE,
	USE_OFF_JUMP,		/* distance, off */
	USE_IMM_JUMP,		/* distance, imm */
	USE_CALL,		/* distance, imm, relocatable */
	USE_IMM64,		/* address, relocatable */
};

struct match {
	enum op op;
	enum syntax syntax;
	struct bpf_insn insn[2];
	enum match_use use;
	const char *symbol;	/* borrowed from the text */
	size_t symbol_len;
	int64_t addend;
	bool truncated;		/* an immediate lost bits */

	/* Why it is no instruction, and where. */
	const char *at;
	enum diag_id problem;	/* DIAG_CNT: there is no problem */
	const char *detail;	/* what was expected there */
};

/* Syntaxes to try, as bits. */
#define MATCH_LLVM	(1u << SYNTAX_LLVM)
#define MATCH_UBPF	(1u << SYNTAX_UBPF)

/*
 * Finds the row that the statement is an instance of. True, or false with
 * `problem` of the row that fits furthest.
 */
bool text_match(struct match *out, struct scan statement,
		unsigned int syntaxes);

#endif
