/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes through the check and the disassembler. What the check accepts
 * must come back as the same bytes from its text, in both syntaxes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "isa/disasm.h"
#include "text/asm.h"

static void listing(struct strbuf *out, const struct bpf_insn *insns,
		    size_t cnt, const struct disasm_style *style)
{
	for (size_t pc = 0; pc < cnt;) {
		struct bpf_insn pair[2] = { insns[pc] };
		enum op op;

		if (pc + 1 < cnt)
			pair[1] = insns[pc + 1];
		op = disasm_insn(out, pair, style);
		strbuf_putc(out, '\n');
		pc += op == OP_INVALID ? 1 : op_slots(op);
	}
}

static void come_back(const struct bpf_insn *insns, size_t cnt,
		      const struct disasm_style *style)
{
	struct strbuf text = STRBUF_INIT;
	const struct bpf_insn *back;
	struct arena arena;
	size_t back_cnt;

	arena_init(&arena);
	listing(&text, insns, cnt, style);
	if (text_insns(&arena, "fuzz", strbuf_str(&text), &back, &back_cnt,
		       NULL) ||
	    back_cnt != cnt || memcmp(back, insns, cnt * sizeof(*insns))) {
		fprintf(stderr, "another program comes back of:\n%s",
			strbuf_str(&text));
		abort();
	}
	arena_fini(&arena);
	strbuf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct disasm_style styles[] = {
		{ .exact = true },
		{ .exact = true, .decimal = true, .alu32 = true },
		{ .exact = true, .syntax = SYNTAX_UBPF },
	};
	size_t cnt = size / sizeof(struct bpf_insn);
	struct bpf_insn *insns = malloc(size ? size : 1);
	struct strbuf text = STRBUF_INIT;

	if (!insns)
		return 0;
	memcpy(insns, data, size);
	listing(&text, insns, cnt, &styles[0]);
	strbuf_fini(&text);
	if (insn_check(insns, cnt, "fuzz", NULL) == 0)
		for (size_t i = 0; i < ARRAY_SIZE(styles); i++)
			come_back(insns, cnt, &styles[i]);
	free(insns);
	return 0;
}
